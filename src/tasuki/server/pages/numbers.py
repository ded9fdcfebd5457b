"""Figures in sentences: what one would say first."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasuki.metrics.formulas import Unit
from tasuki.metrics.values import FEW
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import formats
from tasuki.server.insights import names
from tasuki.server.insights.board import Board, Tile
from tasuki.server.pages.templatetags.figures import figure

PERIODS = {
    "month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "quarter": gettext_lazy("This quarter"),
    "year": gettext_lazy("The last 365 days"),
    "all": gettext_lazy("All the time"),
}
MOVED = 0.03
"""From so many hundredths on a change of acceptance is told of."""


def are_too_young(tiles: Iterable[Tile]) -> bool:
    """Whether most of the rates say nothing, for what entered in this time had no time yet to go on."""
    rates = [tile.figure for tile in tiles if tile.kpi.unit == Unit.RATE]
    told = [one for one in rates if one.value is not None]
    return sum(one.value is None and one.young > 0 for one in rates) > len(told)


def sentences(found: Board, stages: Stages, zone: str) -> list[str]:
    """What one would say first of these figures."""
    return [text for text in (_qualified(found, stages, zone), _accepted(found), _won(found)) if text]


def when(found: Board, zone: str) -> str:
    """The time that the figures are of, as people say it."""
    span = found.span
    if span.period in ("month", "last_month") and span.since:
        local = span.since.astimezone(ZoneInfo(zone))
        return dates.format_date(
            local, "M月" if formats.language() == "ja" else "MMMM", locale=formats.language()
        )
    return str(PERIODS[span.period])


def _qualified(found: Board, stages: Stages, zone: str) -> str:
    tile = found.tile("mql.entries") or found.tile("mal.created")
    if tile is None or tile.figure.value is None:
        return ""
    items = tile.kpi.formula.items
    stage = stages.short(items.stage or items.role)
    given = {"when": when(found, zone), "stage": stage, "n": formats.number(tile.figure.value)}
    reached = tile.of_target
    count = int(tile.figure.value)
    if reached is None or tile.target is None:
        text = ngettext(
            "%(when)s: %(n)s entry into %(stage)s.", "%(when)s: %(n)s entries into %(stage)s.", count
        )
        return text % given
    given |= {"share": formats.number(100 * reached), "target": formats.number(tile.target.amount)}
    text = ngettext(
        "%(when)s: %(n)s entry into %(stage)s, %(share)s %% of the target of %(target)s.",
        "%(when)s: %(n)s entries into %(stage)s, %(share)s %% of the target of %(target)s.",
        count,
    )
    return text % given


def _accepted(found: Board) -> str:
    tile = found.tile("sal.acceptance")
    if tile is None or tile.figure.value is None:
        return ""
    rate = formats.number(100 * tile.figure.value)
    moved = _moved(tile)
    if not moved or abs(moved) < MOVED:
        return _("Sales accepted %(rate)s %% of those old enough to tell.") % {"rate": rate}
    given = {"rate": rate, "points": formats.number(100 * abs(moved)), "source": _cause(found, moved)}
    if moved < 0:
        if given["source"]:
            return (
                _(
                    "Sales accepted %(rate)s %%, %(points)s points less than before, most of it from %(source)s."
                )
                % given
            )
        return _("Sales accepted %(rate)s %%, %(points)s points less than before.") % given
    if given["source"]:
        return (
            _("Sales accepted %(rate)s %%, %(points)s points more than before, most of it from %(source)s.")
            % given
        )
    return _("Sales accepted %(rate)s %%, %(points)s points more than before.") % given


def _moved(tile: Tile) -> float | None:
    now, before = tile.figure, tile.before
    if before is None or before.value is None or now.value is None:
        return None
    return now.value - before.value if min(now.denominator, before.denominator) >= FEW else None


def _cause(found: Board, moved: float) -> str:
    """The source whose leads make more than half of the change: how far its share of hits is from what it would have been at
    the rate before."""
    if found.acceptance is None:
        return ""
    now, before = found.acceptance
    if before.total.value is None or not now.total.denominator:
        return ""
    parts = {
        part.part: (part.numerator - before.total.value * part.denominator) / now.total.denominator
        for part in now.parts
        if part.part
    }
    if not parts:
        return ""
    part = min(parts, key=lambda each: parts[each]) if moved < 0 else max(parts, key=lambda each: parts[each])
    return (
        names.names_of("source", [part])[part] if abs(parts[part]) > abs(moved) / 2 and len(parts) > 1 else ""
    )


def _won(found: Board) -> str:
    count, amount = found.tile("won.deals"), found.tile("won.amount")
    if count is None or amount is None or not count.figure.value:
        return ""
    given = {"n": formats.number(count.figure.value), "amount": figure(amount.figure, amount.kpi)}
    return (
        ngettext(
            "%(n)s deal was won: %(amount)s.", "%(n)s deals were won: %(amount)s.", int(count.figure.value)
        )
        % given
    )
