"""Bytes of every kind become rows, or a sentence; never a crash, never without bound."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from tasuki.server.core.errors import Invalid, TooLarge
from tasuki.server.imports.guessing import guess
from tasuki.server.imports.reading import look_at, rows_of, workbook
from tests.server.imports.conftest import fields, records, rejects

Write = Callable[..., Path]
TABLE = "会社名,氏名,メールアドレス\n山田電機株式会社,髙橋 花子,hanako@yamada.example\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be", "euc_jp"]
)
def test_every_encoding_of_the_country_is_found_out(file: Write, encoding: str):
    text = TABLE if encoding != "euc_jp" else TABLE.replace("髙", "高")
    plan = guess(file(text, encoding))
    assert plan.columns == {"会社名": "account.name", "氏名": "name", "メールアドレス": "email"}
    assert fields(file(text, encoding), plan)[0]["name"] == text.split(",")[3]


@pytest.mark.parametrize(("delimiter", "name"), [(",", "a"), ("\t", "b"), (";", "c"), ("|", "d")])
def test_the_delimiter_is_found_out_and_the_ending_of_the_name_does_not_matter(
    file: Write, delimiter: str, name: str
):
    path = file(TABLE.replace(",", delimiter), name=f"{name}.xlsx")
    assert guess(path).delimiter == delimiter
    assert fields(path, guess(path))[0]["email"] == "hanako@yamada.example"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(file: Write, end: str):
    path = file(TABLE.replace("\n", end))
    assert [record.line for record in records(path, guess(path))] == [2]


def test_a_line_of_cp932_in_a_file_of_utf8_is_rejected_and_the_others_come_in(file: Write):
    path = file(
        "name,email\n佐藤,a@x.example\n".encode()
        + "田中,b@x.example\n".encode("cp932")
        + "鈴木,c@x.example\n".encode()
    )
    plan = guess(path)
    assert plan.encoding == "utf-8"
    assert [row["name"] for row in fields(path, plan)] == ["佐藤", "鈴木"]
    assert rejects(path, plan) == {3: "The row is not in the encoding utf-8, in which the file is read."}


def test_cp932_under_a_label_of_utf8_gives_rejected_rows(file: Write):
    path = file(TABLE, "cp932")
    plan = guess(path, {"encoding": "utf-8", "header_line": 1})
    assert [type(record).__name__ for record in records(path, plan)] == ["Reject"]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(file: Write):
    path = file('name,email\n"佐藤,a@x.example\n田中,b@x.example\n鈴木,"c@x.example"\n')
    assert [row["name"] for row in fields(path, guess(path))] == ["田中", "鈴木"]
    assert list(rejects(path, guess(path))) == [2]


def test_cells_may_hold_lines_quotes_and_delimiters(file: Write):
    path = file('氏名,備考,メール\n佐藤,"一行目\n二行目, ""引用""",a@x.example\n田中,,b@x.example\n')
    rows = records(path, guess(path))
    assert [row.line for row in rows] == [2, 4]
    assert fields(path, guess(path))[0]["memo"] == '一行目\n二行目, "引用"'


def test_ragged_rows_are_rejected_and_empty_cells_beyond_the_header_are_not(file: Write):
    path = file("name,email\n佐藤\n田中,b@x.example,,\n鈴木,c@x.example,課長\n")
    assert [row["name"] for row in fields(path, guess(path))] == ["田中"]
    assert rejects(path, guess(path)) == {
        2: "The row has 1 cells, the header has 2.",
        4: "The row has 3 cells, the header has 2.",
    }


def test_nul_bytes_reject_their_row(file: Write):
    path = file("name,email\n佐\0藤,a@x.example\n田中,b@x.example\n")
    assert rejects(path, guess(path)) == {2: "The row holds a NUL byte."}


def test_a_thousand_columns_are_read(file: Write):
    header = ",".join(["email", *(f"c{n}" for n in range(999))])
    path = file(header + "\n" + ",".join(["a@x.example", *["v"] * 999]) + "\n")
    plan = guess(path)
    assert len(plan.headers) == 1000
    assert fields(path, plan) == [{"email": "a@x.example"}]


def test_headers_that_come_twice_are_told_apart_and_empty_ones_get_a_number(file: Write):
    plan = guess(file("氏名,TEL,TEL,,メール\n佐藤,1,2,3,a@x.example\n"))
    assert plan.headers == ("氏名", "TEL", "TEL (2)", "#4", "メール")


