"""The command as a process: stopped by Ctrl-C, its output cut off, its help quick to come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from tasuki.cli import main; main()"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes some seconds to import."""
    path = tmp_path / "large.csv"
    lines = (f"L{i},2024-05-{i % 28 + 1:02}T10:00:00,t{i % 50}\n" for i in range(40_000))
    path.write_text("lead,at,type\n" + "".join(lines) * 100)
    return path


def interrupted(large: Path, out: Path) -> tuple[int, str]:
    """Status and last words of an import stopped in its middle."""
    process = start("history", "import", "--out", out, "--activities", large)
    deadline = time.monotonic() + 30
    while not (out / ".scratch").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=2)
    except (
        subprocess.TimeoutExpired
    ):  # it came while nobody listened, as in the end of an object: one presses again
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_ctrl_c_during_a_first_import_leaves_nothing_behind(large: Path, tmp_path: Path) -> None:
    status, err = interrupted(large, tmp_path / "history")
    assert (status, err) == (130, "tasuki: stopped; what was there before is unchanged\n")
    assert not (tmp_path / "history").exists()


def test_ctrl_c_while_adding_leaves_the_history_as_it_was(large: Path, tmp_path: Path) -> None:
    out, small = tmp_path / "history", tmp_path / "small.csv"
    small.write_text("lead,at,type\nL1,2024-05-01,t\n")
    first = start("history", "import", "--out", out, "--activities", small)
    first.communicate(timeout=60)
    before = content(out)
    assert first.returncode == 0
    status, err = interrupted(large, out)
    assert (status, err) == (130, "tasuki: stopped; what was there before is unchanged\n")
    assert content(out) == before


def test_output_that_nobody_reads_to_the_end_is_no_error() -> None:
    """`tasuki schema | head -1`."""
    process = start("schema")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert err == ""
    assert process.returncode == 0


def test_help_loads_nothing_heavy() -> None:
    heavy = "numba numpy pyarrow pydantic matplotlib scipy rich"
    script = "import sys\nfrom tasuki.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    script += f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
