"""What should I do now: everything that waits for someone, each list in the order of work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import bulk, clock
from tasuki.server.core.access import LEADING, MARKETING, Actor, decision_roles, require, sight
from tasuki.server.core.models import Sight, User
from tasuki.server.core.prepared import prepared
from tasuki.server.handoffs.models import Handoff, Promise
from tasuki.server.lifecycle.course import Course, course
from tasuki.server.lifecycle.excluding import is_excluded
from tasuki.server.lifecycle.models import Held, Transition
from tasuki.server.lifecycle.news import SENT_BACK
from tasuki.server.lifecycle.reading import MICROS
from tasuki.server.lifecycle.standing import Standing, in_queue, seen, standing, waiting, with_clocks
from tasuki.server.people.models import Lead
from tasuki.server.people.queries import heavy

MOST = 200
FRESH = timedelta(days=7)
"""Interest older than this is no reason to call."""
COOLING = timedelta(days=3)
"""In so much time without interest a score counts half."""
HOTTEST = 20
AT_ONCE = 30
"""So many of them are read, for some may be excluded."""
CANDIDATES = 1_000
"""So many leads, the best by score, are looked at for fresh interest, however many there are."""
OURS = ("email_send", "email_bounce", "unsubscribe", "call")
"""Types of activities that are no sign of interest."""
BACK = ("RECYCLED",)
BY_DUE = (F("due_at").asc(nulls_last=True), "pk")
RECENT = timedelta(days=2)
AHEAD = timedelta(days=7)
"""Promised calls of so much time to come are told, too."""


@dataclass(frozen=True, slots=True)
class Hot:
    """A lead that shows interest now: its latest activity, and its score as it counts in the order."""

    lead: Lead
    latest: Activity
    heat: float


@dataclass(frozen=True, slots=True)
class WorkList:
    """What waits for someone, in the order of work. The last two are for marketing and for who leads."""

    handoffs: Sequence[Handoff] = ()
    """One's own, then those in one's queues, each by due time; those without one last."""
    calls: Sequence[Promise] = ()
    """Promised calls whose time has come, the oldest first."""
    coming: Sequence[Promise] = ()
    """Promised calls of the next seven days, the next first."""
    own: Sequence[Lead] = ()
    """Leads that one has accepted and that are not over, the latest move first."""
    reapproach: Sequence[Lead] = ()
    """Leads whose re-approach date has come: one's own, then nobody's, then those of colleagues."""
    hot: Sequence[Hot] = ()
    """Leads that nobody has been handed, by score and freshness of interest: see `hot_leads`."""
    came_back: Sequence[Handoff] = ()
    """What sales has answered in the last two days, the latest first."""
    sent_back: Sequence[Transition] = ()
    """What sales had accepted and has sent back, or dropped, in the last two days, the latest first."""
    neglected: Sequence[Handoff] = ()
    """Handoffs of all teams that were due already, the one that waits longest first."""
    standings: Mapping[int, Standing] = field(default_factory=dict)
    """Handoff → how it stands now."""


def work_list(actor: Actor, *, limit: int = MOST) -> WorkList:
    """What the actor should do now; each list has at most `limit` (≤ 200) entries, hot leads 20.

    A dozen queries, however much there is.
    """
    require(actor, "leads.read")
    now, most, places = clock.now(), max(1, min(limit, MOST)), course()
    role = actor.user.role if actor.user else ""
    mine = _handoffs(actor, most, role in LEADING)
    for_marketing = actor.system or role in MARKETING
    neglected = with_clocks(_neglected(actor, now, limit=most)) if for_marketing else []
    return WorkList(
        mine,
        calls(actor, now, limit=most),
        calls(actor, now + AHEAD, now, limit=most),
        _own(actor, stages=tuple(places.after), limit=most),
        _reapproach(actor, now, most),
        hot_leads(actor, limit=most, now=now, places=places),
        _came_back(actor, now - RECENT, limit=most) if for_marketing else [],
        _sent_back(actor, now - RECENT, after=tuple(places.after), limit=most) if for_marketing else [],
        neglected,
        {one.pk: standing(one, now) for one in (*mine, *neglected)},
    )


# What waits: the conditions of the lists and of the number on every page.


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


# The lists.


def _handoffs(actor: Actor, most: int, is_leading: bool) -> list[Handoff]:
    """One's own first, then those of the queues."""
    own = _in_order(actor, limit=most)
    rest = most - len(own) if actor.user else 0
    queued = _queued(actor, roles=decision_roles(actor), is_leading=is_leading, limit=most) if rest else []
    return with_clocks([*own, *queued[:rest]])


