"""The backend as Django loads it: a transaction waits for its turn at a file's lock, not by trying again and again.

SQLite has one writer at a time. Whoever finds it busy sleeps, up to a tenth of a second, and tries again: the database lies
idle meanwhile, and who comes by just then is first. The kernel's lock wakes the next one at once, threads and processes
alike, and lets go of it when its holder dies.

A commit is on the disk before whoever wrote goes on, but the next one does not wait for that: SQLite only writes its log,
and it is made durable when the turn has been passed on. Several do so at once for the price of one.
"""

from __future__ import annotations

import fcntl
import os
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from tasuki.server.core.sqlite.operations import DatabaseOperations
from tasuki.server.core.sqlite.schema import DatabaseSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions, all of which may write, take their turn."""

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
    _turn: int | None = None  # the open file whose lock we hold
    _log: str | None = None  # the file of the write-ahead log, where there is one
    _changes = 0  # rows that had been changed by this connection when its transaction began

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Where the file system allows no write-ahead log, SQLite itself sees to it that commits are on the disk."""
        connection = super().get_new_connection(conn_params)
        ((mode,),) = connection.execute("PRAGMA journal_mode")
        self._log = f"{self.settings_dict['NAME']}-wal" if mode == "wal" else None
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        self._changes = self.connection.total_changes
        try:
            self._let_sqlite_sync(self._log is None)
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            self._let_sqlite_sync(True)
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self._writes():
                self._end_turn()
            self._let_sqlite_sync(True)
        if self._log and self.connection is not None and self.connection.total_changes != self._changes:
            _make_durable(self._log)

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()
            self._let_sqlite_sync(True)

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _writes(self) -> bool:
        """Whether a transaction goes on: a commit that failed is rolled back next."""
        return self.connection is not None and self.connection.in_transaction

    def _let_sqlite_sync(self, itself: bool) -> None:
        """Whether SQLite makes a commit durable itself: a single statement outside of a transaction always."""
        if not self._writes() and self.connection is not None:
            self.connection.execute(f"PRAGMA synchronous={'FULL' if itself else 'NORMAL'}")

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


def _make_durable(log: str) -> None:
    """Return once what was written to the log is on the disk. OperationalError: the disk does not say so."""
    try:
        file = os.open(log, os.O_RDWR)
        try:
            os.fdatasync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise OperationalError(
            f"it is not certain that the disk has kept what was written: {error}"
        ) from error
