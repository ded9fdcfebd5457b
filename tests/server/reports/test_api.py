"""Weekly reports by the API: which there are, one as values and in words, and as a PDF; to whom they may be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry, Team
from tasuki.server.insights import commands as facts
from tests.server.api.conftest import Api, _no_token_is_remembered, api_of
from tests.server.notify.mailbox import Mailbox
from tests.server.reports.stories import a_week, eight, sends, this_week, wanted
from tests.server.reports.test_pages import browser, text_of
from tests.weekly.paper import says

__all__ = ["_no_token_is_remembered", "api_of"]
pytestmark = pytest.mark.django_db
ApiOf = Callable[..., Api]


def test_the_list_tells_when_each_comes_and_which_week_was_sent_last(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team, api_of: ApiOf
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    assert sends(eight()) == 1
    with clock.at(eight()):
        status, told = api_of(lead_of_team)("GET", "/reports/weekly")
    assert status == 200
    whole, team = (
        told["items"][0],
        next(one for one in told["items"] if one["number"] == inside_sales_team.pk),
    )
    assert (whole["number"], whole["team"], whole["name"], whole["enabled"]) == (
        0,
        None,
        "Whole company",
        False,
    )
    assert (whole["next_at"], whole["sent_at"], whole["mails"]) == (None, None, 0)
    assert (team["team"], team["enabled"], team["weekday"], team["hour"]) == (
        "Inside sales Tokyo",
        True,
        0,
        8,
    )
    assert (team["sent_week"], team["mails"]) == (this_week().first.isoformat(), 1)
    assert team["next_at"] is not None


def test_one_report_says_in_values_and_words_what_the_page_says(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team, api_of: ApiOf
) -> None:
    a_week()
    with clock.at(eight()):
        facts.refresh()
        status, told = api_of(lead_of_team)("GET", f"/reports/weekly/{inside_sales_team.pk}")
        _, nihongo = api_of(lead_of_team, language="ja")("GET", f"/reports/weekly/{inside_sales_team.pk}")
        page = text_of(browser(lead_of_team), f"/settings/reports/{inside_sales_team.pk}/read")
    assert status == 200
    assert (told["week"], told["narrowed_to"]) == (this_week().label, {"team": str(inside_sales_team.pk)})
    (mqls,) = (one for one in told["figures"] if one["metric"] == "mql.entries")
    assert (mqls["value"], mqls["before"], mqls["weeks"], mqls["said"]) == (2.0, 0.0, 1, "2")
    assert next(one["count"] for one in told["attention"] if one["code"] == "overdue") == 2
    assert told["curves"][0]["stage"] == "MQL"
    assert len(told["curves"][0]["entries"]) == len(told["weeks"]) == 13
    assert told["funnel"][0]["reached"] == 2
    for said in (*told["said"], *(one["text"] for one in told["attention"])):
        assert said.replace("'", "&#x27;") in page
    assert nihongo["said"][0].startswith("先週のMQLは2件")


def test_the_pdf_is_the_one_of_the_page_and_the_audit_tells_who_took_it(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team, api_of: ApiOf
) -> None:
    a_week()
    with clock.at(eight()):
        facts.refresh()
        path = f"{inside_sales_team.pk}/pdf"
        status, paper = api_of(lead_of_team, language="ja")("GET", f"/reports/weekly/{path}")
        client = browser(lead_of_team, "ja")
        assert client.get(f"/settings/reports/{path}").content == paper
    assert status == 200
    assert says(paper, "週次レポート")
    assert AuditEntry.objects.filter(action="numbers.export").count() == 2


def test_figures_of_others_are_not_told_and_what_is_not_there_is_said(
    lead_of_team: Actor, inside_sales_team: Team, sales_team: Team, sales_rep: Actor, api_of: ApiOf
) -> None:
    seller, leads = api_of(sales_rep), api_of(lead_of_team)
    _, listed = seller("GET", "/reports/weekly")
    assert [one["team"] for one in listed["items"]] == [sales_team.name]
    for path in (f"{inside_sales_team.pk}", "0", "0/pdf"):
        status, refused = seller("GET", f"/reports/weekly/{path}")
        assert (status, refused["error"]["code"]) == (403, "figures_of_others"), path
    assert leads("GET", "/reports/weekly/987654")[1]["error"]["code"] == "team_unknown"
    assert leads("GET", "/reports/weekly/0")[1]["error"]["code"] == "numbers_not_yet"
    assert leads("GET", "/reports/weekly/0/pdf")[0] == 404
    status, refused = api_of(lead_of_team, "leads.read")("GET", "/reports/weekly")
    assert (status, refused["error"]["code"]) == (403, "scope_missing")
