"""The same entries come in from every format and encoding."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasuki.history import open_history
from tasuki.history.importing import import_files
from tasuki.history.times import parse_time
from tests.history.support import ledgers_of

Activities = Callable[..., tuple]
Write = Callable[..., Path]

CSV = """lead,at,type,content.kind,channel
佐藤,2024-05-01T09:00:00+09:00,download,白書,"web, 東京"
佐藤,2024-05-01 00:00:01,page_view,,"say ""hi""
twice"
鈴木,2024-05-02,call,,
"""


def at(text: str) -> int:
    found = parse_time(text, "UTC")
    assert found is not None
    return found


EXPECTED = {
    "佐藤": [
        (at("2024-05-01"), 1, {"type": "download", "content.kind": "白書", "channel": "web, 東京"}),
        (at("2024-05-01T00:00:01"), 1, {"type": "page_view", "channel": 'say "hi"\ntwice'}),
    ],
    "鈴木": [(at("2024-05-02"), 1, {"type": "call"})],
}


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("a.csv", CSV.encode(), "utf-8"),
        ("a.csv", CSV.encode("utf-8-sig"), "utf-8-sig"),
        ("a.csv", CSV.encode("cp932"), "cp932"),
        ("a.csv.gz", gzip.compress(CSV.encode()), "utf-8"),
        ("named_wrongly.csv", gzip.compress(CSV.encode("cp932")), "cp932"),
        ("no_end.csv", CSV.rstrip("\n").encode(), "utf-8"),
        ("blank_lines.csv", ("\n" + CSV.replace("\n鈴", "\n\n鈴") + "\n\n").encode(), "utf-8"),
        ("semicolon.csv", CSV.replace(",", ";").replace("web; ", "web, ").encode(), "utf-8"),
    ],
)
def test_csv_in_every_dress(activities: Activities, name: str, content: bytes, encoding: str) -> None:
    report, found = activities(content, name)
    assert found == EXPECTED
    assert (report.stored, report.rejected, report.rejects) == (3, 0, None)
    assert report.files[0].encoding == encoding


def test_windows_line_ends_and_tabs(activities: Activities) -> None:
    text = CSV.replace("web, 東京", "web @ 東京").replace(",", "\t").replace("web @", "web,")
    _, found = activities(text.replace("\n", "\r\n"), "a.tsv")
    found["佐藤"][1][2]["channel"] = found["佐藤"][1][2]["channel"].replace("\r", "")
    assert found == EXPECTED


def test_json_lines(activities: Activities) -> None:
    rows = [
        {
            "lead": "佐藤",
            "at": "2024-05-01",
            "type": "download",
            "content": {"kind": "白書"},
            "channel": "web, 東京",
        },
        {
            "lead": "佐藤",
            "at": "2024-05-01T00:00:01Z",
            "type": "page_view",
            "channel": 'say "hi"\ntwice',
            "x": None,
        },
        {"lead": "鈴木", "at": "2024-05-02", "type": "call", "content.kind": ""},
    ]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    report, found = activities(text, "a.jsonl")
    assert found == EXPECTED
    assert report.files[0].format == "json lines"


def test_json_values_become_their_json_text(activities: Activities) -> None:
    values = (
        '"n": 100, "f": 1.5, "b": true, "l": [1, "二"], "deep": {"er": {"x": 0}}, "big": 12345678901234567890'
    )
    _, found = activities('{"lead": 7, "at": "2024-05-01", "type": "t", ' + values + "}", "a.ndjson")
    fields = {
        "type": "t", "n": "100", "f": "1.5", "b": "true", "l": '[1, "二"]', "deep.er.x": "0",
        "big": "12345678901234567890",
    }  # fmt: skip
    assert found == {"7": [(at("2024-05-01"), 1, fields)]}


def test_parquet_with_typed_columns(tmp_path: Path, out: Path) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    table = pa.table(
        {
            "lead": pa.array(["佐藤", "佐藤"]).dictionary_encode(),
            "at": pa.array([datetime(2024, 5, 1, 9), datetime(2024, 5, 1, 10)], pa.timestamp("ns")),
            "type": ["download", "page_view"],
            "content": [{"kind": "白書", "pages": 3}, None],
            "day": [None, date(2024, 5, 1)],
            "tags": [["a", "b"], None],
            "ok": [True, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    naive = import_files(out, activities=[tmp_path / "a.parquet"], timezone="Asia/Tokyo")
    first = {
        "type": "download",
        "content.kind": "白書",
        "content.pages": "3",
        "tags": '["a", "b"]',
        "ok": "true",
    }
    expected = {
        "佐藤": [
            (at("2024-05-01"), 1, first),
            (at("2024-05-01T01:00"), 1, {"type": "page_view", "day": "2024-05-01"}),
        ]
    }
    assert ledgers_of(open_history(out)) == expected
    assert naive.files[0].encoding is None
    aware = table.set_column(
        1, "at", pa.array([datetime(2024, 5, 1, 9, tzinfo=tokyo)] * 2, pa.timestamp("s", "Asia/Tokyo"))
    )
    pq.write_table(aware, tmp_path / "b.parquet")
    import_files(tmp_path / "h2", activities=[tmp_path / "b.parquet"], timezone="UTC")
    assert open_history(tmp_path / "h2").last_at == at("2024-05-01")


def test_mixed_forms_of_time_in_one_column(activities: Activities) -> None:
    forms = [
        "2024-05-01",
        "2024-05-01T00:00",
        "2024-05-01 00:00:00.000",
        "2024-05-01T00:00:00Z",
        "2024-05-01T09:00+0900",
    ]
    _, found = activities("lead,at,type\n" + "".join(f"a,{form},t\n" for form in forms))
    assert [entry[0] for entry in found["a"]] == [at("2024-05-01")] * 5


def test_profiles_and_decisions(out: Path, write: Write) -> None:
    profiles = write(
        "p.csv", "lead,at,title,account.name\na,2024-05-01,部長,山田\na,2024-06-01,,山田\nb,2024-05-01,,\n"
    )
    decisions = write(
        "d.csv",
        "lead,at,to,role,reason,until,answers\n"
        'a,2024-05-02,SAL,sales,,,"{""need"": true, ""budget"": ""yes"", ""x"": null}"\n'
        "a,2024-05-03,RECYCLED,sales,timing,2024-12-01,\n"
        'a,2024-05-04,,sales,,,"{""timing"": ""no""}"\n',
    )
    report = import_files(out, profiles=[profiles], decisions=[decisions], timezone="UTC")
    found = ledgers_of(open_history(out))
    assert [fields for _, _, fields in found["a"]] == [
        {"title": "部長", "account.name": "山田"},
        {"to": "SAL", "role": "sales", "answers": '{"budget": "yes", "need": "true"}'},
        {"to": "RECYCLED", "role": "sales", "reason": "timing", "until": "2024-12-01"},
        {"role": "sales", "answers": '{"timing": "no"}'},
        {"account.name": "山田"},
    ]
    assert found["b"] == [(at("2024-05-01"), 0, {})]
    assert [(file.kind, file.read, file.stored) for file in report.files] == [
        ("profiles", 3, 3),
        ("decisions", 3, 3),
    ]
    assert (report.leads, report.entries) == (2, 6)


def test_a_thousand_columns_work(out: Path, write: Write) -> None:
    names = ",".join(f"p{i}" for i in range(1000))
    values = ",".join(str(i) for i in range(1000))
    rows = f"a,2024-05-01,t,{values}\n" * 50
    import_files(out, activities=[write("a.csv", f"lead,at,type,{names}\n{rows}")])
    history = open_history(out)
    column = history.activities.column("p999")
    assert column is not None
    assert (history.entries, len(history.activities), column.values) == (50, 1, ["999"])


def test_names_of_columns_are_trimmed_and_nameless_columns_ignored(activities: Activities) -> None:
    _, found = activities(" lead , at,type ,,\n  a\t,2024-05-01,t,1,2\n")
    assert found == {"a": [(at("2024-05-01"), 1, {"type": "t"})]}


def test_a_field_may_be_called_code(activities: Activities) -> None:
    _, found = activities("lead,at,type,code,Code\na,2024-05-01,t,x,y\n")
    assert found["a"][0][2] == {"type": "t", "code": "x", "Code": "y"}


def test_the_column_seq_orders_what_happened_at_once(activities: Activities) -> None:
    _, found = activities(
        "lead,at,type,seq\na,2024-05-01,second,7\na,2024-05-01,first,-1\na,2024-05-01,last,\n"
    )
    assert [fields["type"] for _, _, fields in found["a"]] == ["first", "last", "second"]


def test_progress_ends_at_the_whole(out: Path, write: Write) -> None:
    files = [write("a.csv", CSV), write("b.csv.gz", gzip.compress(CSV.encode()))]
    steps: list[tuple[int, int]] = []
    import_files(out, activities=files, progress=lambda done, total: steps.append((done, total)))
    assert steps == sorted(steps)
    assert steps[-1] == (sum(file.stat().st_size for file in files),) * 2
