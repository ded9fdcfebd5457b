"""A bad row never stops an import, and is named with its line; a bad file stops it, and nothing is stored."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasuki.errors import InputUnreadable, UsageError
from tasuki.history import open_history
from tasuki.history.importing import ImportReport, import_files
from tasuki.history.importing.tokens import cut

Activities = Callable[..., tuple]
Write = Callable[..., Path]
HEADER = "lead,at,type,note\n"
GOOD = "a,2024-05-01,t,\n"


def rejected(report: ImportReport) -> list[tuple[int, str]]:
    """Line and reason of each rejected row."""
    assert report.rejects is not None
    with report.rejects.open(encoding="utf-8", newline="") as file:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,2024-05-01,t", "3 fields where the first line names 4 columns"),
        ("a,2024-05-01,t,x,y", "5 fields"),
        ("a,2024-02-30,t,", "2024-02-30"),
        ("a,,t,", "at is empty"),
        ("a,2024-05-01T00:00:00.1234567,t,", "at is not a time"),
        (",2024-05-01,t,", "lead is empty"),
        ("  ,2024-05-01,t,", "lead is empty"),
        ("a,2024-05-01,,", "type is empty"),
        ("a,2024-05-01,t,\0", "NUL"),
        ('a,2024-05-01,t,"open', "opened and not closed"),
        ('a,2024-05-01,t,"x"y', "behind a closing quote"),
        ("a,2024-05-01,t," + "x" * (2**20 + 1), "longer than 1 MiB"),
        ('a,2024-05-01,t,"' + "x" * (2**20 + 1) + '"', "longer than 1 MiB"),
    ],
)
def test_a_bad_row_is_left_out_with_line_and_reason(activities: Activities, row: str, reason: str) -> None:
    report, found = activities(HEADER + GOOD + row + "\n" + GOOD)
    assert (report.stored, report.rejected) == (2, 1)
    assert len(found["a"]) == 2
    ((line, why),) = rejected(report)
    assert line == 3
    assert reason in why


def test_the_line_is_right_behind_quoted_line_ends(activities: Activities) -> None:
    text = (
        HEADER
        + 'a,2024-05-01,t,"one\ntwo\n\nthree"\n\n'
        + "a,never,t,\n"
        + 'a,2024-05-01,t,"x\ny"\n,2024-05-01,t,\n'
    )
    report, _ = activities(text)
    assert [line for line, _ in rejected(report)] == [7, 10]
    assert report.stored == 2


def test_the_row_is_kept_as_it_was(activities: Activities) -> None:
    report, _ = activities(HEADER + 'a,"then, ""perhaps""",t,\n')
    with report.rejects.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["row"] == 'a,"then, ""perhaps""",t,'
    assert row["file"].endswith("a.csv")


def test_a_quote_never_closed_swallows_nothing(activities: Activities) -> None:
    text = HEADER + GOOD + 'a,2024-05-01,t,"open\n' + GOOD * 3 + 'a,2024-05-01,t,"closed"\n' + GOOD
    report, found = activities(text)
    assert rejected(report) == [(3, "text stands behind a closing quote; double the quotes inside a field")]
    assert len(found["a"]) == 6


def test_a_quote_never_closed_in_a_large_file_swallows_nothing(activities: Activities) -> None:
    text = HEADER + 'a,2024-05-01,t,"open\n' + GOOD * 700_000
    report, _ = activities(text)
    assert report.stored == 700_000
    assert [line for line, _ in rejected(report)] == [2]


@pytest.mark.parametrize(("encoding", "broken"), [("utf-8", b"\xe5\xb1"), ("cp932", b"\x8e,")])
def test_bytes_that_are_no_text_reject_their_row_only(
    activities: Activities, encoding: str, broken: bytes
) -> None:
    good = "a,2024-05-01,t,山田電機と佐藤商店\n".encode(encoding)
    report, found = activities(HEADER.encode() + good * 2 + b"a,2024-05-01,t," + broken + b"\n" + good)
    assert report.files[0].encoding == encoding
    assert [line for line, _ in rejected(report)] == [4]
    assert found["a"][0][2]["note"] == "山田電機と佐藤商店"


def test_bad_json_lines_are_left_out(activities: Activities) -> None:
    good = '{"lead": "a", "at": "2024-05-01", "type": "t"}'
    bad = [
        "{",
        "[1]",
        '{"lead": "a", "at": "2024-05-01", "type": NaN}',
        '{"lead": "a", "type": "t"}',
        '{"lead": "\\ud800"}',
    ]
    report, _ = activities("\n".join([good, *bad, good]), "a.jsonl")
    assert report.stored == 2
    lines, reasons = zip(*rejected(report), strict=True)
    assert lines == (2, 3, 4, 5, 6)
    assert [
        part in why
        for part, why in zip(["not JSON", "object", "NaN", "at is empty", "surrogate"], reasons, strict=True)
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,2024-05-01,,,", "a decision needs"),
        ("a,2024-05-01,,{},", "a decision needs"),
        ("a,2024-05-01,SAL,[1],", "not a JSON object"),
        ("a,2024-05-01,SAL,yes,", "not a JSON object"),
        ("a,2024-05-01,SAL,,soon", "until is not"),
    ],
)
def test_a_decision_must_decide_something(out: Path, write: Write, row: str, reason: str) -> None:
    file = write("d.csv", f"lead,at,to,answers,until\na,2024-05-01,SAL,,\n{row}\n")
    report = import_files(out, decisions=[file])
    ((line, why),) = rejected(report)
    assert (report.stored, line) == (1, 3)
    assert reason in why


