"""The backend as Django loads it: a transaction waits for its turn at a file's lock, not by trying again and again.

SQLite has one writer at a time. Whoever finds it busy sleeps, up to a tenth of a second, and tries again: the database lies
idle meanwhile, and who comes by just then is first. The kernel's lock wakes the next one at once, threads and processes
alike, and lets go of it when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3 import base

from tasuki.server.core.sqlite.operations import DatabaseOperations
from tasuki.server.core.sqlite.schema import DatabaseSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions, all of which may write, take their turn."""

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
    _turn: int | None = None  # the open file whose lock we hold

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            if not self._writes():
                self._end_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _writes(self) -> bool:
        """Whether a transaction goes on: a commit that failed is rolled back next."""
        return self.connection is not None and self.connection.in_transaction

    def _take_turn(self) -> None:
        if self._turn is None and not self.is_in_memory_db():
            self._turn = os.open(f"{self.settings_dict['NAME']}-turn", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX)
            except OSError:  # a file system without such locks: SQLite's own way of waiting is left
                self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            os.close(turn)
