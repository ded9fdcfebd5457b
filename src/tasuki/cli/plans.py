"""`tasuki plan`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tasuki.cli.reports import (
    Agreed,
    Deals,
    FactsFolder,
    Language,
    Of,
    Roles,
    Shown,
    pairs,
    source_of,
)
from tasuki.cli.show import AsOf, Threads
from tasuki.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from tasuki.metrics.plan import Plan
    from tasuki.metrics.plan.gap import Gap
    from tasuki.metrics.reader import Facts

Texts = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plan)


def _set(option: str, what: str) -> Any:
    return typer.Option(option, metavar="STAGE=NUMBER", help=what, show_default=False)


def plan(
    file: Agreed = None,
    history: Of = None,
    facts: FactsFolder = None,
    goal: Annotated[
        Texts,
        typer.Option(
            "--goal",
            metavar="QUARTER=AMOUNT",
            help="Revenue wanted, like 2026-Q4=100000000; again for each quarter. That of the agreement when left out.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[Texts, _set("--rate", "Which share goes on from a stage, like MQL=0.5.")] = None,
    days: Annotated[Texts, _set("--days", "How long that takes on average, in days, like SQL=20.")] = None,
    share: Annotated[
        Texts, _set("--share", "Which share of the next stage comes from this one, like SGL=0.3.")
    ] = None,
    value: Annotated[
        float | None,
        typer.Option("--value", metavar="AMOUNT", help="What a deal won brings.", show_default=False),
    ] = None,
    as_of: AsOf = None,
    deals: Deals = None,
    currency: Annotated[
        str | None,
        typer.Option(
            "--currency",
            metavar="CODE",
            help="Of the plan, and of deals that say none, like JPY.",
            show_default=False,
        ),
    ] = None,
    role: Roles = None,
    format: Annotated[Shown, typer.Option("--format", help="How the plan is written.")] = Shown.table,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the plan there.", show_default=False)
    ] = None,
    language: Annotated[Language, typer.Option("--language", help="Of names and reasons.")] = Language.en,
    threads: Threads = None,
) -> None:
    """From the goal of revenue back to the leads needed in each month, by own rates and lags; why a quarter is behind."""
    from tasuki.cli.show import check_target, time_of
    from tasuki.metrics.plan import Changes, make_plan
    from tasuki.metrics.reader import open_facts

    check_target(out, "--out")
    changes = Changes(_numbers(rate, "--rate"), _numbers(days, "--days"), _numbers(share, "--share"), value)
    source, zone = source_of(file, history, facts, deals, currency, role, as_of, threads)
    with open_facts(source, time_of(as_of, zone, "--as-of")) as opened:
        goals, agreed = _goals(opened, goal)
        _write(
            make_plan(opened, goals, changes, currency=(currency or agreed).upper()), format.value, out, language.value
        )  # fmt: skip


def _numbers(texts: Texts, option: str) -> dict[str, float]:
    return {name: _number(text, option) for name, text in pairs(texts, option).items()}


def _number(text: str, option: str) -> float:
    try:
        return float(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise UsageError(f"{option} {text}: this is no number; write like 0.5 or 100000000") from None


def _goals(opened: Facts, texts: Texts) -> tuple[list[Any], str]:
    """The goals given, else those of the agreement; and the agreement's currency."""
    from tasuki.metrics.plan import Goal, quarter_named, running_quarter
    from tasuki.metrics.plan.goals import agreed_goal, agreed_goals

    agreed = agreed_goal(opened.terms)
    if not texts:
        return agreed_goals(opened.terms, running_quarter(opened)), agreed[1] if agreed else ""
    found = pairs(texts, "--goal")
    goals = [Goal(quarter_named(name), _number(amount, "--goal")) for name, amount in found.items()]
    return sorted(goals, key=lambda one: one.quarter), agreed[1] if agreed else ""


def _money(currency: str) -> Callable[[float], str]:
    return lambda amount: f"{amount:,.0f} {currency}".rstrip()


