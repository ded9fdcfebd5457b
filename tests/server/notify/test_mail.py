"""Mail to people, through a real SMTP server: what it says, and that it comes once, whatever the server does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from smtplib import SMTPConnectError

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import User
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify import commands, courier, mail, outbox
from tasuki.server.notify.models import Delivery
from tasuki.server.people import privacy
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import DAY, HOUR
from tests.server.notify import receiver as manners
from tests.server.notify.mailbox import Mailbox
from tests.server.notify.receiver import Receiver
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers, states

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_whoever_gets_a_lead_reads_in_the_mail_who_it_is_and_why_now(mailbox: Mailbox, rep: User) -> None:
    lead = becomes_mql()
    assert delivers(MQL_AT + MINUTE)
    (letter,) = mailbox.mails
    assert letter["To"] == "ishii@ours.example"
    assert letter["From"] == "Tasuki <tasuki@tasuki.example>"
    assert letter["Subject"] == "A lead was handed over to you: Yamada Hanako"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for told in (
        "Stage: MQL (Marketing qualified lead)",
        "Why now (person 110",
        "+80 pricing ×2 – they compare",
        "+30 decision_maker – decides",
        "Page viewed /pricing",
        f"https://tasuki.example/leads/{lead.pk}",
        "https://tasuki.example/settings/telling",
    ):
        assert told in text, text
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "they compare" in html
    assert f'href="https://tasuki.example/leads/{lead.pk}"' in html


def test_it_is_written_in_the_readers_language_and_time_zone(mailbox: Mailbox, rep: User) -> None:
    rep.language, rep.time_zone = "ja", "Asia/Tokyo"
    rep.save()
    lead = becomes_mql("<b>山田 花子</b>")
    delivers(MQL_AT + MINUTE)
    (letter,) = mailbox.mails
    assert "<b>山田 花子</b>" in letter["Subject"]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "MQL（マーケティング認定リード）" in text
    assert "4月6日 11:00" in text
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "&lt;b&gt;山田 花子&lt;/b&gt;" in html
    assert lead.pk


def test_marketing_who_wants_it_reads_the_reason_in_sales_own_words(
    mailbox: Mailbox, rep: User, inside_rep: Actor, marketer: Actor
) -> None:
    assert marketer.user
    marketer.user.email = "makino@ours.example"
    marketer.user.save()
    commands.choose(marketer, medium="mail", wanted=["returned"])
    lead = becomes_mql()
    with clock.at(MQL_AT + HOUR):
        decide(inside_rep, lead_id=lead.pk, to="RECYCLED", reason="no_budget_now", note="The lease runs on.")
    delivers(MQL_AT + 2 * HOUR)
    told = [letter for letter in mailbox.mails if letter["To"] == "makino@ours.example"]
    (text,) = [letter.get_body(("plain",)).get_content() for letter in told]  # type: ignore[union-attr]
    for part in ("Decided by ishii", "Reason: No budget now", "Note: The lease runs on."):
        assert part in text


def test_a_server_down_for_an_hour_delays_and_neither_loses_nor_doubles(mailbox: Mailbox, rep: User) -> None:
    mailbox.down()
    becomes_mql()
    at = MQL_AT
    while at < MQL_AT + HOUR:
        at += 10 * timedelta(seconds=1)
        delivers(at)
    assert states() == ["waiting"]
    found = Delivery.objects.get()
    assert 5 <= found.attempts <= 9, "the server is not hammered"
    assert found.fault == "mail_away"
    mailbox.up()
    for minutes in range(0, 90, 5):
        delivers(MQL_AT + HOUR + minutes * MINUTE)
    assert (states(), len(mailbox.mails)) == (["sent"], 1)


def test_one_connection_serves_all_that_is_due(mailbox: Mailbox, rep: User) -> None:
    lead = becomes_mql()
    with clock.at(MQL_AT):
        commands.tell(
            commands.News(
                "nobody", lead.pk, (rep.pk,), f"transition:{lead.transitions.latest('pk').pk}", MQL_AT
            )
            for _ in range(1)
        )
    delivers(MQL_AT)
    assert (len(mailbox.mails), mailbox.connections) == (2, 1)


def test_an_address_that_the_server_refuses_is_given_up_and_can_be_tried_again(
    mailbox: Mailbox, rep: User, administrator: Actor
) -> None:
    mailbox.refuse = "550 5.1.1 no such mailbox"
    becomes_mql()
    delivers(MQL_AT)
    dead = Delivery.objects.get()
    assert (dead.state, dead.fault) == ("dead", "smtp:550")
    mailbox.refuse = ""
    with clock.at(MQL_AT + HOUR):
        assert commands.send_again(administrator, dead.pk) == 1
    delivers(MQL_AT + HOUR)
    assert (states(), len(mailbox.mails)) == (["sent"], 1)


def test_a_server_that_asks_to_wait_is_asked_again_later(mailbox: Mailbox, rep: User) -> None:
    mailbox.answer = "451 try again"
    becomes_mql()
    delivers(MQL_AT)
    assert (states(), Delivery.objects.get().fault) == (["waiting"], "smtp:451")
    mailbox.answer = ""
    assert delivers(MQL_AT + timedelta(seconds=5)) == 0
    delivers(MQL_AT + MINUTE)
    assert states() == ["sent"]


def test_after_three_days_without_a_server_it_is_given_up(mailbox: Mailbox, rep: User) -> None:
    mailbox.down()
    becomes_mql()
    for hours in range(80):
        delivers(MQL_AT + hours * HOUR)
    assert states() == ["dead"]


def test_a_connection_lost_after_the_mail_was_handed_over_makes_it_come_again_under_the_same_id(
    mailbox: Mailbox, rep: User
) -> None:
    mailbox.drop_after_data = True
    becomes_mql()
    delivers(MQL_AT)
    mailbox.drop_after_data = False
    delivers(MQL_AT + MINUTE)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert states() == ["sent"]


def test_a_worker_killed_before_marking_leaves_a_lease_and_the_mail_comes_again_under_the_same_id(
    mailbox: Mailbox, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    becomes_mql()

    def killed(*_given: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            delivers(MQL_AT)
    assert delivers(MQL_AT + MINUTE) == 0, "the lease still runs"
    delivers(MQL_AT + 6 * MINUTE)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_an_erased_person_is_told_of_no_more(mailbox: Mailbox, rep: User, administrator: Actor) -> None:
    lead = becomes_mql()
    privacy.erase_person(administrator, lead.pk)
    delivers(MQL_AT)
    assert (states(), mailbox.mails) == ([], [])


def test_what_is_answered_meanwhile_is_not_asked_for_any_more(
    mailbox: Mailbox, rep: User, inside_rep: Actor
) -> None:
    lead = becomes_mql()
    with clock.at(MQL_AT + MINUTE):
        decide(inside_rep, lead_id=lead.pk, to="SAL")
    delivers(MQL_AT + 2 * MINUTE)
    assert (states(), mailbox.mails) == (["dropped"], [])


def test_who_may_not_see_the_lead_any_more_reads_nothing_of_it(mailbox: Mailbox, rep: User) -> None:
    lead = becomes_mql()
    rep.sight = "own"
    rep.save()
    other = User.objects.create(username="other")
    Lead.objects.filter(pk=lead.pk).update(owner=other, team=None)
    delivers(MQL_AT)
    assert (Delivery.objects.get().fault, mailbox.mails) == ("unseen", [])


def test_without_an_address_or_a_mail_server_news_stay_on_the_pages(mailbox: Mailbox, rep: User) -> None:
    rep.email = ""
    rep.save()
    becomes_mql()
    assert not Delivery.objects.exists()
    assert rep.notifications.count() == 1


def test_nobody_is_written_to_who_chose_not_to_be(mailbox: Mailbox, rep: User) -> None:
    commands.choose(Actor(user=rep), medium="mail", wanted=[])
    commands.choose(Actor(user=rep), medium="app", wanted=["won"])
    becomes_mql()
    assert not Delivery.objects.exists()
    assert not rep.notifications.exists()


def test_a_test_says_at_once_whether_mail_arrives(mailbox: Mailbox, rep: User) -> None:
    assert commands.test_mail(Actor(user=rep)).state == "sent"
    assert mailbox.mails[0]["Subject"] == "Test from Tasuki"
    mailbox.down()
    assert commands.test_mail(Actor(user=rep)).fault == "mail_away"


def test_old_mails_do_not_come_back_after_days(mailbox: Mailbox, rep: User) -> None:
    becomes_mql()
    delivers(MQL_AT)
    assert delivers(MQL_AT + 30 * DAY) == 0
    assert SYSTEM.system


@pytest.mark.parametrize("answer", ["554 go away", "421 too busy"])
def test_a_server_that_lets_nobody_in_kills_no_letter(
    mailbox: Mailbox, rep: User, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_given: object, **_more: object) -> None:
        code, _sign, text = answer.partition(" ")
        raise SMTPConnectError(int(code), text)

    monkeypatch.setattr("smtplib.SMTP.connect", refuses)
    becomes_mql()
    delivers(MQL_AT)
    assert (states(), Delivery.objects.get().fault) == (["waiting"], f"smtp:{answer[:3]}")
    assert mail.trouble()


def test_a_password_that_cannot_be_sent_kills_no_letter(
    mailbox: Mailbox, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(_backend: object) -> None:
        "pässword".encode("ascii")

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.open", opens)
    becomes_mql()
    delivers(MQL_AT)
    assert states() == ["waiting"]
    assert commands.test_mail(Actor(user=rep)).fault == "mail_away"
    assert mail.trouble()


def test_a_server_that_wants_another_sign_in_kills_no_letter(mailbox: Mailbox, rep: User) -> None:
    mailbox.refuse = mailbox.answer = "534 5.7.9 please sign in with your browser"
    becomes_mql()
    mailbox.refuse = ""
    delivers(MQL_AT)
    assert (states(), Delivery.objects.get().fault) == (["waiting"], "smtp:534")


def test_settings_of_which_no_connection_can_be_made_keep_no_lease(
    mailbox: Mailbox, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impossible() -> None:
        raise ValueError("tls and ssl")

    monkeypatch.setattr(mail, "_to_server", impossible)
    becomes_mql()
    delivers(MQL_AT)
    found = Delivery.objects.get()
    assert (found.state, found.fault, found.claimed_until) == ("waiting", "mail_away", None)


def test_who_was_erased_or_went_elsewhere_after_the_batch_was_claimed_is_told_of_no_more(
    mailbox: Mailbox, rep: User, administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = becomes_mql()
    with clock.at(MQL_AT):
        claimed = outbox.claim(outbox.Receiver("mail"))
        assert len(claimed) == 1
        privacy.erase_person(administrator, lead.pk)
        monkeypatch.setattr(outbox, "claim", lambda _receiver: claimed)
        courier.serve(outbox.Receiver("mail"))
    assert mailbox.mails == []


def test_a_poisoned_letter_comes_last_in_its_batch(mailbox: Mailbox, rep: User) -> None:
    for name in ("Yamada Hanako", "Suzuki Jiro"):
        becomes_mql(name)
    first = Delivery.objects.earliest("made_at", "pk")
    Delivery.objects.filter(pk=first.pk).update(attempts=3)
    with clock.at(MQL_AT + MINUTE):
        assert [one.attempts for one in outbox.claim(outbox.Receiver("mail"))] == [0, 3]


def test_who_lost_the_mail_address_has_no_mail_way_any_more(mailbox: Mailbox, rep: User) -> None:
    commands.choose(Actor(user=rep), medium="mail", wanted=["handoff"])
    rep.email = ""
    rep.save()
    becomes_mql()
    assert not Delivery.objects.exists()


def test_a_name_of_several_lines_is_told_in_one(mailbox: Mailbox, rep: User) -> None:
    lead = becomes_mql()
    Lead.objects.filter(pk=lead.pk).update(name="Hanako\nDue: never", title="Director\n\nof all")
    delivers(MQL_AT)
    text = mailbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Hanako Due: never Director of all" in text


def test_a_failed_test_is_not_listed_as_given_up(mailbox: Mailbox, rep: User) -> None:
    mailbox.refuse = "550 no"
    assert commands.test_mail(Actor(user=rep)).state == Delivery.State.DROPPED


def test_why_now_tells_only_of_what_makes_up_the_score(mailbox: Mailbox, rep: User) -> None:
    lead = becomes_mql()
    moved = lead.transitions.latest("ordinal")
    apart = [{**one, "score": "interest", "worth": 500.0} for one in moved.contributions]
    lead.transitions.filter(pk=moved.pk).update(contributions=moved.contributions + apart)
    delivers(MQL_AT)
    text = mailbox.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "+80" in text
    assert "500" not in text


@pytest.mark.django_db(transaction=True)
def test_slow_programs_do_not_take_the_thread_of_the_mails(
    mailbox: Mailbox,
    receiver: Receiver,
    rep: User,
    administrator: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "THREADS", 1)
    receiver.manner = manners.delays(3)
    commands.add_endpoint(administrator, url=receiver.url)
    now, stop = clock.now(), threading.Event()
    commands.publish([commands.Event("lead.entered", None, now, "transition:1", {})])  # type: ignore[arg-type]
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + 2.5
        while not receiver.got and time.monotonic() < deadline:
            time.sleep(0.02)
        commands.choose(Actor(user=rep), medium="mail", wanted=["overload"])
        commands.tell([commands.News("overload", None, (rep.pk,), "team:0:today", now)])
        while not mailbox.mails and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join()
    assert (len(receiver.got), len(mailbox.mails)) == (1, 1)
