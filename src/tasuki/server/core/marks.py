"""Marks of pages: where the next one of a sorted list begins, as a text that goes out and comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid


def mark(value: Any, pk: int) -> str:
    """The mark of the last row shown: what it is sorted by, and its key."""
    shown = value.isoformat() if isinstance(value, datetime) else value
    return json.dumps([shown, pk], ensure_ascii=False)


def read_mark(text: str, read: Callable[[Any], Any]) -> tuple[Any, int]:
    """What a mark says; `read` makes the value that rows are sorted by of what stood there, by ValueError if it cannot.

    Invalid: it is none of ours.
    """
    try:
        value, pk = json.loads(text)
        if type(pk) is not int or not 0 < pk < 2**63:
            raise ValueError
        return read(value), pk
    except (ValueError, TypeError, RecursionError, OverflowError):
        raise Invalid(
            "unknown_page",
            _("This page mark is not one of ours."),
            cure=_("Start from the first page."),
            field="after",
        ) from None


def a_time(value: Any) -> datetime:
    """A time of a mark, in UTC. ValueError, TypeError, or OverflowError: it is none that a database knows."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)
