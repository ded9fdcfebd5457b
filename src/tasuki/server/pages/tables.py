"""Tables of the pages of figures as rows of plain values, for files; and those that pages show as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tasuki.metrics.dashboards.flows import Link, Pace
from tasuki.metrics.dashboards.funnels import CohortFunnel
from tasuki.metrics.dashboards.funnels import Standing as Stand
from tasuki.metrics.dashboards.teams import FollowUp, Standing
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi
from tasuki.server.agreements.stages import Stages
from tasuki.server.core import clock, formats
from tasuki.server.insights import names
from tasuki.server.insights.board import Months, Tile
from tasuki.server.insights.crossed import Crossed
from tasuki.server.insights.officer import Step
from tasuki.server.insights.values import NARROWED
from tasuki.server.lists import exporting
from tasuki.server.pages.charts import hours
from tasuki.shares import Share


@dataclass(frozen=True)
class Table:
    """A head, and rows of texts and numbers; None where there is no figure."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Split:
    """Several figures side by side, part by part: its id, what it is called, its figures (None: nothing)."""

    kpis: Sequence[Kpi]
    rows: Sequence[tuple[str, str, Sequence[Figure | None]]]
    totals: Sequence[Figure]
    word: str

    @property
    def cells(self) -> Sequence[tuple[str, str, Sequence[tuple[Kpi, Figure | None]]]]:
        """The rows, each figure beside what it is of."""
        return [(part, name, list(zip(self.kpis, figures, strict=True))) for part, name, figures in self.rows]

    @property
    def whole(self) -> Sequence[tuple[Kpi, Figure]]:
        """The same of all parts together."""
        return list(zip(self.kpis, self.totals, strict=True))

    @property
    def plain(self) -> Table:
        """For files: money in all its currencies as one text."""
        rows = [[name, *(_value(one) for one in figures)] for _id, name, figures in self.rows]
        return Table(
            [self.word, *(kpi.name.text(formats.language()) for kpi in self.kpis)],
            [*rows, [_("All"), *map(_value, self.totals)]],
        )


def split(answers: Mapping[str, Answer], by: str) -> Split:
    """Answers with the same `by`, whose parts stand in rows, those of nothing known last."""
    some = list(answers.values())
    parts = dict.fromkeys(str(part.part) for one in some for part in one.parts)
    if by in ("month", "week"):
        parts = dict.fromkeys(sorted(parts))
    called = names.names_of(by, parts)
    rows = [(part, called[part], [one.part(part) for one in some]) for part in parts]
    return Split([one.kpi for one in some], rows, [one.total for one in some], str(names.SLICES[by]))


def _value(figure: Figure | int | None) -> Any:
    if figure is None or isinstance(figure, int):
        return figure
    if len(figure.amounts) > 1:
        return " / ".join(f"{one.value:f} {one.currency}" for one in figure.amounts)
    return figure.value


def _share(one: Share) -> list[Any]:
    return [one.share, one.count, one.total]


def _stages(source: str | None, target: str, stages: Stages) -> list[str]:
    return [stages.name(source) if source else pgettext("stage", "new"), stages.name(target)]


def cohort(found: CohortFunnel) -> Table:
    """The cohort funnel."""
    head = [
        _("Stage"),
        pgettext("figures", "Reached"),
        _("Companies"),
        _("Rate"),
        _("Hits"),
        _("Of"),
        _("Too young, left out"),
    ]
    rows = [
        [step.name.text(formats.language()), step.reached, step.accounts, *_share(step.share), step.young]
        for step in found.steps
    ]
    return Table(head, rows)


def standing(found: Sequence[Stand]) -> Table:
    """The snapshot funnel."""
    rows = [[one.name.text(formats.language()), one.leads, one.accounts, one.days] for one in found]
    return Table([_("Stage"), _("Leads"), _("Companies"), _("Days, median")], rows)


def tiles(found: Sequence[Tile]) -> Table:
    """Figures beside those of the time before, and their targets."""
    rows = [
        [tile.kpi.name.text(formats.language()), _value(tile.figure), str(tile.kpi.unit), _value(tile.before),
         tile.target.text if tile.target else None, tile.figure.young, tile.figure.late,
         tile.figure.reason.text(formats.language()) if tile.figure.reason else None]
        for tile in found
    ]  # fmt: skip
    head = [_("Figure"), _("Value"), _("Unit"), _("Before"), _("Target"), _("Too young, left out"), _("Late")]
    return Table([*head, _("Why there is none")], rows)


def months(several: Sequence[Months], labels: Sequence[str]) -> Table:
    """Figures month by month; the last row is what is wanted of each month."""
    rows: list[list[Any]] = [
        [label, *(_value(one.answer.part(label)) for one in several)] for label in labels
    ]
    if any(one.target is not None for one in several):
        rows.append([_("Target"), *(one.target for one in several)])
    return Table([_("Month"), *(one.answer.kpi.name.text(formats.language()) for one in several)], rows)


def moves(links: Sequence[Link], stages: Stages) -> Table:
    """Every way that was gone."""
    rows = [
        [*_stages(link.source, link.target, stages), link.moves, link.by_hand, link.late]
        for link in links
        if link.moves or link.late
    ]
    return Table(
        [pgettext("stage", "From"), pgettext("stage", "To"), _("Moves"), _("By hand"), _("Late")], rows
    )


