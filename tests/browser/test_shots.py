"""Screenshots of every page, both languages, light and dark, wide and narrow: make shots."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

from tests.browser.conftest import Visit
from tests.browser.places import places
from tests.server.pages.scene import Scene

LOOKS = list(product(("ja", "en"), (False, True), (1440, 390)))
ROLES = ("demo-inside-sales", "demo-sales", "demo-marketing", "demo-manager")


def test_every_page_is_photographed(
    shots: Path, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    known = places(company())
    for language, dark, width in LOOKS:
        seen = visit(language=language, dark=dark, width=width)
        look = f"{language}-{'dark' if dark else 'light'}-{width}"
        for role in ROLES:
            seen.sign_in(role)
            _taken(seen, shots / f"{look}-today-{role.removeprefix('demo-')}.png")
        seen.sign_in("demo-administrator")
        for place in known:
            seen.go(place.path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (place, look)
            _taken(seen, shots / f"{look}-{place.picture}.png")


def _taken(seen: Visit, to: Path) -> None:
    seen.page.wait_for_load_state("networkidle")
    seen.page.screenshot(path=to, full_page=True)
