"""What a row must be to become an entry, kind by kind; the others are rejected with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tasuki.history.compiled import compiled
from tasuki.history.entries import ACTIVITIES
from tasuki.history.importing.block import Block, Rejected
from tasuki.history.importing.tokens import MAX_FIELD
from tasuki.history.times import BAD, EXPECTED, FIRST_YEAR, LAST_YEAR, Zone, in_range, parse_time, parse_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tasuki.history.importing.dictionary import Dictionary

SEQ_LIMIT = 2**62
_SEQ = f"seq must be a whole number between -{SEQ_LIMIT} and {SEQ_LIMIT}"


class Rows:
    """The rows of a block that are still good; checks reject some and keep the reason."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.rejected = list(block.rejected)
        self.values: dict[str, NDArray[np.int64]] = {}
        """What was read from the rows: `at` and `seq`, (n,) each."""
        self._place = np.arange(block.rows)

    def reject(self, bad: NDArray[np.bool_], reason: str | Callable[[int], str]) -> None:
        """Drop rows (n,); `reason` may be a function of the row's place among the present ones."""
        if not bad.any():
            return
        for i in np.flatnonzero(bad).tolist():
            row = int(self._place[i])
            why = reason if isinstance(reason, str) else reason(i)
            self.rejected.append(Rejected(self.block.line_of(row), why, self.block.text_of(row)))
        keep = ~bad
        self.values = {name: values[keep] for name, values in self.values.items()}
        self._place = self._place[keep]
        start, end = self.block.start[:, keep], self.block.end[:, keep]
        self.block = replace(self.block, start=np.ascontiguousarray(start), end=np.ascontiguousarray(end))

    def __len__(self) -> int:
        return self.block.rows

    def bounds(self, column: str) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32]]:
        """The bytes, and where the fields of a column start and end in them, (n,) each."""
        place = self.block.columns.index(column)
        return self.block.data, self.block.start[place], self.block.end[place]

    def text(self, column: str, i: int) -> str:
        """A field as text."""
        data, start, end = self.bounds(column)
        return data[start[i] : end[i]].tobytes().decode("utf-8", "replace")

    def is_empty(self, column: str) -> NDArray[np.bool_]:
        """(n,) whether a field is absent; all of them if there is no such column."""
        if column not in self.block.columns:
            return np.ones(len(self), np.bool_)
        _, start, end = self.bounds(column)
        empty: NDArray[np.bool_] = start == end
        return empty


def check_text(rows: Rows) -> None:
    """Reject rows with bytes that are not UTF-8, with NUL, or with a field over 1 MiB."""
    sizes = rows.block.end - rows.block.start
    if sizes.size and int(sizes.max()) > MAX_FIELD:
        large = np.asarray((sizes > MAX_FIELD).any(axis=0))
        rows.reject(large, "a field is longer than 1 MiB")
    if rows.block.checked:
        return
    problems = [_text_problem(rows.block, i) for i in range(len(rows))]
    rows.reject(
        np.array([problem is not None for problem in problems], np.bool_), lambda i: problems[i] or ""
    )


def _text_problem(block: Block, row: int) -> str | None:
    for start, end in zip(block.start[:, row].tolist(), block.end[:, row].tolist(), strict=True):
        field = block.data[start:end].tobytes()
        if b"\0" in field:
            return "a NUL byte in a field"
        if not field.isascii():
            try:
                field.decode()
            except UnicodeDecodeError:
                return "bytes that are not text in the file's encoding"
    return None


def check_needed(rows: Rows, kind: int) -> None:
    """Reject rows without a lead, activities without a type. Blanks around a lead's id are no part of it."""
    _trim(*rows.bounds("lead"))
    rows.reject(rows.is_empty("lead"), "lead is empty")
    if kind == ACTIVITIES:
        rows.reject(rows.is_empty("type"), "type is empty")


def read_times(rows: Rows, zone: Zone) -> None:
    """Read `at` of all rows in µs since 1970 UTC, and reject those without a time."""
    times, status = parse_times(*rows.bounds("at"), zone)
    rows.values["at"] = times
    bad = (status == BAD) | ~in_range(times)
    rows.reject(bad, lambda i: time_problem(rows.text("at", i)))


def time_problem(text: str) -> str:
    """Why a text is not a time."""
    if not text.strip():
        return "at is empty"
    return f"at is not a time from {FIRST_YEAR} to {LAST_YEAR}: {text[:60]!r}; {EXPECTED}"


