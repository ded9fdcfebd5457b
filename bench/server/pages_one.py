"""One database: fill it unless it is filled, start the web process, ask for pages; numbers as JSON into the file named."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.server.asking import after_news, alone, first_looks, opening, together
from bench.server.cases import ASIDE, cases
from bench.server.cases import first_looks as pages_in_all_times
from bench.server.one import _free_port, _served
from bench.server.web_memory import memory_of_children
from bench.timing import say

TIMES, TIMES_AFTER_NEWS, ROUNDS = 40, 2, 3
NEW_ACTIVITIES = 300
SECONDS = 60.0
PEOPLE = 20
PAUSES = {"together": 3.0, "hurried": 1.0, "without_pause": 0.0}
"""Seconds that each of them reads between two pages."""
MANY = 10_000


def main(out: Path, scale: float) -> None:
    """Measure on the database of the environment."""
    from tasuki.server.running.starting import start_django

    start_django()
    town = _town(scale)
    some = cases(town)
    port = _free_port()
    numbers: dict[str, Any] = {"town": {name: town[name] for name in ("leads", "activities", "seconds")}}
    with _served("web", port) as process:
        opening(port, town["users"]["manager"])
        say("  one person")
        numbers["alone"] = alone(port, some, TIMES)
        say("  one person, after new facts")
        figures = [
            case for case in some if case.group in ("Numbers", "Plan") and "as_of" not in case.addresses[0]
        ]
        numbers["after_news"] = after_news(port, figures, _news(town), TIMES_AFTER_NEWS)
        say("  first looks at fresh facts")
        numbers["first_looks"] = first_looks(port, pages_in_all_times(town), ASIDE, _news(town), ROUNDS)
        before = memory_of_children(process.pid)
        for name, pause in PAUSES.items():
            say(
                f"  {PEOPLE} people, {f'{pause:g} s of reading between two pages' if pause else 'without a pause'}"
            )
            begin = perf_counter()
            numbers[name] = together(port, some, town["users"], SECONDS * max(scale, 0.3), PEOPLE, pause)
            numbers[f"{name}_rate"] = sum(map(len, numbers[name].values())) / (perf_counter() - begin)
        numbers["memory"] = [before, memory_of_children(process.pid)]
    out.write_text(json.dumps(numbers), encoding="utf-8")


def _news(town: dict[str, Any]) -> Callable[[], None]:
    """Records activities of as many leads, and has the facts tell of them."""
    from tasuki.server.activities.commands import record_activities
    from tasuki.server.activities.inputs import ActivityInput
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.insights.commands import refresh
    from tasuki.server.people.inputs import LeadRef

    chance = random.Random(7)
    content = {"path": "/download/paper", "content.kind": "whitepaper"}

    def news() -> None:
        ids = chance.sample(range(1, town["leads"] + 1), min(NEW_ACTIVITIES, town["leads"]))
        given = [
            ActivityInput(
                LeadRef(lead=pk), "page_view", properties=content if place % 5 == 0 else {"path": "/"}
            )
            for place, pk in enumerate(ids)
        ]
        record_activities(SYSTEM, given, source="bench")
        refresh()

    return news


def _town(scale: float) -> dict[str, Any]:
    from tasuki.server.insights.commands import refresh as count
    from tasuki.server.running.kernel import warm
    from tasuki.server.running.migrating import migrate

    migrate()
    warm()
    told = Path(os.environ["TASUKI_DATA"]) / "town.json"
    if not told.exists():
        from bench.server.town.found import build

        town = build(scale)
        say(f"  filled in {town.seconds:.0f} s")
        told.write_text(json.dumps(town.as_dict()), encoding="utf-8")
    count()
    return dict(json.loads(told.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
