"""An agreement whose handoff each story says for itself, working hours in Tokyo, and leads that become MQL when told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tasuki.server.agreements.commands import publish
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.lifecycle import relay
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify.models import Notification
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import START, new_lead, text, work

TOKYO = ZoneInfo("Asia/Tokyo")
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-18:00")
CALENDAR = "timezone: Asia/Tokyo\ncalendar: {days: mon-fri, hours: 09:00-18:00, holidays: JP}\n"
PLAIN = "to: inside_sales, within: 2 business hours"


def tokyo(day: int, time: str, month: int = 4) -> datetime:
    """A time in Tokyo; the 6th of April 2026 is a Monday."""
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{time}").replace(tzinfo=TOKYO)


def agree_on(handoff: str = PLAIN, *, at: datetime = START) -> None:
    """The stories' agreement with this handoff of MQLs, and the calendar of most offices in Japan."""
    whole = text(80).replace(PLAIN, handoff).replace("signals:\n", CALENDAR + "signals:\n", 1)
    assert handoff in whole
    with clock.at(at):
        publish(SYSTEM, text=whole)


def mql(
    marketer: Actor,
    at: datetime,
    name: str = "Yamada Hanako",
    change: Callable[[Lead], Any] = lambda _lead: None,
) -> Handoff:
    """A lead that a marketer makes MQL at that time; its handoff."""
    lead = new_lead(name)
    change(lead)
    work(START)
    with clock.at(at):
        decide(marketer, lead_id=lead.pk, to="MQL")
    return Handoff.objects.get(lead=lead, outcome="open")


def answer(actor: Actor, handoff: Handoff, at: datetime, to: str = "SAL", reason: str = "") -> None:
    with clock.at(at):
        decide(actor, lead_id=handoff.lead_id, to=to, reason=reason)


def tick(at: datetime) -> int:
    """What the worker's clocks do at that time; how many things."""
    with clock.at(at):
        return relay.act()


def ledger(handoff: Handoff) -> list[Clock]:
    return list(Clock.objects.filter(handoff=handoff).order_by("ordinal").select_related("person"))


def whys(handoff: Handoff) -> list[str]:
    return [step["why"] for step in Handoff.objects.get(pk=handoff.pk).routed]


def told(actor: Actor) -> list[str]:
    """Kinds of news of someone, the oldest first."""
    return list(Notification.objects.filter(user=actor.user).order_by("pk").values_list("kind", flat=True))


def holders(handoffs: Sequence[Handoff]) -> list[str]:
    """Who has each now."""
    now = Handoff.objects.in_bulk([one.pk for one in handoffs])
    return [str(person.username) if (person := now[one.pk].person) else "" for one in handoffs]
