"""How much people and teams can take: what is set, what is taken, and who is told when it is too much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from tasuki.calendars import Hours
from tasuki.server.core import audit, bulk
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid, NotFound
from tasuki.server.core.models import Team, User
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import Told
from tasuki.server.handoffs.models import Capacity, TeamCapacity
from tasuki.server.handoffs.staff import Crew, Member, Staff
from tasuki.server.worktime import queries as worktime


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """What a team has and can take today. `minutes` is what its open handoffs cost; `capacity` what its people who work
    today have for them, None where no bound is known; `share` is the one by the other."""

    team: Crew
    open: int
    minutes: int
    capacity: int | None
    people: Sequence[Member]

    @property
    def share(self) -> float | None:
        """1.0: as much as fits. None where no bound is known, or nobody works today."""
        return self.minutes / self.capacity if self.capacity else None


def load_of(staff: Staff, crew: Crew, working: Collection[int]) -> TeamLoad:
    """The load of one team; `working`: who works today."""
    people = staff.takers(crew)
    count = sum(one.open for one in people)
    bound = [one.minutes for one in people if one.minutes is not None and one.id in working]
    known = any(one.minutes is not None for one in people)
    return TeamLoad(crew, count, count * crew.minutes_a_lead, sum(bound) if known else None, people)


def overloads(
    house: House, teams: Collection[int | None], now: datetime, default: Hours | None
) -> list[Told]:
    """News of those of the teams that have become more than full; once a day for each. `default`: as worktime takes it."""
    staff = house.staff
    crews = [crew for team in sorted(one for one in teams if one) if (crew := staff.crews.get(team))]
    bounded = [crew for crew in crews if any(one.minutes is not None for one in staff.takers(crew))]
    if not bounded:
        return []
    people = [one.id for crew in bounded for one in staff.takers(crew)]
    working = worktime.works_today(people, now, default=default)
    over = [crew for crew in bounded if (load_of(staff, crew, working).share or 0.0) > 1.0]
    day = timezone.localdate(now)
    return [_overload(staff, crew, now, f"team:{crew.id}:{day}") for crew in over if _first_today(crew, day)]


def _overload(staff: Staff, crew: Crew, now: datetime, cause: str) -> Told:
    return Told("overload", None, staff.leaders(crew.id), cause, now, team=crew.id)


def _first_today(crew: Crew, day: date) -> bool:
    bulk.insert(TeamCapacity, ["team"], [(crew.id,)], or_ignore=True)
    untold = TeamCapacity.objects.filter(team=crew.id).exclude(told_on=day)
    return bool(untold.update(told_on=day))


# What is set.


@transaction.atomic
def set_capacity(
    actor: Actor, username: str, *, minutes_a_day: int | None = None, weight: float = 1.0
) -> Capacity:
    """How many minutes a day somebody has for leads handed over (None: no bound is known), and how many of the turns.

    Handoffs that they have stay with them. Invalid, with the field; NotFound; NotAllowed.
    """
    require(actor, "capacity.manage")
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound("user_unknown", _("There is no such user."), cure=_("Look at the list of people."))
    if minutes_a_day is not None:
        _check_between(minutes_a_day, 0, 24 * 60, "minutes_a_day")
    _check_between(weight, 0, 100, "weight")
    others = Capacity.objects.filter(user__team=user.team_id, user__is_active=True).exclude(user=user)
    begin = (
        others.aggregate(least=Min("turns"))["least"] or 0.0
    )  # with the others, not with all they had before
    found, _made = Capacity.objects.select_for_update().get_or_create(user=user, defaults={"turns": begin})
    found.minutes_a_day, found.weight = minutes_a_day, float(weight)
    found.save(update_fields=["minutes_a_day", "weight"])
    audit.record(actor, "capacity.set", f"user:{user.pk}", minutes_a_day=minutes_a_day, weight=weight)
    return found


@transaction.atomic
def set_team_capacity(actor: Actor, team: str, *, minutes_a_lead: int) -> TeamCapacity:
    """What a lead costs a team, called by its name. Invalid, NotFound, NotAllowed."""
    require(actor, "capacity.manage")
    row = Team.objects.filter(name=team).first()
    if row is None:
        raise NotFound("team_unknown", _("There is no such team."), cure=_("Look at the list of teams."))
    _check_between(minutes_a_lead, 1, 24 * 60, "minutes_a_lead")
    found, _made = TeamCapacity.objects.update_or_create(
        team=row, defaults={"minutes_a_lead": minutes_a_lead}
    )
    audit.record(actor, "capacity.set", f"team:{row.pk}", minutes_a_lead=minutes_a_lead)
    return found


def _check_between(number: float, least: int, most: int, field: str) -> None:
    if not least <= number <= most:  # not a number, neither
        raise Invalid(
            "out_of_range",
            _("This should be a number from %(least)s to %(most)s.") % {"least": least, "most": most},
            cure=_("Change it."),
            field=field,
        )
