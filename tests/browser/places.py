"""Every page that a person can open, with the address at which the tests find it filled."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

from tasuki.server.core.access import SYSTEM
from tasuki.server.imports import commands as imports
from tests.server.pages.scene import Scene

CSV = "会社名,氏名,メールアドレス,部署,役職\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,製造部,部長\n,,壊れた行,,\n"
PARTS = {"lead-now", "bell", "import-rejects", "today-queue", "today-lead"}
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
    known = [
        ("today", "/", "today"),
        ("handoffs", "/handoffs", "handoffs"),
        ("leads", "/leads", "leads"),
        ("lead", f"/leads/{scene.hot}", "lead"),
        ("lead", f"/leads/{scene.cool}", "lead-mal"),
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
        ("settings", "/settings", "settings"),
        ("tokens", "/settings/tokens", "tokens"),
        ("hours", "/settings/hours", "hours"),
        ("working-time", "/settings/working-time", "working-time"),
        ("telling", "/settings/telling", "telling"),
        ("team-telling", "/settings/telling/teams", "team-telling"),
        ("webhooks", "/settings/webhooks", "webhooks"),
        ("people", "/settings/people", "people"),
        ("person-new", "/settings/people/new", "person-new"),
        ("teams", "/settings/teams", "teams"),
        ("audit", "/settings/audit", "audit"),
        ("sign-in", "/sign-in", "sign-in"),
    ]
    return [Place(*one) for one in known]


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Of all addresses of the pages."""
    return {str(one.name) for one in patterns if isinstance(one, URLPattern)}
