"""What the engine's worker counts; `running` shows it as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

FOLDED = Counter("tasuki_folded_leads", "Leads folded by the worker, once committed")
FAILED = Counter("tasuki_failed_folds", "Leads put aside because their fold failed")
TRANSITIONS = Counter("tasuki_transitions", "Transitions recorded, once committed", ["to"])
LAG = Histogram(
    "tasuki_fold_lag_seconds",
    "From when a lead was due to when its fold was committed",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 300, 1800),
)
SECONDS = Histogram(
    "tasuki_fold_seconds",
    "One batch of leads, from claim to commit",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
