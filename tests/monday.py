"""Stories of pages begin on a Monday at 08:00 in Tokyo, so that no weekday or holiday on which they run changes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tasuki.server.core import clock

MORNING = datetime(2026, 6, 15, 8, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on the server's clock runs as ever, in all its threads; `clock.at` still sets it."""
    begin(monkeypatch, MORNING)


def begin(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    """It is `instant` now, and time goes on from there."""
    ahead = instant - datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: clock._set.get() or datetime.now(UTC) + ahead)
