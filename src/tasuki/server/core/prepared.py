"""Queries that are put together and compiled once, and from then on are only given other values.

Django takes longer to put a query of many conditions together than a database takes to answer it, and a page asks thirty.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Never, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from tasuki.server.core.access import Actor
from tasuki.server.core.models import User

P = ParamSpec("P")
Row = TypeVar("Row")
Plain = int | str | datetime
NUMBER = 2_013_265_921
"""The first number that stands in for another; no stage, limit or state of ours is written like it."""
LARGEST = 2**63 - 1
"""No id is as large, and no database takes a larger number."""
MARK = "\ue000"
"""Around a text that stands in for another."""
LENGTHS = (0, 1, 4, 16, 64, 256, 1_024, 4_096)
"""Lists are filled up to one of these by their last value, so that there are few queries to compile."""


def prepared(build: Callable[P, QuerySet[Any, Row]]) -> Prepared[P, Row]:
    """`build` gives the query. What is called has its arguments, and gives the rows.

    Given by place: values, other ones each time: an actor, times, numbers, texts, lists of them, or None. Given by name:
    what makes it another query, such as limits and stages; each of these is compiled apart, so let them be few. Of an
    actor its role, its sight, and whether it has a team make another query; only the ids of person and team are values.

    `build` is given something that stands in for each value, and may do nothing with it but put it into conditions:
    it asks nothing of the database or the clock, and works nothing out. What can be noticed of that is refused.
    """
    return Prepared(build)


class Prepared(Generic[P, Row]):
    """A query that waits for its values."""

    def __init__(self, build: Callable[P, QuerySet[Any, Row]]) -> None:
        self._build = build
        self._known: dict[Hashable, _Compiled | None] = {}

    def __call__(self, *values: P.args, **shape: P.kwargs) -> list[Row]:
        """The rows, read."""
        compiled, given = self._compiled(values, shape)
        return list(compiled.rows(given)) if compiled else []

    def first(self, *values: P.args, **shape: P.kwargs) -> Row | None:
        """The first row; `build` sees to it that no more are read."""
        return next(iter(self(*values, **shape)), None)

    def count(self, *values: P.args, **shape: P.kwargs) -> int:
        """How many rows there are; the database counts."""
        compiled, given = self._compiled(values, shape)
        return compiled.count(given) if compiled else 0

    def _compiled(self, values: Sequence[Any], shape: dict[str, Any]) -> tuple[_Compiled | None, list[Plain]]:
        taken = [_taken(one) for one in values]
        given = [value for _kind, plain in taken for value in plain]
        key = (*(kind for kind, _plain in taken), *sorted(shape.items()))
        try:
            return self._known[key], given
        except KeyError:
            found = self._known[key] = _compile(self._build, values, shape)
            return found, given


class _Time(datetime):
    """A time that stands in for another: what is worked out from it would stand in for nothing."""

    def _refused(self, other: object) -> Never:
        raise TypeError("a prepared query is given times as they are; work out before what it needs")

    __add__ = __radd__ = __sub__ = __rsub__ = _refused


@dataclass
class _Compiled:
    """The SQL of a query of one shape; `places`: where in its parameters which of the values stands."""

    rows_of: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]
    places: list[tuple[int, int]]
    converters: dict[int, Any]

    def rows(self, given: Sequence[Plain]) -> QuerySet[Any, Any]:
        """A query that has its answer from this SQL; it may be read, no more."""
        compiler, asked = copy.copy(self.compiler), (self.sql, self._with(given))
        compiler.connection = connection
        compiler.get_converters = lambda _columns: self.converters  # type: ignore[method-assign,assignment]
        compiler.as_sql = lambda *_given, **_named: asked  # type: ignore[method-assign]
        of = self.rows_of
        found = type(of)(of.model, _Asked(of.query, compiler), connection.alias)  # type: ignore[arg-type]
        for name in ("_iterable_class", "_fields", "_prefetch_related_lookups"):
            setattr(found, name, getattr(of, name))
        return found

    def count(self, given: Sequence[Plain]) -> int:
        """The number of its rows."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) AS found", self._with(given))  # noqa: S608 - Django's SQL
            return int(cursor.fetchone()[0])

    def _with(self, given: Sequence[Plain]) -> tuple[Any, ...]:
        parameters = list(self.parameters)
        for place, nth in self.places:
            value = given[nth]
            if isinstance(value, datetime):
                parameters[place] = connection.ops.adapt_datetimefield_value(value)
            elif isinstance(value, int):  # numbers have a class of their own on PostgreSQL
                parameters[place] = type(parameters[place])(max(-LARGEST, min(value, LARGEST)))
            else:
                parameters[place] = value
        return tuple(parameters)


