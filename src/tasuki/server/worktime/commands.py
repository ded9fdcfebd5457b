"""Writes about working time: hours of people and teams, days off, absences. One's own by everyone, else by who leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, Invalid, NotFound
from tasuki.server.core.texts import a_name
from tasuki.server.worktime import checks
from tasuki.server.worktime.models import Absence, DayOff, WorkingHours
from tasuki.server.worktime.whose import Named, Whose, team_named, whose

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def set_hours(
    actor: Actor,
    *,
    week: Mapping[str, str],
    time_zone: str = "",
    holidays: str = "JP",
    user: Named = None,
    team: Named = None,
) -> WorkingHours:
    """Hours of a team, of a person, or, with neither, one's own: day (mon … sun) → `09:00-12:00, 13:00-18:00`.

    People and teams by id or by name. An empty time zone is the person's own; `holidays` a country or a part of one, empty
    for none. Clocks that run keep the hours they started with. Invalid, NotFound, NotAllowed.
    """
    of = whose(actor, user, team)
    hours = checks.some_hours(week, time_zone, holidays)
    given = {"week": hours.spec()["week"], "time_zone": time_zone.strip(), "holidays": hours.holidays}
    row, _made = WorkingHours.objects.update_or_create(**of.key, defaults=given)
    audit.record(actor, "hours.set", of.subject, days=len(given["week"]))
    return row


@transaction.atomic
def clear_hours(actor: Actor, *, user: Named = None, team: Named = None) -> None:
    """From now on by the team's hours, or the agreement's. Nothing happens where there are none. NotFound, NotAllowed."""
    of = whose(actor, user, team)
    gone, _tables = WorkingHours.objects.filter(**of.key).delete()
    if gone:
        audit.record(actor, "hours.clear", of.subject)


@transaction.atomic
def add_day_off(actor: Actor, *, day: date, name: str = "", team: Named = None) -> DayOff:
    """A day on which the company, or one team, does not work. Conflict: it is one already. Invalid, NotFound, NotAllowed."""
    require(actor, "worktime.manage")
    of = Whose(team=team_named(team))
    checks.room_for_one_more(DayOff.objects.filter(team=of.team).count(), "day")
    text = a_name(name, field="name", longest=100, required=False)
    row = DayOff(team_id=of.team, day=checks.a_day(day), name=text)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(
            "day_off_known", _("This day is off already."), cure=_("Choose another day."), field="day"
        ) from None
    audit.record(actor, "day_off.add", of.subject if of.team else f"day_off:{row.pk}", day=day.isoformat())
    return row


@transaction.atomic
def remove_day_off(actor: Actor, day_off_id: int) -> None:
    """A working day again. NotFound, NotAllowed."""
    require(actor, "worktime.manage")
    row = _one(DayOff.objects.all(), day_off_id, _("There is no such day off."))
    day = row.day.isoformat()
    row.delete()
    audit.record(actor, "day_off.remove", f"day_off:{day_off_id}", day=day)


@transaction.atomic
def add_absence(
    actor: Actor, *, begins_at: datetime, ends_at: datetime, note: str = "", user: Named = None
) -> Absence:
    """Someone, or oneself, is away from `begins_at` to `ends_at` (aware); overlaps are fine.

    Invalid, also for one that is over; Conflict for one that is there already; NotFound, NotAllowed. No lead is given to
    them meanwhile, and no clock started from now on counts that time.
    """
    of = whose(actor, user, None)
    checks.a_span(begins_at, ends_at)
    text = a_name(note, field="note", longest=200, required=False)
    if ends_at <= clock.now():
        raise Invalid(
            "absence_over",
            _("This absence is over already."),
            cure=_("Enter one that is still to come."),
            field="ends_at",
        )
    if Absence.objects.filter(**of.key, begins_at=begins_at, ends_at=ends_at).exists():
        raise Conflict(
            "absence_known",
            _("This absence is entered already."),
            cure=_("Change its times."),
            field="begins_at",
        )
    checks.room_for_one_more(Absence.objects.filter(**of.key).count(), "begins_at")
    row = Absence.objects.create(**of.key, begins_at=begins_at, ends_at=ends_at, note=text)
    audit.record(actor, "absence.add", of.subject, absence=row.pk)
    return row


@transaction.atomic
def end_absence(actor: Actor, absence_id: int) -> None:
    """Back again: one that has begun ends now, any other is taken away. NotFound: none, or not for this actor."""
    require(actor, "worktime.own")
    found = Absence.objects.select_for_update()
    if not actor.may("worktime.manage"):
        found = found.filter(user=actor.user)
    row = _one(found, absence_id, _("There is no such absence."))
    user, now = row.user_id, clock.now()
    if row.begins_at < now < row.ends_at:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    else:
        row.delete()
    audit.record(actor, "absence.end", f"user:{user}", absence=absence_id)


def _one(rows: models.QuerySet[Row], key: int, missing: str) -> Row:
    row = rows.filter(pk=key if 0 < key < 2**63 else 0).first()
    if row is None:
        raise NotFound("not_found", missing, cure=_("Look at the list."))
    return row
