"""What holds for every page in a real browser: anybody can use it, it fits, it says nothing wrong to the console."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tasuki.server.pages.urls import urlpatterns
from tests.browser.conftest import Visit
from tests.browser.places import PARTS, names, places
from tests.server.pages.scene import Scene
from tests.server.pages.test_who_sees_what import POSTED

SERIOUS = ("serious", "critical")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ANYBODYS = {"sign-in-demo", "sign-out", "language", "theme"}


def test_no_page_is_forgotten(company: Callable[[], Scene]) -> None:
    tried = {place.name for place in places(company())}
    assert names(urlpatterns) - tried - PARTS - POSTED - ANYBODYS == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "dark", "width"),
    [("ja", False, 1440), ("en", True, 1440), ("ja", True, 390), ("en", False, 390)],
)
def test_every_page_can_be_used_by_anybody_fits_and_is_refused_nothing(
    language: str, dark: bool, width: int, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    known = places(company())
    seen = visit(language=language, dark=dark, width=width)
    seen.sign_in("demo-administrator")
    wrong: dict[str, list[str]] = {}
    for place in known:
        answer = seen.page.goto(seen.address + place.path)
        assert answer is not None
        assert answer.status == 200, place
        assert "default-src 'self'" in answer.headers["content-security-policy"], place
        wrong[place.path] = [*_serious(seen), *_too_wide(seen, width), *seen.faults]
        seen.faults.clear()
    assert {path: found for path, found in wrong.items() if found} == {}


@pytest.mark.slow
@pytest.mark.parametrize("role", ["marketing", "inside-sales", "sales", "manager"])
def test_today_of_every_role_can_be_used_by_anybody(
    role: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    for dark, width in ((False, 1440), (True, 390)):
        seen = visit(language="ja", dark=dark, width=width)
        seen.sign_in(f"demo-{role}")
        assert [*_serious(seen), *_too_wide(seen, width), *seen.faults] == []


def _serious(seen: Visit) -> list[str]:
    """What axe finds that keeps somebody from using the page, and where."""
    found = Axe().run(seen.page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def _too_wide(seen: Visit, width: int) -> list[str]:
    """Nothing scrolls sideways but tables in their own box."""
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    return [f"{wide} px wide on a screen of {width}"] if wide > width else []