class _Asked:
    """Stands where a QuerySet has its query, and answers by the compiler it was given."""

    def __init__(self, query: Any, compiler: SQLCompiler) -> None:
        self._query, self._compiler = query, compiler

    def get_compiler(self, *_given: object, **_named: object) -> SQLCompiler:
        """Always the same."""
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


# What stands in for what.


def _taken(value: Any) -> tuple[Hashable, list[Plain]]:
    """Of an argument what makes another query, and the values that do not. TypeError: nothing stands in for it."""
    if isinstance(value, Actor):
        user = value.user
        if user is None:
            return value.system, []
        ids: list[Plain] = [user.pk] if user.team_id is None else [user.pk, user.team_id]
        return (value.system, user.role, user.sight, len(ids)), ids
    if isinstance(value, list):
        length = next((one for one in LENGTHS if len(value) <= one), len(value))
        kinds = {type(one) for one in value}
        return (*kinds, length), [*value, *value[-1:] * (length - len(value))]
    if value is not None and type(value) not in (int, str, datetime, _Time):
        raise TypeError(f"{type(value).__name__}: give it by name, or as numbers, texts and times")
    return type(value).__name__, [] if value is None else [value]


def _stands(value: Any, nth: int) -> Any:
    """What stands in for an argument whose values are those from the nth on."""
    if isinstance(value, Actor):
        return _anybody(value, nth)
    if isinstance(value, list):
        return [_stands(one, nth + place) for place, one in enumerate(_taken(value)[1])]
    if value is None:
        return None
    if isinstance(value, int):
        return NUMBER + nth
    return f"{MARK}{nth}{MARK}" if isinstance(value, str) else _Time(1931, 5, 17, 3, 7, 11, 1 + nth, UTC)


def _anybody(actor: Actor, nth: int) -> Actor:
    """Somebody with the rights of this actor. Nothing else is known of them."""
    user = actor.user
    if user is None:
        return Actor(system=actor.system)
    team = None if user.team_id is None else NUMBER + nth + 1
    return Actor(User(pk=NUMBER + nth, role=user.role, sight=user.sight, team_id=team), system=actor.system)


def _compile(
    build: Callable[..., QuerySet[Any, Any]], values: Sequence[Any], shape: dict[str, Any]
) -> _Compiled | None:
    """None: there can be no rows, as where a stage is asked for of an agreement that has none."""
    stands: list[Any] = []
    numbered: list[
        tuple[Plain, bool]
    ] = []  # the actor's may be left out: who sees all leads is not asked for
    for value in values:
        stands.append(_stands(value, len(numbered)))
        numbered += [(one, not isinstance(value, Actor)) for one in _taken(stands[-1])[1]]
    with connection.execute_wrapper(_refuse):
        rows = build(*stands, **shape)
        compiler = rows.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
    known = {_written(one): nth for nth, (one, _asked) in enumerate(numbered)}
    places = [(place, known[one]) for place, one in enumerate(parameters) if one in known]
    lost = {nth for nth, (_one, asked) in enumerate(numbered) if asked} - {nth for _place, nth in places}
    rest = [one for one in parameters if one not in known]
    if lost or any(isinstance(one, datetime) or MARK in str(one) for one in rest):
        raise TypeError(f"{build}: every value has to stand in the query as it was given")
    converters = compiler.get_converters([column for column, _sql, _name in compiler.select])
    return _Compiled(rows, compiler, sql, tuple(parameters), places, converters)


def _written(value: Plain) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _refuse(*_given: object) -> Never:
    raise TypeError("a prepared query asks nothing while it is put together")
