"""What happened to a lead, or to all leads of a company: entries, facts and notes in the order of their times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from tasuki.server.activities.models import Activity, Note
from tasuki.server.core import bulk
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.lifecycle.seeing import lead_of
from tasuki.server.people.models import Lead, Profile
from tasuki.server.people.queries import heavy

MOST = 500
CONTACTS = ("call", "meeting")
"""Types of activities that are done with a lead, not by it."""
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)

Kind = Literal["activity", "profile", "decision", "transition", "note"]
Only = Literal["", "activity", "contact", "decision", "transition", "note", "profile"]
EVERY: tuple[Only, ...] = ("transition", "decision", "note", "", "profile")
Entry = Activity | Profile | Decision | Transition | Note


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a lead's timeline; `entry` is the row itself."""

    at: datetime
    kind: Kind
    entry: Entry


def timeline(
    actor: Actor,
    lead_id: int | Lead,
    *,
    before: datetime | None = None,
    since: datetime | None = None,
    limit: int = 50,
    at: datetime | None = None,
    only: Only = "",
) -> list[Item]:
    """What happened to the lead, the latest first: at most `limit` (≤ 500) lines, those earlier than `before`.

    `at` leaves out what came later than that, `since` what came earlier; `only` one kind: `contact` is what was done with
    the lead, `activity` what it did. The lines of one instant come whole, so that none is lost between two pages: go on with
    the time of the last line as `before`.
    """
    lead = lead_of(actor, lead_id)
    most = max(1, min(limit, MOST))
    found: list[Item] = []
    for of in (only,) if only else EVERY:
        kind: Kind = "activity" if of == "" or of == "contact" else of
        found += [Item(one.at, kind, one) for one in _newest(of, lead.pk, before, since, at, most)]
    return _first(found, most)


def _of(lead: int, only: Only) -> QuerySet[Any]:
    """All of a kind; "": all activities."""
    if only == "transition":
        return transitions_of(lead)
    if only in ("decision", "note"):
        model: Any = Decision if only == "decision" else Note
        return cast("QuerySet[Any]", model.objects.filter(lead=lead).select_related("by"))
    if only == "profile":
        return Profile.objects.filter(lead=lead)
    activities = Activity.objects.filter(lead=lead)
    if only == "contact":
        return activities.filter(type__in=CONTACTS)
    return activities.exclude(type__in=CONTACTS) if only == "activity" else activities


def transitions_of(lead: int) -> QuerySet[Transition]:
    """A lead's, with decision, who made it, and agreement version."""
    found = Transition.objects.filter(lead=lead).select_related("decision__by", "agreement")
    return found.defer("agreement__text")


def _first(found: list[Item], most: int) -> list[Item]:
    """The latest so many, and all others of the same time as the last."""
    found.sort(key=lambda item: item.at, reverse=True)
    if len(found) <= most:
        return found
    last = found[most - 1].at
    return [item for item in found if item.at >= last]


def _newest(
    of: Only, lead: int, before: datetime | None, since: datetime | None, at: datetime | None, most: int
) -> list[Any]:
    """The newest `most` rows, and all others of the same time as the last."""
    found = _entries(lead, before, since, at, of=of, limit=most)
    if len(found) == most:
        have = {one.pk for one in found}
        found += [one for one in _at(lead, found[-1].at, of=of) if one.pk not in have]
    return found


@prepared
def _entries(
    lead: int, before: datetime | None, since: datetime | None, at: datetime | None, *, of: Only, limit: int
) -> QuerySet[Any, Any]:
    given = {"at__lt": before, "at__gte": since, "at__lte": at}
    rows = _of(lead, of).filter(**{name: time for name, time in given.items() if time is not None})
    return rows.order_by("-at", "-pk")[:limit]


@prepared
def _at(lead: int, at: datetime, *, of: Only) -> QuerySet[Any, Any]:
    return _of(lead, of).filter(at=at).order_by("-at", "-pk")


# A company.


TABLES: dict[Kind, Any] = {"transition": Transition, "note": Note, "activity": Activity}


def company_timeline(
    actor: Actor, account_id: int, *, before: datetime | None = None, limit: int = 50
) -> list[Item]:
    """What the company's people did, what was noted and where they moved, as `timeline`; each `entry` with its lead.

    Of the people whom the actor sees. However many there are, few rows of each of the lately active ones are read.
    """
    require(actor, "leads.read")
    most = max(1, min(limit, MOST))
    found: list[Item] = []
    for kind in TABLES:
        rows = _of_people(actor, account_id, kind, before or END_OF_TIME, most)
        found += [Item(one.at, kind, one) for one in rows]
    return _first(found, most)


@prepared
def _active(
    actor: Actor, account_id: int, before: datetime, *, kind: Kind, limit: int
) -> QuerySet[Any, tuple[int, datetime | None]]:
    """The people with the newest rows, and when these were; those who have none come last."""
    mine = TABLES[kind].objects.filter(lead=OuterRef("pk"), at__lt=before).order_by("-at").values("at")[:1]
    people = Lead.objects.filter(sight(actor), account=account_id, merged_into=None, erased_at=None)
    people = people.annotate(latest=Subquery(mine)).order_by(F("latest").desc(nulls_last=True))
    return people.values_list("pk", "latest")[:limit]


def _of_people(actor: Actor, account_id: int, kind: Kind, before: datetime, most: int) -> list[Any]:
    """The newest `most` rows can only be those of the `most` people with the newest ones."""
    model = TABLES[kind]
    leads = [lead for lead, latest in _active(actor, account_id, before, kind=kind, limit=most) if latest]
    newest = _latest(model._meta.db_table, leads, before, most)
    if not newest:
        return []
    ids = [pk for pk, _at in newest]
    found = _with_lead(ids, kind=kind)
    last, have = min(one.at for one in found), set(ids)
    return found + [one for one in _same(leads, last, kind=kind) if one.pk not in have]


@prepared
def _with_lead(ids: list[int], *, kind: Kind) -> QuerySet[Any, Any]:
    return _lead_too(TABLES[kind].objects.filter(pk__in=ids))


@prepared
def _same(leads: list[int], at: datetime, *, kind: Kind) -> QuerySet[Any, Any]:
    return _lead_too(TABLES[kind].objects.filter(lead__in=leads, at=at)[:MOST])


def _lead_too(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("lead").defer(*heavy("lead__", account=False))


def _latest(table: str, leads: Sequence[int], before: datetime, most: int) -> list[tuple[int, Any]]:
    """Id and time of the newest rows, `most` of each lead at the most: one look into the index for each of them."""
    if not leads:
        return []
    of_one = (
        f'SELECT id, "at" FROM {table} WHERE lead_id = %s AND "at" < %s ORDER BY "at" DESC, id DESC LIMIT %s'  # noqa: S608 — a name of ours
    )
    each = " UNION ALL ".join(f"SELECT * FROM ({of_one}) AS l{n}" for n in range(len(leads)))  # noqa: S608
    end = connection.ops.adapt_datetimefield_value(before)
    given = [value for lead in leads for value in (lead, end, most)]
    return bulk.select(f'{each} ORDER BY "at" DESC, id DESC LIMIT %s', [*given, most])
