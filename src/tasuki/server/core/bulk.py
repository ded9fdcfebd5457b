"""Many rows in one statement, alike on PostgreSQL and SQLite, and retries of what lost a race.

Rows are tuples of what a model's fields hold in Python: aware datetimes, dicts for JSON, ids for foreign keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, connection, models, transaction
from pydantic_core import to_json

T = TypeVar("T")
Row = Sequence[Any]
ATTEMPTS = 8
MANY = 100
"""From so many rows on it pays to begin a COPY."""
FEW = 10
"""For so few rows Django's cursor would cost as much as the database."""
RACES = frozenset({"40P01", "40001"})  # deadlock, serialization failure
_COLUMN_TYPES = {"CharField": "text", "TextField": "text", "JSONField": "jsonb"}


def insert(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Sequence[Row],
    *,
    returning: Sequence[str] = (),
    or_ignore: bool = False,
    or_renew: tuple[Sequence[str], Sequence[str]] | None = None,
) -> list[tuple[Any, ...]]:
    """Insert the rows; fields that are not named get the model's defaults.

    `returning` names columns to give back of each row inserted (in the order of the rows, unless `or_ignore`, which leaves
    out the rows that are there already). `or_renew`: where a row with the same values of its first fields is there, the
    second ones are taken over. IntegrityError: a constraint does not hold.
    """
    if not rows:
        return []
    ending = " ON CONFLICT DO NOTHING" if or_ignore else ""
    if or_renew:
        same, renewed = ([_quoted(_field(model, name).column) for name in names] for names in or_renew)
        sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in renewed)
        ending = f" ON CONFLICT ({', '.join(same)}) DO UPDATE SET {sets}"
    if returning:
        ending += " RETURNING " + ", ".join(_quoted(_field(model, name).column) for name in returning)
    if connection.vendor == "postgresql":
        if not ending and len(rows) >= MANY:
            copy(model, fields, rows)
            return []
        statement, parameters = insertion(model, fields, rows)
        return _execute(statement + ending, parameters, fetch=bool(returning))
    plan = _plan(model, tuple(fields), connection.vendor)
    rest = [value(field.get_default()) for value, field in zip(plan.fixed_values, plan.rest, strict=True)]
    ready = [[*row, *rest] for row in _for_driver(plan, rows)]
    return _insert_values(plan, ready, ending, bool(returning))


def insertion(model: type[models.Model], fields: Sequence[str], rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """PostgreSQL's statement for `insert`, with its parameters."""
    plan = _plan(model, tuple(fields), connection.vendor)
    fixed = [value(field.get_default()) for value, field in zip(plan.fixed_values, plan.rest, strict=True)]
    return plan.insert, [*fixed, _as_json(plan, rows)]


def copy(model: type[models.Model], fields: Sequence[str], rows: Sequence[Row]) -> None:
    """`insert` on PostgreSQL by its COPY, which takes many rows in half the time. IntegrityError as there."""
    plan = _plan(model, tuple(fields), connection.vendor)
    rest = [value(field.get_default()) for value, field in zip(plan.fixed_values, plan.rest, strict=True)]
    as_json = [nth for nth, field in enumerate(plan.named) if isinstance(field, models.JSONField)]
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(plan.copy) as given:
        for row in rows:
            values = [*row, *rest]
            for nth in as_json:
                values[nth] = to_json(values[nth]).decode()
            given.write_row(values)


def update(model: type[models.Model], fields: Sequence[str], rows: Sequence[Row]) -> None:
    """Set the fields of the rows; the first value of each row is the primary key."""
    if not rows:
        return
    plan = _plan(model, ("pk", *fields), connection.vendor)
    if connection.vendor == "postgresql":
        _execute(plan.update, [_as_json(plan, rows)])
        return
    ready = [[*row[1:], row[0]] for row in _for_driver(plan, rows)]
    with connection.cursor() as cursor:
        cursor.executemany(plan.update, ready)


def _for_driver(plan: _Plan, rows: Sequence[Row]) -> Iterator[list[Any]]:
    """The rows with the values that SQLite has; most values are as they are, and are not touched."""
    made = [(place, value) for place, value in enumerate(plan.values) if value is not _itself]
    for row in rows:
        values = list(row)
        for place, value in made:
            values[place] = value(values[place])
        yield values


def any_of(column: str, ids: Iterable[int]) -> tuple[str, list[Any]]:
    """A condition for raw SQL: the column is one of the ids; with its parameters."""
    if connection.vendor == "postgresql":  # as text: an array of numbers costs Python more
        return f"{column} = ANY(%s::bigint[])", [f"{{{','.join(map(str, ids))}}}"]
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(list(ids))]  # noqa: S608 — names of ours


