"""Reading news, which are everybody's own; and how people, teams and programs are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.marks import a_time, mark, read_mark
from tasuki.server.core.prepared import prepared
from tasuki.server.notify.brief import answer_of, holder_of
from tasuki.server.notify.channels import chosen_by
from tasuki.server.notify.kinds import OVERDUE, QUEUED, WORDS
from tasuki.server.notify.models import Channel, Delivery, Endpoint, Notification

MOST = 500
MANY = 100
ANSWERS = frozenset({"accepted", "returned", "expired", "sql", "deal", "won", "lost"})


def unread(actor: Actor) -> int:
    """How many of one's news are not read yet; `MANY` where they are that many or more."""
    return _unread.count(actor)


@prepared
def _unread(actor: Actor) -> QuerySet[Any, tuple[int]]:
    return _mine(actor).filter(read_at=None).order_by().values_list("pk")[:MANY]


def notifications(
    actor: Actor, *, limit: int = 100, unread_only: bool = False, after: str = ""
) -> Sequence[Notification]:
    """One's news, the latest first, with lead, account and transition; each with what it `says`, and `because` of what.

    `after`: the mark of the last one had (`mark_of`). Invalid: a mark that is none of ours.
    """
    found = _mine(actor).select_related("lead__account", "transition__decision__by")
    if unread_only:
        found = found.filter(read_at=None)
    if after:
        at, pk = read_mark(after, a_time)
        found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    rows = list(found.order_by("-at", "-pk")[: min(limit, MOST)])
    late = [one.lead for one in rows if one.kind == "breach" and one.lead]
    if late:
        prefetch_related_objects(late, "clocks__person", "clocks__team")
    for one in rows:
        vars(one).update(says=_says(one), because=_because(one))
    return rows


def mark_of(news: Notification) -> str:
    """The mark with which the next page begins."""
    return mark(news.at, news.pk)


def notification(actor: Actor, news_id: int) -> Notification:
    """One of one's own. NotFound."""
    found = _mine(actor).filter(pk=news_id if 0 < news_id < 2**63 else 0).first()
    if found is None:
        raise NotFound("news_unknown", _("There are no such news."), cure=_("Look at the list."))
    return found


def _says(news: Notification) -> str:
    if news.kind == "breach" and news.lead:
        clocks: Any = news.lead
        for clock in clocks.clocks.all():
            if news.cause == f"clock:{clock.pk}" and clock.person_id != news.user_id:
                return str(OVERDUE) % {"holder": holder_of(clock)}
    return str(QUEUED if news.detail.get("queue") else WORDS.get(news.kind, news.kind))


def _because(news: Notification) -> str:
    """The reason of an answer, and who gave it; why something was not recorded."""
    if news.kind == "not_recorded":
        return str(news.detail.get("why", ""))
    moved: Any = news.transition
    if news.kind not in ANSWERS or moved is None or moved.decision is None:
        return ""
    answer = answer_of(moved.decision)
    return " · ".join(filter(None, (answer.reason, answer.by)))


def choices(actor: Actor) -> dict[str, Channel]:
    """How one is told on the page of news (`app`) and by `mail`: what one chose, or what is usual."""
    require(actor, "channels.own")
    return chosen_by(actor.user) if actor.user else {}


def my_chats(actor: Actor) -> Sequence[Channel]:
    """One's own chats."""
    require(actor, "channels.own")
    return list(Channel.objects.filter(user=actor.user, medium=Channel.Medium.APPRISE).order_by("pk"))


def team_chats(actor: Actor) -> Sequence[Channel]:
    """The chats of all teams; for those who lead."""
    require(actor, "channels.team")
    found = Channel.objects.filter(team__isnull=False).select_related("team")
    return list(found.order_by("team__name", "pk"))


def endpoints(actor: Actor) -> Sequence[Endpoint]:
    """Every program that is told of events, each with how many of its deliveries `wait` and are `dead`, and with the times
    `succeeded_at` and `again_at` (the next attempt) and the `last_fault`, None where there is none. One query."""
    require(actor, "webhooks.manage")
    states = {
        "waits": Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING)),
        "dead": Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD)),
        "succeeded_at": Max("deliveries__ended_at", filter=Q(deliveries__state=Delivery.State.SENT)),
        "again_at": Min("deliveries__next_at", filter=Q(deliveries__state=Delivery.State.WAITING)),
    }
    failed = Delivery.objects.filter(endpoint=OuterRef("pk")).exclude(fault="")
    latest = failed.order_by(F("ended_at").desc(nulls_first=True), "-made_at").values("fault")[:1]
    return list(Endpoint.objects.annotate(**states, last_fault=Subquery(latest)).order_by("pk"))


def deliveries(actor: Actor, *, state: str = "", limit: int = 100, offset: int = 0) -> Sequence[Delivery]:
    """Messages on their way or over, the latest first. Those about leads that one may not see are left out."""
    require(actor, "webhooks.manage")
    seen = Q(lead=None) | (Q(lead__isnull=False) & sight(actor, "lead__"))
    found = Delivery.objects.filter(seen).select_related("channel__user", "channel__team", "endpoint")
    order = ("-made_at", "-pk")
    if state:
        found, order = found.filter(state=state), ("-ended_at", "-made_at")  # which an index knows
    return list(found.order_by(*order)[offset : offset + min(limit, MOST)])


def _mine(actor: Actor) -> QuerySet[Notification]:
    """News of leads that one may see still, and of none."""
    if actor.user is None:
        return Notification.objects.none()
    seen = Q(lead=None) | (Q(lead__isnull=False) & sight(actor, "lead__"))
    return Notification.objects.filter(seen, user=actor.user, lead__erased_at=None)
