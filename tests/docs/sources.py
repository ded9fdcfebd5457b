"""What the program has that the reference must explain, read from the program itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import typer
from pydantic import BaseModel

from tasuki import errors
from tasuki.agreement import document
from tasuki.cli import app
from tests.docs.pages import ROOT

ASKED_BY_SHELLS = {"--help", "-h", "--install-completion", "--show-completion"}
CODE_PLACE = {"error": 1, "warning": 1, "report": 0, "_report": 0, "_wrong": 0, "_add": 3, "Problem": 4}
"""Which argument of a call is the code of a problem."""
CHECKS_NAMES = {"_known", "known", "all_known"}
"""Their first argument says what is unknown, in the code `unknown-…`."""
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def commands() -> Iterator[tuple[str, list[str], list[str]]]:
    """Each command with its path, its options and its arguments."""
    yield from _commands_of("tasuki", typer.main.get_command(app))


def _commands_of(path: str, command: Any) -> Iterator[tuple[str, list[str], list[str]]]:
    options = [
        name for p in command.params if p.param_type_name == "option" for name in (*p.opts, *p.secondary_opts)
    ]
    arguments = [p.metavar or p.name for p in command.params if p.param_type_name == "argument"]
    yield path, [name for name in options if name not in ASKED_BY_SHELLS], arguments
    for name, part in getattr(command, "commands", {}).items():
        yield from _commands_of(f"{path} {name}", part)


def exceptions() -> list[str]:
    """Names of the whole tree."""
    return sorted(
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    )


def environment() -> list[str]:
    """Names of environment variables of our own, wherever they are read."""
    files = [*ROOT.glob("src/**/*.py"), ROOT / "tests/conftest.py", ROOT / "Makefile", ROOT / ".ci/run"]
    return sorted(
        {name for file in files for name in re.findall(r"\bTASUKI_[A-Z_]+\b", file.read_text("utf-8"))}
    )


def keys() -> list[str]:
    """Every key of an agreement, as it is written in the file."""
    parts = [
        kind for kind in vars(document).values() if isinstance(kind, type) and issubclass(kind, BaseModel)
    ]
    return sorted({field.alias or name for part in parts for name, field in part.model_fields.items()})


def problem_codes() -> set[str]:
    """Every code that `tasuki check` can print."""
    texts = [file.read_text("utf-8") for file in ROOT.glob("src/tasuki/agreement/*.py")]
    calls = [node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    checks = [call.args[0] for call in calls if _name(call.func) in CHECKS_NAMES and call.args]
    kinds = {str(node.value) for node in checks if isinstance(node, ast.Constant)} | {"signal", "trait"}
    return {code for call in calls for code in _codes(call, kinds)}


def _codes(call: ast.Call, kinds: set[str]) -> Iterator[str]:
    place = CODE_PLACE.get(_name(call.func))
    if place is None or len(call.args) <= place:
        return
    code = call.args[place]
    for node in [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]:
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield from (f"{node.values[0].value}{kind}" for kind in kinds)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
