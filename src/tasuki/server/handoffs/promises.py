"""Calls promised to leads: each on the work list from its time on, until a call keeps it.

What is here serves the commands about calls, which ask for rights and write the audit; all within their transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.models import User
from tasuki.server.core.texts import problem_of_text
from tasuki.server.handoffs.models import Promise

ENDED_BY = ("RECYCLED", "DISQUALIFIED", "WON", "LOST")
"""A lead that enters one of these stages is not called any more as was promised before."""
LONGEST_NOTE = 500
FARTHEST = timedelta(days=731)
"""Further ahead is a typing mistake, or a matter for the re-approach date."""
EARLY = timedelta(hours=1)
"""A call made up to so long before its time keeps the promise."""


def problem(at: datetime, note: str, now: datetime, field: str = "promised_at") -> Refused | None:
    """Why nobody can promise a call at that time (aware), or None."""
    if wrong := problem_of_text(note, "note", LONGEST_NOTE):
        return wrong
    if at.tzinfo is None:
        return _wrong_time(
            field, _("This time does not say its time zone."), _("Write it like 2026-04-01T09:00:00+09:00.")
        )
    if at <= now:
        return _wrong_time(field, _("The promised call lies in the past."), _("Give a time to come."))
    if at > now + FARTHEST:
        return _wrong_time(
            field,
            _("The promised call lies more than two years ahead."),
            _("Check the year; for a day far ahead set the re-approach date."),
        )
    return None


def _wrong_time(field: str, message: str, cure: str) -> Invalid:
    return Invalid("promise_time", message, cure=cure, field=field)


def make(lead_id: int, *, at: datetime, note: str, by: User | None, now: datetime) -> Promise:
    """Promise a call; it takes the place of what was promised before, for a lead has one next call."""
    waiting(lead_id).update(done_at=now)
    return Promise.objects.create(
        lead_id=lead_id, person=by, at=at.astimezone(UTC), note=note, made_at=now, made_by=by
    )


def keep(lead_id: int, now: datetime) -> int:
    """A call was made: promises whose time has come, or comes within the hour, are kept. How many."""
    return waiting(lead_id).filter(at__lte=now + EARLY).update(done_at=now)


def withdraw(entries: Iterable[tuple[int, str, datetime]], now: datetime) -> None:
    """Take back what was promised before the lead was sent back or came to its end; of each entry lead, stage, time."""
    ended: dict[int, datetime] = {}
    for lead, stage, at in entries:
        if stage in ENDED_BY:
            ended[lead] = max(at, ended.get(lead, at))
    if not ended:
        return
    open_ones = Promise.objects.filter(lead__in=ended, done_at=None).values_list("pk", "lead", "made_at")
    over = [pk for pk, lead, made_at in open_ones if made_at <= ended[lead]]
    if over:
        Promise.objects.filter(pk__in=over).update(done_at=now)


def move(promise: Promise, at: datetime, note: str) -> None:
    """To another time, at which somebody is told anew."""
    promise.at, promise.note, promise.told_at = at.astimezone(UTC), note, None
    promise.save(update_fields=["at", "note", "told_at"])


def waiting(lead_id: int) -> QuerySet[Promise]:
    """What is promised to the lead and not kept yet."""
    return Promise.objects.filter(lead_id=lead_id, done_at=None)


def claim_due(now: datetime, limit: int) -> list[Promise]:
    """Promises whose time has come and of which nobody was told: told from now on, by the caller's transaction alone.

    With lead and person. Found by an index that holds no others; two workers never get the same one.
    """
    due = Promise.objects.filter(at__lte=now, done_at=None, told_at=None).order_by("at", "pk")
    found = list(due.select_for_update(skip_locked=True)[:limit])
    Promise.objects.filter(pk__in=[one.pk for one in found]).update(told_at=now)
    return list(
        Promise.objects.filter(pk__in=[one.pk for one in found])
        .select_related("lead", "person")
        .order_by("at", "pk")
    )
