"""Write the worked cases G1 to G11 of the model as profiles, activities and decisions.

    python examples/gitlab/convert.py --out DIR

There is no raw data behind this example: the cases are small ledgers, made to show one clause each.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN = "2024-03-04T09:00:00Z"
FIRST_ACTION = "2024-03-05T10:00:00Z"
PROFILE_FIELDS = (
    "email",
    "email.kind",
    "seniority",
    "function",
    "country.tier",
    "company_use",
    "account.name",
    "account.competitor",
)
ACTIVITY_FIELDS = ("type", "channel", "program", "status", "content", "path", "form")
DECISION_FIELDS = ("to", "role", "reason")

Fields = Mapping[str, str]

FULL_FIT = {
    "email.kind": "business",
    "seniority": "high",
    "function": "high",
    "country.tier": "1",
    "company_use": "true",
}
FIT_OF_50 = {"email.kind": "business", "seniority": "high"}
GENERIC = {"email.kind": "generic"}
PRICING = {"type": "page_view", "path": "/pricing/"}
WEBCAST = {"type": "program_status", "program": "Webcast", "status": "Attended"}
CONTACT = {"type": "form_submit", "form": "contact_request"}
REGISTERED = {"type": "program_status", "program": "Webcast", "status": "Registered"}
NO_SHOW = {"type": "program_status", "program": "Webcast", "status": "No Show"}
PATHFACTORY = {"type": "content_view", "channel": "pathfactory", "content": "DevOps guide"}
GATED = {"type": "program_status", "program": "Gated Content", "status": "Downloaded", "content": "CI guide"}
ACCEPTED = {"to": "ACCEPTED", "role": "xdr"}
RECYCLED = {"to": "RECYCLED", "role": "xdr", "reason": "No Budget"}
RECYCLED_EARLY = {"to": "RECYCLED_EARLY", "role": "xdr", "reason": "Evaluating"}


@dataclass(frozen=True)
class Case:
    """One lead: its profile from the beginning, then what it did and what people decided, with times."""

    lead: str
    profile: Fields
    activities: tuple[tuple[str, Fields], ...] = ()
    decisions: tuple[tuple[str, Fields], ...] = ()


CASES = (
    Case("G1", FULL_FIT),
    Case("G2", FULL_FIT, ((FIRST_ACTION, WEBCAST),)),
    Case("G3", FULL_FIT, ((FIRST_ACTION, PRICING), ("2024-03-08T10:00:00Z", PRICING))),
    Case("G4", FULL_FIT, ((FIRST_ACTION, PRICING), ("2024-03-08T10:00:00Z", PRICING))),
    Case("G5", GENERIC, ((FIRST_ACTION, CONTACT),)),
    Case(
        "G6",
        FULL_FIT,
        ((FIRST_ACTION, WEBCAST), ("2024-03-20T10:00:00Z", PRICING)),
        (("2024-03-12T10:00:00Z", RECYCLED),),
    ),
    Case(
        "G7",
        FIT_OF_50,
        ((FIRST_ACTION, REGISTERED), ("2024-03-06T10:00:00Z", PATHFACTORY), ("2024-03-25T10:00:00Z", GATED)),
        (("2024-03-10T10:00:00Z", ACCEPTED), ("2024-03-22T10:00:00Z", RECYCLED_EARLY)),
    ),
    Case("G8a", FIT_OF_50, ((FIRST_ACTION, NO_SHOW),)),
    Case("G8b", FIT_OF_50, ((FIRST_ACTION, REGISTERED), ("2024-03-07T10:00:00Z", NO_SHOW))),
    Case("G9", FULL_FIT, (("2024-03-08T17:30:00Z", WEBCAST),), (("2024-03-11T10:15:00Z", ACCEPTED),)),
    Case("G10", FULL_FIT, (("2024-03-08T17:30:00Z", WEBCAST),), (("2024-03-11T11:00:00Z", ACCEPTED),)),
    Case("G11", FULL_FIT, ((FIRST_ACTION, WEBCAST),)),
)


def rows(fields: Sequence[str], entries: Iterable[tuple[str, str, Fields]]) -> list[list[str]]:
    """A header, then one row for each (lead, at, fields)."""
    body = [[lead, at, *(values.get(name, "") for name in fields)] for lead, at, values in entries]
    return [["lead", "at", *fields], *body]


def profile(case: Case) -> Fields:
    """The case's own fields, with an address and a company."""
    host = "gmail.example" if case.profile.get("email.kind") == "generic" else "buyer.example"
    return {"email": f"{case.lead.lower()}@{host}", "account.name": "Buyer Ltd", **case.profile}


def write(path: Path, table: list[list[str]]) -> None:
    """A CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


def convert(out: Path, cases: Sequence[Case] = CASES) -> None:
    """Write the three inputs into `out`."""
    activities = [(case.lead, at, fields) for case in cases for at, fields in case.activities]
    decisions = [(case.lead, at, fields) for case in cases for at, fields in case.decisions]
    out.mkdir(parents=True, exist_ok=True)
    write(out / "profiles.csv", rows(PROFILE_FIELDS, [(case.lead, BEGIN, profile(case)) for case in cases]))
    write(out / "activities.csv", rows(ACTIVITY_FIELDS, activities))
    write(out / "decisions.csv", rows(DECISION_FIELDS, decisions))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="the worked cases of GitLab's model as inputs")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    convert(parser.parse_args().out)


if __name__ == "__main__":
    main()
