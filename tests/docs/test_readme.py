"""What the READMEs and the tutorials tell a reader to type works, and prints what they say it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasuki.agreement import inspect_agreement
from tests.docs.pages import ROOT, read_page

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
SMALL_COMPANY = """
tasuki simulate --leads 400 --months 6 --seed 7 --out demo/data
tasuki history import --out demo/history --profiles demo/data/profiles.csv \
    --activities demo/data/activities.csv --decisions demo/data/decisions.csv
"""
PICTURES = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")


def sh(script: str, folder: Path) -> None:
    """Run lines of a shell as a reader would; the first that fails ends it."""
    done = subprocess.run(
        ["sh", "-ec", script], cwd=folder, env=os.environ | {"PATH": PATH}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")


def rerun(page: Path, folder: Path) -> str:
    """The page with every output as it is now."""
    copy = folder / page.name
    shutil.copy(page, copy)
    subprocess.run([sys.executable, ROOT / "docs" / "rerun.py", copy], check=True)
    return copy.read_text("utf-8")


@pytest.mark.slow
def test_the_tutorial_shows_what_its_commands_print(tmp_path: Path) -> None:
    page = ROOT / "docs" / "tutorial.md"
    assert rerun(page, tmp_path) == page.read_text("utf-8"), (
        "docs/tutorial.md is behind; run: .venv/bin/python docs/rerun.py docs/tutorial.md docs/tutorial.ja.md"
    )


@pytest.mark.parametrize(
    ("english", "japanese"), [("README", "README.ja"), ("docs/tutorial", "docs/tutorial.ja")]
)
def test_both_languages_have_the_same_code_and_the_same_pictures(english: str, japanese: str) -> None:
    ours, theirs = (ROOT / f"{name}.md" for name in (english, japanese))
    assert read_page(ours).blocks == read_page(theirs).blocks
    assert PICTURES.findall(ours.read_text("utf-8")) == [
        picture.replace(".ja.", ".") for picture in PICTURES.findall(theirs.read_text("utf-8"))
    ]


@pytest.mark.slow
def test_the_commands_of_the_readme_run_one_after_the_other(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    make, _curl, agreement, *others = read_page(ROOT / "README.md").blocks
    assert make.split() == ["make", "demo", "make", "test"]
    (tmp_path / "first.yaml").write_text(agreement, encoding="utf-8")
    commands = [block for block in others if not block.lstrip().startswith("handoff:")]
    assert len(commands) == len(others) - 1
    sh("\n".join([SMALL_COMPANY, *commands]), tmp_path)
    assert {path.name for path in (tmp_path / "result").iterdir()} == {
        "transitions.csv",
        "leads.csv",
        "refused.csv",
    }
    assert (tmp_path / "sweep.svg").read_text("utf-8").count("<svg") == 1


def test_the_first_agreement_has_ten_lines_and_nothing_to_complain_about(tmp_path: Path) -> None:
    agreement = read_page(ROOT / "README.md").blocks[2]
    (tmp_path / "first.yaml").write_text(agreement, encoding="utf-8")
    assert len(agreement.splitlines()) == 10
    assert inspect_agreement(tmp_path / "first.yaml")[1] == []


def test_pictures_are_small_and_need_no_other_site() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        text = picture.read_text("utf-8")
        assert len(text) < 200_000, picture.name
        assert not re.search(r"(?:href|src|url)\W{1,2}https?:", text), picture.name


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_both_readmes_name_the_first_command_and_the_port_of_the_demo(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "tasuki up --data DIR" in text
    assert "make demo PORT=8080" in text
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "demo --data demo/server --port $(PORT)" in makefile