def ids_by_text(model: type[models.Model], column: str, values: Iterable[str]) -> tuple[str, list[Any]]:
    """A raw query for the ids of the rows whose column, which has an index, is one of the texts; with its parameters.

    PostgreSQL looks each up by itself: given many at once it would rather read the whole table.
    """
    table, name = _quoted(model._meta.db_table), _quoted(column)
    given = json.dumps(list(values))
    if connection.vendor == "postgresql":
        one = f"SELECT {table}.id FROM {table} WHERE {table}.{name} = given.value OFFSET 0"  # noqa: S608 — names of ours
        texts = "json_array_elements_text(%s::json) AS given(value)"
        return f"SELECT found.id FROM {texts} CROSS JOIN LATERAL ({one}) AS found", [given]  # noqa: S608
    return f"SELECT id FROM {table} WHERE {name} IN (SELECT value FROM json_each(%s))", [given]  # noqa: S608


def select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def recurring(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The same as `select`, for a statement that comes again and again, within a transaction.

    PostgreSQL parses and plans it once for a connection, if the connection's `prepare_threshold` lets it.
    """
    if connection.vendor != "postgresql":
        return straight(statement, parameters)
    from psycopg import RawCursor

    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(_numbered(statement), parameters, prepare=True)
        return cursor.fetchall()


def straight(statement: str, *rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Execute a statement on SQLite for each row of parameters, within a transaction; what the last one gives.

    Past Django's cursor, which costs a small statement more than SQLite itself. Where queries are watched, by way of it.
    """
    if connection.queries_logged or connection.connection is None:
        for row in rows:
            found = _execute(statement, row, fetch=True)
        return found
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        for row in rows:
            cursor = connection.connection.execute(_marked(statement), row)
        return list(cursor.fetchall())


@lru_cache(maxsize=1_000)
def _marked(statement: str) -> str:
    """With `?` for `%s`."""
    return statement.replace("%s", "?").replace("%%", "%")


@lru_cache(maxsize=1_000)
def _numbered(statement: str) -> bytes:
    """With `$1`, `$2` … for `%s`."""
    first, *rest = statement.split("%s")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))).encode()


def read(
    model: type[models.Model], fields: Sequence[str], ids: Iterable[int], *, lock: bool = False
) -> list[tuple[Any, ...]]:
    """Fields of the rows with these ids, in the order of the ids; `lock` keeps others from changing them meanwhile."""
    select_part, values = _reading(model, tuple(fields), connection.vendor)
    condition, parameters = any_of(_quoted(_field(model, "pk").column), ids)
    ending = " FOR NO KEY UPDATE" if lock and connection.features.has_select_for_no_key_update else ""
    order = _quoted(_field(model, "pk").column)
    found = select(f"{select_part} WHERE {condition} ORDER BY {order}{ending}", parameters)
    return [tuple(value(each) for value, each in zip(values, row, strict=True)) for row in found]


def in_one_transaction(work: Callable[[], T]) -> T:
    """Run the work in a transaction, and again where somebody else was first or a deadlock was broken.

    Within a transaction of the caller only the lost race for a unique value is tried again; a deadlock has ended the
    caller's transaction and is raised.
    """
    inside = connection.in_atomic_block
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if inside or state not in RACES or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found


def _quoted(name: str | None) -> str:
    assert name is not None
    return connection.ops.quote_name(name)


@dataclass(frozen=True)
class _Plan:
    """How rows of some fields of a model are written: statements, and what makes driver values of Python values."""

    named: tuple[models.Field[Any, Any], ...]
    rest: tuple[models.Field[Any, Any], ...]  # fields that are not named
    values: tuple[Callable[[Any], Any], ...]
    fixed_values: tuple[Callable[[Any], Any], ...]
    names: tuple[str, ...]
    insert: str
    update: str
    copy: str


@cache
def _plan(model: type[models.Model], fields: tuple[str, ...], vendor: str) -> _Plan:
    named = [_field(model, name) for name in fields]
    rest = [
        each
        for each in model._meta.concrete_fields
        if each not in named and not (each.primary_key and isinstance(each, models.AutoField))
    ]
    arrays = vendor == "postgresql"
    columns = ", ".join(_quoted(field.column) for field in [*named, *rest])
    return _Plan(
        tuple(named),
        tuple(rest),
        tuple(map(_value, named)),
        tuple(map(_value, rest)),
        tuple(f"c{i}" for i in range(len(named))),
        *(_array_statements(model, named, rest) if arrays else _value_statements(model, named, rest)),
        f"COPY {_quoted(model._meta.db_table)} ({columns}) FROM STDIN",
    )


