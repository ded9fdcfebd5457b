"""A real Chromium on a real server; skipped, with the reason, where no browser is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Team, User
from tasuki.server.insights import commands as insights
from tasuki.server.insights import opened
from tests.monday import monday_morning
from tests.server.conftest import nothing_is_kept_from_another_test
from tests.server.pages import scene as scenes

__all__ = ["monday_morning", "nothing_is_kept_from_another_test"]

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # playwright keeps an event loop in this thread, where the tests use the database
)


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """As a started server has it; whitenoise warns where it is missing."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium where it is installed, else the one that playwright has fetched."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(f"no browser (Chromium) is installed: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture
def company(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], scenes.Scene]]:
    """The demo's people and teams, and the company's leads, with figures counted in a folder of its own."""
    for room in (insights, opened):
        monkeypatch.setattr(room, "facts_folder", lambda: tmp_path / "facts")
    inside = Team.objects.create(name="インサイドセールス", role=Role.INSIDE_SALES)
    field = Team.objects.create(name="東日本営業", role=Role.SALES)
    for name, family, role, team in (
        ("demo-marketing", "牧野", Role.MARKETING, None),
        ("demo-inside-sales", "石井", Role.INSIDE_SALES, inside),
        ("demo-sales", "坂井", Role.SALES, field),
        ("demo-manager", "真鍋", Role.MANAGER, None),
        ("demo-administrator", "足立", Role.ADMINISTRATOR, None),
    ):
        User(username=name, last_name=family, role=role, team=team, password="!").save()

    def set_up() -> scenes.Scene:
        scene = scenes.set_up()
        insights.refresh()
        return scene

    yield set_up
    opened.forget()


@pytest.fixture
def actor(company: object) -> Actor:
    return Actor(user=User.objects.get(username="demo-inside-sales"))


class Visit:
    """One person at one browser; `faults` is what the console said: errors, refused content."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, username: str) -> Page:
        """By one click, as in the demo."""
        self.go("/sign-in")
        self.page.locator(f'button[value="{username}"]').click()
        self.page.wait_for_url(self.address + "/")
        return self.page


@pytest.fixture
def visit(
    chromium: Browser, live_server: Any, settings: Any, company: Callable[[], scenes.Scene]
) -> Iterator[Callable[..., Visit]]:
    """Opens a browser: `visit(language="ja", width=1440, dark=False)`."""
    settings.DEMO = True
    contexts: list[BrowserContext] = []

    def open_one(language: str = "en", width: int = 1440, dark: bool = False) -> Visit:
        context = chromium.new_context(
            locale="ja-JP" if language == "ja" else "en-US",
            viewport={"width": width, "height": 900 if width > 600 else 800},
            color_scheme="dark" if dark else "light",
            timezone_id="Asia/Tokyo",
        )
        contexts.append(context)
        return Visit(context, live_server.url)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def shots() -> Path:
    """The folder for screenshots; only where one is named."""
    named = os.environ.get("SHOTS")
    if not named:
        pytest.skip("SHOTS names no folder for screenshots")
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
