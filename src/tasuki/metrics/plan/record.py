"""What a plan is made from, read once: every entry on the way with what became of it, and every deal won."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np

from tasuki.metrics.asking import Question, narrowing
from tasuki.metrics.plan.days import NEVER, Ints, Tally, day_of, days_of, tally
from tasuki.metrics.plan.way import DEALS, Link, Way, way_back
from tasuki.metrics.reader import Facts

AWAY = ("RECYCLED", "DISQUALIFIED", "LOST")
"""Whoever enters one of these is not on the way any more."""


@dataclass(frozen=True)
class Moves:
    """Entries into a stage, each with when it reached the next one of the way, and when it was given up, on its run.

    `at`, `reached`, `dropped` in µs UTC; the same as days since 1970-01-01 in the agreement's time zone; NEVER, NEVER_DAY
    for one of the two. `open`: when those entries were of which neither has come, which are most of all.
    """

    at: Ints
    reached: Ints
    dropped: Ints
    at_day: Ints
    reached_day: Ints
    dropped_day: Ints
    open: Ints
    open_day: Ints

    @cached_property
    def came(self) -> Tally:
        """Entries by day."""
        return tally(np.append(self.at_day, self.open_day))

    @cached_property
    def waiting(self) -> Tally:
        """Open ones by the day of entry."""
        return tally(self.open_day)

    @cached_property
    def got(self) -> Tally:
        """Those that got there, by the day on which they did."""
        return tally(self.reached_day[self.reached != NEVER])

    @cached_property
    def lost(self) -> tuple[Ints, Ints]:
        """Those that were given up and did not get there: the day of each entry, and that on which it was."""
        chosen = self.reached == NEVER
        return self.at_day[chosen], self.dropped_day[chosen]


def moves_of(at: Ints, reached: Ints, dropped: Ints, zone: str) -> Moves:
    """Of entries of which something has come, and open ones among them."""
    came = (reached != NEVER) | (dropped != NEVER)
    return _moves(at[came], reached[came], dropped[came], at[~came], zone)


def _moves(at: Ints, reached: Ints, dropped: Ints, waiting: Ints, zone: str) -> Moves:
    at_day, reached_day, dropped_day, open_day = (
        days_of(each, zone) for each in (at, reached, dropped, waiting)
    )
    return Moves(at, reached, dropped, at_day, reached_day, dropped_day, waiting, open_day)


@dataclass(frozen=True)
class Wins:
    """Deals won that have an amount in the plan's currency: when (µs, day), and how much, in hundredths."""

    at: Ints
    day: Ints
    cents: Ints

    @cached_property
    def came(self) -> Tally:
        """Deals by day."""
        return tally(self.day)


@dataclass(frozen=True)
class Record:
    """`left_out`: deals won without amount or currency; `others`: currency → deals won in another one.

    `today`: the day of `now` (µs UTC, up to when all is known); `over`: the last day that is over then; `rest`: which
    share of today is still to come.
    """

    now: int
    today: int
    over: int
    rest: float
    zone: str
    currency: str
    way: Way
    moves: Mapping[str, Moves]
    wins: Wins
    left_out: int
    others: Mapping[str, int]

    def entries(self, stage: str) -> Sequence[Ints]:
        """When a stage was entered, or deals were won, in µs; in pieces."""
        return (self.wins.at,) if stage == DEALS else (self.moves[stage].at, self.moves[stage].open)

    def came(self, stage: str) -> Tally:
        """The same by day."""
        return self.wins.came if stage == DEALS else self.moves[stage].came


def read_record(facts: Facts, currency: str = "", where: Mapping[str, str] | None = None) -> Record:
    """As the facts know it, narrowed by slices that entries and deals have. `currency`: that of most deals won when empty.

    Remembered until something new comes in.
    """
    key = ("plan", currency, tuple(sorted((where or {}).items())))
    return remembered(facts, key, lambda: _read(facts, currency, where or {}))


T = TypeVar("T")


