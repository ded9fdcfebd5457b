"""What is asked of the pages: whose page, and which addresses in turn."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tasuki.metrics.plan import quarter_of

LIMITED = {"Today": 0.15, "Leads": 0.15, "Lead": 0.15, "Account": 0.15, "Numbers": 0.2}
"""Groups of pages that have limits: seconds for one person, p95."""


@dataclass(frozen=True)
class Case:
    """One kind of request; `weight`: how often it comes in a mixed day of work."""

    group: str
    name: str
    user: str
    addresses: Sequence[str]
    weight: int = 0
    partial: bool = False  # as htmx asks for a part of a page

    def in_turn(self) -> Iterator[str]:
        """Its addresses, again and again."""
        return itertools.cycle(self.addresses)


def cases(town: dict[str, Any]) -> list[Case]:
    """All of them, for this town."""
    return [*_today(town), *_leads(town), *_one_lead(town), *_accounts(town), *_numbers(town), *_others(town)]


WHO = {
    "marketing0": "marketing", "inside_sales/all": "inside sales, sees all", "inside_sales/team": "inside sales, own team",
    "inside_sales/own": "inside sales, own leads", "sales/all": "sales, sees all", "sales/own": "sales, own leads",
    "manager": "manager",
}  # fmt: skip


def _today(town: dict[str, Any]) -> list[Case]:
    weights = {
        "inside_sales/all": 6,
        "inside_sales/team": 6,
        "inside_sales/own": 6,
        "marketing0": 2,
        "manager": 1,
    }
    return [Case("Today", who, town["users"][name], ["/"], weights.get(name, 2)) for name, who in WHO.items()]


def _leads(town: dict[str, Any]) -> list[Case]:
    """What `weight` says is asked by the mixed day of work."""
    rep = town["users"]["inside_sales/all"]
    team, own = town["users"]["inside_sales/team"], town["users"]["inside_sales/own"]
    middle = json.dumps([30.0, town["leads"] // 2])
    asked: list[tuple[str, str, dict[str, object], int]] = [
        ("no filter", rep, {}, 4),
        ("no filter, own team", team, {}, 2),
        ("no filter, own leads", own, {}, 2),
        ("stage MQL", rep, {"stage": "MQL"}, 3),
        ("stage RECYCLED", rep, {"stage": "RECYCLED"}, 1),
        ("stage MAL, own team", team, {"stage": "MAL"}, 1),
        ("newest", rep, {"sort": "-created"}, 1),
        ("latest move", rep, {"sort": "-stage_entered"}, 1),
        ("by name", rep, {"sort": "name"}, 1),
        ("stage RECYCLED, newest", rep, {"stage": "RECYCLED", "sort": "-created"}, 1),
        ("stage MQL, by name", rep, {"stage": "MQL", "sort": "name"}, 1),
        ("half way down", rep, {"after": middle}, 1),
        ("search, frequent: 佐藤", rep, {"q": "佐藤"}, 2),
        ("search, frequent kana: サトウ", rep, {"q": "サトウ"}, 1),
        ("search, two words: 佐藤 碧嶺", rep, {"q": "佐藤 碧嶺"}, 1),
        ("search, rare: 勅使河原", rep, {"q": "勅使河原"}, 2),
        ("search, rare, own leads", own, {"q": "勅使河原"}, 1),
        ("search, a mail address", rep, {"q": "satoshi.sato123456@"}, 2),
        ("search, a company: 北碧嶺精機", rep, {"q": "北碧嶺精機"}, 2),
        ("search, one letter: 田", rep, {"q": "田"}, 1),
        ("search, no hit: 御手洗", rep, {"q": "御手洗"}, 1),
        ("search in a stage: 佐藤, RECYCLED", rep, {"q": "佐藤", "stage": "RECYCLED"}, 1),
    ]
    return [Case("Leads", name, user, [_at("/leads", given)], weight) for name, user, given, weight in asked]


def _at(path: str, given: dict[str, object]) -> str:
    return f"{path}?{urlencode(given)}" if given else path


def _one_lead(town: dict[str, Any]) -> list[Case]:
    rep = town["users"]["inside_sales/all"]
    found = []
    for name, key, weight in (
        ("usual", "usual_leads", 6),
        ("in hand", "moved_leads", 12),
        ("1,000 activities", "busy_leads", 2),
    ):
        pages = [f"/leads/{pk}" for pk in town[key]]
        found.append(Case("Lead", name, rep, pages, weight))
        found.append(
            Case("Lead", f"{name}, what moves", rep, [f"{page}/now" for page in pages], weight, True)
        )
        found.append(
            Case("Lead", f"{name}, a day in the past", rep, [f"{page}?at=2026-06-30" for page in pages])
        )
    for name in ("inside_sales/team", "inside_sales/own", "sales/own"):
        pages = [f"/leads/{pk}" for pk in town["own_leads"][name]]
        found.append(Case("Lead", f"one's own: {name}", town["users"][name], pages, 10))
    return found


def _accounts(town: dict[str, Any]) -> list[Case]:
    rep = town["users"]["inside_sales/all"]
    return [
        Case("Account", "usual", rep, [f"/accounts/{pk}" for pk in town["usual_accounts"]], 4),
        Case("Account", "500 people", rep, [f"/accounts/{pk}" for pk in town["large_accounts"]], 1),
        Case("Accounts", "no filter", rep, ["/accounts"], 1),
        Case("Accounts", "search: 北碧嶺", rep, [_at("/accounts", {"name": "北碧嶺"})], 1),
    ]


def _numbers(town: dict[str, Any]) -> list[Case]:
    """Pages of figures, for who sees all and for who sees their own leads only."""
    manager, own = town["users"]["manager"], town["users"]["inside_sales/own"]
    asked: list[tuple[str, str, str, dict[str, object], int]] = [
        ("overview", manager, "", {}, 1),
        ("overview, all the time", manager, "", {"period": "all"}, 0),
        ("overview, own leads", own, "", {}, 1),
        ("overview, as of a past minute", manager, "", {"as_of": "2026-06-30T12:00"}, 0),
        ("revenue officer", manager, "/officer", {}, 1),
        ("flow", manager, "/flow", {"period": "all"}, 0),
        ("speed", manager, "/speed", {}, 0),
        ("revenue by source", manager, "/revenue", {"by": "source"}, 0),
        ("source × stage", manager, "/by", {}, 0),
        ("promotion by source × month", manager, "/by", {"figure": "mql.promotion"}, 0),
        ("companies × stage", manager, "/by", {"rows": "account"}, 0),
        ("one figure by month", manager, "/mql.promotion", {"by": "month"}, 1),
        ("one figure by campaign", manager, "/sal.acceptance", {"by": "campaign"}, 0),
    ]
    return [
        Case("Numbers", name, user, [_at(f"/numbers{path}", given)], weight)
        for name, user, path, given, weight in asked
    ]


FIGURES = {
    "overview": "", "revenue officer": "/officer", "flow": "/flow", "speed": "/speed",
    "revenue by source": "/revenue?by=source", "source × stage": "/by", "companies × stage": "/by?rows=account",
    "promotion by source × month": "/by?figure=mql.promotion", "one figure by month": "/mql.promotion?by=month",
}  # fmt: skip
"""Pages of figures, each of which can be asked of any time."""
ASIDE = [f"/numbers/by?figure={kpi}.entries&period=last_month" for kpi in ("mal", "mql", "sal", "sql")]
"""As many pages as web processes keep ready, with next to nothing in common with the others."""


def first_looks(town: dict[str, Any]) -> list[Case]:
    """Each page of figures in each time, and the plan of ever another goal, to be asked of facts that are new."""
    manager, quarter = town["users"]["manager"], quarter_of(datetime.now(UTC).date())
    found = [
        Case(
            "First look",
            f"{name}, {period}",
            manager,
            [f"/numbers{path}{'&' if '?' in path else '?'}period={period}"],
        )
        for name, path in FIGURES.items()
        for period in ("month", "quarter", "year", "all")
    ]
    goals = [f"/plan?goal_{quarter}={amount}000000" for amount in range(100, 120)]
    return [*found, Case("First look", "plan, another goal", manager, goals)]


def _others(town: dict[str, Any]) -> list[Case]:
    users = town["users"]
    manager, rep = users["manager"], users["inside_sales/all"]
    goal = f"goal_{quarter_of(datetime.now(UTC).date())}=100000000"
    return [
        Case("Handoffs", "open", manager, ["/handoffs"], 2),
        Case("Handoffs", "open, own team", users["inside_sales/team"], ["/handoffs"], 1),
        Case("Handoffs", "overdue", manager, ["/handoffs?overdue=1"]),
        Case("Handoffs", "returned", manager, ["/handoffs?state=returned"]),
        Case(
            "Handoffs", "all that are over, own leads", users["inside_sales/own"], ["/handoffs?state=closed"]
        ),
        Case("Notifications", "marketing", "marketing0", ["/notifications"], 1),
        Case("Notifications", "inside sales, own leads", users["inside_sales/own"], ["/notifications"], 1),
        Case("Notifications", "the bell", rep, ["/notifications/bell"], 4, True),
        Case("Duplicates", "open", rep, ["/duplicates"], 1),
        Case("Settings", "audit", manager, ["/settings/audit"]),
        Case("Plan", "own figures", manager, [f"/plan?{goal}"]),
        Case(
            "Plan", "a slider", manager, [f"/plan?{goal}&rate_MQL={rate}" for rate in range(20, 60)], 0, True
        ),
    ]
