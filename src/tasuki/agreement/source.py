"""YAML text to plain data, remembering where each value stood."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, CommentedSet
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from tasuki.agreement.problems import Problem, Severity

Place = Sequence[str | int]
"""The way from the root of the file to a value: keys and positions."""


MOST_VALUES = 500_000
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Source:
    """One agreement file: its text, its data, and the problems found in it so far."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Problem] = []
        self._root: Any = None
        self.data: Any = self._parse()

    def _parse(self) -> Any:
        try:
            self._root = _yaml().load(self.text)
            return _Plain().of(self._root)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self._add(line, column, "error", "yaml", _yaml_message(error))
        except RecursionError:
            text = "this is nested too deeply to be an agreement: take brackets or indentation out"
            self._add(1, 1, "error", "yaml", text)
        except Exception as error:  # on odd input the YAML library raises whatever its constructors raise
            said = (str(error).splitlines() or [type(error).__name__])[0]
            self._add(1, 1, "error", "yaml", f"this is not readable YAML: {said}")
        return None

    def _add(self, line: int, column: int, severity: Severity, code: str, text: str) -> None:
        one_line = " ".join(text.splitlines())  # a key or value of the file may hold line ends
        self.problems.append(Problem(self.file, line, column, severity, code, one_line))

    def error(self, place: Place, code: str, text: str, *, key: bool = False, offset: int = 0) -> None:
        """Record an error at the value (or its key); `offset` counts characters into a scalar."""
        self._add(*self.position(place, key=key, offset=offset), "error", code, text)

    def warning(self, place: Place, code: str, text: str, *, key: bool = False, offset: int = 0) -> None:
        """Record a warning; see `error`."""
        self._add(*self.position(place, key=key, offset=offset), "warning", code, text)

    def position(self, place: Place, *, key: bool = False, offset: int = 0) -> tuple[int, int]:
        """Line and column, from 1, of the value at `place`, or of the nearest one above it that exists."""
        node, line, column = self._root, 1, 1
        for i, step in enumerate(place):
            if isinstance(node, CommentedMap) and step in node:
                at = _place_in(node, step, key and i == len(place) - 1)
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and 0 <= step < len(node):
                at = node.lc.item(step)
            else:
                return line, column
            if at is None:
                return line, column
            line, column = at[0] + 1, at[1] + 1
            node = node[step]
        if offset and isinstance(node, str):
            quoted = isinstance(node, (DoubleQuotedScalarString, SingleQuotedScalarString))
            column += offset + quoted if quoted or type(node) is str else 0
        return line, column


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    return yaml


def _place_in(node: CommentedMap, key: str | int, is_key: bool) -> tuple[int, int] | None:
    """Line and column, from 0, of a key or its value; None where a merge (`<<`) brought it in."""
    if key not in (node.lc.data or {}):
        return None
    return node.lc.key(key) if is_key else node.lc.value(key)  # type: ignore[no-any-return]


class _Plain:
    """Plain dicts, lists, strings, numbers; dates and times become their ISO text."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, node: Any) -> Any:
        """A copy of the node. ValueError when aliases make it grow without end."""
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"it has more than {MOST_VALUES} values; write less, with fewer aliases")
        if isinstance(node, Mapping):
            return {_key(key): self.of(value) for key, value in node.items()}
        if isinstance(node, (list, tuple, set, CommentedSet)):
            return [self.of(value) for value in node]
        return _scalar(node)


def _scalar(node: Any) -> Any:
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    if isinstance(node, (dt.date, dt.datetime)):
        return node.isoformat()
    return _text(str(node))


def _text(text: str) -> str:
    if not text.isascii() and _HALF_CHARACTER.search(text):
        raise ValueError("a text holds half a character (\\ud800 to \\udfff): write the whole one")
    return text


def _key(key: Any) -> str:
    if key is None:
        return "null"
    if isinstance(key, bool):
        return str(key).lower()
    return _text(str(key))


def _yaml_message(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context or "cannot be read").split())
    if "duplicate key" in problem:
        return f"{problem.split(' with value')[0]}: a key stands once; rename or remove one of them"
    if "\\t" in problem or "tab" in problem:
        return f"{problem}: indent with spaces, not tabs"
    return f"this is not readable YAML: {problem}; often a missing quote, bracket or space after a colon"
