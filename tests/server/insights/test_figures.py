"""Page, API and files say the same number, as far as somebody sees the leads behind it."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tasuki.metrics.reader import Facts
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.insights import files, opened, queries
from tasuki.server.insights.asking import Asked
from tasuki.server.insights.commands import refresh
from tasuki.server.insights.opened import forget
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api, _no_token_is_remembered, api_of
from tests.server.insights.company import Company, accept, deal

__all__ = ["_no_token_is_remembered", "api_of"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    forget()


@pytest.fixture
def counted(company: Company, marketer: Actor) -> Company:
    """A lead was accepted by its rep, one is a deal; facts are there."""
    accept(company, company.ready)
    deal(company.ready, 1_200_000)
    refresh()
    return company


def of_file(pieces: Iterator[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


def test_api_file_and_query_give_the_same_numbers(
    counted: Company, marketer: Actor, api_of: Callable[..., Api]
):
    for kpi, by in (
        ("mql.entries", "source"),
        ("sal.acceptance", "month"),
        ("opportunity.open_amount", "rep"),
    ):
        known = queries.figure(marketer, kpi, Asked(by))
        status, told = api_of(marketer)("GET", f"/metrics/{kpi}", by=by)
        assert status == 200
        values = [known.total.value, *(figure.value for figure in known.parts)]
        assert [one["value"] for one in told["figures"]] == values
        rows = of_file(files.export_figure(marketer, kpi, Asked(by)))
        assert [float(row["Value"]) if row["Value"] else None for row in rows] == pytest.approx(
            values, abs=1e-6
        )


def test_a_figure_is_what_the_database_counts(counted: Company, marketer: Actor):
    for stage in ("MAL", "MQL", "SAL"):
        found = queries.figure(marketer, f"{stage.lower()}.entries").total.value
        assert found == Transition.objects.filter(to_stage=stage).count() > 0


def test_whoever_sees_their_own_leads_gets_their_own_figures_and_nobody_elses(
    counted: Company, inside_rep: Actor, outsider: Actor, sales_rep: Actor, api_of: Callable[..., Api]
):
    owned = Lead.objects.filter(owner=inside_rep.user).count()
    assert owned > 0
    assert queries.figure(SYSTEM, "mal.created").total.value == 4
    assert queries.figure(inside_rep, "mal.created").total.value == 4  # sees all
    assert queries.figure(outsider, "mal.created").total.value == 0
    Lead.objects.filter(pk=counted.quiet.pk).update(owner=sales_rep.user)
    refresh()
    assert queries.figure(sales_rep, "mal.created").total.value == 1  # the team's
    assert [one.lead.pk for one in queries.leads_behind(sales_rep, "mal.created").items] == [counted.quiet.pk]
    assert inside_rep.user is not None
    with pytest.raises(NotAllowed):
        queries.figure(outsider, "mal.created", Asked(where={"rep": str(inside_rep.user.pk)}))
    status, told = api_of(outsider)("GET", "/metrics/mal.created", where=f"rep:{inside_rep.user.pk}")
    assert (status, told["error"]["code"]) == (403, "figures_of_others")


def test_the_leads_behind_a_figure_are_as_many_as_it_says(
    counted: Company, marketer: Actor, api_of: Callable[..., Api]
):
    status, told = api_of(marketer)("GET", "/metrics/mql.entries/leads", by="source", part="web")
    assert status == 200
    assert [one["lead"]["id"] for one in told["items"]] == [counted.web.pk, counted.late.pk]
    assert (told["hidden"], told["next"]) == (0, None)
    status, first = api_of(marketer)("GET", "/metrics/mql.entries/leads", limit=2)
    assert len(first["items"]) == 2
    _, rest = api_of(marketer)("GET", "/metrics/mql.entries/leads", limit=2, offset=first["next"])
    assert [one["lead"]["id"] for one in rest["items"]] == [counted.late.pk]
    assert queries.lead_ids_behind(marketer, "mql.entries", Asked()) == [
        counted.ready.pk,
        counted.web.pk,
        counted.late.pk,
    ]


def test_what_comes_later_is_there_and_as_of_then_nothing_moved(counted: Company, marketer: Actor):
    then = clock.now()
    assert queries.figure(marketer, "opportunity.open_amount").total.value == 1_200_000
    while clock.now() - then < timedelta(milliseconds=3):
        pass
    deal(counted.ready, 2_000_000)
    refresh()
    assert queries.figure(marketer, "opportunity.open_amount").total.value == 2_000_000
    assert queries.figure(marketer, "opportunity.open_amount", Asked(as_of=then)).total.value == 1_200_000


def test_facts_that_are_made_anew_are_looked_at_anew(counted: Company, marketer: Actor, data: Any):
    assert queries.figure(marketer, "sal.entries").total.value == 1
    (data / "facts" / "facts.json").unlink()
    assert refresh().anew
    assert queries.figure(marketer, "sal.entries").total.value == 1
    assert queries.figure(marketer, "mal.created").total.value == 4


def test_a_file_that_goes_just_as_it_is_read_is_read_anew(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    assert queries.figure(marketer, "sal.entries").total.value == 1
    accept(counted, counted.web)
    refresh()

    def gone(*_: Any) -> None:
        monkeypatch.undo()
        raise duckdb.IOException("gone")

    monkeypatch.setattr(Facts, "refresh", gone)
    assert queries.figure(marketer, "sal.entries").total.value == 2


def test_before_the_first_count_it_says_what_comes(marketer: Actor, api_of: Callable[..., Api]):
    with pytest.raises(NotFound):
        queries.figure(marketer, "mql.entries")
    status, told = api_of(marketer)("GET", "/metrics")
    assert (status, told["error"]["code"]) == (404, "numbers_not_yet")


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/metrics/nothing", {}, 404, "kpi_unknown"),
        ("/metrics/mql.entries", {"by": "moon"}, 422, "slice_unknown"),
        ("/metrics/mql.entries", {"where": "source"}, 422, "where_invalid"),
        ("/metrics/mql.entries", {"where": "month:2026-01"}, 422, "slice_unknown"),
        ("/metrics/won.amount", {"grain": "account"}, 422, "grain_unknown"),
        ("/metrics/mql.entries/leads", {"part": "web"}, 422, "part_unknown"),
        ("/metrics/mql.entries/leads", {"by": "month", "part": "soon"}, 422, "part_unknown"),
        ("/metrics/mql.entries/leads", {"side": "dark"}, 422, None),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_cure(
    path: str, query: dict[str, str], status: int, code: str | None, counted: Company, marketer: Actor,
    api_of: Callable[..., Api],
):  # fmt: skip
    found, told = api_of(marketer)("GET", path, **query)
    assert found == status
    assert code is None or told["error"]["code"] == code


def test_definitions_come_in_the_language_of_who_asks(
    counted: Company, marketer: Actor, api_of: Callable[..., Api]
):
    status, told = api_of(marketer, language="ja")("GET", "/metrics")
    assert status == 200
    names = {one["id"]: one["name"] for one in told["items"]}
    assert names["mal.created"] == "MAL獲得数"
    assert {"sal.acceptance", "won.amount", "mql.stock"} <= names.keys()


def test_the_audit_tells_who_took_figures_out(counted: Company, marketer: Actor):
    b"".join(files.export_figure(marketer, "mql.entries", Asked("rep"), "xlsx"))
    entry = AuditEntry.objects.get(action="numbers.export")
    assert (entry.user, entry.detail["figure"], entry.detail["by"]) == (marketer.user, "mql.entries", "rep")


def test_what_is_new_is_taken_in_before_anybody_asks(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    before = queries.figure(marketer, "opportunity.opened").total.value or 0
    deal(counted.web, 500_000, "d2")
    refresh()
    taken = threading.Event()
    take_in = Facts.refresh

    def told(facts: Facts, as_of: int | None = None) -> None:
        take_in(facts, as_of)
        taken.set()

    monkeypatch.setattr(opened, "FOLLOW_EVERY", 0.01)
    monkeypatch.setattr(Facts, "refresh", told)
    with following():
        assert taken.wait(30)
    monkeypatch.setattr(Facts, "refresh", lambda *_: pytest.fail("nothing was left to take in"))
    assert queries.figure(marketer, "opportunity.opened").total.value == before + 1


@contextmanager
def following() -> Iterator[threading.Event]:
    """Meanwhile facts are followed; gives what ends that."""
    stop = threading.Event()
    follower = threading.Thread(target=opened.follow, args=(stop,))
    follower.start()
    try:
        yield stop
    finally:
        stop.set()
        follower.join()


def cannot_be_asked() -> None:
    raise RuntimeError("the next one is asked all the same")


def test_what_was_looked_at_last_is_asked_again_once_something_new_is_taken_in(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    queries.figure(marketer, "opportunity.opened")
    again = threading.Event()
    for number in range(opened.READY):
        opened.keep_ready(("page", number), cannot_be_asked)
    opened.keep_ready(("page", 1), again.set)
    opened.keep_ready("the last", cannot_be_asked)
    assert [*opened._asked] == [("page", 2), ("page", 3), ("page", 1), "the last"]
    monkeypatch.setattr(opened, "FOLLOW_EVERY", 0.01)
    with following() as stop:
        stop.wait(0.1)
        assert not again.is_set(), "nothing was new"
        deal(counted.web, 500_000, "d2")
        refresh()
        assert again.wait(30)


def test_while_somebody_follows_the_figures_of_before_are_shown_until_it_comes_round(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    before = queries.figure(marketer, "opportunity.opened").total.value or 0
    deal(counted.web, 500_000, "d2")
    refresh()
    monkeypatch.setattr(opened, "_promised", [time.monotonic() + 60])
    assert queries.figure(marketer, "opportunity.opened").total.value == before
    monkeypatch.setattr(opened, "_promised", [time.monotonic() - 1])
    assert queries.figure(marketer, "opportunity.opened").total.value == before + 1


def test_who_looks_again_after_a_long_time_sees_the_figures_of_now(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    before = queries.figure(marketer, "opportunity.opened").total.value or 0
    monkeypatch.setattr(opened, "FOLLOW_EVERY", 0.001)
    monkeypatch.setattr(opened, "LATELY", 0.0)
    with following() as stop:
        stop.wait(0.1)
        deal(counted.web, 500_000, "d2")
        refresh()
        assert queries.figure(marketer, "opportunity.opened").total.value == before + 1


def test_the_facts_are_opened_before_anybody_asks_and_who_asks_meanwhile_waits_for_the_same(
    counted: Company, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    begun, go = threading.Event(), threading.Event()

    def slowly(folder: Path, as_of: int) -> Facts:
        assert not begun.is_set(), "once is enough"
        begun.set()
        assert go.wait(30)
        return Facts(folder, as_of)

    monkeypatch.setattr(opened, "FOLLOW_EVERY", 0.001)
    monkeypatch.setattr(opened, "Facts", slowly)
    with following():
        assert begun.wait(30)
        threading.Timer(0.05, go.set).start()
        assert queries.figure(marketer, "opportunity.opened").total.value


def test_where_nothing_is_counted_yet_nothing_is_opened(marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opened.log, "warning", lambda *_, **__: pytest.fail("that is no fault"))
    follow_for_a_moment(monkeypatch)
    assert opened._now == []


def test_nobody_is_followed_for_who_does_not_look(counted: Company, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opened, "LATELY", 0.0)
    monkeypatch.setattr(opened, "_ready", lambda *_: pytest.fail("facts were opened for nobody"))
    follow_for_a_moment(monkeypatch)
    assert opened._now == []


def follow_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "FOLLOW_EVERY", 0.001)
    with following() as stop:
        stop.wait(0.05)