def _array_statements(
    model: type[models.Model], named: Sequence[models.Field[Any, Any]], rest: Sequence[models.Field[Any, Any]]
) -> tuple[str, str]:
    """PostgreSQL takes the rows as one JSON text, which it reads many times faster than Python writes arrays."""
    table = _quoted(model._meta.db_table)
    given = ", ".join(f"c{i} {_type(field)}" for i, field in enumerate(named))
    columns = ", ".join(_quoted(field.column) for field in [*named, *rest])
    chosen = ", ".join([*(f"c{i}" for i in range(len(named))), *(f"%s::{_type(field)}" for field in rest)])
    rows = f"ROWS FROM (json_to_recordset(%s::json) AS ({given})) WITH ORDINALITY"
    order = ", ".join([*(f"c{i}" for i in range(len(named))), "nth"])
    insert = f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM {rows} AS given({order}) ORDER BY nth"  # noqa: S608 — names of ours
    sets = ", ".join(f"{_quoted(field.column)} = given.c{i}" for i, field in enumerate(named) if i)
    update = (
        f"UPDATE {table} SET {sets} FROM json_to_recordset(%s::json) AS given({given})"  # noqa: S608
        f" WHERE {table}.{_quoted(named[0].column)} = given.c0"
    )
    return insert, update


def _value_statements(
    model: type[models.Model], named: Sequence[models.Field[Any, Any]], rest: Sequence[models.Field[Any, Any]]
) -> tuple[str, str]:
    table = _quoted(model._meta.db_table)
    columns = ", ".join(_quoted(field.column) for field in [*named, *rest])
    insert = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 — names of ours
    sets = ", ".join(f"{_quoted(field.column)} = %s" for field in named[1:])
    update = f"UPDATE {table} SET {sets} WHERE {_quoted(named[0].column)} = %s"  # noqa: S608
    return insert, update


@cache
def _reading(
    model: type[models.Model], fields: tuple[str, ...], vendor: str
) -> tuple[str, tuple[Callable[[Any], Any], ...]]:
    named = [_field(model, name) for name in fields]
    columns = ", ".join(_quoted(field.column) for field in named)
    return f"SELECT {columns} FROM {_quoted(model._meta.db_table)}", tuple(  # noqa: S608 — names of ours
        _read_value(field, vendor) for field in named
    )


def _read_value(field: models.Field[Any, Any], vendor: str) -> Callable[[Any], Any]:
    """What makes a Python value of what the driver gives."""
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else json.loads(value)
    if vendor == "sqlite":
        if isinstance(field, models.DateTimeField):
            return lambda value: value and datetime.fromisoformat(value).replace(tzinfo=UTC)
        if isinstance(field, models.BooleanField):
            return bool
    return _itself


def _as_json(plan: _Plan, rows: Sequence[Row]) -> str:
    return to_json([dict(zip(plan.names, row, strict=True)) for row in rows]).decode()


def _type(field: models.Field[Any, Any]) -> str:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    named = _COLUMN_TYPES.get(target.get_internal_type())
    return named or str(target.rel_db_type(connection) if target.primary_key else target.db_type(connection))


def _itself(value: Any) -> Any:
    return value


def _value(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How a Python value of this field goes to the driver."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return lambda value: to_json(value).decode()
    if isinstance(target, models.DateTimeField):
        return _as_sqlite_has_it
    if isinstance(target, (models.DecimalField, models.DateField, models.BooleanField)):
        return lambda value: target.get_db_prep_save(value, connection)
    return _itself


@lru_cache(maxsize=1_000)
def _as_sqlite_has_it(instant: datetime | None) -> str | None:
    """As Django writes it: UTC, without saying so."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _execute(statement: str, parameters: Sequence[Any], *, fetch: bool = False) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if fetch else []


def _insert_values(plan: _Plan, ready: Sequence[Row], ending: str, fetch: bool) -> list[tuple[Any, ...]]:
    width = len(ready[0])
    one = "(" + ", ".join(["%s"] * width) + ")"
    if not fetch and len(ready) <= FEW:
        straight(plan.insert + one + ending, *ready)
        return []
    if not fetch:
        with connection.cursor() as cursor:
            cursor.executemany(plan.insert + one + ending, ready)
        return []
    at_once = max(1, 30_000 // width)
    found: list[tuple[Any, ...]] = []
    for begin in range(0, len(ready), at_once):
        part = ready[begin : begin + at_once]
        values = [value for row in part for value in row]
        found += _execute(plan.insert + ", ".join([one] * len(part)) + ending, values, fetch=True)
    return found
