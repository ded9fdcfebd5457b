"""What the address of a page of figures asks for: time, narrowing, as of when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.insights import names
from tasuki.server.insights.asking import own
from tasuki.server.insights.scope import Asking
from tasuki.server.insights.values import NARROWED, Values, zone_of
from tasuki.server.lists import exporting
from tasuki.server.pages.numbers import PERIODS

LONGEST = 300


@dataclass(frozen=True)
class Wanted:
    """`as_of` None: now; `shown` is it as the field of the form wants it."""

    period: str
    where: Mapping[str, str]
    as_of: datetime | None
    zone: str

    @property
    def shown(self) -> str:
        """The instant, there, like 2026-04-01T23:59; empty for now."""
        return f"{self.as_of.astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M}" if self.as_of else ""

    @property
    def query(self) -> str:
        """The same as an address has it."""
        given = {"period": self.period, **self.where, "as_of": self.shown}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def asking(self) -> Asking:
        """For the figures."""
        return Asking(self.period, self.where, self.as_of)


def wanted_of(actor: Actor, given: QueryDict, period: str = "month") -> Wanted:
    """`period`: where the address names none. NotFound `numbers_not_yet`."""
    zone = zone_of(actor)
    as_of = instant_of(text_of(given, "as_of"), zone)
    if as_of is not None and as_of >= clock.now():
        as_of = None
    where = {name: value for name in NARROWED if (value := text_of(given, name))}
    chosen = text_of(given, "period")
    return Wanted(chosen if chosen in PERIODS else period, where, as_of, zone)


def text_of(given: QueryDict, name: str, otherwise: str = "") -> str:
    """A text of the address, bounded."""
    return given.get(name, otherwise).replace("\0", "")[:LONGEST]


def one_of(given: QueryDict, name: str, known: Sequence[str], otherwise: str) -> str:
    """One of these, else what stands in."""
    chosen = given.get(name, otherwise)
    return chosen if chosen in known else otherwise


def instant_of(text: str, zone: str) -> datetime | None:
    """The last instant of a minute like 2026-04-01T10:30 there, or of a day like 2026-04-01; None where it is none."""
    try:
        at = datetime.fromisoformat(text) if len(text) in (10, 16) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is not None or not 1970 <= at.year <= 2200:
        return None
    whole = timedelta(days=1) if len(text) == 10 else timedelta(minutes=1)
    return at.replace(tzinfo=ZoneInfo(zone)) + whole - timedelta(microseconds=1)


def filters(actor: Actor, wanted: Wanted, values: Values) -> dict[str, Any]:
    """What the form of every page of figures shows."""
    mine = own(actor)
    narrowing = [
        {
            "name": name,
            "word": names.SLICES[name],
            "chosen": wanted.where.get(name, ""),
            "values": sorted(names.names_of(name, values[name]).items(), key=lambda one: one[1]),
        }
        for name in NARROWED
        if values[name] and (mine is None or name not in ("team", "rep"))
    ]
    return {
        "wanted": wanted,
        "periods": PERIODS,
        "narrowing": narrowing,
        "is_narrowed": bool(wanted.where or wanted.as_of),
        "mine": mine[0] if mine else "",
        "kinds": [kind for kind in exporting.KINDS if kind != exporting.PLAIN],
    }
