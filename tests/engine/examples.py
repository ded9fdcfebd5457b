"""How many made-up cases a property is tried on: few by default, more with TASUKI_EXAMPLES."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SHARE = int(os.environ.get("TASUKI_EXAMPLES", "300")) / 300


def some(count: int) -> settings:
    """Settings for a property that takes a while per case."""
    return settings(
        max_examples=max(1, round(count * SHARE)), deadline=None, suppress_health_check=list(HealthCheck)
    )
