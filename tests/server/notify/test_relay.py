"""The whole relay, as people read it in their mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tasuki.server.agreements.commands import publish
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.lifecycle import calls, relay
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify import commands, queries
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import HOUR, START, fresh, new_lead, text, visits, work
from tests.server.notify.mailbox import Mailbox
from tests.server.notify.stories import MQL_AT, delivers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TERMS = "within: 2 business hours, remind: 30 business minutes, reassign: 1 business hour"


@pytest.fixture
def colleagues(
    rep: User, inside_sales_team: Team, marketer: Actor, manager: Actor, person: Callable[..., User]
) -> dict[str, User]:
    found = {"ishii": rep, "ito": person("ito", Role.INSIDE_SALES, inside_sales_team)}
    found |= {actor.user.username: actor.user for actor in (marketer, manager) if actor.user}
    for name, user in found.items():
        user.email = f"{name}@ours.example"
        user.save()
    commands.choose(marketer, medium="mail", wanted=["accepted", "returned"])
    return found


def handed_over() -> Lead:
    with clock.at(START):
        publish(SYSTEM, text=text(80).replace("within: 2 business hours", TERMS))
    lead = new_lead(title="Director")
    visits(lead, START + HOUR, MQL_AT)
    work(MQL_AT)
    return fresh(lead)


def passes(until: timedelta, mailbox: Mailbox) -> list[tuple[str, str]]:
    """What the worker does until that long after the handoff; who is written to, and of what."""
    before, at = len(mailbox.mails), MQL_AT
    while at <= MQL_AT + until:
        with clock.at(at):
            while relay.act():
                pass
        delivers(at)
        at += 10 * MINUTE
    return [
        (mail["To"].partition("@")[0], mail["Subject"].partition(":")[0]) for mail in mailbox.mails[before:]
    ]


def test_reminded_breached_reassigned_accepted_and_marketing_is_told(
    mailbox: Mailbox, colleagues: dict[str, User]
) -> None:
    lead = handed_over()
    first = lead.owner.username  # type: ignore[union-attr]
    second = "ito" if first == "ishii" else "ishii"
    told = passes(3 * HOUR + 10 * MINUTE, mailbox)
    assert told[0] == (first, "A lead was handed over to you")
    assert told[1] == (first, "A handoff is due soon")
    assert sorted(told[2:4]) == sorted(
        [(first, "A handoff was not answered in time"), ("manabe", "A handoff was not answered in time")]
    )
    assert told[4:] == [(second, "A handoff that nobody answered comes to you")]
    at = MQL_AT + 4 * HOUR
    with clock.at(at):
        decide(Actor(user=colleagues[second]), lead_id=lead.pk, to="SAL")
    delivers(at)
    assert mailbox.mails[-1]["To"] == "makino@ours.example"
    assert mailbox.mails[-1]["Subject"] == "Sales accepted a lead: Yamada Hanako"
    in_app = [one.kind for one in queries.notifications(Actor(user=colleagues[first]))]
    assert in_app == ["taken", "breach", "reminder", "handoff"]


def test_a_promised_call_is_told_when_its_time_has_come(
    mailbox: Mailbox, colleagues: dict[str, User]
) -> None:
    lead = handed_over()
    caller = Actor(user=lead.owner)
    with clock.at(MQL_AT):
        calls.log_call(caller, lead.pk, outcome="not_reached", promised_at=MQL_AT + HOUR)
    told = passes(HOUR + 10 * MINUTE, mailbox)
    assert (lead.owner.username, "A call that you promised is due") in told  # type: ignore[union-attr]
