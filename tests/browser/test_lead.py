"""The page of a lead in a real browser: its curve, an earlier day by the slider, notes, what the story is narrowed to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lifecycle import queries
from tests.browser.conftest import Visit
from tests.server.pages.scene import Scene


@pytest.fixture
def scene(visit: object, company: Callable[[], Scene]) -> Scene:
    return company()


@pytest.fixture
def seen(visit: Callable[..., Visit], scene: Scene) -> Visit:
    opened = visit()
    opened.sign_in("demo-manager")
    opened.go(f"/leads/{scene.hot}")
    return opened


DRAWN = "[...document.querySelectorAll('.curve svg path')].filter((one) => one.getAttribute('d')?.includes('A')).length"
"""How many circles are drawn."""
SMALL = """
[...document.querySelectorAll("#content button, #content .btn, #content summary, #content .kinds a")]
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.width, box.height) < 24).map(([text]) => text)
"""
"""What one presses that is smaller than a fingertip."""


def test_the_curve_has_a_dot_for_each_hit_and_the_keyboard_reads_them_one_by_one(
    seen: Visit, scene: Scene
) -> None:
    page = seen.page
    expect(page.locator(".curve svg")).to_be_visible()
    told = queries.explanation(SYSTEM, scene.hot)
    assert told
    hits = [hit for hit in told.hits if hit.rule.score in ("behavior", "fit")]
    page.locator("#curve-table summary").click()
    expect(page.locator("#curve-table tbody tr")).to_have_count(len(hits))
    page.wait_for_function("document.querySelectorAll('.curve svg path').length > 10")
    assert page.evaluate(DRAWN) >= len(hits)
    page.locator(".curve").focus()
    page.keyboard.press("Home")
    latest = page.locator("#curve-table tbody tr").last
    expect(page.locator("#curve-said b")).to_have_text(re.compile(hits_rule(latest)))
    page.keyboard.press("End")
    newest = page.locator("#curve-table tbody tr").first
    expect(page.locator("#curve-said b")).to_have_text(re.compile(hits_rule(newest)))
    expect(page.locator("#curve-said")).to_contain_text(newest.locator("td .sub").first.inner_text())
    assert seen.faults == []


def hits_rule(row: object) -> str:
    """The rule of a row of the table, without its reason."""
    text: str = row.locator("td").nth(1).inner_text()  # type: ignore[attr-defined]
    return re.escape(text.split("\n")[0])


def test_the_slider_turns_the_page_back_and_forth_and_the_back_button_goes_along(
    seen: Visit, scene: Scene
) -> None:
    page = seen.page
    expect(page.locator("#at-slider")).to_be_visible()
    page.locator("#at-slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#lead-body.then")).to_be_visible()
    assert re.search(r"at=2026-06-14", page.url)
    expect(page.locator(".then-note")).to_contain_text("As it was at the end of 14 Jun 2026.")
    expect(page.locator("#at-slider")).to_be_focused()
    expect(page.locator("#moves")).to_have_count(0)
    expect(page.get_by_role("link", name="Edit")).to_be_hidden()
    expect(page.locator(".curve svg")).to_be_visible()
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator("#lead-body.now #moves")).to_be_visible()
    page.go_back()
    expect(page.locator("#lead-body.then")).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    assert seen.faults == []


def test_a_note_is_written_in_place_stands_in_the_story_and_is_undone_by_z(seen: Visit, scene: Scene) -> None:
    page = seen.page
    page.locator("#id_note_text").fill("<i>looks</i> for a successor")
    page.get_by_role("button", name="Write the note").click()
    expect(page.locator("#story-lines .note-text")).to_have_text("<i>looks</i> for a successor")
    expect(page.locator("#id_note_text")).to_have_value("")
    expect(page.locator("#toasts")).to_contain_text("The note was written.")
    page.locator("#story-head").click()
    page.keyboard.press("z")
    expect(page.locator("#story-lines .note-text")).to_have_count(0, timeout=15_000)
    assert seen.faults == []


def test_the_story_is_narrowed_without_leaving_the_page_and_goes_on(seen: Visit, scene: Scene) -> None:
    now = clock.now()
    Activity.objects.bulk_create(
        Activity(lead_id=scene.hot, at=now - n * timedelta(hours=1), type="page_view", properties={"path": f"/p{n:03}"},
                 source="t", key=f"k{n}", recorded_at=now)
        for n in range(60)
    )  # fmt: skip
    page = seen.page
    page.reload()
    page.locator("#id_note_text").fill("half a note")
    page.locator(".kinds").get_by_role("link", name="Activities").click()
    expect(page.locator(".kinds a[aria-current]")).to_have_text("Activities")
    expect(page.locator("#story .timeline > li.transition")).to_have_count(0)
    before = page.locator("#story .timeline > li").count()
    page.locator(".more a").click()
    expect(page.locator("#story .timeline.older")).to_be_visible()
    assert page.locator("#story .timeline > li").count() > before
    page.locator(".kinds").get_by_role("link", name="Stages").click()
    expect(page.locator("#story .timeline > li.transition")).to_have_count(2)
    expect(page.locator("#id_note_text")).to_have_value("half a note")
    assert seen.faults == []


def test_a_decision_is_taken_in_place_and_what_is_refused_stays_as_it_was_typed(
    seen: Visit, scene: Scene
) -> None:
    page = seen.page
    page.locator("#move-RECYCLED summary").click()
    page.locator("#id_RECYCLED_note").fill("the loan of the car")
    page.locator("#id_RECYCLED_reason").select_option("timing")
    page.locator("#id_RECYCLED_until").fill("2300-01-01")
    page.locator("#move-RECYCLED button").click()
    expect(page.locator("#move-RECYCLED .wrong")).to_be_visible()
    expect(page.locator("#id_RECYCLED_note")).to_have_value("the loan of the car")
    page.locator("#id_RECYCLED_until").fill("2026-10-01")
    page.locator("#move-RECYCLED button").click()
    expect(page.locator("#held")).to_contain_text(
        "About to be recorded: Send back to marketing: Not the time yet"
    )
    expect(page.locator("#toasts")).to_contain_text(": Recycled.")
    assert page.url.endswith(f"/leads/{scene.hot}")
    assert [fault for fault in seen.faults if "422" not in fault] == []


@pytest.mark.parametrize("path", ["/leads/{hot}", "/leads/{hot}?at=2026-06-13", "/accounts/{account}"])
def test_on_a_telephone_nothing_stands_out_of_the_page(
    visit: Callable[..., Visit], scene: Scene, path: str
) -> None:
    opened = visit(language="ja", width=390, dark=True)
    opened.sign_in("demo-manager")
    opened.go(path.format(hot=scene.hot, account=scene.account))
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.page.evaluate(SMALL) == []
    assert opened.faults == []
