"""Settings of weekly reports, and the report on a page: for whom they are, and in both languages."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry, Team
from tasuki.server.insights import commands as facts
from tasuki.server.notify.models import Delivery
from tasuki.server.reports.models import WeeklyReport
from tests.server.notify.mailbox import Mailbox
from tests.server.reports.stories import a_week, eight, plain, sends, wanted
from tests.weekly.paper import says

pytestmark = pytest.mark.django_db


def browser(actor: Actor, language: str = "en") -> Client:
    assert actor.user
    client = Client(headers={"accept-language": language})
    client.force_login(actor.user)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_manager_switches_it_on_and_reads_when_it_comes_and_to_whom(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team, inside_rep: Actor
) -> None:
    client, page = browser(lead_of_team), f"/settings/reports/{inside_sales_team.pk}"
    assert "It is switched off." in text_of(client, page)
    answer = client.post(page, {"enabled": "on", "weekday": "2", "hour": "17", "everyone": "on"})
    assert answer.status_code == 302
    shown = text_of(client, page)
    assert re.search(r"Comes next Wed, \d+ \w+ 17:00", shown), shown
    assert "ishii not sent: no mail address" in shown
    row = WeeklyReport.objects.get()
    assert (row.weekday, row.hour, row.enabled, row.everyone) == (2, 17, True, True)
    assert AuditEntry.objects.get(action="report.put").detail["weekday"] == 2
    assert "Inside sales Tokyo You get it" in text_of(client, "/settings/reports")


@pytest.mark.parametrize("given", [{"weekday": "9"}, {"hour": "24"}, {"receivers": ["987654"]}])
def test_what_cannot_be_is_refused_beside_its_field(
    lead_of_team: Actor, inside_sales_team: Team, given: dict[str, object]
) -> None:
    sent = {"enabled": "on", "weekday": "0", "hour": "8", **given}
    assert browser(lead_of_team).post(f"/settings/reports/{inside_sales_team.pk}", sent).status_code == 422
    assert not WeeklyReport.objects.exists()


def test_who_does_not_lead_may_read_it_and_not_change_it(
    lead_of_team: Actor, inside_sales_team: Team, inside_rep: Actor, sales_rep: Actor, sales_team: Team
) -> None:
    page = f"/settings/reports/{inside_sales_team.pk}"
    assert "Send it every week" not in text_of(browser(inside_rep), page)
    assert browser(inside_rep).post(page, {"enabled": "on", "weekday": "0", "hour": "8"}).status_code == 403
    seller = browser(sales_rep)
    assert seller.get(page).status_code == 403, "figures of another team"
    assert seller.get("/settings/reports/0/pdf").status_code == 403
    assert "Inside sales Tokyo" not in text_of(seller, "/settings/reports")
    assert "Field sales East" in text_of(seller, "/settings/reports")


def test_the_page_and_the_pdf_say_what_the_mail_says_in_both_languages(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team
) -> None:
    a_week()
    with clock.at(eight()):
        facts.refresh()
        client = browser(lead_of_team)
        shown = text_of(client, f"/settings/reports/{inside_sales_team.pk}/read")
        assert "Last week there were 2 MQLs" in shown
        client.post("/language", {"language": "ja", "next": "/"})
        assert "先週のMQLは2件" in text_of(client, f"/settings/reports/{inside_sales_team.pk}/read")
        answer = client.get(f"/settings/reports/{inside_sales_team.pk}/pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert says(answer.content, "週次レポート")
    assert AuditEntry.objects.get(action="numbers.export").detail == {"kind": "pdf"}


def test_what_needs_attention_leads_to_the_very_handoffs_of_the_team(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team
) -> None:
    a_week()
    with clock.at(eight()):
        facts.refresh()
        client, number = browser(lead_of_team), inside_sales_team.pk
        page = client.get(f"/settings/reports/{number}/read").content.decode()
        links = re.findall(r'<li><a href="([^"]+)" class="act">', page)
        assert links[0].replace("&amp;", "&") == "/handoffs?team=Inside+sales+Tokyo&overdue=1"
        assert (
            links[1]
            .replace("&amp;", "&")
            .startswith(f"/numbers/handoffs.in_time?team={number}&by=week&part=")
        )
        for link in links:
            shown = client.get(link.replace("&amp;", "&")).content.decode()
            assert "Yamada Hanako" in shown, link
        assert f"/numbers/mql.entries?by=week&amp;team={number}" in page
        client.post(f"/settings/reports/{number}/now")
        whole = client.get("/settings/reports/0/read").content.decode()
    assert '<a href="/handoffs?overdue=1"' in whole
    assert '/numbers/mql.entries?by=week"' in whole
    (letter,) = mailbox.mails
    html = letter.get_body(("html",))
    assert html is not None
    assert "/handoffs?team=Inside+sales+Tokyo&amp;overdue=1" in html.get_content()
    assert f"/numbers/mql.entries?by=week&amp;team={number}" in html.get_content()
    assert "/handoffs?team=Inside+sales+Tokyo" in plain(letter)


def test_one_is_sent_to_oneself_now(mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team) -> None:
    a_week()
    with clock.at(eight()):
        facts.refresh()
        client = browser(lead_of_team)
        client.post(f"/settings/reports/{inside_sales_team.pk}/now")
        assert "The report was sent to you." in text_of(client, f"/settings/reports/{inside_sales_team.pk}")
    (letter,) = mailbox.mails
    assert "Last week there were 2 MQLs" in plain(letter)
    assert [one.get_content_type() for one in letter.iter_attachments()] == ["application/pdf"]
    assert Delivery.objects.get().state == "sent"


def test_whoever_does_not_want_it_gets_it_no_more_until_they_do(
    mailbox: Mailbox, lead_of_team: Actor, inside_sales_team: Team
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    client = browser(lead_of_team)
    client.post(f"/settings/reports/{inside_sales_team.pk}/decline")
    assert "You said that you do not want it." in text_of(client, f"/settings/reports/{inside_sales_team.pk}")
    assert sends(eight()) == 0
    client.post(f"/settings/reports/{inside_sales_team.pk}/decline", {"wanted": "yes"})
    assert sends(eight(7)) == 1


def test_before_anything_was_counted_the_page_says_what_comes_here(lead_of_team: Actor) -> None:
    assert "Here marketing and sales look at the same figures" in text_of(
        browser(lead_of_team), "/settings/reports/0/read"
    )
    assert browser(lead_of_team).get("/settings/reports/0/pdf").status_code == 404
