"""Putting agreements into force."""

from __future__ import annotations

import pytest
from django.utils import translation

from tasuki.server.agreements import drafting, queries
from tasuki.server.agreements.commands import publish
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from tasuki.server.core.models import AuditEntry, Team, User
from tasuki.server.running.demo.loading import set_up
from tests.server.lifecycle.stories import DAY, HOUR, START, agree, new_lead, text, work

pytestmark = pytest.mark.django_db


def test_the_first_agreement_is_in_force_from_now_on(manager: Actor) -> None:
    with clock.at(START):
        version = publish(manager, text=text())
    assert (version.number, version.name, version.effective_from, version.created_by) == (
        1,
        "Story",
        START,
        manager.user,
    )
    assert queries.in_force(START - HOUR) is None
    found = queries.in_force(START)
    assert found
    assert (found.version, found.first, found.agreement.name) == (version, True, "Story")
    assert AuditEntry.objects.get(action="agreement.publish").subject == "agreement:1"


def test_the_next_one_is_in_force_from_its_time_on(manager: Actor) -> None:
    first = agree(100, actor=manager)
    with clock.at(START + HOUR):
        second = publish(manager, text=text(50), effective_from=START + 5 * DAY)
    found = [queries.in_force(START + days * DAY) for days in (1, 5, 9)]
    assert [one.version for one in found if one] == [first, second, second]
    assert [one.first for one in found if one] == [True, False, False]
    assert [version.number for version in queries.versions(manager)] == [2, 1]
    assert queries.version(manager, 2).text == text(50)


def test_the_same_text_again_is_the_same_version(manager: Actor) -> None:
    first = agree(actor=manager)
    assert agree(at=START + DAY, actor=manager) == first
    assert agree(50, at=START + 2 * DAY, actor=manager).number == 2
    assert agree(at=START + 3 * DAY, actor=manager).number == 3


def test_every_mistake_comes_back_with_its_place(manager: Actor) -> None:
    wrong = text().replace("{signal: pricing,", "{signal: pricng,").replace("to: RECYCLED", "to: NOWHERE")
    with pytest.raises(Invalid) as refused:
        publish(manager, text=wrong)
    assert refused.value.code == "agreement_invalid"
    messages = [detail.message for detail in refused.value.details]
    assert any("did you mean `pricing`?" in message for message in messages)
    assert len(messages) == 2
    assert all(message.split(" ")[0].count(":") == 1 for message in messages)
    assert not AgreementVersion.objects.exists()


@pytest.mark.parametrize("wrong", ["", "\0", "a: [", "- 1\n- 2", "agreement: x", "é" * 100, "\ud800"])
def test_what_is_no_agreement_is_refused_and_never_a_fault(manager: Actor, wrong: str) -> None:
    with pytest.raises(Invalid):
        publish(manager, text=wrong)


def test_a_file_beyond_all_measure_is_refused(manager: Actor) -> None:
    with pytest.raises(TooLarge):
        publish(manager, text="#" * 5_000_001)


def test_names_that_do_not_fit_a_column_are_refused(manager: Actor) -> None:
    with pytest.raises(Invalid):
        publish(manager, text=text().replace("SGL", "S" * 51))


def test_an_agreement_never_takes_effect_in_the_past(manager: Actor) -> None:
    for when in (START - HOUR, START.replace(tzinfo=None), START.replace(year=9999)):
        with clock.at(START), pytest.raises(Invalid) as refused:
            publish(manager, text=text(), effective_from=when)
        assert refused.value.field == "effective_from"


def test_it_is_told_when_leads_stand_in_a_stage_that_is_no_more(manager: Actor) -> None:
    agree()
    new_lead()
    work(START)
    with clock.at(START + DAY):
        version = publish(manager, text=text().replace("MAL", "PROSPECT"))
    assert any("MAL" in warning for warning in version.warnings)


def test_marketing_and_sales_read_and_do_not_publish(marketer: Actor, sales_rep: Actor) -> None:
    for actor in (marketer, sales_rep, Actor()):
        with pytest.raises(NotAllowed):
            publish(actor, text=text())
    agree()
    assert queries.version(marketer, 1).name == "Story"
    for number in (0, 2, 10**20):
        with pytest.raises(NotFound):
            queries.version(marketer, number)


def test_an_agreement_is_compiled_once_for_all_that_have_its_text(manager: Actor) -> None:
    agree(100)
    one, other = queries.in_force(START), queries.in_force(START + DAY)
    assert one
    assert other
    assert one.compiled is other.compiled
    assert queries.main_score(one.compiled) == "person"


def test_it_is_told_when_leads_are_handed_to_a_name_that_nobody_bears(
    manager: Actor, inside_rep: Actor
) -> None:
    """A role is always known; a team has to be there, a user has to be there and active."""
    assert inside_rep.user
    route = "[{to: former_owner, because: x}, {to: 大阪チーム, because: x}, {to: 'user:gone', because: x}]"
    handoff = f"{{to: inside_sales, within: 2h, escalate: sales, full: 東京チーム, route: {route}}}"
    routed = text().replace("{to: inside_sales, within: 2 business hours}", handoff)
    Team.objects.create(name="東京チーム", role="inside_sales")
    User.objects.create(username="gone", is_active=False)
    said = "No team, role or user is called {}: until there is one, leads go past it."
    version = publish(manager, text=routed)
    assert [warning for warning in version.warnings if "called" in warning] == [
        said.format("gone"),
        said.format("大阪チーム"),
    ]
    Team.objects.create(name="大阪チーム", role="inside_sales")
    with translation.override("ja"):
        (left,) = (one for one in drafting.warnings(manager, version.number) if "gone" in one)
    assert "というチーム" in left, "the page tells what is odd now, in the reader's language"
    here = routed.replace("大阪チーム", "東京チーム").replace("user:gone", f"user:{inside_rep.user.username}")
    assert not [warning for warning in publish(manager, text=here).warnings if "called" in warning]


def test_the_demo_hands_leads_only_to_names_that_it_has() -> None:
    set_up()
    assert AgreementVersion.objects.get().warnings == []
