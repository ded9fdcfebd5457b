"""Facts opened for counting: as they were known at one time, in a DuckDB of this process."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from tasuki.metrics.facts.schema import TABLES, Table
from tasuki.metrics.roles import StageTerm, Terms
from tasuki.metrics.runs import NONE, runs_of

THREADS = 2


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
        self.db = duckdb.connect(config={"threads": threads})
        self.db.execute(
            "ATTACH ':memory:' AS facts (COMPRESS); USE facts; SET TimeZone = 'UTC'; SET preserve_insertion_order = true;"
            " SET enable_progress_bar = false"
        )
        self._told, known = self._attach()
        self.terms = self._told
        self.as_of = known if as_of is None else min(as_of, known)
        self._ahead = False
        self.remembered: dict[Any, Any] = {}
        """What is asked again and again, such as how long a step takes; forgotten when something new comes in."""
        self._build()

    def close(self) -> None:
        """Give the memory back."""
        self.db.close()

    def __enter__(self) -> Facts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_late(self) -> bool:
        """Whether there may be rows that became known after `as_of`."""
        return self._ahead

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
        used = {name: value for name, value in (parameters or {}).items() if re.search(rf"\${name}\b", sql)}
        with self.lock:
            found: list[tuple[Any, ...]] = self.db.execute(sql, used or None).fetchall()
        return found

    def refresh(self, as_of: int | None = None) -> None:
        """Take in what was added to the folder since, and look at it as of then (as of the last known when None).

        It costs what is new, unless the agreement changed, `as_of` goes back, or facts were there that were not known yet.
        """
        with self.lock:
            self._refresh(as_of)

    def _refresh(self, as_of: int | None) -> None:
        told, files = self._told, self._files
        self._told, known = self._attach()
        later = known if as_of is None else min(as_of, known)
        new = {
            name: [file for file in now if file not in files.get(name, ())]
            for name, now in self._files.items()
        }
        plain = all(file.first > _last(files.get(name, ())) for name, added in new.items() for file in added)
        anew = self._ahead or not plain or later < self.as_of or told != self._told
        self.as_of = later
        if anew or self._worn() or self._brings_stages(new["transitions"]):
            self._build()
        else:
            self._add(new)
        self.remembered.clear()

    def _attach(self) -> tuple[Terms, int]:
        """The facts as they are, as views with `_all` behind their names."""
        if isinstance(self.source, FactTables):
            for name in TABLES:
                self.db.register(f"{name}_all", self.source.tables[name])
            return self.source.terms, self.source.known_until
        manifest = store.read_manifest(self.source)
        self._files = {name: manifest.tables.get(name, ()) for name in TABLES}
        for name, table in TABLES.items():
            files = store.paths(self.source, self._files[name], name)
            if files:
                self.db.execute(f"CREATE OR REPLACE VIEW {name}_all AS FROM {_read(files)}")
            else:
                self.db.register(f"{name}_empty", table.schema.empty_table())
                self.db.execute(f"CREATE OR REPLACE VIEW {name}_all AS FROM {name}_empty")
        return manifest.terms, manifest.known_until

    def _is_ahead(self, source: str, table: Table) -> bool:
        """Whether rows of the source are about a time after `as_of`, or became known after it."""
        sql = f'SELECT EXISTS (FROM {source} WHERE recorded_at > {{now}} OR "{table.at}" > {{now}})'
        return bool(self.rows(sql.format(now=f"make_timestamptz({self.as_of})"))[0][0])

    def _unknown(self, source: str, terms: Terms) -> list[StageTerm]:
        """Stages that transitions enter and the terms do not know: of an agreement that nobody told of."""
        known = {stage.id for stage in terms.stages} | set(terms.older)
        found = self.rows(f"SELECT DISTINCT to_stage FROM {source} ORDER BY to_stage")
        return [StageTerm(name, None, {}) for (name,) in found if name not in known]

    def _build(self) -> None:
        """Everything anew."""
        self._stages()
        parts = [
            f"SELECT lead FROM {name}_all WHERE lead IS NOT NULL"
            for name in ("transitions", "handoffs", "leads", "deals")
        ]
        self.db.execute("CREATE OR REPLACE TEMP TABLE touched AS " + " UNION ".join(parts))
        for name in derived.MADE:
            self.db.execute(f"DROP TABLE IF EXISTS {name}")
        self.db.execute("CREATE TABLE people (n BIGINT)")
        self._ahead = any(self._is_ahead(f"{name}_all", table) for name, table in TABLES.items())
        self._derive(whole=True)
        self.db.execute("DROP TABLE people")
        for name in derived.MADE:
            self.db.execute(f"ALTER TABLE new_{name} RENAME TO {name}")
        self.db.execute("CHECKPOINT")  # which compresses what is in memory

    def _add(self, new: Mapping[str, list[store.FactFile]]) -> None:
        """The leads that new files tell of, anew; all others stay."""
        assert isinstance(self.source, Path)
        self.db.execute("CREATE OR REPLACE TEMP TABLE touched (lead VARCHAR)")
        for name, added in new.items():
            if added:
                source = _read(store.paths(self.source, tuple(added), name))
                self._ahead = self._ahead or self._is_ahead(source, TABLES[name])
                self.db.execute(
                    f"INSERT INTO touched SELECT DISTINCT lead FROM {source} WHERE lead IS NOT NULL"
                )
        self.db.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT lead FROM touched")
        self._derive(whole=False)
        for name in derived.MADE[::-1]:
            alone = " OR n IS NULL" if name == "worth" else ""
            self.db.execute(
                f"DELETE FROM {name} WHERE n IN (SELECT n FROM people SEMI JOIN touched USING (lead)){alone}"
            )
        for name in derived.MADE:
            self.db.execute(f"INSERT INTO {name} BY NAME FROM new_{name}; DROP TABLE new_{name}")
        self.db.execute(
            "UPDATE handed SET met = false WHERE met IS NULL AND outcome = 'open' AND due_us <= $1",
            [self.as_of],
        )

    def _brings_stages(self, files: list[store.FactFile]) -> bool:
        """Whether new transitions enter a stage that has no number yet."""
        assert isinstance(self.source, Path)
        source = _read(store.paths(self.source, tuple(files), "transitions"))
        return bool(files) and bool(self._unknown(source, self.terms))

    def _worn(self) -> bool:
        """Whether so many leads were numbered anew that it is time to begin again."""
        count, highest = self.rows("SELECT count(*), coalesce(max(n), 0) FROM people")[0]
        return bool(highest > 2 * count + 1000)

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

    def _derive(self, *, whole: bool) -> None:
        """The `new_` tables of the leads in `touched`, which are all of them if `whole`."""
        words = self._words() | {
            "touched": "" if whole else "SEMI JOIN touched USING (lead)",
            "touched_deals": "true" if whole else "(lead IS NULL OR lead IN (FROM touched))",
        }
        for statements in (derived.SOURCES, derived.KNOWN, derived.PEOPLE, derived.ORDERED):
            self.db.execute(statements.format(**words))
        self._run()
        for statements in (derived.CONTENTS, derived.ENTRIES):
            self.db.execute(statements.format(**words))
        self.db.unregister("runs")
        self.db.execute("DROP TABLE ordered; DROP TABLE contents")
        for statements in (derived.HANDED, derived.WORTH, derived.FORMS):
            self.db.execute(statements.format(**words))

    def _words(self) -> dict[str, str]:
        zone = self.terms.timezone.replace("'", "''")
        columns = {"us": "us", "left": "runs.left_us", "closed": "closed_us", "opened": "epoch_us(opened_at)"}
        periods = {
            f"{u}_{name}": derived.period(u, column, zone)
            for name, column in columns.items()
            for u in ("month", "week")
        }
        mql = self.place("MQL")
        now = f"make_timestamptz({self.as_of})"
        return {"now": now, "zone": zone, "mql": str(NONE if mql is None else mql), **periods}

    def _run(self) -> None:
        """`runs`: row by row what came after each row of `ordered`."""
        found = self.db.execute("SELECT n, us, stage FROM ordered WHERE NOT late").fetchnumpy()
        late = self.rows("SELECT count(*) FROM ordered WHERE late")[0][0]
        begins = tuple(
            NONE if (place := self.place(role)) is None else place for role in ("MAL", "MQL", "SGL")
        )
        stages = len(self.terms.stages)
        lead, at, stage = (np.asarray(found[name], np.int64) for name in ("n", "us", "stage"))
        runs = runs_of(lead, at, stage, stages, begins[:2], begins[2])
        columns = {
            "left_us": _times(runs.left, late),
            "path": pa.array(np.append(runs.path, np.zeros(late, np.int8))),
        }
        columns |= {f"reached_{each}": _times(runs.reached[:, each], late) for each in range(stages)}
        columns["last"] = pa.array(np.append(runs.last, np.zeros(late, np.bool_)))
        self.db.register("runs", pa.table(columns))


def _read(files: list[Path]) -> str:
    """These files as a table of SQL."""
    return "read_parquet([" + ", ".join("'" + str(file).replace("'", "''") + "'" for file in files) + "])"


def _last(files: tuple[store.FactFile, ...]) -> int:
    return max((file.last for file in files), default=0)


def _times(values: np.ndarray[Any, np.dtype[np.int64]], late: int) -> pa.Array:
    padded = np.append(values, np.full(late, NONE))
    return pa.array(padded, mask=padded == NONE)


def open_facts(source: Path | FactTables, as_of: int | None = None, *, threads: int = THREADS) -> Facts:
    """Open the facts in a folder or in memory as known at `as_of` (µs UTC); at the last known time when None, or if later.

    One lead costs some microseconds when opened; a million with ten million activities some seconds. FactsUnreadable.
    """
    return Facts(source, as_of, threads)
