"""Migrations on SQLite: at their end only the tables that were written anew are looked through for rows that point nowhere.

Django looks through the whole database, after each migration and when there is none to apply. With ten million activities
that is minutes each time, in which nobody can work. Migrations that break a reference fail on PostgreSQL, which checks
every row.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from django.db.backends.sqlite3 import schema
from django.db.models import Model


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """One migration."""

    def __enter__(self) -> DatabaseSchemaEditor:
        self._anew: set[str] = set()
        super().__enter__()
        return self

    def _remake_table(self, model: type[Model], *given: Any, **named: Any) -> None:
        self._anew.add(model._meta.db_table)
        super()._remake_table(model, *given, **named)  # type: ignore[misc]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._look_through()
        except BaseException as fault:
            super(schema.DatabaseSchemaEditor, self).__exit__(type(fault), fault, fault.__traceback__)
            raise
        else:
            super(schema.DatabaseSchemaEditor, self).__exit__(kind, error, trace)
        finally:
            self.connection.enable_constraint_checking()

    def _look_through(self) -> None:
        there = self._anew and set(self.connection.introspection.table_names())
        if tables := sorted(self._anew & there):
            self.connection.check_constraints(table_names=tables)
