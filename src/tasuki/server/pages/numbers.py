"""Figures in sentences, and as charts: what the pages of figures show beside the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasuki.metrics.figures import Answer
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import formats
from tasuki.server.insights import names
from tasuki.server.insights.board import Board, Tile
from tasuki.server.pages.templatetags.figures import FEW, figure

PERIODS = {
    "month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "quarter": gettext_lazy("This quarter"),
    "year": gettext_lazy("The last 365 days"),
    "all": gettext_lazy("All the time"),
}
MOVED = 0.03
"""From so many hundredths on a change of acceptance is told of."""
COLOURS = ("--s2", "--s3", "--s5", "--s6", "--s8")


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
    if reached is None or tile.target is None:
        return _("%(when)s: %(n)s entries into %(stage)s.") % given
    given |= {"share": formats.number(100 * reached), "target": formats.number(tile.target.amount)}
    return _("%(when)s: %(n)s entries into %(stage)s, %(share)s %% of the target of %(target)s.") % given


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


def trend(answers: Sequence[Answer]) -> dict[str, Any]:
    """Months side by side, for the chart and for the table that says the same: `labels`, `lines` and `rows`."""
    labels = sorted({str(part.part) for one in answers for part in one.parts})
    lines = [
        {
            "name": one.kpi.name.text(formats.language()),
            "colour": COLOURS[place % len(COLOURS)],
            "values": [_of(one, label) for label in labels],
        }
        for place, one in enumerate(answers)
    ]
    return {"labels": labels, "lines": lines, "rows": list(_rows(labels, lines))}


def _of(answer: Answer, label: str) -> float | None:
    part = answer.part(label)
    return part.value if part else 0.0


def _rows(labels: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for place, label in enumerate(labels):
        yield {"label": label, "values": [line["values"][place] for line in lines]}


def chart(answer: Answer, called: Mapping[str, str]) -> dict[str, Any]:
    """The parts of a figure: a line over time, bars else; shares in percent."""
    many = 100 if str(answer.kpi.unit) == "rate" else 1
    shown = answer.parts if answer.question.by in ("month", "week") else answer.parts[:30]
    return {
        "labels": [called.get(str(part.part), str(part.part)) for part in shown],
        "lines": [
            {
                "name": answer.kpi.name.text(formats.language()),
                "colour": "--indigo",
                "values": [None if part.value is None else round(part.value * many, 4) for part in shown],
            }
        ],
        "bars": answer.question.by not in ("month", "week"),
    }


def end_of_day(text: str, zone: str) -> datetime | None:
    """The last instant of a day written like 2026-04-01, there; None where it is none."""
    try:
        day = datetime.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    if day is None or not 1970 <= day.year <= 2200:
        return None
    return day.replace(hour=23, minute=59, second=59, microsecond=999_999, tzinfo=ZoneInfo(zone))
