"""Programs elsewhere are told by signed webhooks, over a real HTTP server that behaves as badly as it can."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from standardwebhooks import Webhook

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.deals.commands import DealInput, put_deals
from tasuki.server.imports.models import ImportJob
from tasuki.server.lifecycle.commands import decide
from tasuki.server.notify import commands, courier, outbox, queries, webhooks
from tasuki.server.notify.models import Delivery, Endpoint
from tasuki.server.people import privacy
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.models import Identity
from tests.server.lifecycle.stories import DAY, HOUR
from tests.server.notify import receiver as manners
from tests.server.notify.receiver import Receiver
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers, states

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(receiver: Receiver, administrator: Actor) -> str:
    _endpoint, secret = commands.add_endpoint(administrator, url=receiver.url, wanted=["lead.entered"])
    return secret


def test_each_transition_is_told_signed_with_ids_and_reasons_and_nothing_that_names_a_person(
    receiver: Receiver, secret: str
) -> None:
    lead = becomes_mql()
    Identity.objects.create(lead=lead, kind="external:sfdc", value="003X", created_at=MQL_AT)
    courier.deliver()
    events = [Webhook(secret).verify(got.body, got.headers) for got in receiver.got]
    mal, event = sorted(events, key=lambda each: each["data"]["transition"])
    assert (mal["data"]["to"], event["data"]["to"]) == ("MAL", "MQL")
    assert (event["type"], event["timestamp"]) == ("lead.entered", MQL_AT.isoformat())
    assert event["data"]["lead"] == {
        "id": lead.pk,
        "external": {"sfdc": "003X"},
        "account": None,
        "stage": "MQL",
        "owner": lead.owner_id,
        "team": lead.team_id,
        "url": f"https://tasuki.example/leads/{lead.pk}",
    }
    assert event["data"]["scores"]["person"] == 110
    assert {"rule": "behavior.0", "score": "behavior", "hits": 2, "worth": 80.0} in event["data"]["reasons"]
    text = b"".join(got.body for got in receiver.got).decode()
    assert not [word for word in ("Hanako", "hanako", "yamada.example", "Director") if word in text]


def test_a_receiver_that_fails_is_tried_again_under_the_same_id_with_growing_waits(
    receiver: Receiver, secret: str
) -> None:
    receiver.manner = manners.answers(500)
    becomes_mql()
    at = MQL_AT
    while at < MQL_AT + HOUR:
        delivers(at)
        at += 10 * SECOND
    assert set(Delivery.objects.values_list("fault", flat=True)) == {"status:500"}
    tries = len(receiver.got)
    assert 2 * 5 <= tries <= 2 * 9
    receiver.manner = manners.answers(200)
    for minutes in range(60, 150, 5):
        delivers(MQL_AT + minutes * MINUTE)
    assert states() == ["sent", "sent"]
    assert len(receiver.got) == tries + 2
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 2


def test_after_two_days_it_is_dead_and_an_administrator_can_send_it_again(
    receiver: Receiver, secret: str, administrator: Actor, manager: Actor
) -> None:
    receiver.manner = manners.answers(500)
    becomes_mql()
    for hours in range(60):
        delivers(MQL_AT + hours * HOUR)
    assert states() == ["dead", "dead"]
    with pytest.raises(NotAllowed):
        commands.send_again(manager)
    receiver.manner = manners.answers(200)
    with clock.at(MQL_AT + 3 * DAY):
        assert commands.send_again(administrator) == 2
    delivers(MQL_AT + 3 * DAY)
    assert states() == ["sent", "sent"]
    with pytest.raises(NotFound):
        commands.send_again(administrator, "not-a-uuid")


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        (manners.delays(5), "slow"),
        (manners.drips_its_head, "slow"),
        (manners.resets, "cut_off"),
        (manners.redirects, "redirect:302"),
        (manners.answers(429), "status:429"),
    ],
    ids=["delays", "drips", "resets", "redirects", "is busy"],
)
def test_a_receiver_that_misbehaves_is_cut_off_and_the_fault_says_how(
    receiver: Receiver,
    administrator: Actor,
    monkeypatch: pytest.MonkeyPatch,
    manner: Callable[..., None],
    fault: str,
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 1.0)
    receiver.manner = manner
    endpoint, _secret = commands.add_endpoint(administrator, url=receiver.url)
    began = time.monotonic()
    assert commands.test_endpoint(administrator, endpoint.pk).fault == fault
    assert time.monotonic() - began < 2
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://127.0.0.1:{port}/", "tls"),
        ("http://127.0.0.1:1/", "unreachable"),
        ("http://no-such-name.invalid/", "unknown_host"),
    ],
)
def test_a_receiver_that_cannot_be_spoken_to_is_told_apart(
    receiver: Receiver, administrator: Actor, url: str, fault: str
) -> None:
    endpoint, _secret = commands.add_endpoint(administrator, url=url.format(port=receiver.port))
    assert commands.test_endpoint(administrator, endpoint.pk).fault == fault


@pytest.mark.parametrize("manner", [manners.never_ends, manners.drips_its_body], ids=["endless", "drips"])
def test_a_body_without_end_is_not_read(
    receiver: Receiver, administrator: Actor, manner: Callable[..., None]
) -> None:
    receiver.manner = manner
    endpoint, _secret = commands.add_endpoint(administrator, url=receiver.url)
    began = time.monotonic()
    assert commands.test_endpoint(administrator, endpoint.pk).state == "sent"
    assert time.monotonic() - began < 2


def test_a_receiver_may_ask_for_a_later_time(receiver: Receiver, secret: str) -> None:
    receiver.manner = manners.answers(503, Retry_After="600")
    becomes_mql()
    delivers(MQL_AT)
    waits = Delivery.objects.earliest("next_at").next_at - MQL_AT  # type: ignore[operator]
    assert timedelta(minutes=10) <= waits
    assert len(receiver.got) == 1, "the second one of the batch is not tried at a receiver that is away"


def test_a_receiver_that_is_gone_is_switched_off_and_that_is_written_down(
    receiver: Receiver, secret: str, administrator: Actor
) -> None:
    receiver.manner = manners.answers(410)
    becomes_mql()
    delivers(MQL_AT)
    (endpoint,) = queries.endpoints(administrator)
    assert (endpoint.enabled, endpoint.off_because) == (False, "gone")
    assert (states(), len(receiver.got)) == (["dead", "dead"], 1)
    assert AuditEntry.objects.filter(action="endpoint.gone").count() == 1


def test_private_addresses_are_refused_when_made_and_when_sent(
    receiver: Receiver, administrator: Actor, environment: Callable[..., None]
) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    commands.add_endpoint(administrator, url=receiver.url.replace("127.0.0.1", "localhost"))
    environment(webhooks_private=False)
    for url in (
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/x",
        "https://2130706433/",
    ):
        with pytest.raises(Invalid):
            commands.add_endpoint(administrator, url=url)
    for endpoint in queries.endpoints(administrator):
        assert commands.test_endpoint(administrator, endpoint.pk).fault == "private"
    assert receiver.got == []


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/", "https://", "https://u:p@x.example/", "https://x.exa\nmple/", "x" * 600]
)
def test_what_is_no_address_is_refused(receiver: Receiver, administrator: Actor, url: str) -> None:
    with pytest.raises(Invalid):
        commands.add_endpoint(administrator, url=url)


def test_a_new_secret_signs_from_then_on(receiver: Receiver, secret: str, administrator: Actor) -> None:
    endpoint = Endpoint.objects.get()
    new = commands.rotate_secret(administrator, endpoint.pk)
    commands.test_endpoint(administrator, endpoint.pk)
    (got,) = receiver.got
    assert Webhook(new).verify(got.body, got.headers)["type"] == "test"
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(got.body, got.headers)


def test_the_relay_is_told_from_handoff_to_answer(
    receiver: Receiver, administrator: Actor, inside_rep: Actor
) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    lead = becomes_mql()
    with clock.at(MQL_AT + HOUR):
        decide(inside_rep, lead_id=lead.pk, to="SAL")
    delivers(MQL_AT + HOUR)
    told = [json.loads(got.body) for got in receiver.got]
    kinds = [event["type"] for event in told]
    assert sorted(kinds) == ["handoff.answered", "handoff.opened"] + ["lead.entered"] * 3
    (answered,) = [event for event in told if event["type"] == "handoff.answered"]
    assert answered["data"]["outcome"] == "accepted"


def test_an_erased_lead_is_told_of_no_more(receiver: Receiver, secret: str, administrator: Actor) -> None:
    lead = becomes_mql()
    privacy.erase_person(administrator, lead.pk)
    delivers(MQL_AT)
    assert receiver.got == []


def test_endpoints_are_for_administrators(receiver: Receiver, manager: Actor, administrator: Actor) -> None:
    with pytest.raises(NotAllowed):
        commands.add_endpoint(manager, url=receiver.url)
    with pytest.raises(NotAllowed):
        queries.endpoints(manager)
    endpoint, secret = commands.add_endpoint(administrator, url=receiver.url)
    written = json.dumps(list(AuditEntry.objects.values("subject", "detail")))
    assert secret not in written
    assert receiver.url not in written
    commands.remove_endpoint(administrator, endpoint.pk)
    with pytest.raises(NotFound):
        commands.rotate_secret(administrator, endpoint.pk)


@pytest.mark.django_db(transaction=True)
def test_two_couriers_at_once_send_nothing_twice(receiver: Receiver, administrator: Actor) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    receiver.manner = manners.delays(0.01)
    now = clock.now()
    commands.publish(commands.Event("lead.entered", None, now, f"transition:{n}", {}) for n in range(200))  # type: ignore[arg-type]
    ready = threading.Barrier(2)

    def work() -> None:
        ready.wait()
        try:
            courier.deliver()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert (len(ids), len(set(ids))) == (200, 200)
    assert set(states()) == {"sent"}


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_holds_up_no_other(receiver: Receiver, administrator: Actor) -> None:
    slow = Receiver()
    slow.manner = manners.delays(3)
    try:
        commands.add_endpoint(administrator, url=slow.url)
        commands.add_endpoint(administrator, url=receiver.url)
        commands.publish(
            commands.Event("lead.entered", None, clock.now(), f"transition:{n}", {})  # type: ignore[arg-type]
            for n in range(20)
        )
        stop = threading.Event()
        thread = threading.Thread(target=courier.run, args=(stop,))
        thread.start()
        deadline = time.monotonic() + 2.5
        while len(receiver.got) < 20 and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()
        thread.join()
        assert (len(receiver.got), len(slow.got)) == (20, 1)
    finally:
        slow.close()


@pytest.mark.django_db(transaction=True)
def test_what_was_claimed_and_not_tried_is_given_back(receiver: Receiver, administrator: Actor) -> None:
    commands.add_endpoint(administrator, url=receiver.url)
    commands.publish(
        commands.Event("lead.entered", None, clock.now(), f"transition:{n}", {})  # type: ignore[arg-type]
        for n in range(5)
    )
    (found,) = outbox.receivers()
    stop = threading.Event()
    stop.set()
    assert courier.serve(found, stop) == 5
    assert receiver.got == []
    assert courier.deliver() == 5


def test_a_deal_that_another_program_puts_is_told_too_and_once_where_a_decision_moved_it(
    receiver: Receiver, administrator: Actor, sales_rep: Actor
) -> None:
    _endpoint, secret = commands.add_endpoint(administrator, url=receiver.url, wanted=["deal.changed"])
    lead = becomes_mql()
    given = DealInput(LeadRef(lead=lead.pk), amount=Decimal(3_000_000), key="opp-1")
    for source_says in (given, given):  # what is the same is no news
        put_deals(administrator, [source_says], source="crm")
    courier.deliver()
    (event,) = [Webhook(secret).verify(got.body, got.headers) for got in receiver.got]
    assert event["type"] == "deal.changed"
    told = {name: event["data"][name] for name in ("state", "amount", "currency")}
    assert (told["state"], Decimal(told["amount"]), told["currency"]) == ("open", 3_000_000, "JPY")


def test_deals_of_an_imported_file_are_history_and_told_to_nobody(
    receiver: Receiver, administrator: Actor
) -> None:
    commands.add_endpoint(administrator, url=receiver.url, wanted=["deal.changed"])
    lead = becomes_mql()
    job = ImportJob.objects.create(name="deals.csv", kind="deals", created_at=MQL_AT)
    put_deals(administrator, [DealInput(LeadRef(lead=lead.pk), key="opp-2")], source="file", job=job.pk)
    courier.deliver()
    assert receiver.got == []
