"""Deals are put by whoever knows of them, found again by their key, and settled by decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.core.models import AuditEntry
from tasuki.server.deals.commands import DealInput, PutDeal, put_deals, settle
from tasuki.server.deals.models import Deal
from tasuki.server.deals.queries import deal, deals
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
HANAKO = LeadRef(email="hanako@yamada.example")


def put(actor: Actor, given: DealInput) -> PutDeal:
    (outcome,) = put_deals(actor, [given], source="crm")
    assert isinstance(outcome, PutDeal), outcome
    return outcome


@pytest.fixture
def lead(marketer: Actor) -> int:
    (done,) = people.put_leads(
        marketer, [LeadInput(HANAKO, {"name": "山田 花子", "account.name": "株式会社山田電機"})], source="crm"
    )
    assert not isinstance(done, Refused)
    return done.lead_id


def test_a_deal_takes_name_and_account_from_its_lead(sales_rep: Actor, marketer: Actor, lead: int):
    done = put(marketer, DealInput(HANAKO, amount=Decimal(3_000_000), key="opp-1"))
    found = Deal.objects.get(pk=done.deal_id)
    assert (found.name, found.lead_id, found.state, found.currency) == (
        "株式会社山田電機",
        lead,
        "open",
        "JPY",
    )
    assert found.account is not None


def test_the_same_key_changes_the_deal_and_what_is_absent_stays(marketer: Actor, lead: int):
    first = put(
        marketer, DealInput(HANAKO, name="導入", amount=Decimal(3_000_000), opened_at=AT, key="opp-1")
    )
    again = put(marketer, DealInput(HANAKO, amount=Decimal("2500000.50"), key="opp-1"))
    same = put(marketer, DealInput(HANAKO, amount=Decimal("2500000.5"), key="opp-1"))
    assert (first.outcome, again.outcome, same.outcome) == ("created", "updated", "unchanged")
    assert again.before == {"amount": Decimal(3_000_000)}
    found = Deal.objects.get()
    assert (found.name, found.opened_at) == ("導入", AT)


def test_a_deal_that_is_won_has_a_time_and_one_that_opens_again_has_none(marketer: Actor, lead: int):
    put(marketer, DealInput(HANAKO, opened_at=AT, key="opp-1"))
    with clock.at(AT + timedelta(days=9)):
        put(marketer, DealInput(HANAKO, state="won", key="opp-1"))
    assert Deal.objects.get().closed_at == AT + timedelta(days=9)
    put(marketer, DealInput(HANAKO, state="open", key="opp-1"))
    assert Deal.objects.get().closed_at is None


def test_without_a_key_lead_name_and_opening_are_the_deal(marketer: Actor, lead: int):
    given = DealInput(HANAKO, name="導入", opened_at=AT)
    assert [put(marketer, given).outcome for _ in range(2)] == ["created", "unchanged"]


def test_what_does_not_fit_is_refused_alone(marketer: Actor, lead: int):
    bad = [
        (DealInput(HANAKO, amount=Decimal(-1)), "amount_invalid"),
        (DealInput(HANAKO, amount=Decimal("NaN")), "amount_invalid"),
        (DealInput(HANAKO, amount=Decimal(10) ** 16), "amount_invalid"),
        (DealInput(HANAKO, amount=Decimal("0.001")), "amount_invalid"),
        (DealInput(HANAKO, currency="YEN"), "currency_unknown"),
        (DealInput(HANAKO, state="maybe"), "state_unknown"),
        (
            DealInput(HANAKO, opened_at=AT, closed_at=AT - timedelta(days=1), state="won"),
            "closed_before_opened",
        ),
        (DealInput(HANAKO, closed_at=AT, state="open"), "open_but_closed"),
        (DealInput(HANAKO, owner="nobody"), "owner_unknown"),
        (DealInput(HANAKO, name="a\0"), "nul_byte"),
        (DealInput(LeadRef(lead=2**60)), None),
        (DealInput(), None),
    ]
    outcomes = put_deals(
        marketer, [*(given for given, _code in bad), DealInput(HANAKO, key="fine")], source="crm"
    )
    for outcome, (_given, code) in zip(outcomes, bad, strict=False):
        assert isinstance(outcome, Refused)
        assert code in (None, outcome.code)
    assert isinstance(outcomes[-1], PutDeal)


def test_a_key_that_belongs_to_another_lead_is_a_conflict(marketer: Actor, lead: int):
    put(marketer, DealInput(HANAKO, key="opp-1"))
    (outcome,) = put_deals(
        marketer, [DealInput(LeadRef(email="taro@yamada.example"), key="opp-1")], source="crm"
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == ("deal_of_another", 409)


def test_a_decision_opens_a_deal_and_the_next_one_closes_it(marketer: Actor, lead: int):
    opened = settle(
        marketer, lead_id=lead, state="open", amount=Decimal(500), at=AT, source="page", key="d-1"
    )
    won = settle(marketer, lead_id=lead, state="won", amount=Decimal(700), at=AT + timedelta(days=3))
    assert (opened.outcome, won.outcome, won.deal_id) == ("created", "updated", opened.deal_id)
    found = Deal.objects.get()
    assert (found.amount, found.state, found.closed_at) == (Decimal(700), "won", AT + timedelta(days=3))
    lost = settle(marketer, lead_id=lead, state="lost", at=AT + timedelta(days=9), reason="price")
    assert lost.outcome == "created"
    assert Deal.objects.get(pk=lost.deal_id).reason == "price"


def test_deals_are_seen_with_their_leads_only(marketer: Actor, outsider: Actor, lead: int):
    done = put(marketer, DealInput(HANAKO, key="opp-1"))
    assert [each.pk for each in deals(marketer)] == [done.deal_id]
    assert deals(marketer, lead_id=lead, state="won") == []
    assert deals(outsider) == []
    assert deal(marketer, done.deal_id).pk == done.deal_id
    with pytest.raises(NotFound):
        deal(outsider, done.deal_id)


def test_every_put_leaves_an_audit_entry(marketer: Actor, lead: int):
    put(marketer, DealInput(HANAKO, key="opp-1"))
    assert AuditEntry.objects.get(action="deals.put").subject == f"lead:{lead}"


def test_a_batch_creates_changes_and_leaves_deals_alone_with_few_statements(
    marketer: Actor, sales_rep: Actor, lead: int, django_assert_max_num_queries: Callable[..., Any]
):
    def batch(amount: int, keys: range) -> list[DealInput]:
        return [
            DealInput(lead_id=lead, name=f"導入 {n}", amount=Decimal(amount) + n, key=f"k{n}",
                      expected_at=AT.date(), owner="sakai")
            for n in keys
        ]  # fmt: skip

    put_deals(marketer, batch(100, range(40)), source="crm")
    given = [*batch(100, range(20)), *reversed(batch(200, range(20, 60)))]
    with django_assert_max_num_queries(40):
        outcomes = put_deals(marketer, given, source="crm")
    found = {each.key: each for each in Deal.objects.all()}
    told = [outcome for outcome in outcomes if isinstance(outcome, PutDeal)]
    assert Counter(each.outcome for each in told) == {"unchanged": 20, "created": 20, "updated": 20}
    assert [each.deal_id for each in told] == [found[each.key or ""].pk for each in given]
    assert {key: deal.amount for key, deal in found.items()} == {
        f"k{n}": Decimal(100 if n < 20 else 200) + n for n in range(60)
    }
    assert {(deal.expected_at, deal.owner_id) for deal in found.values()} == {(AT.date(), sales_rep.user.pk)}  # type: ignore[union-attr]


def test_a_key_that_stands_twice_in_a_batch_is_one_deal_as_the_last_one_says(marketer: Actor, lead: int):
    given = [DealInput(HANAKO, amount=Decimal(amount), key="opp-1") for amount in (100, 200, 200)]
    outcomes = put_deals(marketer, given, source="crm")
    told = [outcome for outcome in outcomes if isinstance(outcome, PutDeal)]
    assert [each.outcome for each in told] == ["created", "updated", "unchanged"]
    assert {each.deal_id for each in told} == {Deal.objects.get().pk}
    assert Deal.objects.get().amount == Decimal(200)


@pytest.mark.django_db(transaction=True)
def test_the_same_deals_put_by_three_at_once_in_different_order_are_there_once(marketer: Actor, lead: int):
    given = [DealInput(HANAKO, amount=Decimal(n), key=f"k{n}") for n in range(60)]
    orders = [given, given[::-1], given[30:] + given[:30]]
    start = Barrier(len(orders))

    def run(order: list[DealInput]) -> list[PutDeal | Refused]:
        try:
            start.wait()
            return put_deals(marketer, order, source="crm")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(orders)) as pool:
        outcomes = [outcome for some in pool.map(run, orders) for outcome in some]
    assert Counter(getattr(outcome, "outcome", outcome) for outcome in outcomes) == {
        "created": 60,
        "unchanged": 120,
    }
    assert Deal.objects.count() == 60
