"""A report in the words of its reader: what the mail, the page and the PDF print, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasuki.metrics.formulas import Unit, Words
from tasuki.metrics.reasons import NONE
from tasuki.metrics.values import FEW, amounts_text, in_unit, percent, value_text
from tasuki.numerals import about, number
from tasuki.weekly import words
from tasuki.weekly.report import LONG, WEEKS, Line, Wanted, Weekly
from tasuki.weekly.weeks import Week


@dataclass(frozen=True)
class Cell:
    """A figure as it is shown. `change`, `target` and `note` (why there is none, or over how many weeks it is) may be empty.

    `kpi`: its id. `is_met`: whether what is wanted is reached; None where nobody can say."""

    kpi: str
    name: str
    value: str
    change: str
    target: str
    is_met: bool | None
    note: str


@dataclass(frozen=True)
class Step:
    """A step of the funnel: `part` of the first one (0 to 1), for the length of its bar."""

    name: str
    reached: str
    rate: str
    part: float

    @property
    def percent(self) -> int:
        """The same in whole hundredths."""
        return round(100 * self.part)


@dataclass(frozen=True)
class Curve:
    """A number for each week of `Sheet.weeks`."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Alert:
    """Something to look at: `missed`, `overdue`, `untouched` or `returned`. `is_urgent`: a promise was broken."""

    code: str
    text: str
    is_urgent: bool


@dataclass(frozen=True)
class Sheet:
    """All of it, in one language. `where`: what it is narrowed to, slice → value."""

    language: str
    name: str
    week: Week
    where: Mapping[str, str]
    period: str
    said: Sequence[str]
    cells: Sequence[Cell]
    curves: Sequence[Curve]
    weeks: Sequence[str]
    steps: Sequence[Step]
    alerts: Sequence[Alert]
    as_of: str
    notes: Sequence[str]

    @property
    def title(self) -> str:
        """What kind of paper it is."""
        return self.say(words.REPORT)

    @property
    def head_cells(self) -> str:
        """Over the figures."""
        return self.say(words.FIGURES)

    @property
    def head_curves(self) -> str:
        """Over the curves."""
        return self.say(words.CURVES)

    @property
    def head_steps(self) -> str:
        """Over the funnel."""
        return words.FUNNEL.text(self.language).format(weeks=LONG)

    @property
    def head_alerts(self) -> str:
        """Over what needs attention."""
        return self.say(words.ATTENTION)

    @property
    def rows(self) -> list[tuple[str, list[float]]]:
        """The curves as a table, the last week first: week, a number for each curve."""
        found = zip(self.weeks, *(curve.values for curve in self.curves), strict=True)
        return [(label, list(values)) for label, *values in found][::-1]

    @property
    def nothing(self) -> str:
        """Said where nothing needs attention."""
        return self.say(words.NOTHING)

    @property
    def is_urgent(self) -> bool:
        """Whether a promise was broken."""
        return any(alert.is_urgent for alert in self.alerts)

    def say(self, text: Words) -> str:
        """A text in its language."""
        return text.text(self.language).format(weeks=WEEKS)


def sheet_of(found: Weekly, language: str, name: str = "", note: Words | None = None) -> Sheet:
    """A report in `ja` or `en`. `name`: of the team, of the whole company when empty; `note`: what else is to be said."""
    week = found.week
    notes = [words.FOOT] if note is None else [note, words.FOOT]
    return Sheet(
        language, name or words.EVERYBODY.text(language), week, found.where, words.days(week.first, week.last, language),
        list(_said(found, language)), [_cell(line, language) for line in found.lines],
        [Curve(stage, values) for stage, values in found.curves.items()],
        [words.short_day(week.later(n).first, language) for n in range(1 - WEEKS, 1)],
        list(_steps(found, language)), list(_alerts(found, language)), _as_of(found, language),
        [one.text(language).format(weeks=WEEKS) for one in notes],
    )  # fmt: skip


def _said(found: Weekly, language: str) -> Iterator[str]:
    for say in (_qualified, _accepted, _won):
        if text := say(found, language):
            yield text


def _qualified(found: Weekly, language: str) -> str:
    line = found.line("mql.entries")
    if line is None or line.now.value is None:
        return ""
    given: dict[str, object] = {"n": number(line.now.value), "stage": line.kpi.stage}
    begin = words.SAID_QUALIFIED_ONE if line.now.value == 1 else words.SAID_QUALIFIED
    text = begin.text(language).format(**given)
    if line.wanted and line.wanted.amount and line.wanted.share is not None:
        given = {"share": number(100 * line.wanted.share), "target": number(line.wanted.amount)}
        text += words.SAID_OF_TARGET.text(language).format(**given)
    moved = line.now.value - (line.before.value or 0)
    ends = words.SAID_MORE if moved > 0 else words.SAID_LESS if moved < 0 else words.SAID_SAME
    return text + ends.text(language).format(n=number(abs(moved)))


