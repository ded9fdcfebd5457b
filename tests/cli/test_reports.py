"""`tasuki report`, `tasuki facts`, `tasuki sql`, as a person would use them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Company
from tests.cli.support import Run
from tests.weekly.paper import says


@pytest.fixture
def asked(company: Company) -> list[str]:
    deals = company.raw / "deals.csv"
    return [
        str(company.agreement),
        "--history",
        str(company.history),
        "--deals",
        str(deals),
        "--currency",
        "JPY",
    ]


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_report_shows_every_kpi_with_what_is_wanted(run: Run, asked: list[str]) -> None:
    told = run("report", *asked)
    assert told.status == 0
    for name in (
        "mal.created",
        "mql.promotion",
        "sgl.gained",
        "sal.acceptance",
        "sal.follow_up",
        "won.amount",
        "sql.stock",
    ):
        assert f" {name} " in told.out
    assert "100000000 JPY per quarter" in told.out
    assert "– (nothing to divide by)" in told.out  # no form was looked at


def test_the_list_needs_nothing_and_speaks_both_languages(run: Run, company: Company) -> None:
    english, japanese = run("report", "--list"), run("report", "--list", "--language", "ja")
    assert "sal.acceptance  Acceptance rate MQL → SAL [rate, cohort]" in english.out
    assert "<stage>.stock" in english.out
    assert "受け入れ率" in japanese.out
    assert "→ 50%" in run("report", str(company.agreement), "--list").out


def test_csv_and_json_say_the_same_as_each_other(run: Run, asked: list[str]) -> None:
    options = ["--kpi", "sal.acceptance", "--kpi", "won.amount", "--by", "month"]
    rows = records(run("report", *asked, *options, "--format", "csv").out)
    found = json.loads(run("report", *asked, *options, "--format", "json").out)
    assert len(rows) == len(found) > 10
    for row, same in zip(rows, found, strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in same.items()}
    whole = next(row for row in rows if row["kpi"] == "sal.acceptance" and not row["part"])
    months = [row for row in rows if row["kpi"] == "sal.acceptance" and row["part"]]
    assert int(whole["denominator"]) == sum(int(row["denominator"]) for row in months)


def test_a_report_goes_into_a_file_whole(run: Run, asked: list[str], tmp_path: Path) -> None:
    out = tmp_path / "figures.csv"
    told = run("report", *asked, "--by", "source", "--format", "csv", "--out", str(out))
    assert told.out == f"wrote {out}\n"
    assert {row["by"] for row in records(out.read_text("utf-8"))} == {"source"}


def test_facts_hold_all_that_the_report_needs(run: Run, asked: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    assert run("facts", *asked, "--out", str(folder)).status == 0
    options = ["--by", "persona", "--format", "csv"]
    assert run("report", "--facts", str(folder), *options).out == run("report", *asked, *options).out
    again = run("facts", *asked, "--out", str(folder))
    assert (again.status, again.err) == (
        2,
        f"tasuki: --out {folder}: there are facts already; name another folder\n",
    )


def test_a_report_of_then_is_made_of_the_facts_of_now(run: Run, asked: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "facts"
    run("facts", *asked, "--out", str(folder))
    options = ["--as-of", "2024-12-01", "--by", "month", "--format", "csv"]
    assert run("report", "--facts", str(folder), *options).out == run("report", *asked, *options).out


def test_sql_answers_one_question_and_only_reads(
    run: Run, asked: list[str], company: Company, tmp_path: Path
) -> None:
    folder = tmp_path / "facts"
    run("facts", *asked, "--out", str(folder))
    query = "SELECT to_stage, count(*) AS n FROM transitions WHERE to_stage = 'MAL' GROUP BY to_stage"
    told = run("sql", query, "--facts", str(folder), "--format", "json")
    by_history = run(
        "sql",
        query,
        "--agreement",
        str(company.agreement),
        "--history",
        str(company.history),
        "--format",
        "json",
    )
    assert json.loads(told.out) == json.loads(by_history.out)
    assert json.loads(told.out)[0]["n"] > 100
    refused = run("sql", f"COPY transitions TO '{tmp_path / 'x.csv'}'", "--facts", str(folder))
    assert refused.status == 2
    assert "only read" in refused.err
    assert not (tmp_path / "x.csv").exists()


def test_the_prompt_goes_on_after_a_mistake(
    run: Run, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "facts"
    run("facts", *asked, "--out", str(folder))
    lines = iter(["SELECT", "1 +", "1 AS two;", "nonsense;", "SELECT 'ok' AS word;", ""])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(lines))
    told = run("sql", "--facts", str(folder), "--format", "csv")
    assert told.status == 0
    assert told.out == "two\n2\nword\nok\n"
    assert "tasuki: this is no SQL" in told.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "name an agreement and its history"),
        (["--facts", "nowhere"], "there are no facts in this folder"),
    ],
)
def test_without_anything_to_read_the_cure_is_told(run: Run, options: list[str], says: str) -> None:
    told = run("report", *options)
    assert told.status in (1, 2)
    assert says in told.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--kpi", "mql.promotoin"], "did you mean mql.promotion"),
        (["--kpi", "mal.created", "--by", "colour"], "cannot be sliced by `colour`"),
        (["--where", "source"], "write it with an equals sign"),
        (["--role", "MQL=NOWHERE"], "the agreement has no stage `NOWHERE`"),
        (["--role", "MVP=MQL"], "is no part that a stage can play"),
        (["--since", "yesterday"], "this is no time"),
        (["--facts", "f"], "leave the agreement"),
        (["--out", "x.txt"], "say in which format"),
    ],
)
def test_a_mistake_in_the_command_line_says_what_would_be_right(
    run: Run, asked: list[str], options: list[str], says: str
) -> None:
    told = run("report", *asked, *options)
    assert told.status == 2
    assert says in told.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lead,amount\nL1,5\n", "deals need the column `state`"),
        ("lead,state\nL1,hot\n", "line 2: the state `hot` should be one of open, won, lost"),
        ("lead,state\nL1,open\nL2,won\n", "line 3: a deal that is won needs `closed_at`"),
        ("lead,state,amount\nL1,open,much\n", "line 2: the amount `much` is no number"),
        ("lead,state,opened_at\nL1,open,soon\n", "line 2: `soon` is no time"),
    ],
)
def test_a_file_of_deals_that_cannot_be_read_names_the_line(
    run: Run, company: Company, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(text, encoding="utf-8")
    told = run("report", str(company.agreement), "--history", str(company.history), "--deals", str(path))
    assert told.status == 1
    assert says in told.err


def test_the_last_week_is_written_as_a_pdf_in_the_readers_language(
    run: Run, asked: list[str], tmp_path: Path
) -> None:
    told = run("report", *asked, "--pdf", str(tmp_path / "week.pdf"), "--language", "ja")
    assert told.status == 0, told.err
    assert "先週のMQLは" in told.out
    file = (tmp_path / "week.pdf").read_bytes()
    assert file.startswith(b"%PDF-")
    assert says(file, "週次レポート")
    refused = run("report", *asked, "--pdf", str(tmp_path / "week.pdf"), "--by", "month")
    assert refused.status == 2
    assert "--pdf writes the weekly report as it is" in refused.err


# The plan.


def test_a_plan_shows_what_is_needed_and_why_the_quarter_is_where_it_is(run: Run, asked: list[str]) -> None:
    told = run("plan", *asked)
    assert told.status == 0
    assert "MAL → MQL" in told.out
    assert "Needed in each month" in told.out
    assert "100,000,000" in told.out  # the goal of the agreement
    chosen = run("plan", *asked, "--goal", "2026=5")
    assert chosen.status == 2
    assert "`2026` is no quarter" in chosen.err


def test_a_plan_as_csv_and_json_says_the_same(run: Run, asked: list[str]) -> None:
    rows = records(run("plan", *asked, "--value", "2000000", "--format", "csv").out)
    told = json.loads(run("plan", *asked, "--value", "2000000", "--format", "json").out)
    deals = next(one for one in told["stages"] if one["stage"] == "won.deals")["months"]
    assert [float(row["needed"]) for row in rows if row["stage"] == "won.deals"] == pytest.approx(
        [month["needed"] for month in deals]
    )
    assert told["value"]["set"] == 2_000_000
    assert sum(month["wanted"] for month in told["months"]) >= 4 * 100_000_000 - 1


def test_numbers_of_a_plan_that_are_none_are_refused(run: Run, asked: list[str]) -> None:
    for option, text, told_so in (
        ("--rate", "MQL", "--rate MQL: write it with an equals sign, like MQL=0.5"),
        ("--rate", "MQL=half", "--rate half: this is no number"),
        ("--rate", "MQL=2", "not from 0.001 to 1"),
    ):
        told = run("plan", *asked, option, text)
        assert told.status == 2
        assert told_so in told.err
