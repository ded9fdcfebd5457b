"""Reads of lists: leads by filters, about how many there are, views that people keep, columns that they chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.cache import cache
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.activities.models import Activity
from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import clock
from tasuki.server.core.access import LEADING, Actor, require
from tasuki.server.core.errors import NotFound
from tasuki.server.core.models import Sight
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.models import Held
from tasuki.server.lifecycle.standing import standings
from tasuki.server.lists import asking, columns
from tasuki.server.lists.asking import Asked, Asker
from tasuki.server.lists.limits import for_a_while
from tasuki.server.lists.models import Bulk, Choice, View
from tasuki.server.people import listing
from tasuki.server.people import queries as people
from tasuki.server.people.models import Lead

PAGE, MOST = 50, 200
COUNTED = 1_000
SAMPLE = 3_000
MOST_VIEWS = 200
RECENT = 5_000
MOST_VALUES = 100
A_WHILE = 300
LATEST = "-"
"""The order of ids, the latest first: every lead has one."""


@dataclass(frozen=True)
class Count:
    """How many there are: exactly, or about so many."""

    number: int
    is_exact: bool


def asker(actor: Actor, stages: Stages | None = None) -> Asker:
    """Who asks, now. NotAllowed."""
    require(actor, "leads.read")
    return Asker(actor, clock.now(), stages or stages_now())


def leads(
    actor: Actor,
    asked: Asked,
    *,
    sort: str = "-score",
    after: str = "",
    before: str = "",
    limit: int = PAGE,
) -> listing.Page:
    """A page of the leads that fit and that the actor may see, each with account, owner and team.

    Invalid: a filter that cannot be answered, no such order, a mark that is none of ours. Refused: it would take too long.
    """
    require(actor, "leads.read")
    order = listing.column(sort)
    rows = light(asking.rows(actor, asked, sort))
    with for_a_while():
        return listing.page(rows, order, max(1, min(limit, MOST)), after=after, before=before)


def light(rows: QuerySet[Lead]) -> QuerySet[Lead]:
    """With account, owner and team, without the profile and the passes, which no list shows and which are most of a row."""
    return rows.select_related("account", "owner", "team").defer(*people.HEAVY)


def with_further(actor: Actor, found: Sequence[Lead], shown: Iterable[columns.Column]) -> None:
    """Add what some columns need that is no column of the lead: the latest activity, the open handoff as it stands."""
    require(actor, "leads.read")
    wanted, ids = {column.id for column in shown}, [lead.pk for lead in found]
    if "active" in wanted:
        at = dict(_active(ids))
        for lead in found:
            lead.active_at = at.get(lead.pk)  # type: ignore[attr-defined]
    if "stage" in wanted:
        to = {lead: what.get("to", "") for lead, what in _held(ids)}
        for lead in found:
            lead.held_to = to.get(lead.pk, "")  # type: ignore[attr-defined]
    if "handoff" in wanted:
        open_ones = standings(actor, ids, clock.now())
        for lead in found:
            lead.standing = open_ones.get(lead.pk)  # type: ignore[attr-defined]
            lead.due_at = open_ones[lead.pk].due if lead.pk in open_ones else None  # type: ignore[attr-defined]


@prepared
def _active(leads: list[int]) -> QuerySet[Any, tuple[int, datetime]]:
    return Activity.objects.filter(lead__in=leads).values_list("lead").annotate(Max("at")).order_by()


@prepared
def _held(leads: list[int]) -> QuerySet[Any, tuple[int, dict[str, str]]]:
    held = Held.objects.filter(lead__in=leads, state=Held.State.WAITING, kind=Held.Kind.DECISION)
    return held.values_list("lead_id", "what")


def count(actor: Actor, asked: Asked, most: int = COUNTED) -> Count:
    """How many fit: counted up to `most`, beyond that guessed from a sample, so that it costs the same however many."""
    require(actor, "leads.read")
    rows = asking.rows(actor, asked)
    with for_a_while():
        number = rows.order_by()[: most + 1].count()
        if number <= most:
            return Count(number, True)
        return Count(_guessed(rows, most), False)


def _guessed(rows: QuerySet[Lead], at_least: int) -> int:
    """Of leads with evenly spread ids so many per cent fit: that of all, to two digits."""
    last = Lead.objects.aggregate(last=Max("pk"))["last"] or 0
    first = max(1, last - 50_000_000)
    step = max(1, (last - first + 1) // SAMPLE)
    ids = range(last, first - 1, -step)[:SAMPLE]
    fitting = rows.order_by().filter(pk__in=list(ids)).count()
    guess = max(at_least, round(fitting / max(1, len(ids)) * (last - first + 1)))
    digits = max(0, len(str(guess)) - 2)
    return max(at_least, round(guess, -digits))


def chosen_ids(actor: Actor, asked: Asked, sort: str, most: int) -> list[int]:
    """The ids of those that fit, in their order, at most so many and one more; those that it leaves out come last.

    Invalid, NotAllowed.
    """
    require(actor, "leads.read")
    order = listing.column(sort)
    rows = asking.rows(actor, asked, sort).only("pk", *_needed(sort))
    with for_a_while():
        found = [lead.pk for lead in listing.page(rows, order, most + 1).rows]
        rest = listing.without(rows, order)
        if rest is not None and len(found) <= most:
            found += [lead.pk for lead in listing.page(rest, LATEST, most + 1 - len(found)).rows]
    return found


def _needed(sort: str) -> list[str]:
    return [name] if (name := listing.column(sort).removeprefix("-")) else []


def visible(actor: Actor, ids: Iterable[int]) -> list[int]:
    """Those of the ids whose leads the actor may see, in the order given."""
    wanted = [pk for pk in dict.fromkeys(ids) if 0 < pk < 2**63]
    there = set(people.listed(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    return [pk for pk in wanted if pk in there]


def some(actor: Actor, ids: Sequence[int]) -> list[Lead]:
    """The leads of these ids that the actor may see, in the order given."""
    found = light(people.listed(actor)).in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def each_page(actor: Actor, asked: Asked, sort: str, ids: Sequence[int] | None) -> Iterator[list[Lead]]:
    """All leads that fit, or those of `ids`, some hundreds at a time; those that the order leaves out come last."""
    require(actor, "leads.read")
    if ids is not None:
        for start in range(0, len(ids), MOST):
            yield some(actor, ids[start : start + MOST])
        return
    order = listing.column(sort)
    rows = light(asking.rows(actor, asked, sort))
    yield from _pages(rows, order)
    rest = listing.without(rows, order)
    if rest is not None:
        yield from _pages(rest, LATEST)


def _pages(rows: QuerySet[Lead], order: str) -> Iterator[list[Lead]]:
    after = ""
    while True:
        with for_a_while():
            page = listing.page(rows, order, MOST, after=after)
        yield page.rows
        after = page.after
        if not after:
            return


# What may be chosen.


def values(actor: Actor) -> Mapping[str, list[str]]:
    """Channels, campaigns and industries that came up lately, for choosing one; asked of the database every few minutes."""
    require(actor, "leads.read")
    user = actor.user
    key = f"list-values-{user.pk if user is not None and user.sight != Sight.ALL else 'all'}"
    found = cast("dict[str, list[str]] | None", cache.get(key))
    if found is None:
        columns_ = ("channel", "campaign", "account__industry")
        lately = list(people.listed(actor).order_by("-pk")[:RECENT].values_list(*columns_))
        found = {
            name.removeprefix("account__"): sorted({row[place] for row in lately if row[place]})[:MOST_VALUES]
            for place, name in enumerate(columns_)
        }
        cache.set(key, found, A_WHILE)
    return found


# Views and columns.


def views(actor: Actor) -> list[View]:
    """Those one keeps oneself, and those that are shared with one, by name."""
    require(actor, "leads.read")
    return _shared_with(actor)


def view(actor: Actor, view_id: int) -> View:
    """One of them. NotFound."""
    require(actor, "leads.read")
    found = (
        _views(actor).select_related("owner", "team").filter(pk=view_id if 0 < view_id < 2**63 else 0).first()
    )
    if found is None:
        raise NotFound(
            "view_unknown",
            _("There is no such view, or it is not shared with you."),
            cure=_("Look at the list of views."),
        )
    return found


@prepared
def _shared_with(actor: Actor) -> QuerySet[Any, View]:
    return _views(actor).select_related("owner", "team").order_by("name", "pk")[:MOST_VIEWS]


def _views(actor: Actor) -> QuerySet[View]:
    there = View.objects.filter(removed_at=None)
    if actor.system:
        return there
    user = actor.user
    mine = Q(owner=user) | Q(shared=View.Shared.ALL)
    if user is not None and user.team_id is not None:
        mine |= Q(shared=View.Shared.TEAM, team=user.team_id)
    if user is not None and user.role in LEADING:
        mine |= Q(shared=View.Shared.TEAM)
    return there.filter(mine)


def may_change(actor: Actor, found: View) -> bool:
    """Whether it is one's own, or a shared one and one leads."""
    require(actor, "leads.read")
    user = actor.user
    if actor.system or (user is not None and found.owner_id == user.pk):
        return True
    return user is not None and user.role in LEADING and found.shared != View.Shared.ME


def choice(actor: Actor) -> Choice:
    """The columns and the view that one begins with; empty where nothing was chosen."""
    require(actor, "leads.read")
    user = actor.user
    if user is None:
        return Choice()
    return _choice.first(user.pk) or Choice(user=user)


@prepared
def _choice(user: int) -> QuerySet[Any, Choice]:
    return Choice.objects.select_related("view").filter(user=user)


# What was done to many.


def bulk(actor: Actor, bulk_id: int) -> Bulk:
    """One of one's own. NotFound."""
    require(actor, "leads.read")
    own = Bulk.objects.filter(by=actor.user) if actor.user else Bulk.objects.none()
    found = own.filter(pk=bulk_id if 0 < bulk_id < 2**63 else 0).first()
    if found is None:
        raise NotFound("bulk_unknown", _("There is no such change of many leads, or it is not yours."))
    return found
