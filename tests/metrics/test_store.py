"""Facts in a folder: they grow, small files are joined, and a damaged folder says so."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasuki.errors import FactsUnreadable
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.facts.store import FILE, MOST_FILES, forget_leads, read_manifest, write_facts
from tasuki.metrics.reader import open_facts
from tasuki.metrics.roles import Terms
from tests.metrics.story import micros, tables_of, terms, way


def add(folder: Path, number: int) -> None:
    made = tables_of([way(f"l{number:03}", (number, "MAL"))], until=number)
    write_facts(folder, made.tables, made.terms, made.known_until)


def test_what_is_added_is_counted_and_files_stay_few(tmp_path: Path) -> None:
    for number in range(40):
        add(tmp_path, number)
    files = read_manifest(tmp_path).tables["transitions"]
    assert len(files) <= MOST_FILES
    assert sum(file.rows for file in files) == 40
    on_disk = {path.name for path in (tmp_path / "transitions").glob("*.parquet")}
    assert {file.file for file in files} <= on_disk
    assert len(on_disk) <= 2 * MOST_FILES
    with open_facts(tmp_path) as facts:
        assert facts.as_of == micros(39)
        assert compute(facts, "mal.created").total.value == 40


def test_a_refresh_takes_in_only_what_is_new(tmp_path: Path) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts:
        for number in range(1, 30):
            add(tmp_path, number)
            facts.refresh()
            assert compute(facts, "mal.created").total.value == number + 1


def change(folder: Path, number: int, stage: str, known: Terms) -> None:
    made = tables_of([way("new", (number, stage))], known=known, until=number)
    write_facts(folder, made.tables, made.terms, made.known_until)


def test_a_stage_that_the_new_agreement_lacks_keeps_its_past(tmp_path: Path) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts:
        change(tmp_path, 1, "MQL", terms(without=["MAL"]))
        facts.refresh()
        assert compute(facts, "mal.created").total.value == 1
        assert compute(facts, "mql.entries").total.value == 1


def test_a_stage_that_the_new_agreement_renames_is_one_with_its_past(tmp_path: Path) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts:
        change(tmp_path, 1, "受入", terms(renamed={"MAL": "受入"}))
        facts.refresh()
        assert compute(facts, "mal.created").total.value == 2
        change(tmp_path, 2, "TAKEN", terms(renamed={"MAL": "TAKEN"}))
        facts.refresh()
        assert compute(facts, "mal.created").total.value == 3


def test_a_stage_that_nobody_told_of_is_counted_all_the_same(tmp_path: Path) -> None:
    add(tmp_path, 0)
    with open_facts(tmp_path) as facts:
        change(tmp_path, 1, "ODD", terms())
        facts.refresh()
        assert compute(facts, "ODD.entries").total.value == 1
        add(tmp_path, 2)
        facts.refresh()
        assert compute(facts, "ODD.entries").total.value == 1
        assert compute(facts, "mal.created").total.value == 2


def test_who_is_erased_is_in_no_figure_and_in_no_file(tmp_path: Path) -> None:
    for number in range(5):
        add(tmp_path, number)
    with open_facts(tmp_path) as facts:
        forget_leads(tmp_path, ["l001", "l003"])
        facts.refresh()
        assert leads_behind(facts, "mal.created") == ["l000", "l002", "l004"]
        add(tmp_path, 5)
        facts.refresh()
        assert compute(facts, "mal.created").total.value == 4
    assert not [
        path for path in tmp_path.rglob("*.parquet") if "l001" in pq.read_table(path)["lead"].to_pylist()
    ]


def test_a_folder_without_facts_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(FactsUnreadable, match="tasuki facts AGREEMENT"):
        open_facts(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("{", "cannot be read"),
        (json.dumps({"format": "other", "version": 1}), "not the manifest of facts"),
        (json.dumps({"format": "tasuki-facts", "version": 99}), "upgrade Tasuki"),
        (json.dumps({"format": "tasuki-facts", "version": 1}), "not the manifest of facts"),
    ],
)
def test_a_manifest_that_is_none_says_so(tmp_path: Path, manifest: str, says: str) -> None:
    (tmp_path / FILE).write_text(manifest, encoding="utf-8")
    with pytest.raises(FactsUnreadable, match=says):
        open_facts(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    add(tmp_path, 0)
    next((tmp_path / "transitions").glob("*.parquet")).unlink()
    with pytest.raises(FactsUnreadable, match=r"000001-000001\.parquet: a file of the facts is missing"):
        open_facts(tmp_path)


def test_facts_without_a_single_row_can_be_opened(tmp_path: Path) -> None:
    made = tables_of()
    write_facts(tmp_path, made.tables, made.terms, made.known_until)
    with open_facts(tmp_path) as facts:
        assert {len(facts.rows(f"FROM {name}")) for name in TABLES} == {0}
        assert compute(facts, "mal.created").total.value == 0
