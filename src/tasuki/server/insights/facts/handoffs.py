"""Handoffs as facts, in versions; how long they took is what their clocks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from tasuki.calendars import Calendar
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.insights.facts.journal import Image, Version, first_images, text, time_of
from tasuki.server.insights.triggers import WATCHED
from tasuki.server.worktime.queries import kept_calendars

SECOND = timedelta(seconds=1)
COLUMNS = ("pk", "transition__recorded_at", *WATCHED["handoff"][1])
ANSWERED = frozenset({"accepted", "returned", "expired"})
FIXED = (
    "opened_at",
    "team_role",
    "transition__to_stage",
    "transition__recorded_at",
    "closed_by__recorded_at",
)


def handoffs() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`."""
    return Handoff.objects.values_list(*COLUMNS)


def handoff_facts(rows: Sequence[tuple[Any, ...]], changed: Sequence[Version]) -> list[dict[str, Any]]:
    """The first version of each new row, then the versions that came with changes; gone ones are left out."""
    first = first_images("handoff", [row[0] for row in rows])
    fixed = _fixed({*(row[0] for row in rows), *(one.row for one in changed)})
    ledger = _Ledger(list(fixed))
    made = [
        _fact(row[0], 1, row[1], first.get(row[0]) or _image(row), fixed[row[0]], ledger)
        for row in rows
        if row[0] in fixed
    ]
    return made + [
        _fact(one.row, one.revision, _known_at(one, fixed[one.row]), one.image, fixed[one.row], ledger)
        for one in changed
        if one.row in fixed
    ]


def _image(row: tuple[Any, ...]) -> Image:
    return dict(zip(WATCHED["handoff"][1], row[2:], strict=True))


def _fixed(ids: set[int]) -> dict[int, dict[str, Any]]:
    """What of these handoffs never changes."""
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(ids)
    for place in range(0, len(wanted), 500):
        rows = Handoff.objects.filter(pk__in=wanted[place : place + 500]).values_list("pk", *FIXED)
        found.update({pk: dict(zip(FIXED, rest, strict=True)) for pk, *rest in rows})
    return found


def _known_at(one: Version, fixed: Mapping[str, Any]) -> datetime:
    """An answer is known when the transition is that it caused."""
    answered = fixed["closed_by__recorded_at"]
    return min(one.at, answered) if answered and one.image["outcome"] in ANSWERED else one.at


@dataclass(frozen=True)
class _Row:
    """One row of the ledger."""

    started_at: datetime
    stopped_at: datetime | None
    wall: int | None
    business: int | None
    met: bool | None
    calendar: Calendar | None


class _Ledger:
    """The clocks of some handoffs."""

    def __init__(self, handoffs: Sequence[int]) -> None:
        rows = [
            row
            for place in range(0, len(handoffs), 500)
            for row in Clock.objects.filter(handoff__in=handoffs[place : place + 500])
            .order_by("handoff", "ordinal")
            .values_list("handoff_id", "calendar_id", "started_at", "stopped_at", "wall", "business", "met")
        ]
        calendars = kept_calendars({row[1] for row in rows if row[1] is not None})
        self._of: dict[int, list[_Row]] = {}
        for handoff, kept, started, stopped, wall, business, met in rows:
            row = _Row(started, stopped, wall, business, met, calendars.get(kept or 0))
            self._of.setdefault(handoff, []).append(row)

    def touch(self, handoff: int, opened: datetime, touched: datetime) -> tuple[float, float | None]:
        """Seconds from handoff to first touch, by the clock on the wall and of working time (None: not known)."""
        clocks = [one for one in self._of.get(handoff, ()) if one.calendar]
        business = sum(
            (
                one.calendar.business(one.started_at, min(one.stopped_at or touched, touched)) / SECOND
                for one in clocks
                if one.calendar and one.started_at < touched
            ),
            0.0,
        )
        return max(touched - opened, timedelta(0)) / SECOND, business if clocks else None

    def answer(
        self, handoff: int, opened: datetime, closed: datetime
    ) -> tuple[float, float | None, bool | None]:
        """Seconds from handoff to answer, the same of working time, and whether whoever had it last met the level."""
        clocks = self._of.get(handoff, ())
        if not clocks or any(one.wall is None for one in clocks):
            return max(closed - opened, timedelta(0)) / SECOND, None, None
        known = all(one.business is not None for one in clocks)
        business = sum(one.business or 0 for one in clocks) / 1e6 if known else None
        return sum(one.wall or 0 for one in clocks) / 1e6, business, clocks[-1].met


def _fact(
    pk: int, revision: int, recorded_at: datetime, image: Image, fixed: Mapping[str, Any], ledger: _Ledger
) -> dict[str, Any]:
    opened = fixed["opened_at"]
    touched, closed = time_of(image["first_touch_at"]), time_of(image["closed_at"])
    touch = ledger.touch(pk, opened, touched) if touched else (None, None)
    answered = closed and image["outcome"] in ANSWERED
    answer = ledger.answer(pk, opened, closed) if closed and answered else (None, None, None)
    return {
        "id": str(pk), "revision": revision, "lead": str(image["lead_id"]), "stage": fixed["transition__to_stage"],
        "team_role": fixed["team_role"], "team": text(image["team_id"]), "rep": text(image["person_id"]),
        "opened_at": opened, "due_at": time_of(image["due_at"]), "first_touch_at": touched, "closed_at": closed,
        "outcome": image["outcome"], "touch_seconds": touch[0], "touch_business": touch[1],
        "answer_seconds": answer[0], "answer_business": answer[1],
        "met": False if image["outcome"] == "expired" else answer[2], "recorded_at": recorded_at,
    }  # fmt: skip
