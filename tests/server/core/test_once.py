"""What is read once for a page, and never kept for the next one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse

from tasuki.server.core.once import OnceARequest, once


class Book:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self) -> int:
        self.reads += 1
        return self.reads


@pytest.fixture
def book() -> Book:
    return Book()


def asked(method: str, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    request = HttpRequest()
    request.method = method
    answer = OnceARequest(view)(request)
    assert isinstance(answer, HttpResponse)
    return answer


def twice(book: Book) -> Callable[[HttpRequest], HttpResponse]:
    return lambda _request: HttpResponse(f"{once('book', book.read)} {once('book', book.read)}")


def test_the_parts_of_a_page_that_ask_for_the_same_are_given_what_was_read_first(book: Book):
    assert asked("GET", twice(book)).content == b"1 1"


def test_what_depends_on_something_else_is_read_for_itself(book: Book):
    asked("GET", lambda _: HttpResponse(f"{once(('book', 1), book.read)} {once(('book', 2), book.read)}"))
    assert book.reads == 2


def test_the_next_page_reads_anew(book: Book):
    asked("GET", twice(book))
    assert asked("GET", twice(book)).content == b"2 2"


def test_a_request_that_may_write_sees_its_own_writing(book: Book):
    assert asked("POST", twice(book)).content == b"1 2"


def test_a_page_that_fails_leaves_nothing_behind(book: Book):
    def fails(_request: HttpRequest) -> HttpResponse:
        once("book", book.read)
        raise ValueError("a page that fails")

    with pytest.raises(ValueError, match="fails"):
        asked("GET", fails)
    assert once("book", book.read) == 2


def test_outside_of_requests_nothing_is_kept(book: Book):
    assert (once("book", book.read), once("book", book.read)) == (1, 2)
