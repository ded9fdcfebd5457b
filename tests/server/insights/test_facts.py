"""Facts follow the database within seconds, are never doubled, and can be made anew with the same answers."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tasuki.metrics.facts import store
from tasuki.metrics.facts.schema import TABLES
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Team, User
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Clock, Handoff
from tasuki.server.imports.models import ImportJob
from tasuki.server.insights import commands
from tasuki.server.insights.commands import facts_folder, refresh
from tasuki.server.insights.facts.tail import Cursor, new_rows
from tasuki.server.insights.models import Change
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.models import Lead
from tests.server.insights.company import Company, accept, deal, facts_of, told
from tests.server.lifecycle.stories import DAY, HOUR, agree, decided, does, visits, work

pytestmark = pytest.mark.django_db


def all_facts(folder: Path) -> dict[str, pa.Table]:
    manifest = store.read_manifest(folder)
    return {
        name: pa.concat_tables(
            [table.schema.empty_table()]
            + [
                pq.read_table(path, partitioning=None)
                for path in store.paths(folder, manifest.tables[name], name)
            ]
        )
        for name, table in TABLES.items()
    }


def as_rows(folder: Path) -> dict[str, list[str]]:
    return {name: sorted(map(str, table.to_pylist())) for name, table in all_facts(folder).items()}


def test_what_happened_is_counted_once_it_was_refreshed_and_a_second_time_changes_nothing(company: Company):
    assert refresh().anew
    assert facts_of().total.value == Transition.objects.filter(to_stage="MQL").count() == 3
    assert told(facts_of(by="source")) == {"exhibition": 1, "web": 2}
    assert refresh() == commands.Refreshed()
    assert store.read_manifest(facts_folder()).generation == 1


def test_a_new_transition_and_an_answer_are_there_after_the_next_refresh(company: Company):
    refresh()
    accept(company, company.ready)
    assert refresh().rows > 0
    assert facts_of(kpi="sal.entries").total.value == 1
    assert told(facts_of(kpi="sal.in_time", by="outcome"))["accepted"] is not None


def test_seconds_of_a_handoff_are_those_of_its_clocks(company: Company):
    refresh()
    accept(company, company.ready)
    refresh()
    handoff = Handoff.objects.get(lead=company.ready.pk)
    ledger = Clock.objects.get(handoff=handoff)
    rows = all_facts(facts_folder())["handoffs"].to_pylist()
    last = max((row for row in rows if row["id"] == str(handoff.pk)), key=lambda row: row["revision"])
    assert (last["outcome"], last["met"]) == ("accepted", ledger.met)
    assert last["answer_seconds"] == pytest.approx((ledger.wall or 0) / 1e6)
    assert last["answer_business"] == pytest.approx((ledger.business or 0) / 1e6)


def test_an_amount_that_is_edited_changes_no_figure_of_before(company: Company):
    deal(company.ready, 1_000_000)
    refresh()
    then = clock.now()
    assert facts_of(kpi="opportunity.open_amount").total.value == 1_000_000
    _tick(then)
    deal(company.ready, 3_000_000)
    refresh()
    assert facts_of(kpi="opportunity.open_amount").total.value == 3_000_000
    assert facts_of(kpi="opportunity.open_amount", as_of=then).total.value == 1_000_000


def _tick(since: datetime) -> None:
    while clock.now() - since < timedelta(milliseconds=3):
        pass


def test_a_lead_that_is_given_to_somebody_else_is_theirs_from_then_on(company: Company, sales_rep: Actor):
    refresh()
    then = clock.now()
    _tick(then)
    assert sales_rep.user is not None
    Lead.objects.filter(pk=company.quiet.pk).update(owner=sales_rep.user)
    refresh()
    mine = {"rep": str(sales_rep.user.pk)}
    assert facts_of(kpi="mal.created", where=mine).total.value == 1
    assert facts_of(kpi="mal.created", where=mine, as_of=then).total.value == 0
    assert facts_of(kpi="mal.created", where={"team": str(sales_rep.user.team_id)}).total.value == 1


def test_a_late_entry_is_said_as_late_and_moves_no_figure_of_before(company: Company):
    refresh()
    then = clock.now()
    shown = facts_of(as_of=then).total
    decided(company.quiet, "MQL", clock.now() - DAY, "marketing")
    work(clock.now())
    refresh()
    again = facts_of(as_of=then).total
    assert (again.value, again.late) == (shown.value, 1)
    assert facts_of().total.value == 4


def test_merged_leads_are_counted_with_what_each_of_them_was(company: Company):
    """As the pages of today do: transitions are facts about the loser, and stay with it; its deals go to the winner."""
    deal(company.late, 500_000)
    refresh()
    people.merge_leads(SYSTEM, winner=company.ready.pk, loser=company.late.pk)
    work(clock.now())
    refresh()
    assert facts_of().total.value == Transition.objects.filter(to_stage="MQL").count()
    assert told(facts_of(kpi="opportunity.open_amount", by="source")) == {"exhibition": 500_000}
    assert _made_anew_is_the_same(but="activities")  # they lie with the winner now


def test_an_erased_lead_still_counts_and_nothing_in_the_facts_told_of_it(
    company: Company, administrator: Actor
):
    accept(company, company.ready, reason="")
    deal(company.ready, 700_000)
    refresh()
    before = {
        kpi: facts_of(kpi=kpi).total.value
        for kpi in ("mal.created", "mql.entries", "opportunity.open_amount")
    }
    privacy.erase_person(administrator, company.ready.pk)
    refresh()
    assert {kpi: facts_of(kpi=kpi).total.value for kpi in before} == before
    everything = str([table.to_pylist() for table in all_facts(facts_folder()).values()])
    assert "Lead A" not in everything
    assert "@" not in everything
    assert "Lead" not in str(list(Change.objects.values_list("image", flat=True)))


def test_a_reason_in_somebodys_own_words_is_no_fact(company: Company):
    decided(company.ready, "SAL", clock.now(), "sales", reason="Frau Yamada mag uns nicht")
    work(clock.now())
    refresh()
    rows = all_facts(facts_folder())["transitions"].to_pylist()
    assert [row["reason"] for row in rows if row["to_stage"] == "SAL"] == ["other"]


def _made_anew_is_the_same(*, but: str = "") -> bool:
    folder = facts_folder()
    before = as_rows(folder)
    shutil.rmtree(folder)
    assert refresh(most=2).anew
    for name, rows in as_rows(folder).items():
        assert name == but or sorted({*rows} ^ {*before[name]}) == [], name
    return True


def test_made_anew_in_small_pieces_the_facts_are_the_very_same(
    company: Company, sales_rep: Actor, sales_team: Team
):
    deal(company.ready, 1_000_000)
    refresh()
    deal(company.ready, 2_000_000)
    accept(company, company.ready)
    refresh()
    Lead.objects.filter(pk=company.web.pk).update(owner=sales_rep.user)
    refresh()
    User.objects.filter(pk=sales_rep.user.pk if sales_rep.user else 0).update(team=None)
    Lead.objects.filter(pk=company.web.pk).update(team=None, campaign="spring")
    does(company.web, "download", clock.now(), **{"content.kind": "case_study", "path": "/case"})
    does(company.late, "form_submit", clock.now(), path="/contact")
    refresh()
    does(company.late, "page_view", clock.now(), path="/contact")
    deal(company.ready, 2_000_000, state="won")
    refresh()
    assert _made_anew_is_the_same()


def test_the_agreement_that_comes_into_force_changes_what_figures_are_called(company: Company):
    refresh()
    agree(90, at=clock.now())
    refresh()
    assert store.read_manifest(facts_folder()).terms.version == "2"
    assert refresh() == commands.Refreshed()


def test_after_an_import_was_undone_all_is_made_anew_without_what_it_brought(company: Company):
    refresh()
    assert facts_of(kpi="mal.created").total.value == 4
    Lead.objects.filter(pk=company.quiet.pk).delete()
    ImportJob.objects.create(
        name="a.csv",
        file="a",
        digest="a",
        kind="leads",
        state="undone",
        created_at=clock.now(),
        undone_at=clock.now(),
    )
    assert refresh().anew
    assert facts_of(kpi="mal.created").total.value == 3
    assert refresh() == commands.Refreshed()


def test_without_an_agreement_there_is_nothing_to_count():
    assert refresh() == commands.Refreshed()
    assert not facts_folder().exists()


def test_a_fold_and_an_intake_write_nothing_to_the_journal(company: Company):
    Change.objects.all().delete()
    visits(company.quiet, clock.now())
    work(clock.now())
    assert not Change.objects.filter(kind="lead", row=company.quiet.pk).exists()
    for lead in Lead.objects.all():
        lead.save()  # sets every column to what it is
    assert not Change.objects.filter(kind="lead", row=company.quiet.pk).exists()


def test_the_first_change_of_a_row_keeps_how_it_was_before(company: Company):
    Change.objects.all().delete()
    Lead.objects.filter(pk=company.quiet.pk).update(channel="referral")
    Lead.objects.filter(pk=company.quiet.pk).update(channel="web")
    rows = Change.objects.filter(kind="lead", row=company.quiet.pk).order_by("pk").values_list("at", "image")
    assert [(at is None, image["channel"]) for at, image in rows] == [
        (True, "exhibition"),
        (False, "referral"),
        (False, "web"),
    ]


def test_a_killed_refresh_leaves_the_facts_as_they_were_and_the_next_one_doubles_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    refresh()
    accept(company, company.ready)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, "_write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh()
    assert facts_of(kpi="sal.entries").total.value == 0
    refresh()
    assert facts_of(kpi="sal.entries").total.value == 1
    assert _made_anew_is_the_same()


def test_one_that_is_killed_while_all_is_made_anew_is_gone_on_from(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    written = []
    write = store.write_facts

    def killed_at_third(*given: Any) -> Any:
        written.append(1)
        if len(written) == 3:
            raise KeyboardInterrupt
        return write(*given)

    monkeypatch.setattr(store, "write_facts", killed_at_third)
    with pytest.raises(KeyboardInterrupt):
        refresh(most=1)
    assert not facts_folder().exists()
    refresh()
    assert facts_of().total.value == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_works_and_the_other_leaves_it_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    inside, go_on = threading.Event(), threading.Event()
    write = store.write_facts

    def slow(*given: Any) -> Any:
        inside.set()
        go_on.wait(20)
        return write(*given)

    monkeypatch.setattr(store, "write_facts", slow)
    done: list[commands.Refreshed] = []

    def other() -> None:
        done.append(refresh())
        connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(20)
    assert refresh().busy
    go_on.set()
    thread.join()
    assert done[0].anew
    assert facts_of().total.value == 3


def test_a_refresh_with_nothing_new_reads_no_table_wholly(company: Company):
    refresh()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        refresh()
    read = [query["sql"] for query in asked if "insights_change" in query["sql"] or "LIMIT" in query["sql"]]
    tables = (
        "insights_change",
        "people_lead",
        "lifecycle_transition",
        "handoffs_handoff",
        "deals_deal",
        "activities_activity",
    )
    for table in tables:
        (own,) = [sql for sql in read if f'FROM "{table}"' in sql and "LIMIT" in sql]
        assert f'"{table}"."id" > ' in own
    assert len(asked) <= 10


def test_rows_that_are_committed_late_are_read_when_they_are_there_and_once():
    now = clock.now()

    def row(pk: int) -> Change:
        return Change(pk=pk, kind="test", row=pk, at=now, image={})

    rows, cursor = Change.objects.values_list("pk", "at"), Cursor()
    Change.objects.bulk_create([row(1), row(2), row(6)])
    assert [pk for pk, _ in new_rows(rows, cursor, 10, now)] == [1, 2, 6]
    row(4).save(force_insert=True)
    assert [pk for pk, _ in new_rows(rows, cursor, 10, now)] == [4]
    assert new_rows(rows, cursor, 10, now) == []
    Change.objects.bulk_create([row(3), row(5), row(7)])
    assert [pk for pk, _ in new_rows(rows, Cursor.of_json(cursor.to_json()), 10, now)] == [3, 5, 7]
    assert new_rows(rows, cursor, 10, now + 2 * HOUR)[0][0] == 3
    assert cursor.gaps == []


def test_deals_are_counted_as_the_database_counts_them(company: Company):
    deal(company.ready, 1_000_000, "a", state="won")
    deal(company.web, 2_000_000, "b", state="won")
    deal(company.late, 250_000, "c")
    refresh()
    won = Deal.objects.filter(state="won")
    assert facts_of(kpi="won.deals").total.value == won.count()
    assert facts_of(kpi="won.amount").total.value == sum(float(one.amount or 0) for one in won)