@prepared
def _in_order(actor: Actor, *, limit: int) -> QuerySet[Any, Handoff]:
    """One's own; all, for the system."""
    rows = open_handoffs(actor).filter(person=actor.user) if actor.user else open_handoffs(actor)
    return rows.order_by(*BY_DUE)[:limit]


@prepared
def _queued(actor: Actor, *, roles: tuple[str, ...], is_leading: bool, limit: int) -> QuerySet[Any, Handoff]:
    return open_handoffs(actor).filter(in_queue(actor, roles, is_leading)).order_by(*BY_DUE)[:limit]


def overview(actor: Actor, *, limit: int = MOST) -> WorkList:
    """Only what came back and what is neglected, of the leads that the actor sees. Four queries."""
    require(actor, "leads.read")
    now, most = clock.now(), max(1, min(limit, MOST))
    neglected = with_clocks(_neglected(actor, now, limit=most))
    came_back = _came_back(actor, now - RECENT, limit=most)
    sent_back = _sent_back(actor, now - RECENT, after=tuple(course().after), limit=most)
    standings = {one.pk: standing(one, now) for one in neglected}
    return WorkList(came_back=came_back, sent_back=sent_back, neglected=neglected, standings=standings)


def acted_on(lead: str = "pk") -> Exists:
    """Whether somebody has just decided on a lead, or called in vain: that is recorded within seconds, or taken back.

    Who was reached by phone is still there: now one knows more, and decides.
    """
    held = Held.objects.filter(lead=OuterRef(lead), state=Held.State.WAITING)
    return Exists(held.filter(Q(kind=Held.Kind.DECISION) | ~Q(what__outcome="reached")))


@prepared
def _neglected(actor: Actor, now: datetime, *, limit: int) -> QuerySet[Any, Handoff]:
    return waiting(actor).filter(due_at__lte=now).order_by("due_at", "pk")[:limit]


@prepared
def _came_back(actor: Actor, since: datetime, *, limit: int) -> QuerySet[Any, Handoff]:
    found = seen(actor).filter(closed_at__gte=since).select_related("closed_by__decision__by")
    return found.order_by("-closed_at", "-pk")[:limit]


@prepared
def _sent_back(
    actor: Actor, since: datetime, *, after: tuple[str, ...], limit: int
) -> QuerySet[Any, Transition]:
    found = Transition.objects.filter(sight(actor, "lead__"), to_stage__in=SENT_BACK, from_stage__in=after)
    found = found.filter(cause="decision", at__gte=since, closed_handoff=None, lead__merged_into=None)
    found = found.select_related("lead__account", "decision__by").defer(*heavy("lead__"))
    return found.order_by("-at", "-pk")[:limit]


@prepared
def _own(actor: Actor, *, stages: tuple[str, ...], limit: int) -> QuerySet[Any, Lead]:
    handed = Handoff.objects.filter(lead=OuterRef("pk"), outcome=Handoff.Outcome.OPEN)
    found = Lead.objects.filter(sight(actor), ~Exists(handed), owner=actor.user, stage__in=stages)
    found = found.filter(~acted_on(), merged_into=None, erased_at=None) if actor.user else Lead.objects.none()
    found = found.select_related("account", "owner").defer(*heavy(""))
    return found.order_by("-stage_entered_at", "-pk")[:limit]


