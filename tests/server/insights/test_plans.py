"""The plan in the server: page, API and file say the same; what people can take; targets for the agreement."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from tasuki.metrics.facts.store import write_facts
from tasuki.metrics.plan import DEALS, Quarter, quarter_named, quarter_of
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed
from tasuki.server.core.models import AuditEntry
from tasuki.server.handoffs.commands import set_capacity, set_team_capacity
from tasuki.server.handoffs.room import receivers
from tasuki.server.insights import commands, plans
from tasuki.server.insights.opened import forget
from tasuki.server.insights.plans import PlanAsked
from tests.metrics.story import START, deal, tables_of, terms, way
from tests.server.api.conftest import Api, _no_token_is_remembered, api_of
from tests.server.handoffs.stories import agree_on
from tests.server.lifecycle.stories import agree

__all__ = ["_no_token_is_remembered", "api_of"]
pytestmark = pytest.mark.django_db
Browse = Callable[[Actor], Client]
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    forget()


@pytest.fixture
def running() -> Quarter:
    return quarter_of(clock.now().astimezone(TOKYO).date())


@pytest.fixture
def browse() -> Browse:
    def signed_in(actor: Actor) -> Client:
        client = Client(headers={"accept-language": "en"})
        assert actor.user is not None
        client.force_login(actor.user)
        return client

    return signed_in


@pytest.fixture
def company(data: Path, inside_rep: Actor, sales_rep: Actor) -> Path:
    """A year of it until now: each day an MQL of which every second one is accepted, and every second one of those wins
    1000 yen ten days later. The agreement in force wants 90000 yen a quarter. Rep 7 has the even days."""
    agree(80, at=clock.now() - timedelta(days=2))
    now = (clock.now() - START) / timedelta(days=1)
    moves, deals = [], []
    for number in range(400):
        at = now - 400 + number
        steps = [(at, "MAL"), (at + 0.1, "MQL"), *([(at + 1, "SAL")] if number % 2 else [])]
        moves.append(way(f"{number + 1}", *steps))
        if number % 4 == 1:
            closed = at + 11 if at + 11 < now else None
            deals.append(
                deal(f"d{number}", at + 1, closed, amount=1000, lead=f"{number + 1}", rep=f"{number % 2}")
            )
    known = terms(timezone="Asia/Tokyo", without=("SQL", "OPPORTUNITY"))
    tables = tables_of(moves, deals=deals, until=now, known=known)
    folder = commands.facts_folder()
    made = {**known.to_json(), "targets": {"WON.amount": "90000 JPY per quarter"}}
    write_facts(folder, tables.tables, known.of_json(made), tables.known_until)
    return folder


def of_file(pieces: Iterator[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


def test_page_api_and_file_say_the_same_number(
    company: Path, manager: Actor, browse: Browse, api_of: Callable[..., Api], running: Quarter
) -> None:
    seen = plans.plan(manager)
    assert [str(goal.quarter) for goal in seen.plan.goals] == [str(running.next(count)) for count in range(4)]
    row = seen.plan.row("MQL")
    assert row is not None
    status, told = api_of(manager)("GET", "/metrics/plan")
    assert status == 200
    (stage,) = (one for one in told["stages"] if one["stage"] == "MQL")
    assert [one["needed"] for one in stage["months"]] == pytest.approx([cell.needed for cell in row.cells])
    client = browse(manager)
    answer = client.post("/plan/export", {"kind": "csv"})
    rows = [one for one in of_file(answer.streaming_content) if one["Stage"] == "MQL"]  # type: ignore[attr-defined]
    assert [float(one["Needed"]) for one in rows] == pytest.approx(
        [cell.needed for cell in row.cells], abs=1e-6
    )
    assert AuditEntry.objects.get(action="numbers.export").detail["figure"] == "plan"
    page = client.get("/plan").content.decode()
    assert "Needed in each month" in page
    assert "¥90,000" in page


def test_own_figures_are_those_of_the_leads_and_deals(company: Path, manager: Actor) -> None:
    own = plans.plan(manager).plan.own
    assert own.value == 1000
    assert own.steps["MQL"].reached.share == pytest.approx(0.5, abs=0.01)
    assert own.steps["SAL"].reached.share == pytest.approx(0.5, abs=0.01)


def test_each_quarter_has_a_goal_of_its_own_on_the_page_and_by_the_api(
    company: Path, manager: Actor, browse: Browse, api_of: Callable[..., Api], running: Quarter
) -> None:
    wanted = {str(running.next(count)): 10_000.0 * (count + 1) for count in range(4)}
    seen = plans.plan(manager, PlanAsked(goals=wanted))
    assert {str(goal.quarter): goal.amount for goal in seen.plan.goals} == wanted
    client = browse(manager)
    shown = client.get("/plan", {f"goal_{name}": f"{amount:.0f}" for name, amount in wanted.items()})
    page = shown.content.decode()
    for name, amount in wanted.items():
        assert re.search(rf'name="goal_{name}"[^>]*value="{amount:.0f}"', page), name
    status, told = api_of(manager)(
        "GET", "/metrics/plan", goal=[f"{name}:{amount}" for name, amount in wanted.items()]
    )
    assert status == 200
    by_quarter: dict[str, float] = {}
    for month in told["months"]:
        quarter = str(quarter_of(date.fromisoformat(f"{month['month']}-01")))
        by_quarter[quarter] = by_quarter.get(quarter, 0) + month["wanted"]
    assert {name: by_quarter[name] for name in wanted} == pytest.approx(wanted)
    row = seen.plan.row(DEALS)
    assert row is not None
    for name, amount in wanted.items():
        deals = row.of_quarter(quarter_named(name))
        assert deals == pytest.approx(amount / 1000), name
    proposed = plans.propose_targets(manager, PlanAsked(goals=wanted), str(running.next(2)))
    assert proposed.targets["WON.amount"] == "30000 JPY per quarter"


def test_a_slider_changes_what_is_needed_and_its_address_says_only_what_is_changed(
    company: Path, manager: Actor, browse: Browse
) -> None:
    client = browse(manager)
    before = plans.plan(manager).plan.row("MQL")
    own = plans.plan(manager).plan.own.steps["SAL"].reached.share
    assert own is not None
    answer = client.get(
        "/plan", {"rate_MQL": "25", "rate_SAL": f"{100 * own:.1f}"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Replace-Url"] == "/plan?rate_MQL=25.0"
    assert b"<html" not in answer.content
    after = plans.plan(manager, PlanAsked(rates={"MQL": 0.25})).plan.row("MQL")
    assert before is not None
    assert after is not None
    assert after.total == pytest.approx(before.total * 2, rel=0.03)


def test_numbers_that_do_not_fit_are_refused_with_their_field(
    company: Path, manager: Actor, browse: Browse
) -> None:
    for asked, code, field in (
        (PlanAsked(rates={"MQL": 1.5}), "out_of_range", "rate_MQL"),
        (PlanAsked(rates={"XXL": 0.5}), "step_unknown", "rate_XXL"),
        (PlanAsked(goals={"2026": 5.0}), "quarter_unknown", "goal_2026"),
        (PlanAsked(goals={"1999-Q1": 5.0}), "quarter_far", "goal_1999-Q1"),
        (PlanAsked(value=float("nan")), "out_of_range", "value"),
        (PlanAsked(shares={"MQL": 0.9, "SGL": 0.2}), "shares_too_much", "share"),
    ):
        with pytest.raises(Invalid) as wrong:
            plans.plan(manager, asked)
        assert (wrong.value.code, wrong.value.field) == (code, field)
    answer = browse(manager).get("/plan?rate_MQL=abc", headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert "Rate MQL: This is no number." in answer.content.decode()
    assert browse(manager).get("/plan?value=0").status_code == 422


def test_whoever_sees_their_own_leads_plans_with_their_own_figures_and_a_goal_of_their_own(
    company: Path, outsider: Actor, manager: Actor, browse: Browse
) -> None:
    seen = plans.plan(outsider)
    assert seen.mine == "rep"
    assert seen.plan.goals == ()
    assert len(seen.plan.own.cents) == 0
    page = browse(outsider).get("/plan").content.decode()
    assert "give your own goal" in page
    assert "Write into the agreement" not in page
    assert "Write into the agreement" in browse(manager).get("/plan").content.decode()


def test_the_gap_of_the_running_quarter_adds_up_on_the_page(
    company: Path, manager: Actor, browse: Browse
) -> None:
    found = plans.plan(manager).plan.projected
    assert found is not None
    assert sum(effect.money for effect in found.effects) == found.gap
    page = browse(manager).get("/plan").content.decode()
    assert "What does most" in page or "just as wanted" in page


# What people can take.


def test_what_a_team_can_take_is_minutes_times_working_days(
    company: Path, manager: Actor, inside_rep: Actor, browse: Browse
) -> None:
    assert inside_rep.user is not None
    assert inside_rep.user.team is not None
    agree_on(at=clock.now() - timedelta(days=1))
    month = date(2026, 9, 1)  # 22 weekdays; 21, 22 and 23 September are holidays in Japan
    (before,) = (one for one in receivers(manager, [month]) if one.name == "inside_sales")
    assert before.leads(month) is None
    set_capacity(manager, inside_rep.user.username, minutes_a_day=60)
    set_team_capacity(manager, inside_rep.user.team.name, minutes_a_lead=30)
    (after,) = (one for one in receivers(manager, [month]) if one.name == "inside_sales")
    assert after.stages == ["MQL"]
    assert after.leads(month) == 2 * 19
    shown = browse(manager).get("/plan").content.decode()
    assert "What people can take" in shown
    assert "30 minutes a lead" in shown


# Into the agreement.


def test_targets_are_written_into_the_text_and_nothing_is_published_before_it_is_said(
    company: Path, manager: Actor, browse: Browse, running: Quarter
) -> None:
    versions = AgreementVersion.objects.count()
    under = agreements.in_force()
    assert under is not None
    quarter = str(running.next())
    proposed = plans.propose_targets(manager, PlanAsked(), quarter)
    text = agreements.version(manager, under.version.number).text
    needs = plans.plan(manager).plan.row("MQL")
    assert needs is not None
    assert int(proposed.targets["MQL"].split()[0]) >= needs.of_quarter(running.next()) / 3
    assert proposed.text.startswith(text.split("targets")[0].rstrip())
    assert f"MQL: {proposed.targets['MQL']}" in proposed.text
    answer = browse(manager).post("/plan/write", {"quarter": quarter, "query": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "What it would change" in page
    assert f"{running.next().begin}T00:00" in page  # in force from the beginning of its quarter
    assert AgreementVersion.objects.count() == versions
    published = browse(manager).post("/agreement/publish", {"text": proposed.text})
    assert published.status_code == 302
    assert AgreementVersion.objects.count() == versions + 1


def test_only_who_may_publish_may_write_targets_and_only_of_a_quarter_that_is_planned(
    company: Path, manager: Actor, marketer: Actor, browse: Browse
) -> None:
    with pytest.raises(NotAllowed):
        plans.propose_targets(marketer, PlanAsked(), "2026-Q4")
    with pytest.raises(Invalid, match="no goal for this quarter"):
        plans.propose_targets(manager, PlanAsked(), "2031-Q1")
    assert browse(marketer).post("/plan/write", {"quarter": "2026-Q4"}).status_code == 403


def test_without_figures_the_page_says_what_comes_here(manager: Actor, browse: Browse) -> None:
    answer = browse(manager).get("/plan")
    assert answer.status_code == 200
    assert "There are no figures yet." in answer.content.decode()


def test_the_api_refuses_a_pair_that_says_nothing(
    company: Path, manager: Actor, api_of: Callable[..., Api]
) -> None:
    status, told = api_of(manager)("GET", "/metrics/plan", rate="0.5")
    assert status == 422
    assert told["error"]["code"] == "pair_invalid"
    status, told = api_of(manager)("GET", "/metrics/plan", rate="SAL:0.5", goal="2020-Q1:5")
    assert (status, told["error"]["code"]) == (422, "quarter_far")
    status, told = api_of(manager)("GET", "/metrics/plan", days="SAL:20", value=2000)
    assert status == 200
    assert told["value"]["set"] == 2000
    assert json.dumps(told)


def test_as_of_an_earlier_day_the_plan_is_that_of_then(company: Path, manager: Actor) -> None:
    then = clock.now() - timedelta(days=100)
    found = plans.plan(manager, PlanAsked(as_of=then)).plan
    assert found.today == then.astimezone(TOKYO).date()
    row = found.row(DEALS)
    assert row is not None
    assert any(cell.there is not None for cell in row.cells)
