"""Handing a lead to a colleague, or taking one out of a queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import LEADING, Actor, require, sight
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tasuki.server.core.models import User
from tasuki.server.core.texts import a_name
from tasuki.server.handoffs.facts import counted
from tasuki.server.handoffs.giving import Gift, Terms, give, hold
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import Act, Told
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.handoffs.passing import with_overloads
from tasuki.server.handoffs.receivers import may_answer
from tasuki.server.handoffs.staff import staff

TRANSFERRED, TAKEN = "transferred", "taken"


def transfer(
    actor: Actor,
    handoff_id: int,
    *,
    to_user: str | None = None,
    to_team: str | None = None,
    note: str = "",
) -> Act:
    """Give an open handoff to a colleague (a user's name) or to a team (its name): whoever has the least to do there.

    The clock stops, and a new one starts. For who has it, is of the team it is with, or leads. Invalid, with the field:
    nobody of that name, or who is away, has left or may not answer it; NotFound; NotAllowed; Conflict: it is closed, theirs
    already, or theirs alone in the team.
    """
    return bulk.in_one_transaction(lambda: _transfer(actor, handoff_id, to_user, to_team, note))


def take(actor: Actor, handoff_id: int) -> Act:
    """Take a handoff out of the queue of one's team. NotFound; NotAllowed; Conflict: somebody has it, or it is closed."""
    return bulk.in_one_transaction(lambda: _take(actor, handoff_id))


def touched(lead_id: int, *, by: User, at: datetime) -> None:
    """Somebody called or wrote to the lead: the first touch of its open handoff, if that is with them or their team's."""
    theirs = Q(person=by) | Q(person=None, team=None, team_role=by.role)
    if by.team_id is not None:
        theirs |= Q(person=None, team=by.team_id)
    untouched = Handoff.objects.filter(lead=lead_id, outcome=Handoff.Outcome.OPEN, first_touch_at=None)
    untouched.filter(theirs).update(first_touch_at=at)


def _transfer(actor: Actor, handoff_id: int, to_user: str | None, to_team: str | None, note: str) -> Act:
    handoff, note = _held(actor, handoff_id), a_name(note, field="note", longest=500, required=False)
    terms = Terms([handoff])
    person, team = _receiver(handoff, terms, to_user, to_team)
    if person is not None and person == handoff.person_id:
        raise Conflict(
            "handoff_theirs", _("They have it already."), cure=_("Choose somebody else."), field="to_user"
        )
    return _give(actor, handoff, person, team, TRANSFERRED, note)


def _take(actor: Actor, handoff_id: int) -> Act:
    handoff = _held(actor, handoff_id)
    if handoff.person_id is not None:
        raise Conflict(
            "handoff_taken",
            _("Somebody has this handoff already."),
            cure=_("Transfer it to yourself, if that is what you have agreed on."),
        )
    assert actor.user
    return _give(actor, handoff, actor.user.pk, actor.user.team_id or handoff.team_id, TAKEN, "")


def _held(actor: Actor, handoff_id: int) -> Handoff:
    """The open handoff, its lead held; of one that the actor may give away."""
    require(actor, "handoffs.transfer")
    assert transaction.get_connection().in_atomic_block
    seen = Handoff.objects.filter(sight(actor, "lead__"), lead__erased_at=None)
    wanted = handoff_id if 0 < handoff_id < 2**63 else 0
    lead = seen.filter(pk=wanted).values_list("lead_id", flat=True).first()
    held = hold([lead], wait=True) if lead else ()
    handoff = seen.filter(pk=wanted, lead__in=held).select_related("transition").first()
    if handoff is None:
        raise NotFound("handoff_unknown", _("There is no such handoff."), cure=_("Look at the work list."))
    _check_may(actor, handoff)
    if handoff.outcome != Handoff.Outcome.OPEN:
        raise Conflict(
            "handoff_closed", _("This handoff has been answered already."), cure=_("Look at the lead.")
        )
    return handoff


def may_give(actor: Actor, handoff: Handoff) -> bool:
    """Whether it is theirs to hand on: whoever leads or has it, or is of the team that it is with."""
    user = actor.user
    if actor.system or user is None or not actor.may("handoffs.transfer"):
        return actor.system
    own_team = handoff.team_id == user.team_id if handoff.team_id else handoff.team_role == user.role
    return own_team or user.role in LEADING or user.pk == handoff.person_id


def _check_may(actor: Actor, handoff: Handoff) -> None:
    if not may_give(actor, handoff):
        raise NotAllowed(
            "handoff_not_yours",
            _("This handoff is with another team."),
            cure=_("Ask someone of that team, or a manager."),
        )


def _receiver(
    handoff: Handoff, terms: Terms, to_user: str | None, to_team: str | None
) -> tuple[int | None, int | None]:
    if bool(to_user) == bool(to_team):
        raise Invalid(
            "receiver_missing",
            _("Say who gets it: one person, or one team."),
            cure=_("Choose one."),
            field="to_user",
        )
    return _person(str(to_user), handoff, terms) if to_user else _team(str(to_team), handoff.person_id)


def _person(name: str, handoff: Handoff, terms: Terms) -> tuple[int, int | None]:
    now, everybody = clock.now(), staff()
    found = everybody.user_called(name)
    if found is None or not found.active:
        raise Invalid(
            "user_unknown",
            _("Nobody of this name works here."),
            cure=_("Look at the list of people."),
            field="to_user",
        )
    if counted(everybody, now).members[found.id].away:
        raise Invalid(
            "user_away", _("They are away at the moment."), cure=_("Choose somebody else."), field="to_user"
        )
    if not may_answer(found, handoff, terms):
        raise Invalid(
            "receiver_may_not_answer",
            _("Their role may not move this lead on."),
            cure=_("Choose somebody who may, or a team."),
            field="to_user",
        )
    return found.id, found.team


def _team(name: str, without: int | None) -> tuple[int | None, int]:
    """Who has the least to do there, but for who has it now; with nobody there it waits in the team's queue."""
    house = House(counted(staff(), clock.now()), clock.now())
    crew = house.staff.crew_called(name)
    if crew is None:
        raise Invalid(
            "team_unknown", _("There is no such team."), cure=_("Look at the list of teams."), field="to_team"
        )
    takers = house.staff.takers(crew)
    if [one.id for one in takers] == [without]:
        raise Conflict(
            "handoff_theirs_alone",
            _("There is nobody else in this team."),
            cure=_("Choose another team, or a person."),
            field="to_team",
        )
    here = [one for one in takers if house.can_take(one) and one.id != without]
    return (house.lightest(here).id if here else None), crew.id


def _give(
    actor: Actor, handoff: Handoff, person: int | None, team: int | None, because: str, note: str
) -> Act:
    now, lost, by = clock.now(), handoff.person_id, actor.user.pk if actor.user else None
    step: dict[str, Any] = {"why": because, "because": "", "by": by, "note": note}
    gift = Gift(handoff, person, team, because, step, by)
    terms = Terms([handoff])
    (started,) = give([gift], terms, now)
    audit.record(
        actor, f"handoff.{'take' if because == TAKEN else 'transfer'}", f"lead:{handoff.lead_id}",
        handoff=handoff.pk, person=person, team=team,
    )  # fmt: skip
    act = Act(because, handoff, started.pk, now, tuple(_told(handoff, started, lost, by, now)))
    return with_overloads([act], terms, now)[0]


def _told(handoff: Handoff, started: Clock, lost: int | None, by: int | None, now: datetime) -> list[Told]:
    """The new owner and the old one, but for who did it; who waits for a team's queue hears of it, too."""
    cause = f"handoff:{handoff.pk}:{started.ordinal}"
    queue = handoff.team_id, handoff.team_role
    to = (handoff.person_id,) if handoff.person_id else staff().told_of_queue(*queue, now)
    told = {TRANSFERRED: to, TAKEN: (lost,)}
    return [
        Told(kind, handoff.lead_id, users, cause, now, handoff.transition_id, handoff.team_id)
        for kind, each in told.items()
        if (users := tuple(one for one in each if one and one != by))
    ]