def returns(found: Sequence[Answer], called: Mapping[str, str]) -> Table:
    """Why leads went back, stage by stage."""
    rows = [
        [one.kpi.name.text(formats.language()), called[str(part.part)], part.numerator]
        for one in found
        for part in one.parts
    ]
    return Table([_("Figure"), _("Reason"), _("Moves")], rows)


def paces(found: Sequence[Pace], stages: Stages) -> Table:
    """From stage to stage."""
    rows = [
        [*_stages(one.source, one.target, stages), one.entered, one.reached, one.young, *_times(one)]
        for one in found
    ]
    return Table([pgettext("stage", "From"), pgettext("stage", "To"), *_pace()], rows)


def cohorts(found: Mapping[str, Sequence[Pace]], stages: Stages) -> Table:
    """The same by month."""
    rows = [
        [month, *_stages(one.source, one.target, stages), one.entered, one.reached, one.young, *_times(one)]
        for month, some in found.items()
        for one in some
    ]
    return Table([_("Month"), pgettext("stage", "From"), pgettext("stage", "To"), *_pace()], rows)


def _pace() -> list[str]:
    days = [_("25 % (days)"), _("Median (days)"), _("75 % (days)"), _("90 % (days)")]
    return [pgettext("figures", "Entered"), pgettext("figures", "Reached"), _("Too young"), *days]


def _times(one: Pace) -> list[float | None]:
    return [one.quarter, one.median, one.three_quarters, one.nine_tenths]


def follow_up(found: FollowUp) -> Table:
    """Handoffs by the hours to their first touch."""
    rows: list[list[Any]] = [
        [hours(low, high), count, wall]
        for (low, high, count), (_low, _high, wall) in zip(found.bars, found.wall_bars, strict=True)
    ]
    rows += [
        [_("ended untouched"), found.untouched, found.untouched],
        [_("waiting, untouched"), found.waiting, found.waiting],
    ]
    return Table([_("First touch after"), _("business hours"), _("clock on the wall")], rows)


def people(rows: Sequence[tuple[str, Standing]], word: str) -> Table:
    """What became of what was given to each."""
    head = [
        word, pgettext("figures", "Given"), _("Waiting"), pgettext("figures", "Touched"),
        pgettext("figures", "Accepted"), _("In time"),
        _("First touch, median (business hours)"), pgettext("figures", "Won"), _("Amount"),
    ]  # fmt: skip
    return Table(head, [
        [name, one.given, one.waiting, one.touched.share, one.accepted.share, one.in_time.share, one.median, one.won,
         " / ".join(f"{amount.value:f} {amount.currency}" for amount in one.amounts)]
        for name, one in rows
    ])  # fmt: skip


def way(found: Sequence[Step], stages: Stages) -> Table:
    """The way to money, stage by stage."""
    rows = [
        [stages.name(step.stage), _value(step.entries), step.target.text if step.target else None, _value(step.on),
         _value(step.days), step.there]
        for step in found
    ]  # fmt: skip
    head = [_("Stage"), _("Entries"), _("Target"), _("Go on to the next"), _("Days, median"), _("There now")]
    return Table(head, rows)


@dataclass(frozen=True)
class Crossing:
    """Rows with what they are called, and a cell for each column (None: nothing), with where its leads are listed."""

    word: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, str, Sequence[tuple[str, Figure | int | None]]]]

    @property
    def plain(self) -> Table:
        """For files."""
        head = [self.word, *(name for _code, name in self.columns)]
        return Table(
            head, [[name, *(_value(one) for _link, one in cells)] for _part, name, cells in self.rows]
        )


def crossing(found: Crossed, stages: Stages, query: str) -> Crossing:
    """A figure by two slices; `query` is what the page is narrowed by."""
    rows = names.names_of(found.wanted.rows, found.rows)
    columns = (
        {code: stages.short(code) for code in found.columns}
        if found.kpi is None
        else names.names_of(found.wanted.columns, found.columns)
    )
    cells = [
        (
            row,
            rows[row],
            [
                (_leads_of(found, row, column, query), found.cells[row].get(column))
                for column in found.columns
            ],
        )
        for row in found.rows
    ]
    return Crossing(
        str(names.SLICES[found.wanted.rows]), [(code, columns[code]) for code in found.columns], cells
    )


def _leads_of(found: Crossed, row: str, column: str, query: str) -> str:
    """The page of the figure, narrowed to the one slice and opened at the other, so that it lists the very leads."""
    asked = found.wanted
    if found.kpi is None:
        kpi, given = found.leads[column], {"by": asked.rows, "part": row}
    else:
        kpi, given = found.kpi.id, {"by": asked.rows, "part": row, asked.columns: column}
        if asked.columns not in NARROWED:
            given = {"by": asked.columns, "part": column, asked.rows: row}
    return f"{reverse('number', args=[kpi])}?{query}&{urlencode(given)}#behind"


def file_answer(pieces: Iterator[bytes], kind: str, name: str) -> StreamingHttpResponse:
    """As something that the browser saves, called by what it holds and when it was made."""
    answer = StreamingHttpResponse(pieces, content_type=exporting.KINDS[kind])
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name
    )
    ending = "xlsx" if kind == exporting.EXCEL else "csv"
    at = timezone.localtime(clock.now())
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}-{at:%Y%m%d-%H%M}.{ending}"'
    return answer
