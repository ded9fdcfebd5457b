"""Run the commands of a tutorial and put what they print under them: `python docs/rerun.py docs/tutorial.md …`.

A fenced block whose language is followed by a file name is written as that file; in a `console` block each line
`$ command` is run, in order, all in one empty folder. tests/docs/test_readme.py fails if the pages lag behind.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?:.*\\\n)*.*$", re.MULTILINE)
CONTROL = re.compile(r"[\x1b\r]")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def run(command: str, folder: Path, columns: int) -> str:
    """What a shell command prints on a terminal with so many columns, with its styles; progress bars are left out."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "COLUMNS": str(columns), "FORCE_COLOR": "1", "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, check=False)
    messages = [line for line in done.stderr.decode("utf-8").splitlines() if not CONTROL.search(line)]
    return done.stdout.decode("utf-8") + "\n".join(messages)


def rerun(text: str, folder: Path, columns: int = 100) -> str:
    """The page `text` with each command's output as it is now. `folder` is where its files and results go."""

    def block(match: re.Match[str]) -> str:
        if match["file"]:
            (folder / match["file"]).write_text(match["body"], encoding="utf-8")
        if match["language"] != "console":
            return match[0]
        shown = [_shown(command, folder, columns) for command in COMMAND.findall(match["body"])]
        return "```console\n" + "\n".join(shown) + "\n```"

    return BLOCK.sub(block, text)


def _shown(command: str, folder: Path, columns: int) -> str:
    printed = STYLE.sub("", run(command.removeprefix("$ "), folder, columns))
    lines = [line.rstrip() for line in printed.splitlines()]
    return "\n".join([command, *lines]).rstrip()


def main() -> None:
    """Rewrite the pages named on the command line."""
    for name in sys.argv[1:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(rerun(page.read_text("utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
