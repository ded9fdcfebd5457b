"""Each page of figures asked for by one person in this process: first after new facts came in, then again.

Reads the facts in the data folder of the environment, adds to them, and writes seconds as JSON into the file named.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.made_facts import add
from bench.server.one import ROOT
from bench.timing import MemoryWatch, both_clocks, say

ROUNDS = 5
GOAL = "goal_2025-Q1=100000000"
PAGES: Mapping[str, str] = {
    "overview": "/numbers",
    "overview, all the time": "/numbers?period=all",
    "overview, one team": "/numbers?team=east",
    "revenue officer": "/numbers/officer",
    "flow": "/numbers/flow?period=all",
    "speed": "/numbers/speed",
    "revenue by source": "/numbers/revenue?by=source",
    "source × stage": "/numbers/by",
    "promotion by source × month": "/numbers/by?figure=mql.promotion",
    "companies × stage": "/numbers/by?rows=account",
    "one figure by month": "/numbers/mql.promotion?by=month",
    "one figure by campaign": "/numbers/sal.acceptance?by=campaign",
    "plan": f"/plan?{GOAL}",
    "plan, a rate changed": f"/plan?{GOAL}&rate_MQL=30",
}
"""What is looked at."""
WHICH = ("taken", "first", "again")
Clocks = tuple[float, float]


def main(out: Path, leads: int) -> None:
    """Measure; `leads`: how many the facts were made of."""
    from tasuki.server.running.starting import start_django

    start_django()
    get = _signed_in()
    say("  opening the facts")
    with MemoryWatch() as watch:
        opened = both_clocks(lambda: get("/numbers"))
        found: dict[str, Any] = {"opened": opened, "peak": watch.peak}
    found["pages"] = _looked(get, leads)
    out.write_text(json.dumps(found), encoding="utf-8")


def _looked(get: Callable[[str], Any], leads: int) -> dict[str, dict[str, Clocks]]:
    """Medians of the rounds, by page: what a web process does by itself after a refresh (`taken`), the first look then, and
    the one after it; on the wall, and of all processors."""
    from tasuki.metrics.facts.store import read_manifest
    from tasuki.server.insights.commands import facts_folder
    from tasuki.server.insights.opened import opened

    def take_in() -> None:
        with opened():
            pass

    folder = facts_folder()
    terms = read_manifest(folder).terms
    for address in PAGES.values():  # templates, translations, statements
        get(address)
    taken: dict[str, dict[str, list[Clocks]]] = {name: {which: [] for which in WHICH} for name in PAGES}
    for turn in range(ROUNDS):
        say(f"  round {turn + 1}")
        for name, address in PAGES.items():
            add(folder, terms, leads)
            look = partial(get, address)
            for which, action in (("taken", take_in), ("first", look), ("again", look)):
                taken[name][which].append(both_clocks(action))
    return {name: {which: _medians(clocks) for which, clocks in each.items()} for name, each in taken.items()}


def _medians(clocks: list[Clocks]) -> Clocks:
    wall, processor = zip(*clocks, strict=True)
    return statistics.median(wall), statistics.median(processor)


def _signed_in() -> Callable[[str], Any]:
    """Someone who sees everything, in an empty database."""
    from django.test import Client

    from tasuki.server.agreements import commands as agreements
    from tasuki.server.core import commands
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.running.migrating import migrate

    migrate()
    user = commands.create_user(SYSTEM, username="bench", role="administrator", password="a relay for one")
    agreements.publish(SYSTEM, text=(ROOT / "examples" / "yamada" / "agreement.yaml").read_text("utf-8"))
    client = Client(headers={"accept-language": "ja"}, SERVER_NAME="localhost")
    client.force_login(user)

    def get(address: str) -> Any:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return answer.content

    return get


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
