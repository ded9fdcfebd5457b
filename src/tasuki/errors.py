"""The tree of exceptions. Every message says what is wrong, where, and what would be right.

TasukiError
├── AgreementInvalid      an agreement with mistakes; carries every problem, each with its place
├── HistoryError
│   ├── HistoryMissing    no history in that folder
│   ├── HistoryDamaged    a file is missing, short or not what the manifest says
│   └── HistoryTooNew     written by a later version of Tasuki
├── FactsUnreadable       a folder that holds no facts, or damaged ones, or those of a later version
├── InputUnreadable       a file to import that cannot be read at all
└── UsageError            an argument that does not fit: a time, a place, an unknown lead
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TasukiError(Exception):
    """Base of all: caught by the command line, printed as one sentence, exit status 1 (UsageError: 2)."""

    exit_status = 1


class ProblemLike(Protocol):
    """What AgreementInvalid carries: `str()` of it is `file:line:col: error[code] text`."""

    @property
    def is_error(self) -> bool:
        """True for an error, False for a warning."""
        ...


class AgreementInvalid(TasukiError):
    """An agreement that cannot be carried out; `problems` holds every mistake, not just the first."""

    def __init__(self, problems: Sequence[ProblemLike]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems if p.is_error))


class HistoryError(TasukiError):
    """Something is wrong with a history on disk."""


class HistoryMissing(HistoryError):
    """There is no history in that folder."""


class HistoryDamaged(HistoryError):
    """A file of the history is missing, short, or not what its manifest says."""


class HistoryTooNew(HistoryError):
    """The history was written by a later version."""


class FactsUnreadable(TasukiError):
    """A folder in which there are no facts, or whose facts are damaged or written by a later version."""


class InputUnreadable(TasukiError):
    """A file to import cannot be read at all (a row that cannot be read is rejected instead)."""


class UsageError(TasukiError):
    """An argument that does not fit what it is used on."""

    exit_status = 2
