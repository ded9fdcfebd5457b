"""Screenshots of every page: TASUKI_SHOTS=folder pytest tests/browser/test_shots.py"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

from tasuki.server.core.access import SYSTEM
from tasuki.server.imports import commands as imports
from tests.browser.conftest import Visit
from tests.server.pages.scene import Scene

CSV = "会社名,氏名,メールアドレス,部署,役職\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,製造部,部長\n,,壊れた行,,\n"


def test_every_page_is_photographed(
    shots: Path, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    job = imports.upload(SYSTEM, name="名刺.csv", content=CSV.encode("cp932"))
    pages = {
        "today": "/", "handoffs": "/handoffs", "leads": "/leads", "lead": f"/leads/{scene.hot}",
        "lead-mal": f"/leads/{scene.cool}",
        "lead-new": "/leads/new", "lead-edit": f"/leads/{scene.hot}/edit", "accounts": "/accounts",
        "account": f"/accounts/{scene.account}", "duplicates": "/duplicates", "agreement": "/agreement",
        "publish": "/agreement/publish", "imports": "/imports", "import": f"/imports/{job.pk}",
        "notifications": "/notifications", "settings": "/settings", "my-settings": "/settings/me",
        "company": "/settings/company", "routing": "/settings/routing", "several": "/settings/people/several",
        "deals": "/deals",
        "start": "/start", "start-agreement": "/start/agreement?starter=bant", "start-company": "/start/company",
        "start-people": "/start/people",
        "start-import": "/start/import", "start-telling": "/start/telling", "tokens": "/settings/tokens",
        "hours": "/settings/hours", "working-time": "/settings/working-time",
        "telling": "/settings/telling", "team-telling": "/settings/telling/teams", "webhooks": "/settings/webhooks",
        "people": "/settings/people", "person": "/settings/people/new", "teams": "/settings/teams",
        "audit": "/settings/audit", "nothing": "/nothing",
    }  # fmt: skip
    looks = [
        (language, dark, width) for language, dark, width in product(("ja", "en"), (False, True), (1440, 390))
    ]
    for language, dark, width in looks:
        seen = visit(language=language, dark=dark, width=width)
        name = f"{language}-{'dark' if dark else 'light'}-{width}"
        seen.go("/sign-in").screenshot(path=shots / f"{name}-sign-in.png", full_page=True)
        seen.sign_in("demo-administrator")
        for page, path in pages.items():
            seen.go(path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (page, name)
            seen.page.screenshot(path=shots / f"{name}-{page}.png", full_page=True)
        if width == 1440:
            seen.context.clear_cookies()
            seen.sign_in("demo-inside-sales")
            seen.page.screenshot(path=shots / f"{name}-today-inside.png", full_page=True)
            seen.go(pages["lead"])
            seen.page.locator("#move-SAL summary").click()
            seen.page.locator("#move-RECYCLED summary").click()
            seen.page.screenshot(path=shots / f"{name}-lead-inside.png", full_page=True)
