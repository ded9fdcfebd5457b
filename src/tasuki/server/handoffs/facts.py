"""Reading what routing goes by, for a whole batch, in some ten queries; and writing the turns that were had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, DateTimeField, OuterRef, Subquery

from tasuki.server.accounts.models import Account
from tasuki.server.activities.models import Activity
from tasuki.server.core import bulk
from tasuki.server.core.access import LEADING
from tasuki.server.core.models import User
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import About, Asked
from tasuki.server.handoffs.models import Capacity, Clock, Handoff
from tasuki.server.handoffs.staff import Staff, staff
from tasuki.server.people.models import Lead, Profile
from tasuki.server.worktime import queries as worktime

PERSONS = frozenset({"former_owner", "account_owner", "same_account"})
RECENT = timedelta(days=30)
"""How long ago a lead may have done something so that who owns it is busy with its account."""


def house_for(asked: Sequence[Asked], now: datetime) -> House:
    """The facts for these handoffs. Where turns count, capacities are held, so that two at a time take turns, too."""
    said = {route.to for one in asked for route in one.terms.routes}
    if any(route.by == "turn" for one in asked for route in one.terms.routes):
        list(Capacity.objects.select_for_update().order_by("user").values_list("user"))
    people = staff()
    house = House(counted(people, now, _named(people, asked)), now)
    accounts = {one.about.account for one in asked if one.about.account is not None}
    if "former_owner" in said:
        house.former = _former(house.staff, {one.lead for one in asked})
    if "account_owner" in said:
        owners = Account.objects.filter(pk__in=accounts, owner__isnull=False).values_list("pk", "owner_id")
        house.account_owners = {pk: owner for pk, owner in owners if owner is not None}
    if "same_account" in said:
        house.mates = _mates(accounts, now)
    return house


def _named(people: Staff, asked: Sequence[Asked]) -> set[int] | None:
    """Who may come into question by the names that are said; None, everybody, where a lead's past says who."""
    said = {route.to for one in asked for route in one.terms.routes}
    if said & PERSONS:
        return None
    said |= {name for one in asked for name in (one.terms.to, one.terms.full, one.terms.fallback)}
    called = {one.id for name in said for one in people.all_called(name)}
    return called | {one.id for one in people.active if one.role in LEADING}


def counted(people: Staff, now: datetime, only: Collection[int] | None = None) -> Staff:
    """The staff with what everybody has, or `only` these; when they were given the last one, and whether they are away."""
    ids = [one.id for one in people.active]
    away = worktime.away_now(ids, now)
    whose = {"person__isnull": False} if only is None else {"person__in": only}
    having = Handoff.objects.filter(outcome=Handoff.Outcome.OPEN, **whose).values_list("person")
    opens = dict(having.annotate(count=Count("*")).order_by())
    given = _last_given(ids if only is None else only)
    for one in people.members.values():
        one.open, one.last, one.away = opens.get(one.id, 0), given.get(one.id), one.id in away
    return people


def _last_given(users: Collection[int]) -> dict[int, datetime]:
    """One look into an index for each person, for the ledger grows for ever.

    Said as equal, PostgreSQL may go through the whole ledger by time for someone who was given nothing for long.
    """
    own = Clock.objects.filter(person__gte=OuterRef("pk"), person__lte=OuterRef("pk"))
    last = own.order_by("-person_id", "-started_at").values("started_at")[:1]
    found = User.objects.filter(pk__in=users).annotate(last=Subquery(last, output_field=DateTimeField()))
    return {pk: at for pk, at in found.values_list("pk", "last") if at is not None}


def _former(people: Staff, leads: Collection[int]) -> dict[tuple[int, str], int]:
    """Who had the last handoff of each lead to each role."""
    had = Handoff.objects.filter(lead__in=leads, person__isnull=False).order_by("opened_at", "pk")
    rows = had.values_list("lead_id", "team_role", "person_id")
    return {(lead, people.role_of(to)): person for lead, to, person in rows if person is not None}


def _mates(accounts: Collection[int], now: datetime) -> dict[int, list[tuple[int, int]]]:
    """Who holds a handoff of a lead of the account, the latest first; then who owns one that did something lately."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    handed = Handoff.objects.filter(
        outcome=Handoff.Outcome.OPEN, person__isnull=False, lead__account__in=accounts
    )
    _gather(found, handed.order_by("-opened_at").values_list("lead__account_id", "lead_id", "person_id"))
    owned = Lead.objects.filter(
        account__in=accounts, owner__isnull=False, merged_into=None, erased_at=None
    ).order_by("-stage_entered_at", "-pk")
    rows = list(owned.values_list("account_id", "pk", "owner_id"))
    # by their own index, lead by lead: in one query a database would rather read what everybody did lately
    lately = Activity.objects.filter(lead__in=[pk for _account, pk, _owner in rows], at__gte=now - RECENT)
    active = set(lately.values_list("lead_id", flat=True).distinct()) if rows else set()
    _gather(found, (row for row in rows if row[1] in active))
    return found


def _gather(
    found: dict[int, list[tuple[int, int]]], rows: Iterable[tuple[int | None, int, int | None]]
) -> None:
    for account, lead, person in rows:
        if account is not None and person is not None:
            found[account].append((lead, person))


def keep_turns(house: House) -> None:
    """Write the turns that have changed; the rows are held since they were read."""
    changed = [(pk, house.staff.members[pk].turns or 0.0) for pk in sorted(house.turned)]
    rows = dict(
        Capacity.objects.filter(user__in=house.turned).values_list("user_id", "pk") if changed else ()
    )
    bulk.update(Capacity, ["turns"], [(rows[user], turns) for user, turns in changed if user in rows])
    bulk.insert(Capacity, ["user", "turns"], [(user, turns) for user, turns in changed if user not in rows])


def about_now(leads: Collection[int]) -> dict[int, About]:
    """Who the leads are as they stand."""
    fields = dict(
        Profile.objects.filter(lead__in=leads).order_by("at", "pk").values_list("lead_id", "fields")
    )
    rows = Lead.objects.filter(pk__in=leads).values_list(
        "pk", "team_id", "owner_id", "account_id", "scores", "grades", "passes"
    )
    return {
        pk: About(
            team, owner, account, fields.get(pk), scores, grades,
            {stage: int(one["times"]) for stage, one in passes.items()},
        )
        for pk, team, owner, account, scores, grades, passes in rows
    }  # fmt: skip
