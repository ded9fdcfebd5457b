"""What the parts of a page ask for again and again, read once: a request that only reads changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

T = TypeVar("T")
READING = frozenset({"GET", "HEAD"})
_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("once", default=None)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` gives; within a request that only reads, what it gave there first.

    `key` names all that it depends on. Whoever is given it leaves it as it is, for others are given the same.
    """
    found = _found.get()
    if found is None:
        return read()
    if key not in found:
        found[key] = read()
    return found[key]  # type: ignore[no-any-return]


class OnceARequest:
    """Lets `once` keep what it reads until the answer is there; requests that may write read everything anew."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        held = _found.set({} if request.method in READING else None)
        try:
            return self.get_response(request)
        finally:
            _found.reset(held)
