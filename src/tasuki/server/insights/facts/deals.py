"""Deals as facts, in versions: an amount that is edited today changes no figure of before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from tasuki.server.deals.models import Deal
from tasuki.server.insights.facts.journal import (
    Image,
    Teams,
    Version,
    first_images,
    owners,
    teams,
    text,
    time_of,
)
from tasuki.server.insights.triggers import WATCHED

COLUMNS = ("pk", "recorded_at", *WATCHED["deal"][1])
CENT = Decimal("0.01")


def deals() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`."""
    return Deal.objects.values_list(*COLUMNS)


def deal_facts(rows: Sequence[tuple[Any, ...]], changed: Sequence[Version]) -> list[dict[str, Any]]:
    """The first version of each new row, then the versions that came with changes."""
    first = first_images("deal", [row[0] for row in rows])
    known = [(row[0], 1, row[1], first.get(row[0]) or _image(row)) for row in rows]
    known += [(one.row, one.revision, one.at, one.image) for one in changed]
    members = teams(owners(image for _pk, _revision, _at, image in known))
    return [_fact(*one, members) for one in known]


def _image(row: tuple[Any, ...]) -> Image:
    return dict(zip(WATCHED["deal"][1], row[2:], strict=True))


def _fact(pk: int, revision: int, recorded_at: datetime, image: Image, members: Teams) -> dict[str, Any]:
    amount = None if image["amount"] is None else Decimal(str(image["amount"])).quantize(CENT)
    return {
        "deal": str(pk), "revision": revision, "lead": text(image["lead_id"]), "account": text(image["account_id"]),
        "rep": text(image["owner_id"]), "team": members.of(image["owner_id"], recorded_at), "amount": amount,
        "currency": text(image["currency"]) if amount is not None else None, "state": image["state"],
        "opened_at": time_of(image["opened_at"]),
        "closed_at": time_of(image["closed_at"]) if image["state"] != "open" else None, "recorded_at": recorded_at,
    }  # fmt: skip
