"""The columns of an input file: which are needed, which are doubled, which name was meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from tasuki.errors import InputUnreadable
from tasuki.history.entries import ACTIVITIES, DECISIONS, KINDS, PROFILES

REQUIRED: Final = {PROFILES: ("lead", "at"), ACTIVITIES: ("lead", "at", "type"), DECISIONS: ("lead", "at")}


def check_columns(where: str, columns: Sequence[str], kind: int) -> None:
    """Raise InputUnreadable if a needed column is missing or one is doubled; `where` is file and line."""
    doubled = [name for name, times in Counter(columns).items() if name and times > 1]
    if doubled:
        raise InputUnreadable(
            f"{where}: the column {doubled[0]!r} stands there twice; rename or remove one of them"
        )
    missing = [name for name in REQUIRED[kind] if name not in columns]
    if missing:
        raise InputUnreadable(
            f"{where}: {KINDS[kind]} need the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"found {_some(columns)}{_meant(missing, columns)}"
        )


def _some(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:20]) or "none"
    return f"{shown} and {len(columns) - 20} more" if len(columns) > 20 else shown


def _meant(missing: Sequence[str], columns: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in columns if name}
    for name in missing:
        close = get_close_matches(name, by_lower, n=1, cutoff=0.5)
        if close:
            return f" (did you mean {by_lower[close[0]]!r} to be {name!r}? rename it)"
    return ""
