"""The pages of figures beside the overview: flow, speed, revenue, any two slices, and one view for all sides."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation

from tasuki.metrics.dashboards.flows import Link
from tasuki.metrics.dashboards.teams import OF_STANDING
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import AuditEntry
from tasuki.server.deals.commands import put_deals
from tasuki.server.deals.inputs import DealInput
from tasuki.server.insights import commands
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.pages.views.numbers import _way
from tests.server.pages.scene import Scene
from tests.server.pages.test_numbers import text_of

Browse = Callable[[Actor], Client]
TABS = ("/numbers", "/numbers/officer", "/numbers/flow", "/numbers/speed", "/numbers/revenue", "/numbers/by")


def in_japanese(client: Client) -> Client:
    client.post("/language", {"language": "ja", "next": "/numbers"})
    return client


def rows_of(client: Client, tab: str, table: str, query: str = "period=all") -> list[dict[str, str]]:
    """A table of a page as its file has it."""
    answer = client.post(f"/numbers/tables/{tab}/{table}/export", {"query": query, "kind": "csv"})
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def sold(lead: int, *deals: tuple[str | None, str]) -> None:
    """Deals of the lead that were won just now: amount and currency."""
    now = clock.now()
    put_deals(SYSTEM, [
        DealInput(lead_id=lead, key=f"d{place}", amount=Decimal(amount) if amount else None, currency=currency,
                  state="won", opened_at=now - timedelta(days=1), closed_at=now)
        for place, (amount, currency) in enumerate(deals)
    ], source="crm")  # fmt: skip
    commands.refresh()


NAMES = {
    "E1": (("MALs created", "MAL獲得数"), ("MAL quality score", "MALの品質スコア"),
           ("Form completion rate", "フォーム完了率")),
    "E2": (("Promotion rate MAL → MQL", "昇格率（MAL→MQL）"), ("Engagement score", "エンゲージメントスコア"),
           ("Content consumption", "コンテンツ消費数")),
    "E3": (("SGLs gained", "SGL獲得数"), ("SGL quality rating", "SGLの質評価"), ("Rate SGL → deal", "商談化率（SGL→商談）")),
    "E4": (("Acceptance rate MQL → SAL", "受け入れ率（MQL→SAL）"), ("Follow-up time, median", "フォローアップ時間・中央値"),
           ("Progress rate SAL → deal", "商談進捗率（SAL→商談）")),
    "E5": (("Deal rate SQL → deal", "商談成立率（SQL→商談）"), ("Conversion to customer SQL → won", "転換率（SQL→受注）"),
           ("Average deal value", "平均受注額")),
}  # fmt: skip


def test_every_measure_that_the_sources_ask_for_is_on_the_overview_by_name_in_both_languages(
    scene: Scene, browse: Browse, marketer: Actor
):
    client = browse(marketer)
    english, japanese = text_of(client, "/numbers"), text_of(in_japanese(client), "/numbers", "ja")
    for measures in NAMES.values():
        for name, nihongo in measures:
            assert name in english
            assert nihongo in japanese


def test_marketing_sales_and_the_revenue_officer_read_the_same_page(
    scene: Scene, browse: Browse, marketer: Actor, manager: Actor
):
    mine, theirs = (
        text_of(browse(who), "/numbers/officer?period=all").split("Money", 1)[1]
        for who in (marketer, manager)
    )
    assert mine == theirs
    for head in ("The way to it", "What marketing gave", "What sales made of it", "From source to money"):
        assert head in mine


@pytest.mark.parametrize("tab", TABS)
def test_whoever_has_no_leads_yet_finds_no_division_by_nothing(
    scene: Scene, browse: Browse, outsider: Actor, tab: str
):
    client = browse(outsider)
    assert "Your own figures" in text_of(client, f"{tab}?period=month")
    shown = client.get(f"{tab}?period=month").content.decode()
    assert not re.findall(r">\s*(?:0 %|nan|inf)", shown, re.IGNORECASE)


def test_the_flow_is_a_picture_and_a_table_of_which_each_move_opens_to_its_leads(
    scene: Scene, browse: Browse, manager: Actor
):
    lifecycle.decide(manager, lead_id=scene.hot, to="RECYCLED", role="inside_sales", reason="timing")
    commands.refresh()
    client = browse(manager)
    page = client.get("/numbers/flow?period=all").content.decode()
    assert page.count("<path d=") >= 3
    assert "/numbers/moves.MQL.RECYCLED?period=all" in page
    moves = {(row["From"], row["To"]): row["Moves"] for row in rows_of(client, "numbers-flow", "moves")}
    assert moves["Marketing qualified lead", "Recycled"] == "1"
    assert AuditEntry.objects.get(action="numbers.export").detail["figure"] == "numbers-flow/moves"
    behind = client.get("/numbers/moves.MQL.RECYCLED?period=all&by=").content.decode()
    assert f'href="/leads/{scene.hot}"' in behind
    assert f'href="/leads/{scene.cool}"' not in behind
    assert [row["Reason"] for row in rows_of(client, "numbers-flow", "returns")] == ["Not the time yet"]


def test_the_speed_is_told_from_stage_to_stage_by_month_and_until_the_first_touch(
    scene: Scene, browse: Browse, manager: Actor
):
    lifecycle.decide(manager, lead_id=scene.hot, to="SAL", role="inside_sales")
    commands.refresh()
    client = browse(manager)
    paces = {(row["From"], row["To"]): row for row in rows_of(client, "numbers-speed", "paces")}
    step = paces["Marketing qualified lead", "Sales accepted lead"]
    assert (step["Entered"], step["Reached"]) == ("1", "1")
    cohorts = rows_of(client, "numbers-speed", "cohorts")
    assert {row["Month"] for row in cohorts} <= {f"{clock.now() - timedelta(days=n):%Y-%m}" for n in range(4)}
    page = text_of(client, "/numbers/speed?period=all")
    assert "1 handoff" in page
    assert "1 handoffs" not in page
    handed = rows_of(client, "numbers-speed", "handed-MQL")
    assert sum(int(row["business hours"]) for row in handed) == 1


def test_each_figure_of_a_person_opens_to_the_very_leads_and_nobody_sees_more_than_theirs(
    scene: Scene, browse: Browse, manager: Actor, outsider: Actor
):
    lifecycle.decide(manager, lead_id=scene.hot, to="SAL", role="inside_sales")
    sold(scene.hot, ("1200000", "JPY"))
    client = browse(manager)
    page = client.get("/numbers/speed?period=all").content.decode()
    cells = {
        kpi: link.replace("&amp;", "&").split("#")[0]
        for link, kpi in re.findall(
            r'<a href="(/numbers/((?:handoffs|won)\.\w+)\?[^"]*by=rep[^"]*#behind)"', page
        )
    }
    assert set(cells) == {*OF_STANDING.values()} - {"handoffs.waiting"}  # nothing waits any more
    for kpi, address in cells.items():
        behind = client.get(address).content.decode()
        assert f'href="/leads/{scene.hot}"' in behind, kpi
        assert f'href="/leads/{scene.cool}"' not in behind, kpi
        answer = browse(outsider).get(address)
        assert f'href="/leads/{scene.hot}"' not in answer.content.decode(), kpi


def test_who_was_struck_off_at_the_first_look_did_not_go_on(scene: Scene, browse: Browse, manager: Actor):
    links = [Link(None, "MAL", 3, 0, False), Link(None, "DISQUALIFIED", 1, 1, False, is_out=True)]
    stages = ["MAL", "DISQUALIFIED"]
    with translation.override("en"):
        assert [_way(link, stages) for link in links] == ["goes on", "ends at once"]
    with translation.override("ja"):
        assert _way(links[1], stages) == "入ってすぐ終了"


def test_money_of_another_currency_is_said_and_added_to_nothing_and_a_deal_without_amount_is_counted(
    scene: Scene, browse: Browse, manager: Actor
):
    sold(scene.hot, ("1200000", "JPY"), ("500", "USD"), (None, "JPY"))
    client = browse(manager)
    page = text_of(client, "/numbers/revenue?period=all&by=source")
    assert "1 deal won has no amount; it is in no sum." in page
    assert "Charts are in JPY; other currencies are never added to it: 1 × USD" in page
    (row, total) = rows_of(client, "numbers-revenue", "split", "period=all&by=source")
    assert row["Total value won"] == total["Total value won"] == "1200000.00 JPY / 500.00 USD"
    assert row["Deals won"] == "3"


def test_a_cell_of_two_slices_lists_the_very_leads_it_counts(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    address = "/numbers/by?period=all&figure=mql.entries&rows=source&columns=month"
    page = client.get(address).content.decode()
    (cell,) = re.findall(r'<td class="number"><a href="([^"]+)">1</a>', page)
    behind = client.get(cell.replace("&amp;", "&").split("#")[0]).content.decode()
    assert f'href="/leads/{scene.hot}"' in behind
    assert f'href="/leads/{scene.cool}"' not in behind
    by_stage = client.get("/numbers/by?period=all&rows=account").content.decode()
    assert "大和機工株式会社" in by_stage
    assert rows_of(client, "numbers-by", "table", "period=all&rows=account")[0]["MAL"] == "1"


def test_what_cannot_be_asked_is_refused_with_what_can(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    answer = client.get("/numbers/by?figure=mal.created&rows=colour")
    assert answer.status_code == 422
    assert "source" in answer.content.decode()
    assert client.get("/numbers/by?figure=nothing.at_all").status_code == 404
    for address in ("numbers-flow/nothing", "nowhere/moves"):
        assert client.post(f"/numbers/tables/{address}/export", {"query": ""}).status_code == 404


def test_the_list_of_sources_and_campaigns_tells_only_of_leads_that_one_sees(
    scene: Scene, browse: Browse, manager: Actor, outsider: Actor
):
    listed = '<option value="exhibition">'
    for page in ("/numbers", "/numbers/mql.entries"):
        assert listed in browse(manager).get(page).content.decode()
        assert listed not in browse(outsider).get(page).content.decode()


def test_figures_are_those_of_any_minute_of_the_past(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    qualified = rows_of(client, "numbers", "standing")
    then = clock.now() - timedelta(days=2) + timedelta(minutes=30)
    minute = f"{then.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%dT%H:%M}"
    before = rows_of(client, "numbers", "standing", f"period=all&as_of={minute}")
    assert {row["Stage"]: row["Leads"] for row in qualified}["Marketing qualified lead"] == "1"
    assert {row["Stage"]: row["Leads"] for row in before}["Marketing qualified lead"] == "0"
    assert f'value="{minute}"' in client.get(f"/numbers?as_of={minute}").content.decode()
    for wrong in ("yesterday", "2026-13-01", "2026-04-01T25:00", "9999-01-01"):
        assert client.get(f"/numbers/flow?as_of={wrong}").status_code == 200


def test_companies_can_be_counted_where_that_makes_sense(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    leads = client.get("/numbers/mal.created?period=all&by=").content.decode()
    companies = client.get("/numbers/mal.created?period=all&by=&grain=account").content.decode()
    assert '<p class="figure-total">3</p>' in leads
    assert '<p class="figure-total">2</p>' in companies
    assert 'name="grain"' not in client.get("/numbers/sal.follow_up").content.decode()


def test_the_api_narrows_by_several_slices(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    told = client.get("/api/v1/metrics/mql.entries?where=source:exhibition&where=path:marketing").json()
    assert [one["value"] for one in told["figures"]] == [1]
    assert client.get("/api/v1/metrics/moves.MAL.MQL").json()["figures"][0]["value"] == 1
