"""Turn the event log of the BPI Challenge 2012 into profiles, activities and decisions.

    python examples/bpi2012/convert.py --out DIR [--data FOLDER]

A_ and O_ events move an application or its offer: decisions, by the role of their resource.
W_ events are calls and desk work: activities. The order of the log is kept where times are equal.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bpi2012"
EVENTS = "events.csv.gz"
SYSTEM = "112"
"""The resource that submits every application: the web form and its automatic checks."""
SPECIALISTS_STEPS = frozenset({"A_REGISTERED", "A_APPROVED", "A_ACTIVATED"})
CALLS = "Nabellen"

Event = dict[str, str]


def read(path: Path) -> list[Event]:
    """The rows of the log, in its order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_decision(event: Event) -> bool:
    """Whether the event moves the application (A_) or its offer (O_)."""
    return event["activity"].startswith(("A_", "O_"))


def roles(events: Iterable[Event]) -> dict[str, str]:
    """The role of each resource: system, specialist (approves loans) or agent."""
    found: dict[str, str] = {}
    for event in events:
        resource = event["resource"]
        if event["activity"] in SPECIALISTS_STEPS:
            found[resource] = "specialist"
        else:
            found.setdefault(resource, "agent")
    return found | {SYSTEM: "system"}


def profiles(events: Iterable[Event]) -> Iterator[list[str]]:
    """One profile for each application, at its registration."""
    yield ["lead", "at", "amount"]
    for event in events:
        if event["event_index"] == "0":
            yield [event["case_id"], event["reg_date"], event["amount_req"]]


def activities(events: Iterable[Event]) -> Iterator[list[str]]:
    """Calls and desk work, with who did them."""
    yield ["lead", "at", "type", "step", "lifecycle", "resource"]
    for event in events:
        if not is_decision(event):
            step = event["activity"].removeprefix("W_")
            kind = "call" if step.startswith(CALLS) else "work"
            lifecycle = event["lifecycle"].lower()
            yield [event["case_id"], event["timestamp"], kind, step, lifecycle, event["resource"]]


def decisions(events: Sequence[Event]) -> Iterator[list[str]]:
    """Each step of the application or its offer, by the role of its resource."""
    role_of = roles(events)
    yield ["lead", "at", "to", "role"]
    for event in events:
        if is_decision(event):
            yield [event["case_id"], event["timestamp"], event["activity"], role_of[event["resource"]]]


def write(path: Path, rows: Iterable[list[str]]) -> None:
    """A CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def convert(data: Path, out: Path) -> None:
    """Write the three inputs into `out`."""
    events = read(data / EVENTS)
    out.mkdir(parents=True, exist_ok=True)
    write(out / "profiles.csv", profiles(events))
    write(out / "activities.csv", activities(events))
    write(out / "decisions.csv", decisions(events))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="BPI Challenge 2012 as profiles, activities and decisions")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with events.csv.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    arguments = parser.parse_args()
    if not (arguments.data / EVENTS).is_file():
        parser.error(f"there is no {EVENTS} in {arguments.data}: say with --data where the raw data is")
    convert(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
