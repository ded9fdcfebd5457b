"""The whole relay, as people read it in their mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tasuki.server.agreements.commands import publish
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.lifecycle import calls, news, relay
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify import commands, queries
from tasuki.server.people.models import Lead
from tasuki.server.worktime.models import Absence
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


def plain(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


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
    late = f"{first} (Inside sales Tokyo) did not answer a handoff in time"
    assert sorted(told[2:4]) == sorted([(first, "A handoff was not answered in time"), ("manabe", late)])
    (breach,) = [one for one in mailbox.mails if one["To"] == "manabe@ours.example"]
    assert "Due: Mon, 6 Apr 13:00" in plain(breach)
    assert told[4:] == [(second, "A handoff that nobody answered comes to you")]
    at = MQL_AT + 4 * HOUR
    with clock.at(at):
        decide(Actor(user=colleagues[second]), lead_id=lead.pk, to="SAL")
    delivers(at)
    assert mailbox.mails[-1]["To"] == "makino@ours.example"
    assert mailbox.mails[-1]["Subject"] == "Sales accepted a lead: Yamada Hanako"
    in_app = [one.kind for one in queries.notifications(Actor(user=colleagues[first]))]
    assert in_app == ["taken", "breach", "reminder", "handoff"]


def test_a_mail_says_with_whom_the_lead_is_who_gave_it_and_what_they_wrote(
    mailbox: Mailbox, colleagues: dict[str, User], manager: Actor
) -> None:
    lead = handed_over()
    passes(timedelta(0), mailbox)
    first = lead.owner.username  # type: ignore[union-attr]
    assert f"With: {first} (Inside sales Tokyo)" in plain(mailbox.mails[-1])
    assert f"Why here: Inside sales: given to {first}" in plain(mailbox.mails[-1])
    second = "ito" if first == "ishii" else "ishii"
    with clock.at(MQL_AT + MINUTE):
        relay.transfer(manager, lead.handoffs.get().pk, to_user=second, note="They asked for you.")
    delivers(MQL_AT + MINUTE)
    given = mailbox.mails[-1]
    assert given["To"] == f"{second}@ours.example"
    assert f"With: {second} (Inside sales Tokyo)" in plain(given)
    assert f"Why here: manabe gave it to {second}" in plain(given)
    assert "Note: They asked for you." in plain(given)


def test_who_does_not_hold_it_any_more_gets_no_late_breach_mail(
    mailbox: Mailbox, colleagues: dict[str, User], manager: Actor
) -> None:
    lead = handed_over()
    first = lead.owner.username  # type: ignore[union-attr]
    second = "ito" if first == "ishii" else "ishii"
    passes(timedelta(0), mailbox)
    at = MQL_AT + 2 * HOUR
    with clock.at(at):
        while relay.act():
            pass
        relay.transfer(manager, lead.handoffs.get().pk, to_user=second)
    delivers(at)
    breached = [one["To"].partition("@")[0] for one in mailbox.mails if "in time" in one["Subject"]]
    assert breached == ["manabe"]


def test_a_lead_in_the_queue_is_told_as_one_that_waits_and_not_to_who_is_away(
    mailbox: Mailbox, colleagues: dict[str, User]
) -> None:
    lead = handed_over()
    lead.handoffs.update(person=None)
    passes(timedelta(0), mailbox)
    assert mailbox.mails[-1]["Subject"].startswith("A lead waits for somebody of your team: ")
    assert "Whoever takes it first has it." in plain(mailbox.mails[-1])
    ishii, ito = colleagues["ishii"], colleagues["ito"]
    Absence.objects.create(user=ishii, begins_at=MQL_AT - HOUR, ends_at=MQL_AT + HOUR)
    assert news._here((ishii.pk, ito.pk), MQL_AT) == (ito.pk,)


def test_a_promised_call_is_told_when_its_time_has_come(
    mailbox: Mailbox, colleagues: dict[str, User]
) -> None:
    lead = handed_over()
    caller = Actor(user=lead.owner)
    with clock.at(MQL_AT):
        calls.log_call(caller, lead.pk, outcome="not_reached", promised_at=MQL_AT + HOUR)
    Lead.objects.filter(pk=lead.pk).update(phone="03-1234-5678")
    told = passes(HOUR + 10 * MINUTE, mailbox)
    assert (lead.owner.username, "A call that you promised is due") in told  # type: ignore[union-attr]
    (mail,) = [one for one in mailbox.mails if "promised" in one["Subject"]]
    assert plain(mail).index("Phone: 03-1234-5678") < plain(mail).index("Stage:")
    assert "Promised for: Mon, 6 Apr 12:00" in plain(mail)
    assert f"Call Not reached · {caller.user}" in plain(mail)


def test_on_the_page_of_news_a_breach_says_whose_it_is_and_an_answer_why(
    mailbox: Mailbox, colleagues: dict[str, User], manager: Actor, marketer: Actor
) -> None:
    lead = handed_over()
    holder = Actor(user=lead.owner)
    passes(2 * HOUR, mailbox)
    (breach,) = queries.notifications(manager)
    assert vars(breach)["says"] == f"{holder.user} (Inside sales Tokyo) did not answer a handoff in time"
    assert "A handoff was not answered in time" in [
        vars(one)["says"] for one in queries.notifications(holder)
    ]
    with clock.at(MQL_AT + 2 * HOUR + MINUTE):
        decide(holder, lead_id=lead.pk, to="RECYCLED", reason="no_budget_now")
    (returned,) = queries.notifications(marketer)
    assert vars(returned)["because"] == f"No budget now · {holder.user}"