def read_seq(rows: Rows, next_seq: int) -> None:
    """Read `seq`; a row without one gets its place from `next_seq` on. Wrong ones are rejected."""
    order = np.arange(next_seq, next_seq + len(rows), dtype=np.int64)
    if "seq" not in rows.block.columns:
        rows.values["seq"] = order
        return
    seq = np.empty(len(rows), np.int64)
    good = np.zeros(len(rows), np.bool_)
    _scan_numbers(*rows.bounds("seq"), seq, good)
    empty = rows.is_empty("seq")
    rows.values["seq"] = np.where(empty, order, seq)
    rows.reject(~(good | empty), _SEQ)


def fields_of(rows: Rows) -> list[str]:
    """The columns that belong to the shape: all named ones but lead, at and seq."""
    return [name for name in rows.block.columns if name not in ("", "lead", "at", "seq")]


class DecisionChecks:
    """Checks of decisions; what was found out about a text is kept, for texts repeat."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._until: dict[str, str | None] = {}
        self._answers: dict[str, str | None] = {}

    def apply(self, rows: Rows, dictionary: Dictionary) -> dict[str, NDArray[np.int32]]:
        """Numbers of the fields `until` and `answers`, (n,) each; decisions that are wrong are rejected."""
        checked = {
            "until": self._column(rows, "until", self._until, self._known_until),
            "answers": self._column(rows, "answers", self._answers, normal_answers),
        }
        lacking = rows.is_empty("to").tolist()
        problems = [
            self._problem(rows, i, until, answers, lacking[i])
            for i, (until, answers) in enumerate(zip(*checked.values(), strict=True))
        ]
        bad = [problem is not None for problem in problems]
        rows.reject(np.array(bad, np.bool_), lambda i: problems[i] or "")
        return {
            name: dictionary.number_texts(
                name, [text or "" for text, wrong in zip(texts, bad, strict=True) if not wrong]
            )
            for name, texts in checked.items()
            if name in rows.block.columns
        }

    @staticmethod
    def _problem(rows: Rows, i: int, until: str | None, answers: str | None, lacking: bool) -> str | None:
        if until is None:
            return f"until is not a date or time: {rows.text('until', i)[:60]!r}; {EXPECTED}"
        if answers is None:
            return 'answers is not a JSON object such as {"budget": "yes"}'
        if lacking and not answers:
            return "a decision needs a stage in `to`, or answers"
        return None

    def _known_until(self, text: str) -> str | None:
        return text.strip() if parse_time(text, self._zone.name) is not None else None

    @staticmethod
    def _column(
        rows: Rows, name: str, known: dict[str, str | None], check: Callable[[str], str | None]
    ) -> list[str | None]:
        """The checked text per row: empty if absent, None if wrong."""
        if name not in rows.block.columns:
            return [""] * len(rows)
        found: list[str | None] = []
        for i in range(len(rows)):
            text = rows.text(name, i)
            if text and text not in known:
                known[text] = check(text)
            found.append(known[text] if text else "")
        return found


def normal_answers(text: str) -> str | None:
    """Answers as JSON text, keys sorted, values as text; empty for none, None if it is no JSON object."""
    try:
        answers = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answers, dict):
        return None
    texts = {
        question: answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        for question, answer in answers.items()
        if answer is not None
    }
    normal = json.dumps(texts, ensure_ascii=False, sort_keys=True) if texts else ""
    return normal if _is_text(normal) else None


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@compiled
def _trim(data: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> None:
    for i in range(len(start)):
        while start[i] < end[i] and (data[start[i]] == 32 or data[start[i]] == 9):
            start[i] += 1
        while start[i] < end[i] and (data[end[i] - 1] == 32 or data[end[i] - 1] == 9):
            end[i] -= 1


@compiled
def _scan_numbers(
    data: NDArray[Any], start: NDArray[Any], end: NDArray[Any], values: NDArray[Any], good: NDArray[Any]
) -> None:
    """Whole numbers with an optional sign; `good[i]` stays False where there is none or it is too large."""
    for i in range(len(start)):
        first = start[i]
        negative = first < end[i] and data[first] == 45
        if negative or (first < end[i] and data[first] == 43):
            first += 1
        value = 0
        fine = 0 < end[i] - first <= 19
        for k in range(first, end[i] if fine else first):
            digit = int(data[k]) - 48
            fine = fine and 0 <= digit <= 9 and value < 461_168_601_842_738_790
            value = value * 10 + digit
        values[i] = -value if negative else value
        good[i] = fine
