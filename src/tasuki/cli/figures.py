"""Figures and results as tables, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer
from rich.markup import escape
from rich.table import Table

from tasuki.cli.show import console, hand_out, local, number, table
from tasuki.errors import UsageError
from tasuki.metrics.figures import Answer, Figure
from tasuki.metrics.formulas import Kpi, Unit
from tasuki.metrics.kpis import FIXED, kpis_of, target_of
from tasuki.metrics.kpis.stages import comebacks, kpis_of_stage
from tasuki.metrics.prompt import TABLE_NAMES, ask
from tasuki.metrics.reader import Facts
from tasuki.metrics.reasons import NONE
from tasuki.metrics.roles import StageTerm, Terms
from tasuki.metrics.rows import COLUMNS, rows_of

SUFFIX = {Unit.HOURS: " h", Unit.DAYS: " d"}
ALL = "(all)"


def listed(terms: Terms | None, language: str) -> None:
    """Every KPI with name, meaning and formula; without an agreement those of stages once, for `<stage>`."""
    any_stage = StageTerm("<stage>", None, {"en": "A stage", "ja": "ステージ"})
    of_stages = (*kpis_of_stage(any_stage), comebacks(any_stage, ()))
    for kpi in kpis_of(terms).values() if terms else (*FIXED, *of_stages):
        target = target_of(terms, kpi) if terms else None
        typer.echo(f"{kpi.id}  {kpi.name.text(language)} [{kpi.unit}, {kpi.kind}]")
        typer.echo(f"    {kpi.meaning.text(language)}")
        typer.echo(f"    = {kpi.words.text(language)}" + (f"  → {target}" if target else ""))


def write_answers(
    answers: Sequence[Answer], terms: Terms, format: str, out: Path | None, language: str
) -> None:
    """To standard output, or into a file that is there once it is whole; a table goes into no file."""
    if format == "table" and out is None:
        console().print(*_tables(answers, terms, language))
        return
    if format == "table":
        raise UsageError(f"--out {out}: say in which format, --format csv or json")
    rows = [row for answer in answers for row in rows_of(answer, language)]
    text = csv_text(COLUMNS, (row.values() for row in rows)) if format == "csv" else json_text(rows)
    hand_out(text, out)


def _tables(answers: Sequence[Answer], terms: Terms, language: str) -> Iterable[Table | str]:
    if not answers:
        yield "No KPI can be asked so."
        return
    by = answers[0].question.by
    at = f"{terms.agreement}, as of {local(answers[0].as_of, terms.timezone)} ({terms.timezone})"
    yield escape(at)
    if not by:
        yield _overview(answers, terms, language)
        return
    for answer in answers:
        yield _one(answer, terms, language)


def _overview(answers: Sequence[Answer], terms: Terms, language: str) -> Table:
    shown = table("", "KPI", "Name", "Figure", "Of", "95 %", "Wanted", "Left out", text=2)
    for answer in answers:
        shown.add_row(
            answer.kpi.id, escape(answer.kpi.name.text(language)), *_cells(answer.kpi, answer.total, language),
            target_of(terms, answer.kpi) or "", escape(_left_out(answer, answer.total, language)),
        )  # fmt: skip
    return shown


def _one(answer: Answer, terms: Terms, language: str) -> Table:
    kpi, target = answer.kpi, target_of(terms, answer.kpi)
    wanted = f"; wanted: {target}" if target else ""
    matures = f"; mature after {answer.lag:.1f} days" if answer.lag is not None else ""
    title = f"{kpi.id} {kpi.name.text(language)} ({kpi.kind}{matures}{wanted})"
    shown = table(escape(title), answer.question.by.capitalize(), "Figure", "Of", "95 %", "Left out")
    for figure in (*answer.parts, answer.total):
        name = ALL if figure.part is None else figure.part
        shown.add_row(
            escape(name), *_cells(kpi, figure, language), escape(_left_out(answer, figure, language))
        )
    return shown


def _cells(kpi: Kpi, figure: Figure, language: str) -> tuple[str, str, str]:
    """Figure, of how many, interval."""
    of = f"{figure.numerator:,} / {figure.denominator:,}" if figure.is_rate else f"{figure.denominator:,}"
    ends = figure.interval
    return figure_text(kpi, figure, language), of, f"{ends[0]:.1%}–{ends[1]:.1%}" if ends else ""


def figure_text(kpi: Kpi, figure: Figure, language: str) -> str:
    """A figure with its unit; NONE where there is none, with the reason."""
    if figure.amounts:
        return " + ".join(f"{amount.value:,.0f} {amount.currency}" for amount in figure.amounts)
    if figure.value is None:
        return f"{NONE} ({figure.reason.text(language)})" if figure.reason else NONE
    if kpi.unit == Unit.RATE:
        return f"{figure.value:.1%}"
    return number(figure.value) + SUFFIX.get(kpi.unit, "")


def _left_out(answer: Answer, figure: Figure, language: str) -> str:
    notes = [note.text(language) for note in figure.notes]
    if figure.part is None:
        notes += [note.text(language) for note in answer.notes]
    return "; ".join(notes)


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """With a line of names first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def json_text(found: Any) -> str:
    """For people and programs: indented, letters as they are."""
    return json.dumps(found, ensure_ascii=False, indent=1, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """Times as ISO 8601 in UTC, money as a number without loss, nothing as nothing."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def write_table(found: pa.Table, format: str) -> None:
    """The result of a query."""
    rows = found.to_pylist()
    if format == "json":
        typer.echo(json_text(rows), nl=False)
    elif format == "csv":
        typer.echo(csv_text(found.column_names, (row.values() for row in rows)), nl=False)
    else:
        shown = table("", *map(escape, found.column_names), text=len(found.column_names))
        for row in rows:
            shown.add_row(*("" if value is None else escape(str(_plain(value))) for value in row.values()))
        console().print(shown)


def prompt(facts: Facts, format: str) -> None:
    """Queries one after the other, each until a line that ends in `;`; an empty line or the end of input ends it."""
    typer.echo(f"Tables: {', '.join(TABLE_NAMES)}", err=True)
    typer.echo('End a query with ;  Leave with an empty line. The column at is written "at".', err=True)
    lines: list[str] = []
    while True:
        try:
            line = input("… " if lines else "> ")
        except EOFError:
            return
        if not lines and not line.strip():
            return
        lines.append(line)
        if line.rstrip().endswith(";"):
            _answer(facts, "\n".join(lines), format)
            lines = []


def _answer(facts: Facts, query: str, format: str) -> None:
    try:
        write_table(ask(facts, query), format)
    except UsageError as error:
        typer.echo(f"tasuki: {error}", err=True)
