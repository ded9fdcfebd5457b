"""Every command on a small simulated company, as a person would use it for the first time."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasuki import __version__
from tests.cli.conftest import Company
from tests.cli.support import Run

STAGES = ["MAL", "MQL", "SGL", "SAL", "SQL", "OPPORTUNITY", "WON", "LOST", "RECYCLED", "DISQUALIFIED"]
COMMANDS = [
    "check",
    "schema",
    "diff",
    "history",
    "replay",
    "explain",
    "compare",
    "sweep",
    "report",
    "facts",
    "sql",
    "simulate",
]


@pytest.fixture
def stricter(company: Company, tmp_path: Path) -> Path:
    path = tmp_path / "stricter.yaml"
    text = company.agreement.read_text(encoding="utf-8")
    path.write_text(text.replace("person >= 100", "person >= 120"), encoding="utf-8")
    return path


def test_help_names_every_command(run: Run) -> None:
    for option in ("--help", "-h"):
        told = run(option)
        assert told.status == 0
        assert [c for c in COMMANDS if c not in told.out] == []


@pytest.mark.parametrize("command", [*([c] for c in COMMANDS), ["history", "import"], ["history", "info"]])
def test_every_command_and_option_explains_itself(run: Run, command: list[str]) -> None:
    told = run(*command, "--help")
    assert told.status == 0
    assert "Usage: tasuki " + " ".join(command) in told.out


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    told = run()
    assert "Usage: tasuki" in told.out + told.err
    assert told.err.startswith("Usage: ")
    assert told.status == 2


def test_the_version_is_told(run: Run) -> None:
    assert run("--version") == (0, f"tasuki {__version__}\n", "")


def test_check_finds_nothing_wrong(run: Run, company: Company) -> None:
    told = run("check", company.agreement)
    assert (told.status, told.out) == (0, "")
    assert "no errors, no warnings" in told.err


def test_check_prints_every_problem_with_its_place(run: Run, company: Company, tmp_path: Path) -> None:
    text = company.agreement.read_text(encoding="utf-8").replace(
        "signal: pricing_page, every", "signal: pricng_page, every"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("person >= 100", "persn >= 100"), encoding="utf-8")
    told = run("check", company.agreement, broken)
    assert told.status == 1
    lines = told.out.splitlines()
    assert all(line.startswith(f"{broken}:") for line in lines)
    errors = [line for line in lines if ": error[" in line]
    assert len(errors) == 2
    assert "did you mean `pricing_page`?" in errors[0]
    assert "did you mean `person`?" in errors[1]
    assert "2 files: 2 errors" in told.err


def test_schema_is_json(run: Run) -> None:
    told = run("schema")
    assert told.status == 0
    assert {"agreement", "scores", "stages"} <= json.loads(told.out)["properties"].keys()


def test_diff_says_what_changed_in_words(run: Run, company: Company, stricter: Path) -> None:
    told = run("diff", company.agreement, stricter)
    assert told.status == 0
    assert "100" in told.out
    assert "120" in told.out
    assert "MQL" in told.out
    assert run("diff", company.agreement, company.agreement).out == "No difference in meaning.\n"
    assert (
        run("diff", company.agreement, company.agreement, "--language", "ja").out
        == "意味の違いはありません。\n"
    )


def test_simulate_import_and_info(run: Run, tmp_path: Path) -> None:
    assert run("simulate", "--leads", 50, "--months", 3, "--seed", 2, "--out", tmp_path / "raw").status == 0
    raw, history = tmp_path / "raw", tmp_path / "history"
    told = run(
        "history", "import", "--out", history, "--profiles", raw / "profiles.csv",
        "--activities", raw / "activities.csv", "--decisions", raw / "decisions.csv",
    )  # fmt: skip
    assert told.status == 0, told.err
    assert "50 leads" in told.out
    told = run("history", "info", history)
    assert told.status == 0
    assert "50 leads" in told.out
    assert "page_view" in told.out
    assert "Some leads: " in told.out


def test_lists_of_files_may_follow_one_option(run: Run, tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.csv").write_text(f"lead,at,type\nL{i},2024-05-01,t\n")
    (tmp_path / "p.csv").write_text("lead,at,email\nL0,2024-05-01,a@x.example\nL9,2024-05-01,b@x.example\n")
    history = tmp_path / "history"
    files = [tmp_path / f"{i}.csv" for i in range(3)]
    told = run(
        "history", "import", "--activities", *files, "--profiles", tmp_path / "p.csv", "--out", history
    )
    assert told.status == 0, told.err
    assert f"{history}: 4 leads, 5 entries" in told.out


def test_rows_that_cannot_be_read_are_counted_and_kept_aside(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lead,at,type\nL1,2024-05-01,t\nL2,someday,t\n,2024-05-01,t\n")
    rejects = tmp_path / "left out.csv"
    told = run(
        "history", "import", "--activities", tmp_path / "a.csv", "--out", tmp_path / "h", "--rejects", rejects
    )
    assert told.status == 0
    assert "2 rows left out; each with its line and reason in " in told.out
    assert "someday" in rejects.read_text(encoding="utf-8")


def test_replay_shows_the_funnel(run: Run, company: Company) -> None:
    told = run("replay", company.agreement, "--history", company.history)
    assert told.status == 0
    assert "600 leads" in told.out
    assert [stage for stage in STAGES if stage not in told.out] == []
    assert "2024-05" in told.out


def test_replay_writes_three_tables_that_agree_with_the_summary(
    run: Run, company: Company, tmp_path: Path
) -> None:
    for kind in ("csv", "parquet"):
        told = run(
            "replay",
            company.agreement,
            "--history",
            company.history,
            "--out",
            tmp_path / "out",
            "--format",
            kind,
        )
        assert told.status == 0
        assert [line for line in told.out.splitlines() if line.startswith("wrote ")] == [
            f"wrote {tmp_path / 'out' / name}.{kind}" for name in ("transitions", "leads", "refused")
        ]
    with (tmp_path / "out" / "transitions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == pq.read_table(tmp_path / "out" / "transitions.parquet").num_rows
    mal = next(line.split() for line in told.out.splitlines() if line.split()[:1] == ["MAL"])
    assert f"{sum(row['to'] == 'MAL' for row in rows):,}" in mal


def test_replay_does_not_depend_on_threads(run: Run, company: Company) -> None:
    told = [run("replay", company.agreement, "--history", company.history, "--threads", n) for n in (1, 3)]
    assert told[0] == told[1]


def test_replay_as_of_knows_nothing_later(run: Run, company: Company) -> None:
    told = run("replay", company.agreement, "--history", company.history, "--as-of", "2024-06-30")
    assert told.status == 0
    assert "as of 2024-06-30 00:00:00 (Asia/Tokyo)" in told.out
    assert "2024-06" in told.out
    assert "2024-07" not in told.out


@pytest.fixture
def won(run: Run, company: Company, tmp_path: Path) -> str:
    """A lead that was won."""
    run("replay", company.agreement, "--history", company.history, "--out", tmp_path / "tables")
    with (tmp_path / "tables" / "leads.csv").open(encoding="utf-8") as file:
        return next(row["lead"] for row in csv.DictReader(file) if row["stage"] == "WON")


def test_explain_tells_the_way_of_a_lead(run: Run, company: Company, won: str) -> None:
    told = run("explain", company.agreement, "--history", company.history, "--lead", won)
    assert told.status == 0
    for word in (won, "WON", "Timeline", "behavior", "fit", "person", "MAL → "):
        assert word in told.out
    everything = run("explain", company.agreement, "--history", company.history, "--lead", won, "--all")
    assert len(everything.out) >= len(told.out)


def test_explain_as_it_was_before_anything_happened(run: Run, company: Company, won: str) -> None:
    told = run(
        "explain", company.agreement, "--history", company.history, "--lead", won, "--at", "2020-01-01"
    )
    assert told.status == 0
    assert "no stage yet" in told.out


def test_compare_tells_gained_and_lost(run: Run, company: Company, stricter: Path, tmp_path: Path) -> None:
    out = tmp_path / "difference.csv"
    told = run(
        "compare", company.agreement, stricter, "--history", company.history, "--outcome", "WON", "--out", out
    )
    assert told.status == 0
    assert "MQL against WON" in told.out
    assert "MQL gained: 0 leads" in told.out
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "lead,what"
    lost = int(told.out.split("MQL lost: ")[1].split(" ")[0])
    assert len(lines) == lost + 1 > 1


def test_sweep_tells_volume_precision_and_recall_and_draws_them(
    run: Run, company: Company, tmp_path: Path
) -> None:
    for ending in ("svg", "png"):
        chart = tmp_path / f"chart.{ending}"
        told = run(
            "sweep",
            company.agreement,
            "--history",
            company.history,
            "--set",
            "MQL.person=80:120:20",
            "--chart",
            chart,
        )
        assert told.status == 0, told.err
        assert f"wrote {chart}" in told.out
        assert "100 ←" in told.out
        assert chart.stat().st_size > 5000
    told = run("sweep", company.agreement, "--history", company.history, "--set", "behavior.webinar=10:30:10")
    assert "20 ←" in told.out
