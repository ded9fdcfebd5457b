"""Long lists a page at a time: the address carries where the last page ended."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

PAGE = 50


def a_number(text: str | None) -> int | None:
    """A whole number that a database can hold; None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def following(request: HttpRequest, after: Any) -> dict[str, Any]:
    """For `pages.html`: the addresses of the next page (`after` None: there is none) and of the first."""
    query = request.GET.copy()
    is_later = bool(query.pop("after", None))
    first = query.urlencode()
    if after is not None:
        query["after"] = str(after)
    return {
        "next_page": query.urlencode() if after is not None else "",
        "first_page": first,
        "is_later": is_later,
    }
