"""Facts of a replay: handoffs, as the agreement says and the transitions tell, in its working time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tasuki.agreement import Agreement
from tasuki.calendars import ALWAYS, Calendar, NoWorkingTime, calendar_of, hours_of_text, service_due
from tasuki.metrics.facts.schema import HANDOFFS

TOUCHES = ("call", "meeting", "visit", "email_sent", "message_sent")
"""Types of activity by which somebody of ours turns to the lead."""

# What a lead did at the very instant of an entry belongs before it, so a touch comes after.
_HANDED = """
WITH moves AS (
    SELECT *, lead("at") OVER one AS closed_at, lead(cause) OVER one AS closed_by, lead(is_return) OVER one AS back
    FROM transitions WINDOW one AS (PARTITION BY lead ORDER BY ordinal)
), handed AS (
    SELECT * FROM moves WHERE list_contains($stages, to_stage)
), touched AS (
    SELECT handed.lead, handed.ordinal, touches."at"
    FROM handed ASOF JOIN touches ON handed.lead = touches.lead AND handed."at" < touches.at
)
SELECT handed.lead || ':' || handed.ordinal AS id, handed.lead, handed.to_stage AS stage,
       handed."at" AS opened_at, closed_at,
       CASE WHEN touched."at" <= coalesce(closed_at, touched."at") THEN touched."at"
            WHEN closed_by = 'decision' THEN closed_at END AS first_touch_at,
       CASE WHEN closed_at IS NULL THEN 'open' WHEN closed_by = 'timeout' THEN 'expired' WHEN back THEN 'returned'
            WHEN closed_by = 'decision' THEN 'accepted' ELSE 'other' END AS outcome,
       owners.rep, owners.team
FROM handed LEFT JOIN touched USING (lead, ordinal)
ASOF LEFT JOIN leads AS owners ON handed.lead = owners.lead AND handed."at" >= owners.recorded_at
ORDER BY handed.lead, handed.ordinal
"""


def handoffs_of(
    agreement: Agreement, transitions: pa.Table, leads: pa.Table, activities: pa.Table
) -> pa.Table:
    """The table `handoffs` in versions: opened, touched, closed, each recorded when it happened.

    Seconds of working time are by the agreement's calendar; without one they are null. The rep is the lead's owner then.
    """
    stages = [stage.id for stage in agreement.stages if stage.handoff]
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("transitions", transitions)
        db.register("leads", leads)
        db.register("activities", activities)
        db.execute(
            'CREATE TABLE touches AS SELECT lead, "at" FROM activities WHERE list_contains($1, type)',
            [list(TOUCHES)],
        )
        handed = db.sql(_HANDED, params={"stages": stages}).to_arrow_table().to_pylist()
    clock = _Clock(agreement)
    rows = [version for row in handed for version in _versions(row, clock)]
    return pa.Table.from_pylist(rows, schema=HANDOFFS.schema)


class _Clock:
    """What the agreement's calendar says of a handoff's times."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        part = agreement.calendar
        self.calendar: Calendar | None = (
            calendar_of(hours_of_text(part.days, part.hours, part.holidays, agreement.timezone))
            if part
            else None
        )

    def due(self, stage: str, opened: datetime) -> datetime | None:
        handoff = self._agreement.stage[stage].handoff
        if not handoff or not handoff.within or (handoff.within.business and not self.calendar):
            return None
        try:
            return service_due(self.calendar or calendar_of(ALWAYS), opened, handoff.within)
        except NoWorkingTime:
            return None

    def spent(self, opened: datetime, until: datetime | None) -> tuple[float | None, float | None]:
        """Seconds by the clock on the wall, and of working time."""
        if until is None:
            return None, None
        business = self.calendar.business(opened, until).total_seconds() if self.calendar else None
        return (until - opened) / timedelta(seconds=1), business

    def team(self, stage: str) -> str:
        handoff = self._agreement.stage[stage].handoff
        assert handoff
        return handoff.to


def _versions(row: dict[str, Any], clock: _Clock) -> Iterator[dict[str, Any]]:
    """What was known of a handoff, one after the other."""
    opened, touched, closed = row["opened_at"], row["first_touch_at"], row["closed_at"]
    known = {
        "id": row["id"], "lead": row["lead"], "stage": row["stage"], "team_role": clock.team(row["stage"]),
        "team": row["team"], "rep": row["rep"], "opened_at": opened, "due_at": clock.due(row["stage"], opened),
        "outcome": "open", "recorded_at": opened, "revision": 1,
    }  # fmt: skip
    yield known
    if touched:
        wall, business = clock.spent(opened, touched)
        known = known | {"first_touch_at": touched, "touch_seconds": wall, "touch_business": business}
        if touched != closed:
            known = known | {"recorded_at": touched, "revision": 2}
            yield known
    if closed:
        wall, business = clock.spent(opened, closed)
        due, outcome = known["due_at"], row["outcome"]
        told = due is not None and outcome != "other"  # nobody had to answer what moved by itself
        yield known | {
            "closed_at": closed, "outcome": outcome, "answer_seconds": wall, "answer_business": business,
            "met": outcome != "expired" and closed <= due if told else None, "recorded_at": closed,
            "revision": known["revision"] + 1,
        }  # fmt: skip
