"""Facts opened for counting: as they were known at one time, in a DuckDB of this process."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from tasuki.errors import UsageError
from tasuki.metrics import derived
from tasuki.metrics.facts import store
from tasuki.metrics.facts.of_replay import FactTables
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.lags import Lags
from tasuki.metrics.roles import StageTerm, Terms
from tasuki.metrics.runs import NONE, runs_of
from tasuki.metrics.stands import Stands

Statement = tuple[str, Mapping[str, Any]]
"""SQL, and its parameters or more."""
THREADS = 2
MOST_NAMED = 1000
"""So many leads are named in a statement; more are looked up."""


class Facts:
    """Facts as known at `as_of` (µs UTC, inclusive); `terms` say what the stages are called.

    `db` holds the tables of `derived`, and the facts themselves as views: `transitions`, `handoffs`, `leads`, `activities`,
    `deals` as known then, the same with `_all` behind as they are. Threads take turns: whoever asks several things that
    have to fit together, while somebody may refresh, holds `lock`.
    """

    def __init__(self, source: Path | FactTables, as_of: int | None, threads: int = THREADS) -> None:
        self.source = source
        self.lock = RLock()
        self._files: dict[str, tuple[store.FactFile, ...]] = {}
        self._rows: dict[str, int] = {}
        self._cut = self._next = self._taken = 0
        self.db = duckdb.connect(config={"threads": threads})
        self.db.execute("ATTACH ':memory:' AS facts (COMPRESS); SET preserve_insertion_order = true")
        self._beside = self.db.cursor()
        for connection in (self.db, self._beside):
            connection.execute("USE facts; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._told, known = self._attach()
        self.terms = self._told
        self.remembered: dict[Any, Any] = {}
        """What is asked again and again; forgotten when something new comes in."""
        self.as_of = known if as_of is None else min(as_of, known)
        self._look_from(self.as_of)
        self._build()

    def close(self) -> None:
        """Give the memory back."""
        self._beside.close()
        self.db.close()

    def __enter__(self) -> Facts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_late(self) -> bool:
        """Whether there may be rows that became known after `as_of`."""
        return self._has_late

    def place(self, role: str) -> int | None:
        """The number of the stage that plays this part; None if there is none."""
        stage = self.terms.stage(role)
        return None if stage is None else self.place_of(stage)

    def place_of(self, stage: str) -> int:
        """The number of a stage. UsageError: there is none of that id."""
        ids = [each.id for each in self.terms.stages]
        if stage not in ids:
            raise UsageError(f"there is no stage `{stage}`: there is {', '.join(ids)}")
        return ids.index(stage)

    def target(self, name: str) -> int:
        """The number of the stage that plays this part, else of the stage of that id. UsageError: there is none."""
        place = self.place(name)
        return self.place_of(name) if place is None else place

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """What a statement gives; it has the parameters that it names."""
        with self.lock:
            found: list[tuple[Any, ...]] = self.db.execute(sql, _named(sql, parameters)).fetchall()
        return found

    def each(self, statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
        """What each of several statements gives, two at a time: to plan a small one takes one processor, and longer than to
        answer it.
        """
        found: list[list[tuple[Any, ...]]] = [[] for _ in statements]
        left = deque(enumerate(statements))

        def ask(connection: duckdb.DuckDBPyConnection) -> None:
            while left:
                try:
                    place, (sql, parameters) = left.popleft()
                except IndexError:  # the other one was quicker
                    return
                found[place] = connection.execute(sql, _named(sql, parameters)).fetchall()

        with self.lock, ThreadPoolExecutor(1) as beside:
            other = beside.submit(ask, self._beside) if len(statements) > 1 else None
            ask(self.db)
            if other is not None:
                other.result()
        return found

    def columns(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The same column by column, as arrays of numpy; masked ones where something is null."""
        with self.lock:
            found: Mapping[str, Any] = self.db.execute(sql, _named(sql, parameters)).fetchnumpy()
        return found

    def refresh(self, as_of: int | None = None) -> None:
        """Take in what was added to the folder since, and look at it as of then (as of the last known when None).

        It costs what is new, unless the agreement changed, `as_of` goes back, or something was taken out of the facts.
        """
        with self.lock:
            try:
                self._refresh(as_of)
            except BaseException:
                self._goes_on = False  # half of it may be taken in
                raise

    def _refresh(self, as_of: int | None) -> None:
        told, rows, cut = self._told, self._rows, self._cut
        self._told, known = self._attach()
        later = known if as_of is None else min(as_of, known)
        new = {name: store.rows_after(self._files[name], rows[name]) for name in self._files}
        grows = cut == self._cut and all(rows[name] <= self._rows[name] for name in rows)
        goes_on = self._goes_on and grows and told == self._told and later >= self.as_of
        if goes_on and later == self.as_of and not any(new.values()):
            return
        self._look_from(later)
        if not goes_on or self._taken > 2 * self._next + 1000 or self._brings_stages(new["transitions"]):
            self._build()
        else:
            self._add(new)
        self.remembered.clear()

    def _look_from(self, as_of: int) -> None:
        self._before, self.as_of = self.as_of, as_of
        self.db.execute(f"SET VARIABLE now = make_timestamptz({as_of})")

    def _attach(self) -> tuple[Terms, int]:
        """The facts as they are, as views with `_all` behind their names."""
        if isinstance(self.source, FactTables):
            for name in TABLES:
                self.db.register(f"{name}_all", self.source.tables[name])
            return self.source.terms, self.source.known_until
        manifest = store.read_manifest(self.source)
        for name, table in TABLES.items():
            files = manifest.tables.get(name, ())
            if files == self._files.get(name):
                continue
            self._files[name] = files
            if files:
                source = _read(store.paths(self.source, files, name))
            else:
                source = f"{name}_empty"
                self.db.register(source, table.schema.empty_table())
            self.db.execute(f"CREATE OR REPLACE VIEW {name}_all AS FROM {source}")
        self._rows = {name: sum(file.rows for file in files) for name, files in self._files.items()}
        self._cut = manifest.cut
        return manifest.terms, manifest.known_until

    def _unknown(self, source: str, terms: Terms) -> list[StageTerm]:
        """Stages that transitions enter and the terms do not know: of an agreement that nobody told of."""
        known = {stage.id for stage in terms.stages} | set(terms.older)
        found = self.rows(f"SELECT DISTINCT to_stage FROM {source} ORDER BY to_stage")
        return [StageTerm(name, None, {}) for (name,) in found if name not in known]

    def _build(self) -> None:
        """Everything anew."""
        self._stages()
        self._next = self._taken = 0
        self.lags, self.stands = Lags(self.columns), Stands(self.columns)
        for name in TABLES:
            self.db.execute(f"DROP TABLE IF EXISTS fresh_{name}")
            self.db.execute(f"CREATE OR REPLACE TEMP VIEW fresh_{name} AS FROM {name}_all")
        self.db.execute(derived.KNOWN)
        words = self._words() | dict.fromkeys(derived.KEPT, "")
        self.db.execute((derived.COMPANIES + derived.EVERYBODY).format(**words))
        self._those()
        self._derive(words)
        for name in (*derived.MADE, "steps"):
            self.db.execute(f"DROP TABLE IF EXISTS {name}; ALTER TABLE new_{name} RENAME TO {name}")
        self.db.execute("DELETE FROM steps WHERE late")
        for name in TABLES:
            self.db.execute(f"DROP VIEW fresh_{name}")
        self.db.execute("DROP TABLE touched")
        self.db.execute("CHECKPOINT")  # which compresses what is in memory
        for name in derived.INDEXED:
            self.db.execute(f"CREATE INDEX {name}_of ON {name} (n)")

    def _add(self, new: Mapping[str, list[tuple[store.FactFile, int]]]) -> None:
        """The leads that new rows tell of, anew; all others stay."""
        assert isinstance(self.source, Path)
        for name, added in new.items():
            parts = [_after(self.source, name, file, known) for file, known in added]
            parts.append(f"FROM coming_{name}")
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE fresh_{name} AS {' UNION ALL '.join(parts)}")
        words = self._words()
        self.db.execute((derived.COMPANIES + derived.SOME).format(**words))
        those = self._those()
        for name, others in derived.GONE.items():  # by the index, which serves no other condition beside it
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE old_{name} AS FROM {name} WHERE {those} {others}")
        self._derive({**words, **derived.KEPT})
        for kept in (self.lags, self.stands):
            kept.change("old_entries", "new_entries")
        for name, others in derived.GONE.items():
            self.db.execute(f"DELETE FROM {name} WHERE {those} {others}; DROP TABLE old_{name}")
        for name in derived.MADE:
            self.db.execute(f"INSERT INTO {name} BY NAME FROM new_{name}; DROP TABLE new_{name}")
        self.db.execute("INSERT INTO steps FROM new_steps WHERE NOT late; DROP TABLE new_steps")
        self.db.execute(
            "UPDATE handed SET met = false WHERE met IS NULL AND outcome = 'open' AND due_us <= $1",
            [self.as_of],
        )

    def _brings_stages(self, files: list[tuple[store.FactFile, int]]) -> bool:
        """Whether new transitions enter a stage that has no number yet."""
        assert isinstance(self.source, Path)
        source = _read(store.paths(self.source, tuple(file for file, _ in files), "transitions"))
        return bool(files) and bool(self._unknown(source, self.terms))

    def _stages(self) -> None:
        """The stages by number: those of the terms, then any other that facts name."""
        self.terms = replace(
            self._told, stages=self._told.stages + tuple(self._unknown("transitions_all", self._told))
        )
        stages = [(place, stage.id) for place, stage in enumerate(self.terms.stages)]
        stages += [(self.place_of(now), old) for old, now in self.terms.older.items()]
        table = pa.table({"place": [p for p, _ in stages], "id": [i for _, i in stages]})
        self.db.register("stages_now", table)
        self.db.execute("CREATE OR REPLACE TABLE stages AS FROM stages_now")

    def _derive(self, words: Mapping[str, str]) -> None:
        """The `new_` tables of the leads in `touched` that are made anew."""
        for statements in (derived.PEOPLE, derived.ORDERED):
            self.db.execute(statements.format(**words))
        self._run()
        for statements in (derived.STEPS, derived.CONTENTS, derived.ENTRIES):
            self.db.execute(statements.format(**words))
        self.db.unregister("runs")
        for statements in (derived.HANDED, derived.WORTH, derived.FORMS):
            self.db.execute(statements.format(**words))
        self._put_off(words)
        self.db.execute("DROP TABLE ordered; DROP TABLE contents; DROP VIEW some_steps")

    def _those(self) -> str:
        """The condition of the leads that are made anew and have been there before."""
        old, before = "FROM touched WHERE made AND n < $next", {"next": self._next}
        named = [str(n) for (n,) in self.rows(f"SELECT n {old} LIMIT {MOST_NAMED + 1}", before)]
        self._taken += self.rows(f"SELECT count(*) {old}", before)[0][0]
        self._next = self.rows("SELECT greatest($next, coalesce(max(n) + 1, 0)) FROM touched", before)[0][0]
        if len(named) > MOST_NAMED:
            return "n IN (SELECT n FROM touched WHERE made)"
        return f"n IN ({', '.join(named)})" if named else "false"

    def _put_off(self, words: Mapping[str, str]) -> None:
        """`coming_` facts: those that cannot be counted yet, to be looked at with what is new the next time."""
        for name in TABLES:
            rows = derived.coming(name).format(**words)
            self.db.execute(
                f"CREATE OR REPLACE TABLE coming_{name} AS FROM ({rows}) LIMIT {derived.MOST_COMING + 1}"
            )
        parts = " UNION ALL ".join(
            f"SELECT count(*), coalesce(max(epoch_us(recorded_at)), 0) FROM coming_{name}" for name in TABLES
        )
        found = self.rows(parts)
        self._goes_on = isinstance(self.source, Path) and all(
            count <= derived.MOST_COMING for count, _ in found
        )
        self._has_late = any(last > self.as_of for _, last in found)

    def _words(self) -> dict[str, str]:
        zone = self.terms.timezone.replace("'", "''")
        columns = {
            "us": "us", "left": "runs.left_us", "given": "h.us", "opened": "d.us", "closed": "d.closed_us",
        }  # fmt: skip
        periods = {
            f"{u}_{name}": derived.period(u, column, zone)
            for name, column in columns.items()
            for u in ("month", "week")
        }
        mql = self.place("MQL")
        now = f"make_timestamptz({self.as_of})"
        told = {
            "now": now, "now_us": str(self.as_of), "zone": zone, "next": str(self._next), "before": str(self._before),
        }  # fmt: skip
        return {"mql": str(NONE if mql is None else mql), **told, **periods}

    def _run(self) -> None:
        """`runs`: row by row what came after each row of `ordered`."""
        found = self.columns("SELECT n, us, stage FROM ordered WHERE NOT late")
        late = self.rows("SELECT count(*) FROM ordered WHERE late")[0][0]
        begins = tuple(
            NONE if (place := self.place(role)) is None else place for role in ("MAL", "MQL", "SGL")
        )
        stages = len(self.terms.stages)
        lead, at, stage = (np.asarray(found[name], np.int64) for name in ("n", "us", "stage"))
        runs = runs_of(lead, at, stage, stages, begins[:2], begins[2])
        columns = {
            "left_us": _times(runs.left, late),
            "again_us": _times(runs.again, late),
            "path": pa.array(np.append(runs.path, np.zeros(late, np.int8))),
        }
        columns |= {f"reached_{each}": _times(runs.reached[:, each], late) for each in range(stages)}
        columns["last"] = pa.array(np.append(runs.again == NONE, np.zeros(late, np.bool_)))
        self.db.register("runs", pa.table(columns))


