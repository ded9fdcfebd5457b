"""What is counted on the way in. Anybody in the server may count; `running` shows it as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter

ENTRIES = Counter("tasuki_entries", "Entries taken in, once committed", ["kind", "outcome"])
"""kind: profile, activity, decision, deal; outcome: stored, duplicate, refused."""
