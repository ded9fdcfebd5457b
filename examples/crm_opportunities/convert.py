"""Turn the CRM sales opportunities (Maven Analytics) into profiles, decisions and deals.

    python examples/crm_opportunities/convert.py --out DIR [--data FOLDER]

An opportunity is a lead and its one deal. Dates are days; they are taken as midnight UTC. Activities are not in the data.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "crm_opportunities"
PIPELINE = "sales_pipeline.csv"
CURRENCY = "USD"
BEGIN = "2016-10-20"
"""The first day of the data: when deals without any date are taken to be known."""
SAME_PRODUCT = {"GTXPro": "GTX Pro"}
"""A product is written in two ways, so that it does not join with the list of products."""

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_name(rows: Iterable[Row], column: str) -> dict[str, Row]:
    """Rows by one of their columns."""
    return {row[column]: row for row in rows}


def profiles(
    deals: Iterable[Row], accounts: Mapping[str, Row], teams: Mapping[str, Row], products: Mapping[str, Row]
) -> Iterator[list[str]]:
    """One profile for each opportunity, when sales engaged; what is not known of the account is left empty."""
    yield [
        "lead", "at", "product", "series", "account.name", "account.industry", "account.employees",
        "owner", "owner.team", "region",
    ]  # fmt: skip
    for deal in deals:
        product = SAME_PRODUCT.get(deal["product"], deal["product"])
        account, team = accounts.get(deal["account"], {}), teams[deal["sales_agent"]]
        yield [
            deal["opportunity_id"], deal["engage_date"] or BEGIN, product, products[product]["series"], deal["account"],
            account.get("sector", ""), account.get("employees", ""),
            deal["sales_agent"], team["manager"], team["regional_office"],
        ]  # fmt: skip


def activities() -> Iterator[list[str]]:
    """None: the data tell of no calls and no visits."""
    yield ["lead", "at", "type"]


def decisions(deals: Iterable[Row]) -> Iterator[list[str]]:
    """Engaging, then won or lost."""
    yield ["lead", "at", "to", "role"]
    for deal in deals:
        if deal["engage_date"]:
            yield [deal["opportunity_id"], deal["engage_date"], "ENGAGING", "sales"]
        if deal["close_date"]:
            yield [deal["opportunity_id"], deal["close_date"], deal["deal_stage"].upper(), "sales"]


def deals_of(deals: Iterable[Row], teams: Mapping[str, Row]) -> Iterator[list[str]]:
    """Every deal; a lost one has the value 0, an open one none."""
    yield [
        "deal", "lead", "account", "owner", "owner.team", "amount", "currency", "state", "opened_at", "closed_at",
    ]  # fmt: skip
    for deal in deals:
        state = deal["deal_stage"].lower() if deal["close_date"] else "open"
        yield [
            deal["opportunity_id"], deal["opportunity_id"], deal["account"], deal["sales_agent"],
            teams[deal["sales_agent"]]["manager"], deal["close_value"], CURRENCY, state,
            deal["engage_date"], deal["close_date"],
        ]  # fmt: skip


def write(path: Path, rows: Iterable[list[str]]) -> None:
    """A CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def convert(data: Path, out: Path) -> None:
    """Write the four inputs into `out`."""
    pipeline, teams = read(data / PIPELINE), by_name(read(data / "sales_teams.csv"), "sales_agent")
    accounts, products = (
        by_name(read(data / "accounts.csv"), "account"),
        by_name(read(data / "products.csv"), "product"),
    )
    out.mkdir(parents=True, exist_ok=True)
    write(out / "profiles.csv", profiles(pipeline, accounts, teams, products))
    write(out / "activities.csv", activities())
    write(out / "decisions.csv", decisions(pipeline))
    write(out / "deals.csv", deals_of(pipeline, teams))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="CRM sales opportunities as profiles, decisions and deals")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with sales_pipeline.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    arguments = parser.parse_args()
    if not (arguments.data / PIPELINE).is_file():
        parser.error(f"there is no {PIPELINE} in {arguments.data}: say with --data where the raw data is")
    convert(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
