"""`tasuki report`, `tasuki facts`, `tasuki sql`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tasuki.cli.show import AsOf, Threads
from tasuki.errors import UsageError

if TYPE_CHECKING:
    from tasuki.metrics.facts.of_replay import FactTables
    from tasuki.metrics.reader import Facts


class Shown(StrEnum):
    """Formats of figures."""

    table = "table"
    csv = "csv"
    json = "json"


class Language(StrEnum):
    """Languages of names and meanings."""

    en = "en"
    ja = "ja"


class Grain(StrEnum):
    """What is counted."""

    item = "item"
    account = "account"


Agreed = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="An agreement (YAML), with --history.", show_default=False),
]
Of = Annotated[
    Path | None,
    typer.Option("--history", metavar="DIR", help="The history's folder.", show_default=False),
]
FactsFolder = Annotated[
    Path | None,
    typer.Option(
        "--facts",
        metavar="DIR",
        help="A folder of facts, instead of agreement and history.",
        show_default=False,
    ),
]
Deals = Annotated[
    Path | None,
    typer.Option(
        "--deals",
        metavar="FILE",
        help="Deals (CSV): lead, amount, currency, state, opened_at, closed_at.",
        show_default=False,
    ),
]
Currency = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="Of deals that say none, like JPY.", show_default=False),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="PART=STAGE",
        help="Which stage plays MAL, MQL, … where its name does not tell; again for each.",
        show_default=False,
    ),
]


EXAMPLES = {
    "--role": "MQL=QUALIFIED",
    "--goal": "2026-Q4=100000000",
    "--rate": "MQL=0.5",
    "--days": "SQL=20",
    "--share": "SGL=0.3",
}
"""What an option wants, where it is no slice."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(report)
    app.command()(facts)
    app.command()(sql)


def report(
    file: Agreed = None,
    history: Of = None,
    facts: FactsFolder = None,
    kpi: Annotated[
        list[str] | None,
        typer.Option(
            "--kpi",
            metavar="ID",
            help="This one only; may be repeated. All when left out.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="SLICE",
            help="month, week, source, campaign, content, persona, team, rep, version, path, channel, account, reason …",
            show_default=False,
        ),
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="SLICE=VALUE", help="Only of this part; may be repeated.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only from then on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Only before then.", show_default=False)
    ] = None,
    grain: Annotated[Grain, typer.Option("--grain", help="Count items, or companies.")] = Grain.item,
    as_of: AsOf = None,
    deals: Deals = None,
    currency: Currency = None,
    role: Roles = None,
    format: Annotated[Shown, typer.Option("--format", help="How figures are written.")] = Shown.table,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the figures there.", show_default=False),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(
            "--pdf",
            metavar="FILE",
            help="Write the weekly report there: the last whole week, on one page.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[Language, typer.Option("--language", help="Of names and reasons.")] = Language.en,
    list_: Annotated[bool, typer.Option("--list", help="Print every KPI with its meaning, and end.")] = False,
    threads: Threads = None,
) -> None:
    """The KPIs of marketing and sales, as of any time: what they are, of how many, and why there may be none."""
    from tasuki.cli.figures import listed, write_answers
    from tasuki.cli.show import check_target, time_of
    from tasuki.metrics.asking import Question
    from tasuki.metrics.compute import compute
    from tasuki.metrics.kpis import kpi_of
    from tasuki.metrics.reader import open_facts
    from tasuki.metrics.rows import told

    if list_:
        listed(_terms(file, facts, role), language.value)
        return
    check_target(out, "--out")
    check_target(pdf, "--pdf")
    if pdf and (kpi or by or since or until or out or grain != Grain.item):
        raise UsageError(
            "--pdf writes the weekly report as it is: leave --kpi, --by, --since, --until, --grain and --out out"
        )
    source, zone = source_of(file, history, facts, deals, currency, role, as_of, threads)
    with open_facts(source, time_of(as_of, zone, "--as-of")) as opened:
        if pdf:
            _write_weekly(opened, pairs(where, "--where"), language.value, pdf)
            return
        question = Question(
            by,
            pairs(where, "--where"),
            time_of(since, zone, "--since"),
            time_of(until, zone, "--until"),
            grain.value,
        )
        chosen = (
            [kpi_of(opened.terms, name) for name in kpi]
            if kpi
            else [k for k in told(opened) if _fits(k, question)]
        )
        answers = [compute(opened, one, question) for one in chosen]
        write_answers(answers, opened.terms, format.value, out, language.value)


def _write_weekly(facts: Facts, where: dict[str, str], language: str, to: Path) -> None:
    """The report of the last week that was over at the time as of which the facts are known."""
    from datetime import UTC, datetime, timedelta

    from tasuki.cli.show import written_aside
    from tasuki.weekly import last_week, pdf_of, sheet_of, weekly

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=facts.as_of)
    found = weekly(facts, last_week(at, facts.terms.timezone), where)
    sheet = sheet_of(found, language, ", ".join(where.values()))
    with written_aside(to) as aside:
        aside.write_bytes(pdf_of(sheet))
    for text in sheet.said:
        typer.echo(text)
    typer.echo(f"wrote {to}")


