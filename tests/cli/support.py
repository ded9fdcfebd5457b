"""The command line as a person meets it: exit status, what was printed, what was said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tasuki.cli import main


class Ran(NamedTuple):
    """`status` 0 done, 1 data, 2 usage, 130 stopped; `out` is the result, `err` what was said about it."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tasuki", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        status = stop.value.code
        assert isinstance(status, int)
        return Ran(status, *capsys.readouterr())

    return run