def test_one_endless_line_is_refused_without_being_held(file: Write, tmp_path: Path):
    path = tmp_path / "endless.csv"
    with path.open("wb") as out:
        for _chunk in range(30):
            out.write(b"a" * 1_048_576)
    with pytest.raises(Invalid, match="No row with the names of columns"):
        guess(path)


def test_an_endless_line_between_others_is_rejected_alone(file: Write):
    path = file("name,email\n" + "佐" * 2_500_000 + "\n田中,b@x.example\n")
    assert [row["name"] for row in fields(path, guess(path))] == ["田中"]
    assert "longer than" in rejects(path, guess(path))[2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b"\n\n  \n", "No row with the names of columns was found."),
        (b"%PDF-1.7 ...", "This is a PDF file, not a table."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "This is an old Excel file (.xls) or one with a password.",
        ),
        (b"PK\x03\x04 not really", "This is no Excel workbook (.xlsx) that can be read."),
    ],
)
def test_what_is_no_table_is_refused_in_words(file: Write, content: bytes, says: str):
    with pytest.raises(Invalid) as refused:
        guess(file(content))
    assert refused.value.message == says
    assert refused.value.cure


def test_a_file_of_a_header_only_has_no_rows(file: Write):
    path = file("氏名,メールアドレス")
    assert guess(path).headers == ("氏名", "メールアドレス")
    assert records(path, guess(path)) == []


def test_random_bytes_never_crash(file: Write):
    import random

    for seed in range(60):
        noise = random.Random(seed)
        content = bytes(
            noise.choices([0, 10, 13, 34, 44, 9, 65, 0x83, 0xE3, 0x81, 0xFF, 0xFE], k=noise.randint(1, 400))
        )
        path = file(content)
        with contextlib.suppress(Invalid, TooLarge):
            records(path, guess(path))


# workbooks


def book(path: Path, *sheets: list[list[object]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = made.create_sheet(f"シート{number}")
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def test_a_workbook_comes_in_with_its_dates_and_numbers(tmp_path: Path):
    path = book(
        tmp_path / "名簿.csv",
        [],
        [["名簿"], [], ["氏名", "メール", "登録日", "従業員数"], ["佐藤", "a@x.example", date(2026, 2, 3), 120.0],
         ["田中", "b@x.example", datetime(2026, 2, 3, 9, 5), True]],
    )  # fmt: skip
    plan = guess(path)
    assert (plan.sheet, plan.header_line, plan.encoding) == ("シート2", 3, "")
    assert [list(row.values()) for row in fields(path, plan)] == [
        ["佐藤", "a@x.example", "2026-02-03", "120"],
        ["田中", "b@x.example", "2026-02-03 09:05:00", "true"],
    ]
    assert look_at(path).sheets == ("シート1", "シート2")


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path):
    with pytest.raises(Invalid, match="no sheet 売上") as refused:
        guess(book(tmp_path / "a.xlsx", [["氏名"]]), {"sheet": "売上"})
    assert "シート1" in refused.value.cure


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = book(tmp_path / "a.xlsx", [["氏名"], *[["佐藤"]] * 2_000])
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 20_000)
    with pytest.raises(TooLarge):
        look_at(path)


def test_a_part_that_lies_about_its_size_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
    raw = path.read_bytes().replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(raw)
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(TooLarge):
        look_at(path)


def test_one_cell_in_the_furthest_corner_does_not_fill_the_memory(tmp_path: Path):
    made = openpyxl.Workbook()
    made.active["A1"] = "氏名"
    made.active["XFD1048576"] = "far"
    made.save(tmp_path / "far.xlsx")
    with pytest.raises(TooLarge):
        look_at(tmp_path / "far.xlsx")


def test_a_zip_of_something_else_is_no_workbook(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "hello")
    path.write_bytes(stream.getvalue())
    with pytest.raises(Invalid, match="no Excel workbook"):
        look_at(path)
    path.write_bytes(stream.getvalue()[:40])
    with pytest.raises(Invalid, match="no Excel workbook"):
        look_at(path)


def test_rows_come_one_by_one(file: Write):
    path = file("name,email\n" + "佐藤,a@x.example\n" * 50_000)
    rows = rows_of(path, look_at(path).shape)
    assert next(rows).cells == ["name", "email"]
    assert sum(1 for _row in rows) == 50_000
