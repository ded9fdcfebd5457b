"""What a KPI is built of: items to count, and a few primitives over them. Data; `compute` alone turns them into SQL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

NO_STAGE = "none"
"""Where leads come from that have had no stage yet."""


class Kind(StrEnum):
    """Which time a figure belongs to. Cohort: that of the thing counted. Snapshot: an instant at which one looks."""

    COHORT = "cohort"
    SNAPSHOT = "snapshot"


class Unit(StrEnum):
    """Of a figure. `rate`: 0 to 1. `hours` and `days` are of 24 hours, working hours in KPIs that say so."""

    COUNT = "count"
    RATE = "rate"
    HOURS = "hours"
    DAYS = "days"
    POINTS = "points"
    TIMES = "times"
    MONEY = "money"


@dataclass(frozen=True)
class Items:
    """Rows of a table of `derived` that are counted, each with its lead and the time that it belongs to.

    `role` is the part of the stage in question, or else `stage` is its id; `side` says whether an entry enters that stage
    or comes from it; with `before` only entries that come straight from that stage, or NO_STAGE. `where` is SQL over the
    table's columns, and `time` begins the names of its columns of time.
    """

    table: Literal["entries", "handed", "worth", "forms"]
    role: str = ""
    stage: str = ""
    side: Literal["stage", "came_from"] = "stage"
    before: str = ""
    where: str = ""
    time: Literal["", "opened_", "closed_"] = ""


@dataclass(frozen=True)
class Count:
    """How many items."""

    items: Items


@dataclass(frozen=True)
class Stock:
    """How many entries whose lead is still in the stage, at the end of a period, or at `as_of`."""

    items: Items


@dataclass(frozen=True)
class Rate:
    """The share of the items that reach a stage on the same run (`reaches`: part or id), or for which `hit` holds, in SQL.

    What `reaches` a stage takes its time: only items older than nine tenths of those times count. Null `hit`: not known.
    """

    items: Items
    reaches: str = ""
    hit: str = ""


@dataclass(frozen=True)
class Mean:
    """The mean of a value, an SQL number; items without one are left out, and counted as such."""

    items: Items
    value: str


@dataclass(frozen=True)
class Quantile:
    """The quantile `of` (0 to 1) of a value, interpolated between the two nearest.

    With `reaches`, a stage's part or id, the value is the days until it is reached, of items that have reached it.
    """

    items: Items
    value: str
    of: float
    reaches: str = ""


@dataclass(frozen=True)
class Money:
    """Sum or mean of the amounts of deals, each currency for itself; deals without amount are left out, and counted."""

    items: Items
    how: Literal["sum", "mean"]


Formula = Count | Stock | Rate | Mean | Quantile | Money


@dataclass(frozen=True)
class Words:
    """The same in both languages."""

    en: str
    ja: str

    def text(self, language: str) -> str:
        """In `en` or `ja`."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True)
class Kpi:
    """One definition. `stage`: the part of the funnel it speaks of, empty: all. `accounts`: companies can be counted."""

    id: str
    stage: str
    name: Words
    meaning: Words
    words: Words
    """The formula in words."""
    unit: Unit
    grain: str
    """What one item is: entry, lead, handoff, deal, visit."""
    formula: Formula
    accounts: bool = False

    @property
    def kind(self) -> Kind:
        """Cohort or snapshot."""
        return Kind.SNAPSHOT if isinstance(self.formula, Stock) else Kind.COHORT

    @property
    def matures(self) -> bool:
        """Whether young items are left out."""
        return isinstance(self.formula, Rate) and bool(self.formula.reaches)