@prepared
def calls(actor: Actor, to: datetime, since: datetime | None = None, *, limit: int) -> QuerySet[Any, Promise]:
    """Promised calls up to a time: one's own, and those of people who are gone for leads that one looks after."""
    found = promised_calls(actor).filter(reduce(or_, callers(actor)), at__lte=to)
    if since is not None:
        found = found.filter(at__gt=since)
    found = found.select_related("lead__account", "lead__owner", "lead__team", "person")
    return found.defer(*heavy("lead__")).order_by("at", "pk")[:limit]


def _reapproach(actor: Actor, now: datetime, limit: int) -> list[Lead]:
    """One's own first, then those of nobody, then those of colleagues: each in the order of an index, and only as many as
    there is room for, for dates that came and that nobody heeded grow more with the years.
    """
    found: list[Lead] = []
    for whose in ("own", "nobody", "others") if actor.user else ("",):
        if len(found) < limit:
            found += _come(actor, now, whose=whose, limit=limit)
    return found[:limit]


@prepared
def _come(actor: Actor, now: datetime, *, whose: str, limit: int) -> QuerySet[Any, Lead]:
    owners = {
        "": Q(),
        "own": Q(owner=actor.user),
        "nobody": Q(owner=None),
        "others": ~Q(owner=actor.user) & Q(owner__isnull=False),
    }
    come = come_back(actor, now).filter(owners[whose]).order_by("reapproach_at", "pk")
    return come.select_related("account", "owner", "team").defer(*heavy(""))[:limit]


def looked_after(actor: Actor, lead: str = "") -> Q:
    """Leads of the actor, or of its team and nobody in it; for who has no team, those that they see."""
    if actor.user is None or actor.user.team_id is None:
        return Q()
    team = actor.user.team_id
    nobodys = Q(**{f"{lead}owner": None}) & (Q(**{f"{lead}team": team}) | Q(**{f"{lead}team": None}))
    return Q(**{f"{lead}owner": actor.user}) | Q(**{f"{lead}owner__team": team}) | nobodys


def hot_leads(
    actor: Actor, *, limit: int = HOTTEST, now: datetime | None = None, places: Course | None = None
) -> list[Hot]:
    """Leads that show interest and wait for nobody's answer: something they did within seven days, and no open handoff,
    in a stage before one.

    In the order of the score, which counts half for every three days since their latest activity; mails sent to them and
    calls are no interest, and neither is, for a lead that came back, what it did before. Without those whom the agreement
    excludes by their profile.
    """
    now = now or clock.now()
    known = _candidates(actor, places or course())
    latest = _latest(known, now - FRESH, now)
    back = dict(_since_back(sorted(lead for lead in latest if known[lead].stage in BACK)))
    heat = {
        lead: known[lead].score * 0.5 ** ((now - at) / COOLING)
        for lead, at in latest.items()
        if lead not in back or at > back[lead]
    }
    by_heat = sorted(heat, key=lambda lead: (-heat[lead], lead))
    leads = _moved_by_itself(actor, by_heat, min(limit, HOTTEST), now)
    hottest = list(leads)
    done = {
        one.lead_id: one
        for one in _did(hottest, [latest[pk] for pk in hottest])
        if one.at == latest[one.lead_id]
    }
    return [Hot(leads[lead], done[lead], heat[lead]) for lead in hottest]


def _moved_by_itself(actor: Actor, ids: Sequence[int], most: int, now: datetime) -> dict[int, Lead]:
    """The first of these leads, in their order, that wait for nobody and that the agreement does not exclude by their
    profile.
    """
    under = agreements.in_force(now)
    found: dict[int, Lead] = {}
    for first in range(0, len(ids), AT_ONCE):
        some = list(ids[first : first + AT_ONCE])
        leads = {one.pk: one for one in _waiting_for_nobody(actor, some)}
        for pk in (one for one in some if one in leads):
            if len(found) < most and not (under and is_excluded(under.agreement, leads[pk])):
                found[pk] = leads[pk]
        if len(found) == most:
            break
    return found


