"""Every Monday at eight the figures of last week come by mail: once, whatever happens, and to whom they are for."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import AuditEntry, Sight, Team
from tasuki.server.notify import queries as telling
from tasuki.server.notify.models import Delivery
from tasuki.server.reports import commands, queries
from tasuki.server.reports.models import WeeklyReport, WeeklyRun
from tasuki.server.worktime.models import DayOff
from tests.server.notify.mailbox import Mailbox
from tests.server.reports.stories import (
    DAY,
    HOUR,
    MINUTE,
    a_week,
    eight,
    has_mail,
    plain,
    sends,
    this_week,
    wanted,
)
from tests.weekly.paper import says

pytestmark = pytest.mark.django_db
WHOLE = 0


def test_on_monday_at_eight_the_teams_manager_gets_last_weeks_figures(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    assert sends(eight() - MINUTE) == 0
    assert sends(eight()) == 1
    assert sends(eight() + HOUR) == 0
    (letter,) = mailbox.mails
    assert letter["To"] == "manabe@ours.example"
    assert letter["Subject"].strip().startswith("Weekly report: Inside sales Tokyo, ")
    assert "Last week there were 2 MQLs" in plain(letter)
    assert "https://tasuki.example/numbers" in plain(letter)
    (file,) = letter.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert file.get_filename() == f"tasuki-{this_week().label}-{inside_sales_team.pk}.pdf"
    assert says(file.get_content(), "Inside sales Tokyo")  # type: ignore[attr-defined]
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "Last week there were 2 MQLs" in html
    assert "<script" not in html


def test_on_a_day_off_it_comes_on_the_next_working_day(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    DayOff.objects.create(day=eight().date(), name="海の日")
    assert sends(eight() + 2 * HOUR) == 0
    assert sends(eight(1)) == 1
    assert WeeklyRun.objects.get().week == this_week().first


def test_the_mail_says_the_very_numbers_of_the_api(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    sends(eight())
    told = dict(re.findall(r"^- (.+?): ([\d.,–]+)", plain(mailbox.mails[0]), re.MULTILINE))
    client, week = Client(headers={"accept-language": "en"}), this_week()
    assert lead_of_team.user
    client.force_login(lead_of_team.user)
    team = f"where=team:{inside_sales_team.pk}"
    with clock.at(eight()):
        for name, kpi in (
            ("MQL entries", "mql.entries"),
            ("SQL entries", "sql.entries"),
            ("Deals won", "won.deals"),
        ):
            answer = client.get(f"/api/v1/metrics/{kpi}?by=week&{team}").json()
            of_week = {one["part"]: one["value"] for one in answer["figures"]}.get(week.label, 0)
            assert float(told[name]) == of_week, name
        ends = f"since={week.since:%Y-%m-%dT%H:%M:%S}%2B09:00&until={week.until:%Y-%m-%dT%H:%M:%S}%2B09:00"
        answer = client.get(f"/api/v1/metrics/sal.in_time?{ends}&{team}").json()
    in_time = answer["figures"][0]
    assert in_time["denominator"] == 2
    assert (
        f"{in_time['denominator'] - in_time['numerator']} handoffs of last week were not answered in time"
        in plain(mailbox.mails[0])
    )


def test_everybody_reads_in_their_own_language_and_only_what_they_may_see(
    mailbox: Mailbox,
    inside_sales_team: Team,
    lead_of_team: Actor,
    inside_rep: Actor,
    sales_rep: Actor,
    marketer: Actor,
) -> None:
    for actor in (inside_rep, sales_rep, marketer):
        has_mail(actor, language="ja")
    assert sales_rep.user
    a_week()
    wanted(lead_of_team, inside_sales_team.pk, receivers=[sales_rep.user.pk])
    assert sends(eight()) == 2, "the seller of another team, who sees that team's leads only, gets none"
    mails = {letter["To"]: letter for letter in mailbox.mails}
    assert set(mails) == {"manabe@ours.example", "ishii@ours.example"}
    assert mails["ishii@ours.example"]["Subject"].strip().startswith("週次レポート：Inside sales Tokyo")
    assert "先週のMQLは2件" in plain(mails["ishii@ours.example"])
    with clock.at(eight()):
        found = queries.report(lead_of_team, inside_sales_team.pk)
    assert {one.user.username: one.why_not for one in found.readers} == {
        "manabe": "",
        "ishii": "",
        "sakai": "unseen",
    }


def test_whoever_lost_the_right_before_the_mail_went_out_gets_none(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor, sales_rep: Actor
) -> None:
    assert sales_rep.user
    has_mail(sales_rep, sight=Sight.ALL)
    a_week()
    wanted(lead_of_team, inside_sales_team.pk, everyone=False, receivers=[sales_rep.user.pk])
    with clock.at(eight()):
        assert commands.send_due() == 1
    sales_rep.user.sight = Sight.TEAM
    sales_rep.user.save()
    sends(eight() + MINUTE)
    assert mailbox.mails == []
    assert Delivery.objects.get().fault == "figures_unseen"


def test_who_sees_their_own_leads_only_gets_their_own_figures(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor, inside_rep: Actor
) -> None:
    has_mail(inside_rep, sight=Sight.OWN)
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    sends(eight())
    text = next(plain(one) for one in mailbox.mails if one["To"] == "ishii@ours.example")
    assert "Your own figures only" in text


def test_a_worker_that_starts_late_makes_up_for_the_last_week_and_not_for_many(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    late = eight(3 * 7 + 3)  # a Thursday, three weeks on
    assert sends(late) == 1
    assert sends(late + DAY) == 0
    assert WeeklyRun.objects.get().week == this_week().later(3).first
    assert sends(eight(4 * 7)) == 1


def test_what_was_due_before_it_was_switched_on_is_not_made_up_for(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    with clock.at(eight() + HOUR):
        commands.put_report(
            lead_of_team, inside_sales_team.pk, enabled=True, weekday=0, hour=8, everyone=True, receivers=()
        )
    assert sends(eight() + 2 * HOUR) == 0
    assert sends(eight(7)) == 1


def test_a_worker_that_dies_while_it_sends_leaves_no_half_of_it(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)

    def dies(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(commands.notify, "send_mail", dies)
        with pytest.raises(KeyboardInterrupt):
            sends(eight())
    assert not WeeklyRun.objects.exists()
    assert sends(eight() + MINUTE) == 1
    assert len(mailbox.mails) == 1


def test_while_the_mail_server_is_away_it_waits_and_is_shown_among_the_deliveries(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor, administrator: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    mailbox.down()
    assert sends(eight()) == 1
    (shown,) = telling.deliveries(administrator)
    assert (shown.kind, shown.state, shown.fault) == ("weekly", "waiting", "mail_away")
    mailbox.up()
    sends(eight() + HOUR)
    (letter,) = mailbox.mails
    assert "Last week there were 2 MQLs" in plain(letter)


def test_those_who_lead_get_the_whole_companys_with_its_targets(
    mailbox: Mailbox, lead_of_team: Actor, inside_rep: Actor
) -> None:
    a_week()
    wanted(lead_of_team, WHOLE)
    assert sends(eight()) == 1
    assert mailbox.mails[0]["Subject"].strip().startswith("Weekly report: Whole company")
    assert AuditEntry.objects.filter(action="report.sent").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    gate, sent = threading.Barrier(2), []

    def works() -> None:
        try:
            with clock.at(eight()):
                gate.wait(20)
                sent.append(commands.send_due())
        finally:
            connection.close()

    threads = [threading.Thread(target=works) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    sends(eight() + MINUTE)
    assert sum(sent) <= 1, "whoever finds the facts being read leaves it to the other, or to the next look"
    assert WeeklyRun.objects.count() == 1
    assert len(mailbox.mails) == 1


def test_two_who_found_it_due_at_the_same_time_send_it_once(
    mailbox: Mailbox, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    with clock.at(eight()):
        ((report, due),) = commands._due(eight()).items()
        assert [commands._send(report, due, eight()) for _worker in range(2)] == [1, 0]


def test_without_a_mail_server_nothing_is_sent_and_nothing_lost(
    mailbox: Mailbox, environment: Any, inside_sales_team: Team, lead_of_team: Actor
) -> None:
    a_week()
    wanted(lead_of_team, inside_sales_team.pk)
    environment(mail_url="")
    assert sends(eight()) == 0
    environment(mail_url=mailbox.url)
    assert sends(eight(2)) == 1


def test_a_report_is_there_once_for_a_team_and_once_for_all(
    lead_of_team: Actor, inside_sales_team: Team
) -> None:
    for _time in range(2):
        for number in (WHOLE, inside_sales_team.pk):
            wanted(SYSTEM, number)
    assert WeeklyReport.objects.count() == 2
