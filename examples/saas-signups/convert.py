"""Turn the sign-ups and daily logins of a SaaS product into profiles, activities and decisions.

    python examples/saas-signups/convert.py --out DIR [--data FOLDER]

A login is known by its day only, so it is placed on the last second of that day: no earlier is it certain.
"Adopted" is written as a decision of the product, on the day of the third login day within seven.
`last_session_creation_time` looks into the future and is left out.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "saas_signups"
USERS, LOGINS = "users.csv.gz", "logins.csv.gz"
ENCODING = "latin-1"
DAYS_NEEDED, WITHIN = 3, timedelta(days=7)

User = dict[str, str]
LoginDays = Mapping[str, Sequence[date]]


def read(path: Path) -> Iterator[User]:
    """The rows of a gzipped CSV."""
    with gzip.open(path, "rt", encoding=ENCODING, newline="") as file:
        yield from csv.DictReader(file)


def login_days(rows: Iterable[User]) -> LoginDays:
    """The distinct login days of each user, ascending."""
    days: dict[str, set[date]] = defaultdict(set)
    for row in rows:
        days[row["user_id"]].add(date.fromisoformat(row["time_stamp"]))
    return {user: sorted(found) for user, found in days.items()}


def adopted_on(days: Sequence[date]) -> date | None:
    """The first day that is the third login day within seven; None if there is none."""
    for first, third in zip(days, days[DAYS_NEEDED - 1 :], strict=False):
        if third - first < WITHIN:
            return third
    return None


def created(user: User) -> str:
    """When the user signed up, from `DD-MM-YYYY HH:MM`."""
    return datetime.strptime(user["creation_time"], "%d-%m-%Y %H:%M").isoformat() + "Z"


def day_end(day: date) -> str:
    """The moment from which it is certain that something happened on that day."""
    return f"{day.isoformat()}T23:59:59Z"


def profiles(users: Iterable[User]) -> Iterator[list[str]]:
    """One profile for each sign-up, with the fields known at that moment."""
    yield ["lead", "at", "email", "source", "mailing_list", "drip", "invited_by", "account.name"]
    for user in users:
        yield [
            user["object_id"],
            created(user),
            user["email"],
            user["creation_source"],
            user["opted_in_to_mailing_list"],
            user["enabled_for_marketing_drip"],
            user["invited_by_user_id"],
            f"organisation {user['org_id']}",
        ]


def activities(users: Iterable[User], days: LoginDays) -> Iterator[list[str]]:
    """The sign-up itself, then one login for each day."""
    yield ["lead", "at", "type"]
    for user in users:
        lead = user["object_id"]
        yield [lead, created(user), "signup"]
        yield from ([lead, day_end(day), "login"] for day in days.get(lead, ()))


def decisions(users: Iterable[User], days: LoginDays) -> Iterator[list[str]]:
    """The outcome: adopted, said by the product."""
    yield ["lead", "at", "to", "role"]
    for user in users:
        day = adopted_on(days.get(user["object_id"], ()))
        if day is not None:
            yield [user["object_id"], day_end(day), "ADOPTED", "product"]


def write(path: Path, rows: Iterable[list[str]]) -> None:
    """A CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def convert(data: Path, out: Path) -> None:
    """Write the three inputs into `out`."""
    users = list(read(data / USERS))
    days = login_days(read(data / LOGINS))
    out.mkdir(parents=True, exist_ok=True)
    write(out / "profiles.csv", profiles(users))
    write(out / "activities.csv", activities(users, days))
    write(out / "decisions.csv", decisions(users, days))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="SaaS sign-ups as profiles, activities and decisions")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with users.csv.gz and logins.csv.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    arguments = parser.parse_args()
    if not (arguments.data / USERS).is_file():
        parser.error(f"there is no {USERS} in {arguments.data}: say with --data where the raw data is")
    convert(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
