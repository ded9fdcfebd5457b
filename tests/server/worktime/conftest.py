from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tasuki.server.core import clock

MONDAY = datetime(2026, 6, 8, 1, tzinfo=UTC)
"""A Monday, 10:00 in Tokyo."""


@pytest.fixture(autouse=True)
def monday(db: None) -> Iterator[datetime]:
    """It is Monday morning."""
    with clock.at(MONDAY):
        yield MONDAY


@pytest.fixture(autouse=True)
def in_tokyo(settings: Any) -> None:
    """The installation stands in Tokyo."""
    settings.TIME_ZONE = "Asia/Tokyo"
