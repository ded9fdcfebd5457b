"""What waits for someone: the conditions of the lists of work, and of the number on every page."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from tasuki.server.activities.models import Activity
from tasuki.server.core.access import Actor, sight
from tasuki.server.core.models import User
from tasuki.server.handoffs.models import Handoff, Promise
from tasuki.server.lifecycle.models import Held
from tasuki.server.lifecycle.standing import waiting
from tasuki.server.people.models import Lead


def open_handoffs(actor: Actor) -> QuerySet[Handoff]:
    """Those that wait for an answer; `with_clocks` reads the clocks that run."""
    return waiting(actor).filter(~acted_on("lead"))


def promised_calls(actor: Actor) -> QuerySet[Promise]:
    """Calls not made yet, whosever."""
    found = Promise.objects.filter(sight(actor, "lead__"), ~acted_on("lead"), done_at=None)
    return found.filter(lead__merged_into=None, lead__erased_at=None)


def callers(actor: Actor) -> list[Q]:
    """Whose of them are the actor's: one's own, and those of people who are gone for leads that one looks after."""
    if actor.user is None:
        return [Q()]
    after, gone = looked_after(actor, "lead__"), User.objects.filter(is_active=False)
    return [Q(person=actor.user), Q(person=None) & after, Q(person__in=gone) & after]


def come_back(actor: Actor, now: datetime) -> QuerySet[Lead]:
    """Leads whose date has come, until they are reached by phone, promised a call, decided on or given another date."""
    reached = Activity.objects.filter(
        lead=OuterRef("pk"), type="call", at__gte=OuterRef("reapproach_at"), properties__outcome="reached"
    )
    promised = Promise.objects.filter(lead=OuterRef("pk"), done_at=None)
    come = Lead.objects.filter(sight(actor), looked_after(actor), reapproach_at__lte=now)
    return come.filter(~Exists(reached), ~Exists(promised), ~acted_on(), merged_into=None, erased_at=None)


def handed(lead: str = "pk") -> Exists:
    """Whether somebody's answer to a handoff of a lead is waited for."""
    return Exists(Handoff.objects.filter(lead=OuterRef(lead), outcome=Handoff.Outcome.OPEN))


def acted_on(lead: str = "pk") -> Exists:
    """Whether somebody has just decided on a lead, or called in vain: that is recorded within seconds, or taken back.

    Who was reached by phone is still there: now one knows more, and decides.
    """
    held = Held.objects.filter(lead=OuterRef(lead), state=Held.State.WAITING)
    return Exists(held.filter(Q(kind=Held.Kind.DECISION) | ~Q(what__outcome="reached")))


def looked_after(actor: Actor, lead: str = "") -> Q:
    """Leads of the actor, or of its team and nobody in it; for who has no team, those that they see."""
    if actor.user is None or actor.user.team_id is None:
        return Q()
    team = actor.user.team_id
    nobodys = Q(**{f"{lead}owner": None}) & (Q(**{f"{lead}team": team}) | Q(**{f"{lead}team": None}))
    return Q(**{f"{lead}owner": actor.user}) | Q(**{f"{lead}owner__team": team}) | nobodys
