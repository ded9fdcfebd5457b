"""What the courier counts; `running` shows it as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter

ATTEMPTS = Counter("tasuki_delivery_attempts", "Attempts to deliver a message", ["medium", "outcome"])
"""medium: mail, apprise, webhook; outcome: sent, waiting (it is tried again), dead, dropped."""
