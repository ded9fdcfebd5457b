"""Every page that a person can open, with the address at which the tests find it filled."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.models import Team, User
from tasuki.server.imports import commands as imports
from tasuki.server.lists import commands as lists
from tests.server.pages.scene import Scene

CSV = "会社名,氏名,メールアドレス,部署,役職\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,製造部,部長\n,,壊れた行,,\n"
PARTS = {
    "account-story", "bell", "board-more", "import-rejects", "lead-now", "lead-story", "leads-count", "notification-open",
    "report-pdf", "today-lead", "today-queue",
}  # fmt: skip
"""Addresses that give a part of a page, or a file."""


@dataclass(frozen=True)
class Place:
    """A page: the name of its address, the address, and a name for its picture."""

    name: str
    path: str
    picture: str


def places(scene: Scene) -> list[Place]:
    """All of them, in the order in which one meets them."""
    job = imports.upload(SYSTEM, name="名刺.csv", content=CSV.encode("cp932"))
    person, team = User.objects.earliest("pk").pk, Team.objects.earliest("pk").pk
    who = Actor(user=User.objects.get(username="demo-administrator"))
    move = {"to": "RECYCLED", "reason": "timing"}
    many = lists.act(who, kind="stage", to=move, lead_ids=[scene.hot, scene.cool, scene.twin])
    lists.undo_bulk(who, many.pk)
    known = [
        ("today", "/", "today"),
        ("handoffs", "/handoffs", "handoffs"),
        ("numbers", "/numbers?period=all", "numbers"),
        ("numbers-officer", "/numbers/officer?period=all", "numbers-officer"),
        ("numbers-flow", "/numbers/flow?period=all", "numbers-flow"),
        ("numbers-speed", "/numbers/speed?period=all", "numbers-speed"),
        ("numbers-revenue", "/numbers/revenue?period=all", "numbers-revenue"),
        ("numbers-by", "/numbers/by?period=all", "numbers-by"),
        ("number", "/numbers/mql.entries?by=source", "number"),
        ("number", "/numbers/sal.acceptance", "number-young"),
        ("plan", "/plan", "plan"),
        ("leads", "/leads", "leads"),
        ("leads", "/leads?stage=MQL&stage=MAL&score=10..&view=all", "leads-asked"),
        ("board", "/leads/board", "board"),
        ("lead-move", f"/leads/{scene.hot}/move?to=RECYCLED", "lead-move"),
        ("many-one", f"/leads/many/{many.pk}", "many"),
        ("lead", f"/leads/{scene.hot}", "lead"),
        ("lead", f"/leads/{scene.cool}", "lead-mal"),
        ("lead", f"/leads/{scene.hot}?at={clock.now():%Y-%m}-14", "lead-then"),
        ("lead-new", "/leads/new", "lead-new"),
        ("lead-edit", f"/leads/{scene.hot}/edit", "lead-edit"),
        ("accounts", "/accounts", "accounts"),
        ("account", f"/accounts/{scene.account}", "account"),
        ("account-edit", f"/accounts/{scene.account}/edit", "account-edit"),
        ("duplicates", "/duplicates", "duplicates"),
        ("agreement", "/agreement", "agreement"),
        ("agreement-version", "/agreement/versions/1", "agreement-version"),
        ("agreement-publish", "/agreement/publish", "publish"),
        ("imports", "/imports", "imports"),
        ("import", f"/imports/{job.pk}", "import"),
        ("notifications", "/notifications", "notifications"),
        ("deals", "/deals", "deals"),
        ("settings", "/settings", "settings"),
        ("my-settings", "/settings/me", "my-settings"),
        ("company", "/settings/company", "company"),
        ("routing", "/settings/routing", "routing"),
        ("people-new", "/settings/people/several", "people-new"),
        ("start", "/start", "start"),
        ("start-step", "/start/company", "start-company"),
        ("start-step", "/start/people", "start-people"),
        ("start-step", "/start/agreement?starter=bant", "start-agreement"),
        ("start-step", "/start/import", "start-import"),
        ("start-step", "/start/telling", "start-telling"),
        ("tokens", "/settings/tokens", "tokens"),
        ("hours", "/settings/hours", "hours"),
        ("working-time", "/settings/working-time", "working-time"),
        ("telling", "/settings/telling", "telling"),
        ("team-telling", "/settings/telling/teams", "team-telling"),
        ("reports", "/settings/reports", "reports"),
        ("report", f"/settings/reports/{team}", "report"),
        ("report-read", "/settings/reports/0/read", "report-read"),
        ("webhooks", "/settings/webhooks", "webhooks"),
        ("people", "/settings/people", "people"),
        ("person-new", "/settings/people/new", "person-new"),
        ("teams", "/settings/teams", "teams"),
        ("person", f"/settings/people/{person}", "person"),
        ("person-hours", f"/settings/working-time/people/{person}", "person-hours"),
        ("team", f"/settings/teams/{team}", "team"),
        ("team-hours", f"/settings/working-time/teams/{team}", "team-hours"),
        ("audit", "/settings/audit", "audit"),
        ("sign-in", "/sign-in", "sign-in"),
    ]
    return [Place(*one) for one in known]


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Of all addresses of the pages."""
    return {str(one.name) for one in patterns if isinstance(one, URLPattern)}
