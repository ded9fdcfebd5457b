"""Write the pages of KPIs and of facts from their definitions: `python docs/make_metrics.py`.

tests/docs/test_metrics.py fails if the pages lag behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from tasuki.metrics.asking import PERIODS, slices_of
from tasuki.metrics.facts.schema import TABLES, Table
from tasuki.metrics.formulas import Kpi
from tasuki.metrics.kpis import FIXED
from tasuki.metrics.kpis.pairs import days, days_90, moves, reach
from tasuki.metrics.kpis.stages import comebacks, kpis_of_stage
from tasuki.metrics.roles import NAMES, StageTerm, Terms

REFERENCE = Path(__file__).parent / "reference"
TYPES = {pa.string(): "text", pa.float64(): "number", pa.int32(): "whole number", pa.bool_(): "yes or no"}
ANY_STAGE = StageTerm("<stage>", None, {"en": "A stage", "ja": "ステージ"})
PAIR = Terms(
    "", "", "UTC",
    (StageTerm("<from>", None, {"en": "From", "ja": "前"}), StageTerm("<to>", None, {"en": "to", "ja": "次"})),
    None, None, None, {},
)  # fmt: skip

KPIS_HEAD = """# KPIs

*Made from the definitions by `python docs/make_metrics.py`.* Each KPI is defined once, in `src/tasuki/metrics/kpis/`, as data; pages, API, files and
[`tasuki report`](cli.md#tasuki-report) compute it by the same statement. How to read figures: [report](../how-to/report.md).

## Words

| word | meaning |
|---|---|
| cohort | a figure belongs to the time of what is counted: an entry into a stage, a handoff, the closing of a deal. What becomes of it later changes the figure of then, until it is mature |
| snapshot | a figure belongs to an instant: who is there |
| reaches | an entry into a stage reaches another if the lead enters that later on the same *run*: before it enters the first stage again, and before its path changes from marketing's to that of SGL (it enters SGL) or back (it enters MAL or MQL). So each entry counts once, a second pass is a new chance, and what sales found itself never counts for marketing's MQLs |
| mature | older than nine tenths of the times that others took to reach the stage, as observed until then. Younger items are counted, shown, and left out of numerator and denominator |
| known | of a mean or a quantile: items without the value are counted, shown, and left out |
| late | about a time up to `as of`, but recorded after it. Counted and shown; in no figure, so that a figure of then stays what it was |
| interval | of a rate: 95 %, Wilson |
| – | there is no figure, and the reason stands beside it: nothing to divide by, too young, no such stage, amounts in several currencies |

Every lead, handoff or deal is in exactly one part of a slice, `(none)` for what has no value, so that counts and money add up to the total. Sources,
campaigns and contents are the first ones of a lead; team and rep are those of the handoff or deal, else the lead's; `persona` is its segment, else the
grade of its fit at that entry; `version` is that of the agreement; `path` is `marketing` or `SGL`.

## Stages by the part they play

Stages may be left out or renamed. A stage plays a part if its id or one of its names is one of these (case, width and `_` do not matter);
`--role PART=STAGE` says it where names do not.

| part | names |
|---|---|
"""

FACTS_HEAD = """# Facts

*Made from the schema by `python docs/make_metrics.py`.* Facts are what happened, as tables: written by [`tasuki facts`](cli.md#tasuki-facts), read by
[`tasuki report`](cli.md#tasuki-report), [`tasuki sql`](cli.md#tasuki-sql), and anything that reads Parquet. Why they are shaped so:
[0019](../decisions/0019-facts-as-they-were-known.md).

## The folder

| file | holds |
|---|---|
| `facts.json` | format and version (1), how many refreshes made it (`generation`), up to when it knows (`known_until`, µs since 1970 UTC), in which of them something was last taken out (`cut`, 0 if never), what the agreement calls its stages and scores (`terms`), and which files belong to which table |
| `TABLE/FIRST-LAST.parquet` | rows of a table that came with these refreshes; Parquet, zstd |

Only files that `facts.json` names are part of the facts; it is replaced as the last step. New rows come in new files, and small files are joined where a table has more than 12.
The rows of a table are one sequence all the same, which only grows at its end: whoever knows the first so many reads the others, unless `cut` has changed.
Times are UTC with microseconds. `tasuki.metrics.facts.store` writes and reads the folder (`write_facts`, `forget_leads` for who is erased), `facts_of` makes the tables from a replay.

**Versions.** A table with `revision` is never changed: a handoff that is closed, a deal that is edited, a lead with a new owner is written again with the next
revision and the time at which that became known. As of a time, the highest revision with `recorded_at` up to it counts. So a report as of then does not move
when something is edited later.

**Known and late.** As of T, a row counts if both its own time and `recorded_at` are up to T. A row about a time up to T that was recorded after T is *late*.
From a history, `recorded_at` is the row's own time: a history does not say when it learned of an entry.
"""

COUNTED = """
## What figures are counted in

These tables are made of the facts when they are opened, in memory, are changed for those leads of which something new is told
([0026](../decisions/0026-what-is-new-costs-what-is-new.md)), and can be asked in `tasuki sql`. `n` numbers the leads, `us` is a time in µs since 1970 UTC, `month` and `week`
are the first day of the period in the agreement's time zone. Each has the columns of slices: `source`, `campaign`, `content`, `persona`, `team`, `rep`,
`version`, `path`, `channel`, `account`, and `company`, the number of the account.

| table | a row is | besides |
|---|---|---|
| `people` | a lead | `lead`, `revision`, `anonymous`, `excluded` |
| `stages` | a stage | `place`: its number in the other tables; `id` |
| `entries` | an entry into a stage | `stage`, `came_from`, `by_hand`, `is_return`, `reason`, `score`, `engagement`, `fit`, `pass`, `last` (the lead never enters it again), `again_us` (when it does), `ordinal`, `grade`, `left_us`, `reached_<place>` (when it reached that stage on the same run), `contents` (of an MQL, contents in the 90 days before), `late` |
| `handed` | a handoff | `id`, `revision`, `stage`, `outcome`, `touch_hours`, `touch_business_hours`, `answer_hours`, `answer_business_hours`, `met`, `due_us`, `late` |
| `worth` | a deal | `deal`, `revision`, `state`, `own_account`, `own_team`, `own_rep` (of the deal itself), `amount`, `currency`, `days`, `opened_us`, `closed_us`, and `month`, `week`, `late` of each |
| `forms` | a visit to a form: a lead, a form, a day | `form`, `done` (sent within 24 hours), `late` |
"""


def kpis_page() -> str:
    """docs/reference/kpis.md."""
    roles = "".join(
        f"| {role} | {', '.join(f'`{name}`' for name in names)} |\n" for role, names in NAMES.items()
    )
    fixed = _section("KPIs of the funnel", FIXED)
    stages = _section("KPIs of every stage", (*kpis_of_stage(ANY_STAGE), comebacks(ANY_STAGE, ())))
    note = (
        "Made for each stage of the agreement. `<stage>` is the part that it plays in small letters, like `mql.entries`, "
        "else its id, like `A_SUBMITTED.entries`. Leads return from a stage of the way; from recycled, disqualified and lost, in "
        "which they are out, they come back: there `comebacks` stands instead of `returns`.\n\n"
    )
    pairs = _section(
        "KPIs of two stages", [make(PAIR, "<from>", "<to>") for make in (moves, reach, days, days_90)]
    )
    of_pairs = (
        "Of any two stages of the agreement, by their ids, like `reach.MQL.WON`; `moves.none.MAL` are moves of leads that had no "
        "stage yet. They are not in the lists, but can be asked like any other.\n\n"
    )
    stages = stages.replace("\n\n", "\n\n" + note, 1)
    return (
        KPIS_HEAD + roles + "\n" + fixed + "\n" + stages + "\n" + pairs.replace("\n\n", "\n\n" + of_pairs, 1)
    )


def _section(title: str, kpis: Iterable[Kpi]) -> str:
    return f"## {title}\n\n" + "\n".join(_entry(kpi) for kpi in kpis)


def _entry(kpi: Kpi) -> str:
    more = ", ".join(f"`{name}`" for name in slices_of(kpi)[len(PERIODS) + 10 :])
    facts = [f"unit {kpi.unit}", str(kpi.kind), f"of each {kpi.grain}", f"also by {more}"]
    facts += ["young ones are left out"] if kpi.matures else []
    facts += ["of companies, too"] if kpi.accounts else []
    return (
        f"### `{kpi.id}`\n\n{kpi.name.en} / {kpi.name.ja}. {kpi.meaning.en} {kpi.meaning.ja}\n\n"
        f"- = {kpi.words.en}\n- ＝ {kpi.words.ja}\n- {'; '.join(facts)}\n"
    )


def facts_page() -> str:
    """docs/reference/facts.md."""
    return FACTS_HEAD + "".join(f"\n{_table(table)}" for table in TABLES.values()) + COUNTED


def _table(table: Table) -> str:
    key = f" Versions of one `{table.key}`." if table.key else ""
    rows = "".join(_rows(table))
    return f"## `{table.name}`\n\nA row is of: {table.meaning}.{key}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"


def _rows(table: Table) -> Iterator[str]:
    for column in table.columns:
        empty = "" if column.needed else ", or null"
        yield f"| `{column.name}` | {_type(column.type)}{empty} | {column.meaning} |\n"


def _type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "time (µs, UTC)"
    return TYPES.get(kind) or {"decimal128(18, 2)": "decimal(18, 2)"}.get(str(kind), "map of text to number")


def main() -> None:
    """Write both pages."""
    (REFERENCE / "kpis.md").write_text(kpis_page(), encoding="utf-8")
    (REFERENCE / "facts.md").write_text(facts_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
