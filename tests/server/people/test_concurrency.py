"""Several connections at once: what is new is made once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from tasuki.server.accounts.models import Account
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.people import commands
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Due, Identity, Lead, Profile

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run them in threads of their own, each with its own connection, started together."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait()
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_the_same_new_address_put_by_four_at_once_makes_one_lead(marketer: Actor):
    for turn in range(5):
        given = [LeadInput(fields={"email": f"new{turn}@yamada.example"})]
        answers = at_once(*[lambda given=given: commands.put_leads(marketer, given, source="form")[0]] * 4)
        assert len({each.lead_id for each in answers}) == 1
        assert sorted(each.outcome for each in answers) == ["created", "unchanged", "unchanged", "unchanged"]
    assert Lead.objects.count() == Identity.objects.count() == Profile.objects.count() == 5


def test_batches_that_overlap_in_opposite_order_lose_nothing_and_double_nothing(marketer: Actor):
    people = [
        LeadInput(fields={"email": f"p{nth}@yamada.example", "account.name": f"会社{nth % 7}"})
        for nth in range(200)
    ]
    orders = [people, people[::-1], people[50:] + people[:50]]
    answers = at_once(
        *[lambda order=order: commands.put_leads(marketer, order, source="csv") for order in orders]
    )
    assert not any(isinstance(each, Refused) for some in answers for each in some)
    assert Lead.objects.count() == Due.objects.count() == 200
    assert Account.objects.count() == 7


def test_references_to_the_same_new_visitor_make_one_lead(marketer: Actor):
    refs = [LeadRef(visitor=f"v{nth}") for nth in range(50)]
    first, second = at_once(
        lambda: commands.resolve_leads(marketer, refs, source="tag"),
        lambda: commands.resolve_leads(marketer, refs[::-1], source="tag"),
    )
    assert first == second[::-1]
    assert Lead.objects.count() == 50


def test_two_changes_of_one_lead_at_once_both_stand(marketer: Actor):
    lead = commands.put_leads(marketer, [LeadInput(fields={"email": "a@x.example"})], source="form")[
        0
    ].lead_id
    at_once(
        *[
            lambda name=name: commands.update_lead(
                marketer, lead, changes={name: "x", f"account.{name}": "y"}
            )
            for name in ("one", "two", "three")
        ]
    )
    fields = Lead.objects.get(pk=lead).fields
    assert {"one", "two", "three"} <= fields.keys()
    latest = Profile.objects.filter(lead=lead).latest("pk").fields
    assert {"one", "two", "three", "account.one", "account.two", "account.three"} <= latest.keys()


def test_two_changes_of_one_account_at_once_both_stand(marketer: Actor):
    put = {"email": "a@x.example", "account.name": "山田電機"}
    commands.put_leads(marketer, [LeadInput(fields=put)], source="form")
    at_once(
        *[
            lambda name=name: commands.put_leads(
                marketer,
                [
                    LeadInput(
                        fields={
                            "email": f"{name}@x.example",
                            "account.name": "山田電機",
                            f"account.{name}": "y",
                        }
                    )
                ],
                source="form",
            )
            for name in ("one", "two", "three")
        ]
    )
    account = Account.objects.get()
    assert account.fields == {"one": "y", "two": "y", "three": "y"}


def test_leads_deleted_while_their_account_changes_leave_nothing_behind(marketer: Actor):
    def delete(leads: list[int]) -> None:  # as the undoing of an import does
        with transaction.atomic():
            list(Lead.objects.select_for_update().filter(pk__in=leads).order_by("pk"))
            Lead.objects.filter(pk__in=leads).delete()

    def put(*people: dict[str, str]) -> list[int]:
        given = [LeadInput(fields={"account.name": "山田電機", **one}) for one in people]
        return [one.lead_id for one in commands.put_leads(marketer, given, source="form")]

    for turn in range(5):
        leads = put(*({"email": f"{turn}-{nth}@x.example"} for nth in range(20)))
        changed = {"email": f"other{turn}@x.example", "account.industry": f"業種{turn}"}
        at_once(lambda some=leads: delete(some), lambda other=changed: put(other))
    there = set(Lead.objects.values_list("pk", flat=True))
    assert len(there) == 5
    assert set(Profile.objects.values_list("lead_id", flat=True)) == there
    assert set(Identity.objects.values_list("lead_id", flat=True)) == there