def remembered(facts: Facts, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """What was made before, until something new comes in."""
    with facts.lock:
        if key not in facts.remembered:
            facts.remembered[key] = make()
        return cast("T", facts.remembered[key])


def _read(facts: Facts, currency: str, where: Mapping[str, str]) -> Record:
    narrow, parameters = narrowing(Question(where=where))
    only = " AND ".join(["true", *narrow])
    counts = _won_by_currency(facts, only, parameters)
    chosen = currency or max((c for c in counts if c), key=lambda c: counts[c], default="")
    parameters["currency"] = chosen
    way = way_back(facts.terms)
    zone = facts.terms.timezone
    read = _Reader(facts, zone, only, parameters)
    today, over = day_of(facts.as_of, zone), day_of(facts.as_of + 1, zone) - 1
    moves = {
        link.source: read.to_deals(link, way) if link.target == DEALS else read.moves(link)
        for link in way.links
    }
    others = {name: count for name, count in counts.items() if name not in ("", chosen)}
    rest = _rest_of_day(facts.as_of, zone)
    return Record(
        facts.as_of, today, over, rest, zone, chosen, way, moves, read.wins(), counts.get("", 0), others
    )  # fmt: skip


def _rest_of_day(now: int, zone: str) -> float:
    at = datetime.fromtimestamp(now / 1_000_000, ZoneInfo(zone))
    return 1 - (at.hour * 3600 + at.minute * 60 + at.second) / 86400


def _won_by_currency(facts: Facts, only: str, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Deals won, by currency; empty: without an amount or a currency."""
    sql = f"""
        SELECT CASE WHEN amount IS NULL THEN '' ELSE coalesce(currency, '') END AS name, count(*) FROM worth
        WHERE state = 'won' AND NOT closed_late AND {only} GROUP BY name ORDER BY name
    """
    return dict(facts.rows(sql, parameters))


class _Reader:
    def __init__(self, facts: Facts, zone: str, only: str, parameters: Mapping[str, Any]) -> None:
        self.facts, self.zone, self.only, self.parameters = facts, zone, only, parameters

    def moves(self, link: Link) -> Moves:
        """Of one that leads to a stage."""
        entered, reached = self._entries([link]), f"reached_{self.facts.place_of(link.target)}"
        is_open = f"{reached} IS NULL AND dropped IS NULL"
        at, got, dropped = self._times(
            f"{entered} SELECT us, {reached}, dropped FROM entered WHERE NOT ({is_open})"
        )
        (waiting,) = self._times(f"{entered} SELECT us FROM entered WHERE {is_open}")
        return _moves(at, got, dropped, waiting, self.zone)

    def to_deals(self, link: Link, way: Way) -> Moves:
        """Of one that leads to won deals."""
        at, reached, dropped = self._times(self._to_deals(link, way.feeders(DEALS)))
        return moves_of(at, reached, dropped, self.zone)

    def wins(self) -> Wins:
        """Deals won with an amount in the currency, in their order."""
        found = self.facts.columns(
            f"SELECT won, cents FROM ({self._won()}) ORDER BY won, cents", self.parameters
        )
        at, cents = (_filled(found[name]) for name in ("won", "cents"))
        return Wins(at, days_of(at, self.zone), cents)

    def _won(self) -> str:
        return f"""
            SELECT n, closed_us AS won, (amount * 100)::BIGINT AS cents FROM worth
            WHERE state = 'won' AND NOT closed_late AND amount IS NOT NULL AND currency = $currency AND {self.only}
        """

    def _entries(self, links: Sequence[Link]) -> str:
        """`entered`: entries from which these lead on, with when the lead left the way, or began this stage anew."""
        stages = ", ".join(str(self.facts.place_of(link.source)) for link in links)
        away = [f"reached_{place}" for role in AWAY if (place := self.facts.place(role)) is not None]
        dropped = f"least({', '.join([*away, 'again_us', 'NULL'])})"
        return f"""
            WITH entered AS (
                SELECT *, {dropped} AS dropped FROM entries WHERE stage IN ({stages}) AND NOT late AND {self.only}
            )
        """

    def _to_deals(self, link: Link, feeders: Sequence[Link]) -> str:
        """Each win belongs to the last entry before it; an entry has reached a deal at the first one of its wins."""
        return f"""
            {self._entries(feeders)}, wins AS ({self._won()}), led AS (
                SELECT e.n, e.us, e.stage, min(w.won) AS reached
                FROM wins AS w ASOF JOIN entered AS e ON w.n = e.n AND w.won >= e.us GROUP BY ALL
            )
            SELECT e.us, led.reached, e.dropped FROM entered AS e LEFT JOIN led USING (n, us, stage)
            WHERE e.stage = {self.facts.place_of(link.source)}
        """

    def _times(self, sql: str) -> list[Ints]:
        return [_filled(column) for column in self.facts.columns(sql, self.parameters).values()]


def _filled(column: Any) -> Ints:
    return np.ma.filled(np.ma.asarray(column, np.int64), NEVER)
