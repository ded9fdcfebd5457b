"""Times come out of both databases to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasuki.server.core import clock
from tasuki.server.lifecycle.reading import logs_of

from .stories import START, new_lead, visits

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "at",
    [
        START, START.replace(microsecond=1), START.replace(second=59, microsecond=999_999),
        START.replace(microsecond=120_000),
        datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC), datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2200, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2024, 2, 29, 12, 0, 0, 10, UTC),
    ],
)  # fmt: skip
def test_a_time_is_read_as_the_engine_counts_it(at: datetime) -> None:
    lead = new_lead()
    visits(lead, at)
    assert logs_of([lead.pk])[lead.pk].activities[0][0] == clock.microseconds(at)
