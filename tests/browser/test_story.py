"""The story in a real browser: a lead becomes MQL under one's eyes, and is accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tasuki.server.core.models import Role, Team, User
from tests.browser.conftest import Visit
from tests.server.pages.scene import HOT, Scene, fold
from tests.server.pages.scene import visit as visited

STAGES = {"en": ("MAL", "MQL", "SAL"), "ja": ("MAL", "MQL", "SAL")}
ACCEPT = {"en": "Accept", "ja": "受け入れる"}
RECORD = {"en": "Record now", "ja": "すぐに記録"}
TODAY = {"en": "To do", "ja": "やること"}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_lead_becomes_mql_while_watched_and_is_accepted_by_inside_sales(
    language: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    seen = visit(language=language)
    page = seen.sign_in("demo-inside-sales")
    expect(page.get_by_role("heading", name=TODAY[language])).to_be_visible()
    page.goto(seen.address + f"/leads/{scene.cool}")
    here = page.locator("#state .path li[aria-current=step] b")
    expect(here).to_have_text("MAL")
    visited(scene.cool, [*HOT, *HOT, *HOT])
    fold()  # what the worker does meanwhile
    expect(here).to_have_text("MQL", timeout=15_000)
    page.locator("#move-SAL summary").click()
    page.locator("#move-SAL").get_by_role("button", name=ACCEPT[language]).click()
    page.locator("#held").get_by_role("button", name=RECORD[language]).click()
    expect(here).to_have_text("SAL")
    assert seen.faults == []


def test_what_one_types_is_left_alone_while_the_page_renews_itself(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    seen = visit()
    page = seen.sign_in("demo-inside-sales")
    page.goto(seen.address + f"/leads/{scene.hot}")
    page.locator("#move-SAL summary").click()
    page.locator("#id_SAL_note").fill("called at ten")
    other = visit()
    other.sign_in("demo-manager")
    other.go(f"/leads/{scene.hot}").locator("#move-DISQUALIFIED summary").click()
    other.page.locator("#id_DISQUALIFIED_reason").select_option("student")
    other.page.locator("#move-DISQUALIFIED button").click()
    other.page.get_by_role("button", name=RECORD["en"]).click()
    expect(page.locator("#state .path li[aria-current=step] b")).to_have_text("Disqualified", timeout=15_000)
    expect(page.locator("#id_SAL_note")).to_have_value("called at ten")
    page.locator("#move-SAL button").click()
    expect(page.get_by_role("alert").first).to_contain_text("moved")
    expect(page.locator("#id_SAL_note")).to_have_value("called at ten")


def test_by_keyboard_one_skips_to_the_content_searches_and_opens_a_lead(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    seen = visit()
    page = seen.sign_in("demo-marketing")
    page.goto(seen.address + "/leads")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(page.evaluate('document.activeElement.innerText.trim().split("\\n")[0]'))
    assert order == ["Tasuki", "Today", "Leads", "Handoffs"]
    page.locator("body").click(position={"x": 700, "y": 700})
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("藤井")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("藤井 美咲")
    assert seen.faults == []


def test_by_keyboard_one_logs_a_call_and_gives_the_lead_to_a_colleague(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    User(
        username="kudo", last_name="工藤", role=Role.INSIDE_SALES, team=Team.objects.get(role="inside_sales")
    ).save()
    seen = visit()
    page = seen.sign_in("demo-inside-sales")
    page.goto(seen.address + f"/leads/{scene.hot}")
    page.locator("#move-call summary").press("Enter")
    page.locator("#id_call_outcome_0").press("Space")
    page.locator("#id_call_note").fill("in a meeting")
    page.get_by_role("button", name="Log the call").press("Enter")
    expect(page.get_by_text("The call was logged.")).to_be_visible()
    expect(page.locator("#sash")).to_contain_text("just now")
    page.locator("#give summary").press("Enter")
    page.locator("#id_transfer_to").select_option("user:kudo")
    page.get_by_role("button", name="Give it", exact=True).press("Enter")
    expect(page.locator("#state")).to_contain_text("with 工藤")
    page.locator("#way summary").press("Enter")
    expect(page.locator("#way")).to_contain_text("石井 gave it to 工藤")
    assert seen.faults == []


def test_no_page_is_refused_anything_by_its_own_security_policy(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    seen = visit(language="ja", width=390)
    seen.sign_in("demo-administrator")
    for path in ("/", "/handoffs", "/leads", f"/leads/{scene.hot}", "/accounts", "/duplicates", "/agreement", "/imports",
                 "/settings", "/settings/tokens", "/settings/people", "/settings/audit"):  # fmt: skip
        answer = seen.page.goto(seen.address + path)
        assert answer is not None
        assert "default-src 'self'" in answer.headers["content-security-policy"], path
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert seen.faults == []
