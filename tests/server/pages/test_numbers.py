"""Numbers: what both sides look at, said first, opened to its definition and its leads, taken out as it stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry
from tasuki.server.insights import board as boards
from tasuki.server.insights import commands, queries
from tasuki.server.insights.asking import Asked
from tasuki.server.insights.spans import span_of
from tasuki.server.lifecycle import commands as lifecycle
from tests.server.pages.scene import Scene

Browse = Callable[[Actor], Client]


def text_of(client: Client, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_says_the_figures_first_and_in_both_languages(scene: Scene, browse: Browse, marketer: Actor):
    client = browse(marketer)
    assert "All the time: 1 entry into MQL" in text_of(client, "/numbers?period=all")
    client.post("/language", {"language": "ja", "next": "/numbers"})
    shown = text_of(client, "/numbers?period=all", "ja")
    assert "全期間のMQLは1件" in shown
    assert "その後どうなったか（コホート）" in shown
    assert "ステージ別の在籍数（スナップショット）" in shown


def test_page_api_and_file_say_the_same_number(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    known = queries.figure(manager, "mal.entries", Asked("source"))
    value = int(known.total.value or 0)
    assert value > 0
    page = text_of(client, "/numbers/mal.entries?by=source&period=all")
    assert f"Exhibition {value} {value}" in page
    told = client.get("/api/v1/metrics/mal.entries?by=source").json()
    assert [one["value"] for one in told["figures"]] == [value, value]
    query = {"query": "by=source&period=all", "kind": "csv"}
    answer = client.post("/numbers/mal.entries/export", query)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [(row["Part"], row["Value"]) for row in rows] == [("All", str(value)), ("Exhibition", str(value))]
    assert AuditEntry.objects.get(action="numbers.export").detail["figure"] == "mal.entries"


def test_a_figure_opens_to_its_meaning_and_to_its_very_leads(scene: Scene, browse: Browse, manager: Actor):
    client = browse(manager)
    page = client.get("/numbers/mql.entries?by=source&period=all&part=exhibition").content.decode()
    assert "How often leads entered the stage." in page
    assert f'href="/leads/{scene.hot}"' in page
    assert f'href="/leads/{scene.cool}"' not in page
    query = {"query": "by=source&period=all&part=exhibition", "kind": "csv"}
    answer = client.post("/numbers/mql.entries/leads/export", query)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row["ID"] for row in rows] == [str(scene.hot)]


def test_a_figure_whose_leads_are_all_too_young_says_so_and_how_many_they_are(
    scene: Scene, browse: Browse, manager: Actor
):
    page = browse(manager).get("/numbers/sal.acceptance?period=all").content.decode()
    assert "None is counted yet: 1 is too young to tell." in page
    assert "None that you may see." not in page


def test_a_page_of_which_most_rates_are_too_young_says_so_and_leads_to_an_older_time(
    scene: Scene, browse: Browse, manager: Actor, monkeypatch: pytest.MonkeyPatch
):
    client, address = browse(manager), "/numbers?period=month&source=exhibition"
    assert "Most rates cannot be told yet" not in client.get(address).content.decode()
    board = boards.board
    monkeypatch.setattr(boards, "board", lambda actor, asking: too_young(board(actor, asking)))
    page = client.get(address).content.decode()
    assert "Most rates cannot be told yet" in page
    assert '<a href="?period=year&amp;source=exhibition">The last 365 days</a>' in page


def too_young(found: boards.Board) -> boards.Board:
    """The same, where every rate waits for its entries to grow older."""
    young = {
        stage: [replace(one, figure=replace(one.figure, value=None, young=3)) for one in tiles]
        for stage, tiles in found.tiles.items()
    }
    return replace(found, tiles=young)


def test_whoever_may_take_no_leads_out_takes_figures_only(scene: Scene, browse: Browse, inside_rep: Actor):
    client = browse(inside_rep)
    assert client.post("/numbers/mql.entries/leads/export", {"kind": "csv"}).status_code == 403
    assert client.post("/numbers/mql.entries/export", {"kind": "csv"}).status_code == 200
    assert "The leads behind it, with the columns" not in text_of(client, "/numbers/mql.entries")


def test_whoever_sees_their_own_leads_is_told_that_the_figures_are_their_own(
    scene: Scene, browse: Browse, outsider: Actor, sales_rep: Actor
):
    assert "Your own figures" in text_of(browse(outsider), "/numbers?period=all")
    assert "Figures of your team" in text_of(browse(sales_rep), "/numbers?period=all")
    assert "0 entries into MQL" in text_of(browse(outsider), "/numbers?period=all")


def test_an_answer_is_on_the_page_after_the_next_count_and_not_on_that_of_yesterday(
    scene: Scene, browse: Browse, manager: Actor
):
    client = browse(manager)
    lifecycle.decide(manager, lead_id=scene.hot, to="SAL", role="inside_sales")
    commands.refresh()
    assert queries.figure(manager, "sal.entries").total.value == 1
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()
    assert "As known" in text_of(client, f"/numbers?period=all&as_of={yesterday}")
    shown = client.get(f"/numbers/sal.entries?by=&period=all&as_of={yesterday}").content.decode()
    assert '<p class="figure-total">0</p>' in shown


def test_before_anything_was_counted_the_page_says_what_comes_here(client: Client, manager: Actor, db: None):
    assert manager.user is not None
    client.force_login(manager.user)
    shown = text_of(client, "/numbers")
    assert "Here marketing and sales look at the same figures" in shown
    assert client.get("/numbers/mql.entries").status_code == 404


@pytest.mark.parametrize(
    ("period", "since", "before"),
    [
        ("month", "2026-03-01", ("2026-02-01", "2026-03-01")),
        ("last_month", "2026-02-01", ("2026-01-01", "2026-02-01")),
        ("quarter", "2026-01-01", ("2025-10-01", "2025-12-29")),
    ],
)
def test_part_of_a_month_is_compared_with_the_same_part_of_the_month_before_and_no_more(
    period: str, since: str, before: tuple[str, str]
):
    from datetime import datetime

    span = span_of(period, datetime.fromisoformat("2026-03-31T00:00:00+09:00"), "Asia/Tokyo")
    assert span.since is not None
    assert span.before is not None
    assert span.since.date().isoformat() == since
    assert tuple(one.date().isoformat() for one in span.before) == before