def facts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An agreement (YAML).", show_default=False)],
    history: Annotated[
        Path, typer.Option("--history", metavar="DIR", help="The history's folder.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="A new folder for the facts.", show_default=False),
    ],
    as_of: AsOf = None,
    deals: Deals = None,
    currency: Currency = None,
    role: Roles = None,
    threads: Threads = None,
) -> None:
    """Write what happened as tables of Parquet: transitions, handoffs, leads, activities, deals."""
    from tasuki.cli.show import check_target, console, table
    from tasuki.metrics.facts.of_replay import FactTables
    from tasuki.metrics.facts.store import FILE, write_facts

    check_target(out, "--out", folder=True)
    if (out / FILE).exists():
        raise UsageError(f"--out {out}: there are facts already; name another folder")
    made, _ = source_of(file, history, None, deals, currency, role, as_of, threads)
    assert isinstance(made, FactTables)
    write_facts(out, made.tables, made.terms, made.known_until)
    shown = table("", "Table", "Rows")
    for name, rows in made.tables.items():
        shown.add_row(name, f"{len(rows):,}")
    console().print(shown)
    typer.echo(f"wrote {out}")


def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="SQL; a prompt when left out.", show_default=False)
    ] = None,
    facts: FactsFolder = None,
    agreement: Annotated[
        Path | None,
        typer.Option(
            "--agreement", metavar="FILE", help="An agreement (YAML), with --history.", show_default=False
        ),
    ] = None,
    history: Of = None,
    as_of: AsOf = None,
    deals: Deals = None,
    currency: Currency = None,
    role: Roles = None,
    format: Annotated[Shown, typer.Option("--format", help="How the result is written.")] = Shown.table,
    threads: Threads = None,
) -> None:
    """Read-only SQL (DuckDB) over the facts: no files, no network, nothing is changed."""
    from tasuki.cli.figures import prompt, write_table
    from tasuki.cli.show import time_of
    from tasuki.metrics.prompt import ask, close_doors
    from tasuki.metrics.reader import open_facts

    source, zone = source_of(agreement, history, facts, deals, currency, role, as_of, threads)
    with open_facts(source, time_of(as_of, zone, "--as-of")) as opened:
        close_doors(opened)
        if query is not None:
            write_table(ask(opened, query), format.value)
        else:
            prompt(opened, format.value)


def _fits(kpi: Any, question: Any) -> bool:
    """Of all KPIs those are shown that can be asked so."""
    from tasuki.metrics.asking import check

    try:
        check(kpi, question)
    except UsageError:
        return False
    return True


def _terms(file: Path | None, facts: Path | None, role: list[str] | None) -> Any:
    from tasuki.agreement import load_agreement
    from tasuki.metrics.facts.store import read_manifest
    from tasuki.metrics.roles import terms_of

    if facts:
        return read_manifest(facts).terms
    return terms_of(load_agreement(file), pairs(role, "--role")) if file else None


def source_of(
    file: Path | None,
    history: Path | None,
    facts: Path | None,
    deals: Path | None,
    currency: str | None,
    role: list[str] | None,
    as_of: str | None,
    threads: int | None,
) -> tuple[FactTables | Path, str]:
    """The facts asked for, and the time zone in which times are meant."""
    if facts:
        if file or history or deals or role:
            raise UsageError(
                "--facts holds all there is: leave the agreement, --history, --deals and --role out"
            )
        from tasuki.metrics.facts.store import read_manifest

        return facts, read_manifest(facts).terms.timezone
    if not file or not history:
        raise UsageError(
            "name an agreement and its history (--history DIR), or a folder of facts (--facts DIR)"
        )
    from tasuki.agreement import load_agreement
    from tasuki.cli.show import progress, time_of
    from tasuki.engine.replay import replay
    from tasuki.history import open_history
    from tasuki.metrics.facts.deals import read_deals
    from tasuki.metrics.facts.of_replay import facts_of

    agreement = load_agreement(file)
    until, opened = time_of(as_of, agreement.timezone, "--as-of"), open_history(history)
    told = read_deals(deals, agreement.timezone, currency) if deals else None
    with progress("Replaying", "of the entries") as update:
        done = replay(agreement, opened, until, threads=threads, progress=update)
    return facts_of(done, deals=told, roles=pairs(role, "--role")), agreement.timezone


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE each. UsageError: one is not."""
    found = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            example = EXAMPLES.get(option, "source=ads")
            raise UsageError(f"{option} {text}: write it with an equals sign, like {example}")
        found[name.strip()] = value.strip()
    return found