@prepared
def _waiting_for_nobody(actor: Actor, ids: list[int]) -> QuerySet[Any, Lead]:
    """Those of them that the actor may take up, with their profiles."""
    handed = Handoff.objects.filter(lead=OuterRef("pk"), outcome=Handoff.Outcome.OPEN)
    found = Lead.objects.filter(sight(actor), looked_after(actor), ~Exists(handed), ~acted_on(), pk__in=ids)
    found = found.filter(anonymous=False, merged_into=None, erased_at=None)
    return found.select_related("account", "owner", "team")


@prepared
def _did(leads: list[int], at: list[datetime]) -> QuerySet[Any, Activity]:
    return Activity.objects.filter(lead__in=leads, at__in=at).exclude(type__in=OURS)


def _latest(leads: Collection[int], since: datetime, now: datetime) -> dict[int, datetime]:
    """When each of them showed interest last, of those that did within this time."""
    condition, ids = bulk.any_of("lead_id", leads)
    ours = ", ".join(["%s"] * len(OURS))
    times = map(connection.ops.adapt_datetimefield_value, (since, now))
    rows = bulk.select(
        f"SELECT lead_id, max({MICROS[connection.vendor]}) FROM activities_activity WHERE {condition}"  # noqa: S608
        f" AND at > %s AND at <= %s AND type NOT IN ({ours}) GROUP BY lead_id",
        [*ids, *times, *OURS],
    )
    return {lead: clock.instant(at) for lead, at in rows}


@prepared
def _since_back(leads: list[int]) -> QuerySet[Any, tuple[int, Any]]:
    """Since when those are back that came back."""
    back = Lead.objects.filter(pk__in=leads, stage__in=BACK, stage_entered_at__isnull=False)
    return back.values_list("pk", "stage_entered_at")


class Candidate(NamedTuple):
    """A lead that may be hot."""

    score: float
    lead: int
    stage: str


def _candidates(actor: Actor, places: Course) -> dict[int, Candidate]:
    """The best by score in the stages before a handoff, by lead. Chosen in an index alone where that tells whose they are:
    who of them waits for nobody is looked at once it is known who showed interest.

    Stage by stage, for the best of all are those that were won or are with sales, and these are many.
    """
    user, before = actor.user, tuple(places.before)
    if user is None or user.sight == Sight.ALL:
        found = [one for stage in before for one in _best(actor, stage)]
    else:
        team = user.team_id
        mates = _mates(actor) if team and user.sight == Sight.TEAM else []
        found = _best_of_people([user.pk, *mates], stages=before)
        found += [one for stage in before for one in _best_of_nobody(team, stage)] if team else []
    best = sorted(map(Candidate._make, found), reverse=True)  # no two have the same id
    return {one.lead: one for one in best[:CANDIDATES]}


Scored = QuerySet[Any, tuple[float, int, str]]


@prepared
def _best(actor: Actor, stage: str) -> Scored:
    found = Lead.objects.filter(sight(actor), looked_after(actor), stage=stage, score__gt=0, anonymous=False)
    return _by_score(found.filter(merged_into=None, erased_at=None).order_by("-score", "-pk"))


@prepared
def _best_of_people(people: list[int], *, stages: tuple[str, ...]) -> Scored:
    found = Lead.objects.filter(owner__in=people, stage__in=stages, score__gt=0)
    reckoned = (F("score") + 0.0).desc()  # else a database may go through all leads, whosever, in their order
    return _by_score(found.order_by(reckoned, "-pk"))


@prepared
def _best_of_nobody(team: int, stage: str) -> Scored:
    found = Lead.objects.filter(owner=None, team=team, stage=stage, score__gt=0)
    return _by_score(found.order_by("-score", "-pk"))


def _by_score(leads: QuerySet[Any, Lead]) -> Scored:
    return leads.values_list("score", "pk", "stage")[:CANDIDATES]


@prepared
def _mates(actor: Actor) -> QuerySet[Any, int]:
    assert actor.user
    mates = User.objects.filter(team=actor.user.team_id).exclude(pk=actor.user.pk)
    return mates.values_list("pk", flat=True)
