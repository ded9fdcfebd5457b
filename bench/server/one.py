"""One database: fill it, start the server, measure; writes the numbers as JSON into the file named."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.timing import say

ROOT = Path(__file__).parents[2]
TASUKI = (sys.executable, "-c", "from tasuki.cli import main; main()")
LEADS, ACTIVITIES, SECONDS = 100_000, 3_000_000, 60.0
BATCH = 1_000
CONNECTIONS = 8


def main(out: Path, scale: float) -> None:
    """Measure on the database of the environment."""
    from tasuki.server.running.starting import start_django

    start_django()
    token = _set_up()
    leads = int(LEADS * scale)
    numbers: dict[str, Any] = {}
    numbers["leads_stored"], numbers["activities_stored"] = leads, int(ACTIVITIES * scale)
    numbers["filling"] = _filled(leads, int(ACTIVITIES * scale))
    port = _free_port()
    with _served("web", port):  # without a worker, which would take one of the cores
        say("  intake")
        numbers |= _intake(port, token, leads, max(2.0, 10.0 * scale))
    with _served("up", port):
        say("  folding what is stored")
        numbers["folded"] = _folded()
        say("  steady load")
        from bench.server.load import steady

        numbers["load"] = steady(port, token, leads, max(10.0, SECONDS * scale))
    out.write_text(json.dumps(numbers), encoding="utf-8")


def _set_up() -> str:
    from tasuki.server.agreements import commands as agreements
    from tasuki.server.core import commands, tokens
    from tasuki.server.core.access import SCOPES, SYSTEM
    from tasuki.server.running.kernel import warm
    from tasuki.server.running.migrating import migrate

    migrate()
    warm()
    user = commands.create_user(
        SYSTEM, username="bench", role="administrator", password="correct horse battery"
    )
    text = (ROOT / "examples" / "yamada" / "agreement.yaml").read_text(encoding="utf-8")
    agreements.publish(SYSTEM, text=text)
    scopes = [scope for scope in SCOPES if scope != "export"]
    return tokens.issue(SYSTEM, user=user, name="bench", scopes=scopes)[1]


def _filled(leads: int, activities: int) -> float:
    from django.db import connection

    from bench.server.filling import fill, make_due
    from tasuki.server.core import clock

    say(f"  storing {leads:,} leads and {activities:,} activities")
    begin = perf_counter()
    make_due(fill(leads, activities, clock.now()), clock.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return perf_counter() - begin


@contextmanager
def _served(command: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*TASUKI, command, "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    if command == "web" or json.load(answer)["status"] == "ok":
                        break
            except (URLError, OSError):
                sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _folded() -> float:
    """Leads folded a second until none is due."""
    from tasuki.server.core import clock
    from tasuki.server.people.models import Due

    begin, waiting = perf_counter(), Due.objects.filter(at__lte=clock.now()).count()
    while Due.objects.filter(at__lte=clock.now()).exists():
        sleep(0.1)
    return waiting / (perf_counter() - begin)


def _intake(port: int, token: str, leads: int, seconds: float) -> dict[str, float]:
    """Each a second, by `CONNECTIONS` at once."""
    from bench.server.client import Client
    from bench.server.filling import SHAPES, address, shape

    def activity(key: str, chance: random.Random) -> dict[str, Any]:
        kind, properties = shape(chance.randrange(SHAPES))
        return {
            "lead": {"email": address(chance.randrange(leads))},
            "type": kind,
            "properties": properties,
            "key": key,
        }

    def lead(name: str) -> dict[str, Any]:
        fields = {"name": f"New {name}", "title": "部長", "account.name": f"New company {name}"}
        return {"email": f"{name}@{name}.example", "fields": fields}

    def activities(client: Client, number: int, turn: int, chance: random.Random) -> int:
        items = [activity(f"{number}-{turn}-{n}", chance) for n in range(BATCH)]
        return len(client.send("POST", "/activities/batch", {"source": "intake", "items": items})["results"])

    def new_leads(client: Client, number: int, turn: int, _: random.Random) -> int:
        items = [lead(f"b{number}-{turn}-{n}") for n in range(BATCH)]
        return len(client.send("POST", "/leads/batch", {"source": "intake", "items": items})["results"])

    def one_lead(client: Client, number: int, turn: int, _: random.Random) -> int:
        client.send("PUT", "/leads", lead(f"s{number}-{turn}"))
        return 1

    def rate(work: Callable[[Client, int, int, random.Random], int]) -> float:
        begin = perf_counter()

        def send(number: int) -> int:
            client, chance, done, turn = Client(port, token), random.Random(number), 0, 0
            while perf_counter() - begin < seconds:
                done, turn = done + work(client, number, turn, chance), turn + 1
            return done

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            done = sum(pool.map(send, range(CONNECTIONS)))
        return done / (perf_counter() - begin)

    return {"activities": rate(activities), "leads": rate(new_leads), "single_leads": rate(one_lead)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
