"""Facts of deals: a list of them, as other programs write it, in versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tasuki.calendars.spans import instant
from tasuki.errors import InputUnreadable, UsageError
from tasuki.history.times import parse_time
from tasuki.metrics.facts.schema import DEALS

NAMES: Mapping[str, tuple[str, ...]] = {
    "deal": ("deal", "id"),
    "lead": ("lead",),
    "account": ("account", "account.name"),
    "rep": ("rep", "owner"),
    "team": ("team", "owner.team"),
    "amount": ("amount",),
    "currency": ("currency",),
    "state": ("state", "outcome"),
    "opened_at": ("opened_at",),
    "closed_at": ("closed_at",),
    "recorded_at": ("recorded_at",),
}
"""Which columns of a file may hold a column of the table."""
STATES = ("open", "won", "lost")
Row = Mapping[str, str | None]


def read_deals(path: Path, timezone: str, currency: str | None = None) -> pa.Table:
    """The table `deals` of a CSV file (UTF-8) with the columns of NAMES; `lead` or `account`, and `state` must be there.

    Times without offset are meant in `timezone`; an amount without currency is in `currency`. A file with `recorded_at`
    tells of versions: its rows of one deal, in that order. Another one tells how each deal ended, so its opening is
    recorded when it was opened. InputUnreadable: not such a file, or a row of it that cannot be read, with its line.
    """
    with duckdb.connect(config={"threads": 2}) as db:
        try:
            found = db.read_csv(str(path), header=True, all_varchar=True).to_arrow_table().to_pylist()
        except duckdb.Error as error:
            raise InputUnreadable(f"{path}: cannot be read as CSV ({str(error).splitlines()[0]})") from error
    try:
        return deals_of(found, timezone, currency)
    except UsageError as error:
        raise InputUnreadable(f"{path}: {error}") from error


def deals_of(rows: Sequence[Row], timezone: str, currency: str | None = None) -> pa.Table:
    """The same of rows of texts. UsageError, with the line that the row has in a file."""
    columns = {name: next((n for n in names if rows and n in rows[0]), None) for name, names in NAMES.items()}
    if rows and (not columns["state"] or not (columns["lead"] or columns["account"])):
        raise UsageError("deals need the column `state`, and `lead` or `account`")
    read = []
    for line, row in enumerate(rows, start=2):
        told = {name: _text(row, column) for name, column in columns.items()}
        try:
            read.append(_deal(told, line, timezone, currency))
        except ValueError as error:
            raise UsageError(f"line {line}: {error}") from error
    versions = _as_told(read) if columns["recorded_at"] else [v for deal in read for v in _as_it_went(deal)]
    return pa.Table.from_pylist(list(versions), schema=DEALS.schema)


def _text(row: Row, column: str | None) -> str | None:
    return (row.get(column) or "").strip() or None if column else None


def _deal(told: dict[str, str | None], line: int, timezone: str, currency: str | None) -> dict[str, Any]:
    state = (told["state"] or "").lower()
    if state not in STATES:
        raise ValueError(f"the state `{told['state'] or ''}` should be one of {', '.join(STATES)}")
    amount = _amount(told["amount"])
    times = {name: _time(told[name], timezone) for name in ("opened_at", "closed_at", "recorded_at")}
    if state != "open" and not times["closed_at"]:
        raise ValueError(f"a deal that is {state} needs `closed_at`")
    return told | times | {
        "deal": told["deal"] or f"{told['lead'] or told['account']}:{line}",
        "state": state,
        "amount": amount,
        "currency": (told["currency"] or currency or "").upper() or None if amount is not None else None,
        "closed_at": times["closed_at"] if state != "open" else None,
    }  # fmt: skip


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text.replace(",", "")).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(f"the amount `{text}` is no number: write like 1200000 or 99.50") from None


def _time(text: str | None, timezone: str) -> datetime | None:
    if text is None:
        return None
    found = parse_time(text, timezone)
    if found is None:
        raise ValueError(f"`{text}` is no time: write like 2025-03-31 or 2025-03-31T09:00:00Z")
    return instant(found)


def _as_told(deals: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Versions, in the order in which they became known."""
    revision: dict[str, int] = {}
    if missing := next((deal for deal in deals if deal["recorded_at"] is None), None):
        raise UsageError(f"the deal `{missing['deal']}` needs `recorded_at`, as the others have it")
    for deal in sorted(deals, key=lambda each: each["recorded_at"]):
        revision[deal["deal"]] = revision.get(deal["deal"], 0) + 1
        yield deal | {"revision": revision[deal["deal"]]}


def _as_it_went(deal: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Opened, then closed, each known when it happened."""
    opened, closed = deal["opened_at"], deal["closed_at"]
    if opened or not closed:
        yield deal | {"state": "open", "closed_at": None, "recorded_at": opened or instant(0), "revision": 1}
    if closed:
        yield deal | {"recorded_at": closed, "revision": 2 if opened else 1}
