"""A whole installation for a test: its own data folder or database, `tasuki up` in processes of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psutil
import psycopg

TASUKI = (sys.executable, "-c", "from tasuki.cli import main; main()")
SETTINGS = "tasuki.server.settings"
PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database_of_its_own(name: str) -> Iterator[str]:
    """An address of an empty PostgreSQL database, where these tests run on one; else nothing, for SQLite."""
    address = os.environ.get("DATABASE_URL", "")
    if not address:
        yield ""
        return
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(address)
    try:
        # urlunsplit drops the slashes of an address without host
        yield urlunsplit(parts._replace(netloc=parts.netloc or "postgres", path=f"/{name}"))
    finally:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Installation:
    """Set up by the commands that people use; `up` runs while in `running`."""

    folder: Path
    database: str
    port: int = field(default_factory=free_port)
    token: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("TASUKI_", "DATABASE"))
        }
        own = {
            "TASUKI_DATA": str(self.folder),
            "TASUKI_LOG_FORMAT": "text",
            "TASUKI_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": SETTINGS,
        }
        return kept | own | ({"DATABASE_URL": self.database} if self.database else {})

    def tasuki(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [*TASUKI, *arguments],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def set_up(self, agreement: str) -> None:
        file = self.folder / "agreement.yaml"
        file.write_text(agreement, encoding="utf-8")
        self.tasuki("createuser", "adachi", "--role", "administrator", typed=PASSWORD + "\n")
        self.tasuki("publish", str(file))
        self.tasuki("doctor")  # compiles the kernel once: no worker that is killed ever gets done with it
        self.token = self.tasuki("token", "adachi", "--name", "feeder").strip()

    @contextmanager
    def running(self, *, ready: bool = True) -> Iterator[subprocess.Popen[bytes]]:
        command = [*TASUKI, "up", "--port", str(self.port)]
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            if ready:
                self.wait_until_ready()
            yield self.process
        finally:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            finally:
                self.process.kill()

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text(encoding="utf-8", errors="replace")

    def parts(self) -> dict[str, list[psutil.Process]]:
        """The processes of web and worker that live."""
        assert self.process is not None
        found: dict[str, list[psutil.Process]] = {"web": [], "worker": []}
        for child in psutil.Process(self.process.pid).children():
            command = child.cmdline()
            name = next((name for name in found if name in command), None)
            if name:
                found[name] += [child, *child.children()]
        return found

    def get(self, path: str) -> Any:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            body = answer.read().decode()
        return json.loads(body) if body.startswith("{") else body

    def wait_until_ready(self, seconds: float = 60) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            try:
                if self.get("/readyz")["status"] == "ok":
                    return
            except (URLError, OSError, http.client.HTTPException):
                pass
            assert self.process is None or self.process.poll() is None, self.log
            sleep(0.1)
        raise AssertionError(f"not ready: {self.log}")

    def wait_until_folded(self, seconds: float = 120) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            try:
                if "\ntasuki_due_leads 0.0" in self.get("/metrics"):
                    return
            except (URLError, OSError, http.client.HTTPException):
                pass
            sleep(0.1)
        raise AssertionError(f"not folded: {self.log}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Straight from the database, past the server."""
        if self.database:
            with psycopg.connect(self.database) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.folder / "tasuki.sqlite3", timeout=30)) as connection:
            return connection.execute(query).fetchall()


class Client:
    """Sends JSON on a connection that is kept; a new one after a fault."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._headers = (
            port,
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and answer. OSError or HTTPException: nobody knows whether it arrived."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._connection.request("POST", path, json.dumps(body), self._headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
