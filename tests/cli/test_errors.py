"""Every mistake is answered with one sentence that says the cure, and the exit status tells whose mistake it is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Company
from tests.cli.support import Ran, Run

DATA, USAGE = 1, 2


def refused(told: Ran, status: int, *words: str) -> None:
    """Refused with this status, saying these words, without a trace of the program's insides."""
    assert told.status == status, told
    assert "Traceback" not in told.out + told.err
    assert [word for word in words if word not in told.err] == []
    assert len([line for line in told.err.splitlines() if line.strip()]) <= 2


@pytest.fixture
def copy(company: Company, tmp_path: Path) -> Path:
    """A history to damage."""
    return Path(shutil.copytree(company.history, tmp_path / "copy"))


@pytest.mark.parametrize("command", ["check", "replay", "explain", "sweep"])
@pytest.mark.parametrize("what", ["missing.yaml", "."])
def test_an_agreement_that_is_not_there_or_is_a_folder(
    run: Run, company: Company, tmp_path: Path, command: str, what: str
) -> None:
    options: dict[str, list[object]] = {
        "check": [],
        "replay": ["--history", company.history],
        "explain": ["--history", company.history, "--lead", "x"],
        "sweep": ["--history", company.history, "--set", "MQL.person=1:2:1"],
    }
    told = run(command, tmp_path / what, *options[command])
    refused(told, USAGE, str(tmp_path / what), "cannot be read", "name an agreement file")


@pytest.mark.parametrize(
    "text", ["stages: [", "a: b: c", "\tx: 1", "- 1\n- 2", "", "\x00", "agreement: &a [*a]"]
)
@pytest.mark.parametrize("command", ["check", "replay", "diff"])
def test_broken_yaml_is_told_with_its_place(
    run: Run, company: Company, tmp_path: Path, command: str, text: str
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    options: dict[str, list[object]] = {
        "check": [],
        "replay": ["--history", company.history],
        "diff": [company.agreement],
    }
    told = run(command, broken, *options[command])
    assert told.status == DATA, told
    assert f"{broken}:" in (told.out if command == "check" else told.err)
    assert "error[" in told.out + told.err
    assert "Traceback" not in told.out + told.err


def test_an_agreement_with_mistakes_is_not_replayed_and_all_are_told(
    run: Run, company: Company, tmp_path: Path
) -> None:
    text = company.agreement.read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        text.replace("person >= 100", "persn >= 100").replace("[MQL, SGL]", "[MQLL, SGL]"), encoding="utf-8"
    )
    told = run("replay", broken, "--history", company.history)
    assert told.status == DATA
    assert told.err.count("error[") == 2
    assert "did you mean `person`?" in told.err
    assert "did you mean `MQL`?" in told.err


@pytest.mark.parametrize("command", ["replay", "info"])
def test_a_history_that_is_not_there(run: Run, company: Company, tmp_path: Path, command: str) -> None:
    nowhere = tmp_path / "nowhere"
    told = (
        run("history", "info", nowhere)
        if command == "info"
        else run("replay", company.agreement, "--history", nowhere)
    )
    refused(told, DATA, str(nowhere), "no history in this folder", "tasuki history import --out")


def test_a_history_of_a_later_version(run: Run, company: Company, copy: Path) -> None:
    manifest = json.loads((copy / "history.json").read_text(encoding="utf-8"))
    (copy / "history.json").write_text(json.dumps(manifest | {"version": 99}), encoding="utf-8")
    refused(run("replay", company.agreement, "--history", copy), DATA, "later Tasuki", "upgrade")


@pytest.mark.parametrize("folder", ["entries", "leads", "profiles", "activities", "decisions"])
@pytest.mark.parametrize("how", ["short", "rubbish", "missing"])
def test_a_damaged_history(run: Run, company: Company, copy: Path, folder: str, how: str) -> None:
    path = next((copy / folder).iterdir())
    size = path.stat().st_size
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(b"x" * (size - 1 if how == "short" else size))
    told = run("replay", company.agreement, "--history", copy)
    refused(told, DATA, str(path), "import the history again")


def test_a_lead_that_is_not_in_the_history(run: Run, company: Company) -> None:
    told = run("explain", company.agreement, "--history", company.history, "--lead", "nobody")
    refused(told, USAGE, "lead `nobody` is not in this history", "tasuki history info")


@pytest.mark.parametrize("time", ["yesterday", "2024-13-01", "", "2024-01-01T25:00", "99999999-01-01"])
@pytest.mark.parametrize("option", ["--as-of", "--at"])
def test_a_time_that_is_none(run: Run, company: Company, option: str, time: str) -> None:
    command = ["replay"] if option == "--as-of" else ["explain", "--lead", "x"]
    told = run(command[0], company.agreement, *command[1:], "--history", company.history, option, time)
    refused(told, USAGE, option, "this is no time; write like 2025-03-31")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("MQL.person", "write place=from:to:step"),
        ("MQL.person=1:100:0", "the step has to be larger than 0"),
        ("MQQ.person=1:3:1", "`MQQ.person` is no place: "),
        ("behavior.pricing_page=1:3:1", "names 2 rules"),
    ],
)
def test_a_setting_that_fits_nothing(run: Run, company: Company, setting: str, says: str) -> None:
    refused(run("sweep", company.agreement, "--history", company.history, "--set", setting), USAGE, says)