def _named(sql: str, parameters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Those that a statement names."""
    used = {name: value for name, value in (parameters or {}).items() if re.search(rf"\${name}\b", sql)}
    return used or None


def _after(folder: Path, name: str, file: store.FactFile, known: int) -> str:
    """The rows of a file beyond the first so many."""
    source = _read(store.paths(folder, (file,), name))
    if not known:
        return f"FROM {source}"
    numbered = source.removesuffix(")") + ", file_row_number = true)"
    return f"SELECT * EXCLUDE (file_row_number) FROM {numbered} WHERE file_row_number >= {known}"


def _read(files: list[Path]) -> str:
    """These files as a table of SQL."""
    return "read_parquet([" + ", ".join("'" + str(file).replace("'", "''") + "'" for file in files) + "])"


def _times(values: np.ndarray[Any, np.dtype[np.int64]], late: int) -> pa.Array:
    padded = np.append(values, np.full(late, NONE))
    return pa.array(padded, mask=padded == NONE)


def open_facts(source: Path | FactTables, as_of: int | None = None, *, threads: int = THREADS) -> Facts:
    """Open the facts in a folder or in memory as known at `as_of` (µs UTC); at the last known time when None, or if later.

    One lead costs some microseconds when opened; a million with ten million activities some seconds. FactsUnreadable.
    """
    return Facts(source, as_of, threads)
