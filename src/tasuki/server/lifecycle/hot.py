"""Leads that show interest now and were handed to nobody, by score and freshness."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet

from tasuki.server.activities.models import Activity
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor, sight
from tasuki.server.core.models import Sight, User
from tasuki.server.core.prepared import prepared
from tasuki.server.lifecycle.awaiting import acted_on, handed, looked_after
from tasuki.server.lifecycle.course import Course, course
from tasuki.server.lifecycle.excluding import is_excluded
from tasuki.server.lifecycle.reading import MICROS
from tasuki.server.people.models import Lead

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


@dataclass(frozen=True, slots=True)
class Hot:
    """A lead that shows interest now: its latest activity, and its score as it counts in the order."""

    lead: Lead
    latest: Activity
    heat: float


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
    found = Lead.objects.filter(sight(actor), looked_after(actor), ~handed(), ~acted_on(), pk__in=ids)
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