@pytest.mark.parametrize("name", ["chart.pdf", "chart", "chart.SVGX"])
def test_a_chart_that_cannot_be_drawn(run: Run, company: Company, tmp_path: Path, name: str) -> None:
    told = run(
        "sweep",
        company.agreement,
        "--history",
        company.history,
        "--set",
        "MQL.person=1:3:1",
        "--chart",
        tmp_path / name,
    )
    refused(told, USAGE, "--chart", "has to end in .svg or .png")


@pytest.mark.parametrize("command", ["compare", "sweep"])
def test_an_outcome_or_a_measure_that_is_not_there(run: Run, company: Company, command: str) -> None:
    given = (
        [company.agreement, company.agreement]
        if command == "compare"
        else [company.agreement, "--set", "MQL.person=1:3:1"]
    )
    rest = [*given, "--history", company.history]
    refused(
        run(command, *rest, "--outcome", "WONN"), USAGE, "no decision of this history leads to `WONN`", "WON"
    )
    refused(run(command, *rest, "--measure", "MQQ"), USAGE, "no stage `MQQ`: there is MAL, MQL")


@pytest.fixture
def occupied(tmp_path: Path) -> Path:
    """A place where nothing can be written, even by root: inside of a file."""
    (tmp_path / "file").write_text("a file, no folder")
    return tmp_path / "file" / "inside"


@pytest.mark.parametrize("command", ["replay", "simulate", "import", "compare", "sweep"])
def test_an_out_that_cannot_be_written(run: Run, company: Company, occupied: Path, command: str) -> None:
    history = ["--history", company.history]
    told = {
        "replay": ["replay", company.agreement, *history, "--out", occupied],
        "simulate": ["simulate", "--leads", 10, "--months", 2, "--out", occupied],
        "import": ["history", "import", "--out", occupied, "--profiles", company.raw / "profiles.csv"],
        "compare": ["compare", company.agreement, company.agreement, *history, "--out", occupied],
        "sweep": [
            "sweep",
            company.agreement,
            *history,
            "--set",
            "MQL.person=99:100:1",
            "--chart",
            occupied.with_name("x.svg") / "y.svg",
        ],
    }[command]
    ran = run(*told)
    refused(ran, USAGE, "tasuki: ", "cannot be")
    assert occupied.parent.read_text() == "a file, no folder"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file permissions of POSIX")
def test_an_import_of_what_is_not_there_or_cannot_be_read(run: Run, tmp_path: Path) -> None:
    for what in (tmp_path / "missing.csv", tmp_path):
        told = run("history", "import", "--out", tmp_path / "h", "--activities", what)
        refused(told, DATA, str(what))
        assert not (tmp_path / "h").exists()


def test_an_import_of_nothing_or_in_no_time_zone(run: Run, tmp_path: Path) -> None:
    refused(run("history", "import", "--out", tmp_path / "h"), USAGE, "nothing to import")
    (tmp_path / "a.csv").write_text("lead,at,type\nL,2024-01-01,t\n")
    told = run(
        "history",
        "import",
        "--out",
        tmp_path / "h",
        "--activities",
        tmp_path / "a.csv",
        "--timezone",
        "Asia/Tokio",
    )
    refused(told, USAGE, "Asia/Tokio")
    refused(run("history", "info", tmp_path, "--timezone", "Mars"), USAGE, "Mars")


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"], ["replay", "a.yaml"], ["reply", "a.yaml"], ["replay", "a.yaml", "--history", "h", "--threads", "0"],
        ["replay", "a.yaml", "--history", "h", "--format", "xls"], ["simulate", "--out", "x", "--leads", "many"],
        ["diff", "a.yaml"], ["history", "import"], ["check", "--nonsense"],
    ],
)  # fmt: skip
def test_a_command_written_wrongly_points_to_its_help(run: Run, arguments: list[str]) -> None:
    told = run(*arguments)
    assert told.status == USAGE
    assert "--help`." in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("option", [["--leads", -5], ["--months", 0], ["--months", -1]])
def test_a_company_without_leads_or_time_is_refused(run: Run, tmp_path: Path, option: list[object]) -> None:
    told = run("simulate", "--out", tmp_path / "raw", *option)
    assert told.status == USAGE, told
    assert "Traceback" not in told.err


@pytest.mark.parametrize("command", ["replay", "compare"])
def test_a_folder_in_place_of_a_file_and_the_other_way_round(
    run: Run, company: Company, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").write_text("mine")
    agreements = [company.agreement] * (2 if command == "compare" else 1)
    wrong = tmp_path if command == "compare" else tmp_path / "file"
    told = run(command, *agreements, "--history", company.history, "--out", wrong)
    refused(told, USAGE, f"--out {wrong}: cannot be written", "name another place")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_is_one_sentence(
    run: Run, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "replace", full)
    told = run(
        "compare",
        company.agreement,
        company.agreement,
        "--history",
        company.history,
        "--out",
        tmp_path / "names.csv",
    )
    refused(told, DATA, "names.csv: No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_language_of_words_that_is_not_spoken(run: Run, company: Company) -> None:
    refused(
        run("diff", company.agreement, company.agreement, "--language", "fr"), USAGE, "there is en and ja"
    )