def _write(plan: Plan, format: str, out: Path | None, language: str) -> None:
    from tasuki.cli.figures import csv_text, json_text
    from tasuki.cli.show import console, hand_out
    from tasuki.metrics.plan.told import COLUMNS, rows_of, told

    if format == "table":
        if out is not None:
            raise UsageError(f"--out {out}: say in which format, --format csv or json")
        console().print(*_tables(plan, language))
        return
    if format == "csv":
        text = csv_text(COLUMNS, (row.values() for row in rows_of(plan, language)))
    else:
        text = json_text(told(plan, language, _money(plan.currency)))
    hand_out(text, out)


def _tables(plan: Plan, language: str) -> Iterator[Table | str]:
    from rich.markup import escape

    from tasuki.cli.show import local

    yield escape(
        f"{plan.terms.agreement}, as of {local(plan.now, plan.terms.timezone)} ({plan.terms.timezone})"
    )
    yield _own(plan, language)
    if plan.goals:
        yield _needs(plan, language)
    else:
        yield "No goal: give one with --goal 2026-Q4=100000000, or a target like WON.amount: 100000000 JPY per quarter."
    for reason in (*plan.lacking.values(), *plan.notes):
        yield escape(f"– {reason.text(language)}")
    for gap in (plan.gap, plan.projected):
        if gap is not None:
            yield _gap(gap, plan.currency, language)


def _own(plan: Plan, language: str) -> Table:
    from tasuki.cli.show import number, table
    from tasuki.metrics.plan.told import short_name, steps_of

    value = plan.own.value
    brings = "–" if value is None else f"{value:,.0f} {plan.currency} × {len(plan.own.cents)}"
    made = table(
        f"What it goes by (a deal won: {brings})", "Step", "Rate", "Of", "95 %", "Days", "Share", "Set"
    )
    for one in steps_of(plan):
        has = one["low"] is not None
        changed = [
            f"{name} {number(one[key])}"
            for name, key in (("rate", "rate_set"), ("days", "days_set"), ("share", "share_set"))
            if one[key] is not None
        ]
        made.add_row(
            f"{one['source']} → {short_name(one['target'], language)}",
            f"{one['rate']:.1%}" if has else "–", f"{one['reached']:,} / {one['of']:,}",
            f"{one['low']:.1%}–{one['high']:.1%}" if has else "", "–" if one["days"] is None else f"{one['days']:.1f}",
            "–" if one["share"] is None else f"{one['share']:.0%}", ", ".join(changed),
        )  # fmt: skip
    return made


def _needs(plan: Plan, language: str) -> Table:
    from rich.markup import escape

    from tasuki.cli.show import table
    from tasuki.metrics.plan.told import REVENUE, name_of, short_name
    from tasuki.metrics.plan.way import DEALS

    goals = ", ".join(f"{goal.quarter} {goal.amount:,.0f}" for goal in plan.goals)
    rows = [row for stage in (DEALS, *plan.own.way.stages[::-1]) if (row := plan.row(stage))]
    names = [escape(short_name(row.stage, language)) for row in rows]
    title = escape(f"Needed in each month, and (there already); {plan.currency}: {goals}")
    made = table(title, "Month", name_of(plan.terms, REVENUE, language), *names)
    for place, month in enumerate(plan.months):
        cells = [row.cells[place] for row in rows]
        made.add_row(
            f"{month.month:%Y-%m}", f"{month.wanted:,.0f}" + (f" ({month.won:,.0f})" if month.month <= plan.today else ""),
            *(f"{cell.needed:,.1f}" + ("" if cell.there is None else f" ({cell.there:,})") for cell in cells),
        )  # fmt: skip
    made.add_row(
        "=", f"{sum(one.wanted for one in plan.months):,.0f}", *(f"{row.total:,.1f}" for row in rows)
    )  # fmt: skip
    return made


def _gap(gap: Gap, currency: str, language: str) -> Table:
    from rich.markup import escape

    from tasuki.cli.show import table
    from tasuki.metrics.plan.told import effect_words, kind_name, sentences

    money = _money(currency)
    made = table(escape(sentences(gap, language, money)), "", "Cause", "Deals", currency or "Amount", text=2)
    for one in gap.effects:
        made.add_row(
            kind_name(one.kind, language), escape(effect_words(one, language, money)), f"{one.deals:+,.2f}",
            f"{one.money / 100:+,.0f}",
        )  # fmt: skip
    made.add_row("=", "", f"{gap.deals[1] - gap.deals[0]:+,.2f}", f"{gap.gap / 100:+,.0f}")
    return made
