"""Stretches of time as whole microseconds since 1970 UTC, and tables of them that answer by bisection."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

Span = tuple[int, int]
"""Begin and end, half-open."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An aware instant as microseconds since 1970 UTC."""
    return (at - EPOCH) // MICROSECOND


def instant(count: int) -> datetime:
    """The instant of so many microseconds since 1970, UTC."""
    return EPOCH + timedelta(microseconds=count)


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order of their begin, joined where they touch or overlap."""
    begin, end = 0, 0
    for next_begin, next_end in spans:
        if next_begin > end or begin == end:
            if end > begin:
                yield begin, end
            begin, end = next_begin, next_end
        else:
            end = max(end, next_end)
    if end > begin:
        yield begin, end


def without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """What is left of `spans` outside of `taken`; both in order, without overlaps."""
    nth = 0
    for begin, end in spans:
        while nth < len(taken) and taken[nth][1] <= begin:
            nth += 1
        here = nth
        while here < len(taken) and taken[here][0] < end:
            if taken[here][0] > begin:
                yield begin, taken[here][0]
            begin = max(begin, taken[here][1])
            here += 1
        if begin < end:
            yield begin, end


class Table:
    """Open spans with the sum of what lies before each: every question is one bisection."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found = list(spans)
        self.begins = array("q", (begin for begin, _end in found))
        self.ends = array("q", (end for _begin, end in found))
        self.before = array("q", accumulate((end - begin for begin, end in found), initial=0))
        self.total = self.before[-1]

    def __iter__(self) -> Iterator[Span]:
        return zip(self.begins, self.ends, strict=True)

    def open_until(self, at: int) -> int:
        """How much is open before `at`."""
        nth = bisect_right(self.begins, at) - 1
        return self.before[nth] + min(at, self.ends[nth]) - self.begins[nth] if nth >= 0 else 0

    def reached(self, amount: int) -> int:
        """The first instant before which `amount` is open; 0 < amount ≤ total."""
        nth = bisect_left(self.before, amount) - 1
        return self.begins[nth] + amount - self.before[nth]

    def left(self, amount: int) -> int:
        """The last instant before which no more than `amount` is open; 0 ≤ amount < total."""
        nth = bisect_right(self.before, amount) - 1
        return self.begins[nth] + amount - self.before[nth]

    def next_open(self, at: int) -> int | None:
        """The first open instant from `at` on."""
        nth = bisect_right(self.ends, at)
        return max(at, self.begins[nth]) if nth < len(self.begins) else None