def _accepted(found: Weekly, language: str) -> str:
    line = found.line("sal.acceptance")
    if line is None or line.now.value is None:
        return ""
    rate = number(100 * line.now.value)
    text = words.SAID_ACCEPTED.text(language).format(rate=rate, weeks=WEEKS, stage="MQL")
    enough = min(line.now.denominator, line.before.denominator) >= FEW
    moved = 100 * (line.now.value - line.before.value) if enough and line.before.value is not None else 0
    return text + _moved(round(moved)).text(language).format(points=number(abs(moved)), weeks=WEEKS)


def _moved(points: int) -> Words:
    if not points:
        return words.END
    if points > 0:
        return words.SAID_UP_ONE if points == 1 else words.SAID_UP
    return words.SAID_DOWN_ONE if points == -1 else words.SAID_DOWN


def _won(found: Weekly, language: str) -> str:
    count, amount = found.line("won.deals"), found.line("won.amount")
    if count is None or amount is None or not count.now.value:
        return ""
    text = words.SAID_WON_ONE if count.now.value == 1 else words.SAID_WON
    worth = amounts_text(amount.now.amounts, language) or NONE
    return text.text(language).format(n=number(count.now.value), amount=worth)


def _cell(line: Line, language: str) -> Cell:
    kpi = line.kpi
    change = words.change_text(line.now, line.before, kpi.unit, language)
    before = words.BEFORE_LONG if line.is_long else words.BEFORE
    said = before.text(language).format(change=change, weeks=WEEKS) if change else ""
    says_why = line.now.reason is not None and not line.now.amounts and kpi.unit != Unit.MONEY
    reason = line.now.reason.text(language) if line.now.reason and says_why else ""
    note = reason or (words.LONG.text(language).format(weeks=WEEKS) if line.is_long else "")
    return Cell(
        kpi.id, _name(line, language), value_text(line.now, kpi.unit, language, counter=True), said,
        _target(line.wanted, kpi.unit, language) if line.wanted else "", line.wanted.is_met if line.wanted else None, note,
    )  # fmt: skip


def _name(line: Line, language: str) -> str:
    """As on the page of figures; a stage by its abbreviation, so that it has room."""
    if line.kpi.id.endswith(".entries"):
        return words.ENTRIES.text(language).format(stage=line.kpi.stage)
    return line.kpi.name.text(language)


def _target(wanted: Wanted, unit: Unit, language: str) -> str:
    if wanted.amount is None:
        return ""
    if unit == Unit.MONEY and len(wanted.target.unit) == 3:
        shown = about(_three_digits(wanted.amount), wanted.target.unit, language)
    else:
        shown = in_unit(wanted.amount, unit, language, counter=True)
    if unit == Unit.HOURS:
        return words.UP_TO.text(language).format(target=shown)
    if wanted.share is None:
        return words.TARGET.text(language).format(target=shown)
    return words.OF_TARGET.text(language).format(target=shown, share=number(100 * wanted.share))


def _three_digits(amount: float) -> Decimal:
    """The part of a target that falls on a week, to three digits: more of it would be false precision."""
    return Decimal(f"{amount:.3g}").quantize(Decimal(1)) if amount >= 1 else Decimal(str(amount))


def _steps(found: Weekly, language: str) -> Iterator[Step]:
    most = max((step.reached for step in found.funnel.steps), default=0)
    for place, step in enumerate(found.funnel.steps):
        share = step.share.share
        rate = "" if place == 0 else NONE if share is None else percent(share, language)
        name, part = _short(step.stage, step.name.text(language)), step.reached / most if most else 0.0
        yield Step(name, number(step.reached), rate, part)


def _short(stage: str, name: str) -> str:
    """An abbreviation like MQL as it is, else the name."""
    return stage if len(stage) <= 3 and stage.isupper() and stage != "WON" else name


def _alerts(found: Weekly, language: str) -> Iterator[Alert]:
    seen = found.attention
    for code, count, many, one, is_urgent in (
        ("overdue", seen.overdue, words.OVERDUE, words.OVERDUE_ONE, True),
        ("missed", seen.missed, words.MISSED, words.MISSED_ONE, True),
        ("untouched", seen.untouched, words.UNTOUCHED, words.UNTOUCHED_ONE, False),
        ("returned", seen.returned, words.RETURNED, words.RETURNED_ONE, False),
    ):
        if count:
            yield Alert(code, words.counted(many, one, count, language), is_urgent)


def _as_of(found: Weekly, language: str) -> str:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found.as_of)).astimezone(
        ZoneInfo(found.week.zone)
    )
    shown = (
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}" if language == "ja" else f"{at.day} {at:%b %Y %H:%M}"
    )
    return words.AS_OF.text(language).format(at=shown)
