"""What a replay writes: the columns, their order, times, causes; CSV and Parquet alike; whole files or none."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tasuki.agreement import agreement_of
from tasuki.engine.replay import Replay, replay
from tasuki.engine.tables import write_tables
from tests.engine.crowd import AGREEMENT, crowd
from tests.engine.story import history_from
from tests.reference.records import Entry
from tests.reference.stories import at, became, decided, did

SCORES = ["score.behavior", "score.fit", "score.person"]
NAMES = ["transitions", "leads", "refused"]


def numbered(*entries: Entry) -> list[Entry]:
    return [Entry(e.at, e.kind, seq, e.fields, e.answers) for seq, e in enumerate(entries)]


def the_story() -> Replay:
    """Tanaka is handed over and taken, Sato is left lying, and someone wants a stage that is not there."""
    leads = {
        "tanaka": numbered(
            became(0, {"email": "t@yamada.example", "title": "部長"}),
            did(1, "page_view", path="/pricing"),
            decided(1.5, "SQL"),
            did(2, "page_view", path="/pricing"),
            decided(3, "SAL"),
            decided(4, "SQL", answers={"budget": "yes"}),
            decided(5, "NOWHERE", "inside, sales"),
        ),
        "sato": numbered(
            became(0.5, {"email": "s@yamada.example", "title": "Director"}),
            did(1, "page_view", path="/pricing"),
            did(1, "page_view", path="/pricing"),
        ),
        "abe": numbered(did(3, "login")),
    }
    return replay(agreement_of(AGREEMENT), history_from(leads, shards=3), at(25))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    paths = write_tables(the_story(), folder / "deep" / "csv", "csv")
    assert [path.name for path in paths] == ["transitions.csv", "leads.csv", "refused.csv"]
    write_tables(the_story(), folder / "deep" / "parquet", "parquet")
    return folder / "deep"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_transitions_tell_who_went_where_when_and_why(written: Path) -> None:
    found = rows(written, "transitions")
    assert list(found[0]) == ["lead", "from", "to", "at", "cause", "path", *SCORES]
    assert [(t["lead"], t["from"], t["to"], t["cause"], t["path"]) for t in found] == [
        ("sato", "", "MAL", "path", "MAL.0"),
        ("sato", "MAL", "MQL", "path", "MQL.0"),
        ("sato", "MQL", "RECYCLED", "timeout", ""),
        ("tanaka", "", "MAL", "path", "MAL.0"),
        ("tanaka", "MAL", "MQL", "path", "MQL.0"),
        ("tanaka", "MQL", "SAL", "decision", "sales"),
    ]
    assert found[0]["at"] == "2024-01-01T12:00:00.000000Z"
    assert found[2]["at"] == "2024-01-22T00:00:00.000000Z"


def test_scores_of_a_transition_are_those_just_before_its_resets(written: Path) -> None:
    recycled = rows(written, "transitions")[2]
    assert {name: float(recycled[name]) for name in SCORES} == {
        "score.behavior": 15.0,  # two views, and one silence of fourteen days
        "score.fit": 30.0,
        "score.person": 45.0,
    }
    sato = rows(written, "leads")[1]
    assert float(sato["score.behavior"]) == 0.0


def test_leads_tell_where_each_stands_and_when_to_look_again(written: Path) -> None:
    found = rows(written, "leads")
    assert list(found[0]) == ["lead", "stage", "entered_at", "next_check_at", *SCORES, "grade.fit"]
    told = [
        (row["lead"], row["stage"], row["entered_at"], row["next_check_at"], row["grade.fit"])
        for row in found
    ]
    assert told == [
        ("abe", "", "", "2024-02-01T00:00:00.000000Z", ""),
        ("sato", "RECYCLED", "2024-01-22T00:00:00.000000Z", "2024-01-30T00:00:00.000000Z", "A"),
        ("tanaka", "SAL", "2024-01-04T00:00:00.000000Z", "2024-01-31T00:00:00.000000Z", "A"),
    ]


def test_refusals_tell_why(written: Path) -> None:
    found = rows(written, "refused")
    assert list(found[0]) == ["lead", "at", "to", "role", "from", "why"]
    assert [tuple(row.values()) for row in found] == [
        ("tanaka", "2024-01-02T12:00:00.000000Z", "SQL", "sales", "MAL", "from"),
        ("tanaka", "2024-01-05T00:00:00.000000Z", "SQL", "sales", "SAL", "requires"),
        ("tanaka", "2024-01-06T00:00:00.000000Z", "NOWHERE", "inside, sales", "SAL", "unknown_stage"),
    ]


def as_text(value: Any) -> str:
    """As it stands in the CSV."""
    if value is None:
        return ""
    return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if hasattr(value, "strftime") else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_parquet_holds_the_same_as_csv(tmp_path: Path, name: str) -> None:
    done = replay(agreement_of(AGREEMENT), history_from(crowd(60)), at(110))
    write_tables(done, tmp_path, "csv")
    write_tables(done, tmp_path, "parquet")
    parquet = pq.read_table(tmp_path / f"{name}.parquet")
    plain = rows_of(tmp_path / f"{name}.csv")
    assert parquet.num_rows == len(plain) > 50
    for column in parquet.column_names:
        values, texts = parquet.column(column).to_pylist(), [row[column] for row in plain]
        if column.startswith("score."):
            assert values == [float(text) for text in texts]
        else:
            assert [as_text(value) for value in values] == texts


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_parquet_keeps_times_as_times(written: Path) -> None:
    schema = pq.read_schema(written / "parquet" / "leads.parquet")
    assert str(schema.field("entered_at").type) == "timestamp[us, tz=UTC]"
    assert pq.read_table(written / "parquet" / "leads.parquet").column("next_check_at").null_count == 0


def test_microseconds_are_not_lost(tmp_path: Path) -> None:
    odd = Entry(at(0) + 1, "profile", 0, {"email": "a@yamada.example"})
    write_tables(replay(agreement_of(AGREEMENT), history_from({"L": [odd]})), tmp_path, "csv")
    assert rows_of(tmp_path / "transitions.csv")[0]["at"] == "2024-01-01T00:00:00.000001Z"


def test_names_with_commas_quotes_and_line_breaks_survive(tmp_path: Path) -> None:
    ids = ["山田, 太郎", 'the "boss"', "two\nlines"]
    leads = {lead: numbered(became(0, {"email": "a@yamada.example"})) for lead in ids}
    write_tables(replay(agreement_of(AGREEMENT), history_from(leads)), tmp_path, "csv")
    assert {row["lead"] for row in rows_of(tmp_path / "leads.csv")} == set(ids)


def test_an_agreement_without_scores_writes_no_score_columns(tmp_path: Path) -> None:
    text = "agreement: by eye\nstages: [{id: MAL, enter: [{when: has(email)}]}]"
    done = replay(agreement_of(text), history_from({"L": numbered(became(0, {"email": "a"}))}))
    write_tables(done, tmp_path, "csv")
    assert list(rows_of(tmp_path / "leads.csv")[0]) == ["lead", "stage", "entered_at", "next_check_at"]


def test_when_writing_fails_the_old_file_stays_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(the_story(), tmp_path, "csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full_disk(_: object, path: Path, *__: object) -> None:
        path.write_text("lead,fr")
        raise OSError("no space left on device")

    monkeypatch.setattr(pacsv, "write_csv", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_tables(the_story(), tmp_path, "csv")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_failure_at_the_last_table_leaves_no_loose_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pacsv.write_csv
    calls: list[object] = []

    def fail_at_the_third(table: object, path: Path, options: object) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(table, path, options)

    monkeypatch.setattr(pacsv, "write_csv", fail_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        write_tables(the_story(), tmp_path, "csv")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
