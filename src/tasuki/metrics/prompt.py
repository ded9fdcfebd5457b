"""Read-only SQL over facts: everything in memory, nothing of the machine within reach."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasuki.errors import UsageError
from tasuki.metrics.derived import MADE
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.reader import Facts

TABLE_NAMES = (*TABLES, *(f"{name}_all" for name in TABLES), *MADE, "stages")


def close_doors(facts: Facts) -> None:
    """Take the facts into memory as tables, then forbid files, networks, extensions and settings for good."""
    for name in TABLES:
        facts.db.execute(
            f"CREATE OR REPLACE TEMP TABLE kept AS FROM {name}; DROP VIEW {name}; CREATE TABLE {name} AS FROM kept"
        )
        facts.db.execute(f"DROP TABLE kept; CREATE OR REPLACE TEMP TABLE kept AS FROM {name}_all")
        for kind in ("VIEW", "TEMP VIEW"):
            facts.db.execute(f"DROP {kind.removeprefix('TEMP ')} IF EXISTS {name}_all")
        facts.db.execute(f"CREATE TABLE {name}_all AS FROM kept; DROP TABLE kept")
    facts.db.execute("SET enable_external_access = false")
    facts.db.execute("SET lock_configuration = true")


def ask(facts: Facts, query: str) -> pa.Table:
    """What one SELECT gives. UsageError: it cannot be carried out, or would do more than read."""
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise UsageError(f"this is no SQL: {_said(error)}") from error
    if len(statements) != 1:
        raise UsageError("write one statement, and no more")
    if statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise UsageError("facts are only read here: write SELECT …, DESCRIBE or SUMMARIZE")
    try:
        return facts.db.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be carried out: {_said(error)}") from error


def _said(error: Exception) -> str:
    """The message without the picture of where it is; with the cure for the one word that trips everybody."""
    text = " ".join(
        line.strip()
        for line in str(error).splitlines()
        if line.strip() and not line.strip().startswith(("^", "LINE"))
    )
    return text + ('; the column at is a word of SQL: write "at", or t.at' if "syntax error" in text else "")
