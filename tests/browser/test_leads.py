"""Leads in a real browser: asking without a whole page, choosing rows, and the board by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tasuki.server.lists.models import Bulk
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.slow


def test_filters_go_into_the_address_and_the_back_button_takes_them_away(
    visit: Callable[..., Any], company: Callable[[], Scene]
):
    company()
    one = visit("en")
    one.sign_in("demo-marketing")
    page = one.go("/leads")
    page.evaluate("window.sameDocument = true")
    page.locator("#filters > summary").click()
    page.locator("#f-stage > summary").click()
    page.get_by_label("MQL", exact=True).check()
    page.locator("#filters").get_by_role("button", name="Show").click()
    expect(page.locator(".ask-chip")).to_contain_text("Stage: MQL")
    expect(page.locator("table.leads tbody tr")).to_have_count(1)
    assert "stage=MQL" in page.url
    expect(page.locator("#about")).to_have_text("1 lead")
    page.fill("#words", "いない人")
    expect(page.get_by_text("No lead fits")).to_be_visible()
    page.fill("#words", "美咲")
    expect(page.locator("table.leads tbody tr")).to_have_count(1)
    assert page.evaluate("window.sameDocument") is True
    page.locator(".ask-chip a").click()
    expect(page.locator(".ask-chip")).to_have_count(0)
    page.go_back()
    expect(page.locator(".ask-chip")).to_contain_text("Stage: MQL")
    page.reload()
    expect(page.locator("table.leads tbody tr")).to_have_count(1)
    assert one.faults == []


def test_chosen_leads_are_given_to_somebody_and_given_back(
    visit: Callable[..., Any], company: Callable[[], Scene]
):
    scene = company()
    one = visit("ja")
    one.sign_in("demo-manager")
    page = one.go("/leads?view=all")
    expect(page.locator(".many-bar")).to_be_hidden()
    page.locator("#many input[name=lead]").first.check()
    page.locator("#many input[name=lead]").last.click(modifiers=["Shift"])
    expect(page.locator(".many-bar [data-count]")).to_have_text("3")
    page.locator(".many-bar summary", has_text="担当者").click()
    page.select_option("#many-owner", "demo-sales")
    page.locator(".many-bar button[value=owner]").click()
    expect(page.locator(".note.success")).to_contain_text("3件を変更しました")
    assert Lead.objects.filter(owner__username="demo-sales").count() == 3
    page.locator(".note.success button").click()
    expect(page.get_by_text("取り消しました")).to_be_visible()
    assert Lead.objects.filter(owner__username="demo-sales").count() == 0
    assert Bulk.objects.get().kept == 0
    assert scene.hot
    assert one.faults == []


def test_a_card_is_dragged_where_it_may_go_and_says_why_where_it_may_not(
    visit: Callable[..., Any], company: Callable[[], Scene]
):
    scene = company()
    one = visit("en", 1920)
    one.sign_in("demo-inside-sales")
    page = one.go("/leads/board")
    card = page.locator(f"#card-{scene.hot}")
    box = card.bounding_box()
    target = page.locator(".lane[data-stage=SQL]").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 80, steps=8)
    page.mouse.move(target["x"] + 44, target["y"] + 84, steps=2)
    expect(page.locator("#why-not")).to_be_visible()
    expect(page.locator(".lane[data-stage=SAL]")).to_have_class("lane can")
    page.mouse.up()
    assert Lead.objects.get(pk=scene.hot).stage == "MQL"
    card.drag_to(page.locator(".lane[data-stage=SAL]"))
    expect(page.locator(".lane[data-stage=SAL] .is-held")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(".lane[data-stage=MQL] .lead-card")).to_have_count(1)
    card.drag_to(page.locator(".lane[data-stage=RECYCLED]"))
    expect(page.locator("#move-dialog")).to_be_visible()
    page.locator("#move-dialog button.btn-primary").click()
    expect(page.locator("#move-dialog .wrong")).to_be_visible()
    page.select_option("#move-dialog select[name=reason]", "timing")
    page.locator("#move-dialog button.btn-primary").click()
    expect(page.locator(".lane[data-stage=RECYCLED] .is-held")).to_have_count(1)
    expect(page.locator("#move-dialog")).to_be_hidden()
    assert [fault for fault in one.faults if "422" not in fault] == []


def test_the_same_by_keyboard_alone(visit: Callable[..., Any], company: Callable[[], Scene]):
    scene = company()
    one = visit("en")
    one.sign_in("demo-inside-sales")
    page = one.go("/leads/board")
    page.locator(f"#card-{scene.hot} .move-menu > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.locator(f"#card-{scene.hot} .move-menu a[data-to=SAL]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lane[data-stage=SAL] .is-held")).to_have_count(1)
    assert one.faults == []


def test_without_scripts_the_list_is_asked_changed_and_moved_as_well(
    chromium: Any, live_server: Any, settings: Any, company: Callable[[], Scene]
):
    settings.DEMO = True
    scene = company()
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(live_server.url + "/sign-in")
    page.locator('button[value="demo-inside-sales"]').click()
    page.goto(live_server.url + "/leads?q=&stage=MQL&score_from=10&score_to=")
    assert page.url.endswith("/leads?stage=MQL&score=10..&view=all")
    page.locator("#many input[name=lead]").check()
    page.locator(".many-bar summary", has_text="Campaign").click()
    page.fill("#many-campaign", "秋")
    page.locator(".many-bar button[value=campaign]").click()
    assert Lead.objects.get(pk=scene.hot).campaign == "秋"
    page.goto(live_server.url + f"/leads/{scene.hot}/move?to=SAL")
    page.locator("main button.btn-primary").click()
    expect(page.locator(".lane[data-stage=SAL] .is-held")).to_have_count(1)
    context.close()
