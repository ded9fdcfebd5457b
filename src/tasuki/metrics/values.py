"""Figures in words, with their units, in both languages: one way for pages, mails, PDFs and whatever else shows them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tasuki.metrics.figures import Amount, Figure
from tasuki.metrics.formulas import Unit, Words
from tasuki.metrics.reasons import NONE
from tasuki.numerals import about, number

FEW = 10
"""From fewer than so many no change of a share is told."""
_PERCENT = Words("{n} %", "{n}%")
_UNITS = {
    Unit.HOURS: (Words("{n} hour", "{n}時間"), Words("{n} hours", "{n}時間")),
    Unit.DAYS: (Words("{n} day", "{n}日"), Words("{n} days", "{n}日")),
    Unit.POINTS: (Words("{n} point", "{n}点"), Words("{n} points", "{n}点")),
}
"""Of one, and of any other number of them."""
_COUNTER = Words("{n}", "{n}件")


def value_text(found: Figure | None, unit: Unit, language: str, *, counter: bool = False) -> str:
    """A figure with its unit; a dash where there is none, of several currencies each. `counter`: as `in_unit`."""
    if found is None:
        return NONE
    if found.amounts:
        return amounts_text(found.amounts, language)
    return in_unit(found.value, unit, language, counter=counter)


def in_unit(value: float | None, unit: Unit, language: str, *, counter: bool = False) -> str:
    """A value with its unit; not for money. `counter`: a count in Japanese has its 件, as outside of tables."""
    if value is None:
        return NONE
    if unit == Unit.RATE:
        return percent(value, language, 1)
    if unit == Unit.COUNT:
        text = number(value)
        return _COUNTER.text(language).format(n=text) if counter else text
    text = number(value, 1)
    if unit not in _UNITS:
        return text
    one, many = _UNITS[unit]
    return (one if text == "1" else many).text(language).format(n=text)


def percent(share: float, language: str, digits: int = 0) -> str:
    """A share in percent: `48 %`, `48%`."""
    return _PERCENT.text(language).format(n=number(100 * share, digits))


def amount_text(amount: Decimal, currency: str, language: str) -> str:
    """Money of one currency, as exact as it can be read."""
    return about(amount, currency, language)


def amounts_text(amounts: Sequence[Amount], language: str) -> str:
    """Money, each currency for itself."""
    return " · ".join(amount_text(one.value, one.currency, language) for one in amounts)
