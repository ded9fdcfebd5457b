"""An agreement file to its meaning, with all of its mistakes at once."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from tasuki.agreement.check import warnings_of
from tasuki.agreement.problems import Problem
from tasuki.agreement.resolve import Resolver
from tasuki.agreement.source import Source
from tasuki.agreement.syntax import Place, read_document
from tasuki.errors import AgreementInvalid, UsageError

if TYPE_CHECKING:
    from tasuki.agreement.model import Agreement

LARGEST_FILE = 5_000_000


def load_agreement(path: str | FilePath) -> Agreement:
    """The agreement in a UTF-8 file. AgreementInvalid with every error; UsageError if it cannot be read."""
    agreement, problems = inspect_agreement(path)
    if agreement is None:
        raise AgreementInvalid(problems)
    return agreement


def inspect_agreement(path: str | FilePath) -> tuple[Agreement | None, list[Problem]]:
    """The agreement, None if it has errors, and all problems in the order of the file."""
    data = _bytes_of(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [_encoding_problem(str(path), data, error.start)]
    return parse_agreement(text, str(path))


def _bytes_of(path: str | FilePath) -> bytes:
    try:
        with FilePath(path).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{path}: cannot be read ({why}); name an agreement file, like agreement.yaml"
        ) from error
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path}: this is no agreement: the largest allowed has {LARGEST_FILE} bytes")
    return data


def _encoding_problem(file: str, data: bytes, start: int) -> Problem:
    before = data[:start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8-sig", errors="replace")) + 1
    return Problem(file, line, column, "error", "encoding", "this is not UTF-8: save the file as UTF-8")


def agreement_of(text: str, file: str = "agreement.yaml") -> Agreement:
    """The agreement that a text says. AgreementInvalid with every error."""
    agreement, problems = parse_agreement(text, file)
    if agreement is None:
        raise AgreementInvalid(problems)
    return agreement


def parse_agreement(text: str, file: str) -> tuple[Agreement | None, list[Problem]]:
    """See `inspect_agreement`."""
    source = Source(text, file)
    document, cut = read_document(source)
    formal = len(source.problems)
    agreement = Resolver(source, document).resolve() if () not in cut else None
    _drop_followups(source, formal, cut)
    failed = any(problem.is_error for problem in source.problems)
    if agreement is not None and not failed:
        warnings_of(agreement, source)
    return (None if failed else agreement), sorted(set(source.problems))


def _drop_followups(source: Source, formal: int, cut: frozenset[Place]) -> None:
    """Forget mistakes of meaning that only say again what a mistake of form at the same spot said."""
    around = cut | {place[:-1] for place in cut if len(place) > 1}
    spots = {source.position(place) for place in around}
    later = [p for p in source.problems[formal:] if (p.line, p.column) not in spots and "`_`" not in p.text]
    source.problems[formal:] = later
