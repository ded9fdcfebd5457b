"""`tasuki compare`, `tasuki sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasuki.cli.show import AgreementFile, AsOf, HistoryFolder, Measure, Outcome, Threads
from tasuki.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from tasuki.backtest.compare import Comparison
    from tasuki.backtest.sweep import Sweep
    from tasuki.shares import Share


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(compare)
    app.command()(sweep)


def share_text(share: Share) -> str:
    """`12.5 % (10.1–15.2)`, `too few to say (4 of 11)`, or `–`."""
    if share.share is None or share.interval is None:
        return "– (none)"
    if not share.enough:
        return f"too few to say ({share.count} of {share.total})"
    low, high = share.interval
    return f"{share.share:.1%} ({low:.1%}–{high:.1%})"


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The agreement now.", show_default=False)],
    after: Annotated[
        Path, typer.Argument(metavar="B", help="The agreement that might be.", show_default=False)
    ],
    history: HistoryFolder,
    outcome: Outcome = "WON",
    measure: Measure = "MQL",
    as_of: AsOf = None,
    threads: Threads = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the leads gained and lost there (CSV).", show_default=False
        ),
    ] = None,
) -> None:
    """Two agreements over one history: leads gained and lost, and how well each one's MQLs foretold the outcome."""
    from tasuki.agreement import load_agreement
    from tasuki.backtest.compare import compare as run
    from tasuki.cli.show import check_target, console, progress, time_of
    from tasuki.history import open_history

    one, other = load_agreement(before), load_agreement(after)
    check_target(out, "--out")
    with progress("Replaying", "of the entries") as update:
        found = run(
            one, other, open_history(history), outcome, measure=measure, as_of=time_of(as_of, one.timezone, "--as-of"),
            threads=threads, progress=update,
        )  # fmt: skip
    console().print(_judged(found, str(before), str(after)), _stages(found), _months(found), _names(found))
    if out:
        _write_names(found, out)
        typer.echo(f"wrote {out}")


def _write_names(found: Comparison, out: Path) -> None:
    import csv

    from tasuki.cli.show import written_aside

    with written_aside(out) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("lead", "what"))
        rows.writerows((lead, "gained") for lead in found.gained)
        rows.writerows((lead, "lost") for lead in found.lost)


def _judged(found: Comparison, before: str, after: str) -> Table:
    from tasuki.cli.show import table

    title = f"{found.measure} against {found.outcome} (95 % intervals, Wilson)"
    shown = table(
        title,
        "Agreement",
        f"{found.measure} leads",
        f"precision: then {found.outcome}",
        f"recall: {found.outcome} that were {found.measure} before",
    )
    for name, judged in zip((before, after), found.judged, strict=True):
        shown.add_row(name, f"{judged.entered:,}", share_text(judged.precision), share_text(judged.recall))
    return shown


def _stages(found: Comparison) -> Table:
    from tasuki.cli.show import table

    title = "Leads per stage under each agreement (decisions it refuses do not count here, but do above)"
    shown = table(title, "Stage", "A", "B", "gained", "lost")
    for stage in dict.fromkeys(month.stage for month in found.months):
        mine = [month for month in found.months if month.stage == stage]
        counts = (sum(getattr(m, name) for m in mine) for name in ("before", "after", "gained", "lost"))
        shown.add_row(stage, *(f"{count:,}" for count in counts))
    return shown


def _months(found: Comparison) -> Table:
    from tasuki.cli.show import table

    title = f"Leads that enter {found.measure} for the first time, per month"
    shown = table(title, "Month", "A", "B", "gained", "lost", "from or to another month")
    for m in found.months:
        if m.stage == found.measure:
            moved = m.after - m.before - m.gained + m.lost
            counts = (f"{count:,}" for count in (m.before, m.after, m.gained, m.lost))
            shown.add_row(m.month, *counts, f"{moved:+,}" if moved else "")
    return shown


def _names(found: Comparison) -> str:
    lines = []
    for what, leads in (("gained", found.gained), ("lost", found.lost)):
        some = ", ".join(leads[:10]) + (" …" if len(leads) > 10 else "")
        lines.append(f"{found.measure} {what}: {len(leads):,} leads" + (f": {some}" if leads else ""))
    return "\n".join(lines)


def sweep(
    file: AgreementFile,
    history: HistoryFolder,
    set_: Annotated[
        str,
        typer.Option(
            "--set",
            metavar="PLACE=FROM:TO:STEP",
            help="A bar (MQL.person) or a rule's points (behavior.pricing_page).",
            show_default=False,
        ),
    ],
    outcome: Outcome = "WON",
    measure: Measure = "MQL",
    as_of: AsOf = None,
    threads: Threads = None,
    chart: Annotated[
        Path | None,
        typer.Option(
            "--chart", metavar="FILE", help="Draw the result, by the ending .svg or .png.", show_default=False
        ),
    ] = None,
) -> None:
    """Move one bar or one rule's points step by step: volume, precision and recall of each value."""
    from tasuki.agreement import load_agreement
    from tasuki.backtest.sweep import setting_of
    from tasuki.backtest.sweep import sweep as run
    from tasuki.cli.show import check_target, console, progress, time_of
    from tasuki.history import open_history

    if chart and chart.suffix not in (".svg", ".png"):
        raise UsageError(f"--chart {chart}: the name has to end in .svg or .png")
    check_target(chart, "--chart")
    agreement, setting = load_agreement(file), setting_of(set_)
    with progress("Trying", "of the values") as update:
        swept = run(
            agreement, open_history(history), setting, outcome, measure=measure,
            as_of=time_of(as_of, agreement.timezone, "--as-of"), threads=threads, progress=update,
        )  # fmt: skip
    console().print(_steps(swept))
    if chart:
        from tasuki.backtest.chart import draw_sweep
        from tasuki.cli.show import written_aside

        with written_aside(chart) as aside:
            draw_sweep(swept, aside)
        typer.echo(f"wrote {chart}")


def _steps(swept: Sweep) -> Table:
    from tasuki.cli.show import number, table

    ends = f"{number(swept.steps[0].value)} to {number(swept.steps[-1].value)}"
    title = f"{swept.place} from {ends}; in the agreement now: {number(swept.present)}"
    shown = table(
        title, swept.place, f"{swept.measure} leads", "entries", f"precision: then {swept.outcome}",
        f"recall: {swept.outcome} that were {swept.measure} before", text=0,
    )  # fmt: skip
    for step in swept.steps:
        mark = " ←" if abs(step.value - swept.present) < 1e-9 else ""
        shown.add_row(
            number(step.value) + mark,
            f"{step.leads:,}",
            f"{step.entries:,}",
            share_text(step.precision),
            share_text(step.recall),
        )
    return shown