@pytest.mark.parametrize("seq", ["x", "1.5", "9" * 19, "-", "9" * 40])
def test_seq_must_be_a_whole_number(activities: Activities, seq: str) -> None:
    report, _ = activities(f"lead,at,type,seq\na,2024-05-01,t,{seq}\na,2024-05-01,t,4611686018427387\n")
    assert [line for line, _ in rejected(report)] == [2]


def test_rows_of_parquet_are_named_by_their_number(tmp_path: Path, out: Path) -> None:
    table = pa.table({"lead": ["a", None, "b"], "at": ["2024-05-01"] * 3, "type": ["t"] * 3})
    pq.write_table(table, tmp_path / "a.parquet")
    report = import_files(out, activities=[tmp_path / "a.parquet"])
    assert rejected(report) == [(2, "lead is empty")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "empty lines"),
        ("a.csv", b"lead,at\na,2024-05-01\n", r"a.csv:1: activities need the column type; found lead, at"),
        ("a.csv", b"leads,at,type\n", "did you mean 'leads' to be 'lead'"),
        ("a.csv", b"\n\nLead,at,type\n", r"a.csv:3: .*did you mean 'Lead'"),
        ("a.csv", b"lead,at,type,x,x\n", "'x' stands there twice"),
        ("a.csv", HEADER.encode("utf-16"), "UTF-16"),
        (
            "a.csv.gz",
            gzip.compress(HEADER.encode() + GOOD.encode() * 9999)[:-20],
            "cannot be read to its end",
        ),
        ("a.csv.gz", b"\x1f\x8b garbage of some kind", "cannot be read to its end"),
        ("a.jsonl", b'{"lead": 1, "when": 2}', "a.jsonl:1: activities need the columns at, type"),
        ("a.parquet", b"PAR1 garbage", "cannot be read as Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_stores_nothing(
    out: Path, write: Write, name: str, content: bytes, message: str
) -> None:
    good = write("good.csv", HEADER + GOOD)
    with pytest.raises(InputUnreadable, match=message):
        import_files(out, activities=[good, write(name, content)])
    assert not out.exists()


def test_a_file_that_is_not_there_or_a_folder(out: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(InputUnreadable, match=path.name):
            import_files(out, activities=[path])
    assert not out.exists()


def test_nothing_to_import_an_unknown_zone_and_odd_shards_are_refused(out: Path, write: Write) -> None:
    file = write("a.csv", HEADER + GOOD)
    for arguments in ({}, {"activities": [file], "timezone": "Tokyo"}, {"activities": [file], "shards": 0}):
        with pytest.raises(UsageError):
            import_files(out, **arguments)  # type: ignore[arg-type]
    assert not out.exists()


def test_rejects_go_where_they_are_wanted(out: Path, write: Write, tmp_path: Path) -> None:
    file = write("a.csv", HEADER + GOOD + "broken\n")
    report = import_files(out, activities=[file], rejects=tmp_path / "elsewhere" / "r.csv")
    assert report.rejects == tmp_path / "elsewhere" / "r.csv"
    assert rejected(report) == [(3, "1 fields where the first line names 4 columns")]


def test_a_file_of_nothing_but_its_first_line_is_an_empty_import(activities: Activities) -> None:
    report, found = activities(HEADER)
    assert (report.stored, report.rejected, found) == (0, 0, {})


FIELDS = st.text(st.sampled_from('ab,"\n\r;é'), max_size=6)


@given(
    st.lists(st.lists(FIELDS, min_size=2, max_size=2).filter(lambda row: any(row)), max_size=8), st.booleans()
)
@settings(deadline=None)  # the first example compiles
def test_what_a_csv_writer_writes_is_cut_as_it_was(rows: list[list[str]], ended: bool) -> None:
    text = "\n".join(",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows)
    found = cut((text + "\n" * ended).encode(), True, ord(","), 2)
    fields = [
        [found.data[found.start[c, r] : found.end[c, r]].tobytes().decode() for c in range(2)]
        for r in range(found.start.shape[1])
    ]
    assert fields == rows
    assert found.bad.shape[1] == 0


@given(st.text(st.sampled_from('a,"\n\r'), max_size=40), st.integers(1, 39))
@settings(max_examples=300, deadline=None)
def test_where_the_pieces_end_does_not_matter(text: str, step: int) -> None:
    whole = cut(text.encode(), True, ord(","), 2)
    carry, line, rows, bad = b"", 0, 0, []
    pieces = [text.encode()[i : i + step] for i in range(0, len(text), step)]
    for piece in [*pieces, b""]:
        carry += piece
        found = cut(carry, piece == b"", ord(","), 2)
        rows += found.rows.shape[1]
        bad += [line + number for number in found.bad[0].tolist()]
        carry, line = carry[found.consumed :], line + found.lines
    assert (rows, bad, carry) == (whole.rows.shape[1], whole.bad[0].tolist(), b"")


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_bytes_break_the_import(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.csv").write_bytes(HEADER.encode() + GOOD.encode() + content)
    report = import_files(folder / "h", activities=[folder / "a.csv"])
    assert open_history(folder / "h").entries == report.stored
