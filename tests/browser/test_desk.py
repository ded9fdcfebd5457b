"""A morning at the desk without a mouse, in both languages: forty leads are worked like these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tasuki.server.activities.models import Activity
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.core.models import Team
from tasuki.server.lifecycle.commands import record_held
from tasuki.server.lifecycle.models import Decision, Held
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef, Put
from tasuki.server.people.models import Lead
from tests.browser.conftest import Visit
from tests.server.pages.scene import HOT, Scene, fold
from tests.server.pages.scene import visit as visited

NEXT_MONTH = {"en": "next month", "ja": "来月"}
NAMES = ("山本 一", "山本 二", "山本 三", "山本 四")


def morning(company: Callable[[], Scene]) -> list[int]:
    """Four more leads reach the bar, one after the other."""
    company()
    assert Team.objects.get(role="inside_sales")
    leads = []
    for place, name in enumerate(NAMES):
        with clock.at(clock.now() - timedelta(minutes=30 - 5 * place)):
            fields = {
                "name": name, "email": f"y{place}@yamamoto.example", "title": "工場長", "department": "製造部",
                "account.name": f"山本工業{place}株式会社", "account.industry": "機械", "account.employees": "800",
                "phone": f"03-1111-000{place}",
            }  # fmt: skip
            put = people.put_leads(SYSTEM, [LeadInput(LeadRef(), fields)], source="test")[0]
            assert isinstance(put, Put), put
            fold()
            visited(put.lead_id, HOT)
            fold()
        leads.append(put.lead_id)
    assert set(Lead.objects.filter(pk__in=leads).values_list("stage", flat=True)) == {"MQL"}
    return leads


def at_desk(page: Page) -> str:
    return page.locator("#open article h2 a").inner_text()


def open_is(page: Page, name: str) -> None:
    expect(page.locator("#open article h2 a")).to_have_text(name, timeout=10_000)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def queue_of(page: Page) -> list[str]:
    return page.locator("#queue a.task b").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_whole_queue_is_worked_by_keyboard_alone(
    language: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    leads = morning(company)
    seen = visit(language=language)
    page = seen.sign_in("demo-inside-sales")
    first, second, third, fourth, fifth = queue_of(page)[:5]
    open_is(page, first)

    press(page, "j")
    open_is(page, second)
    press(page, "k")
    open_is(page, first)
    assert page.url.endswith(f"?lead={Lead.objects.get(name=first).pk}")

    press(page, "a")  # accept: the next one is there
    open_is(page, second)
    press(page, "z")  # and back
    open_is(page, first)
    expect(page.locator("#queue a.task b").first).to_have_text(first)
    assert Held.objects.get().state == "taken_back"
    press(page, "a")
    open_is(page, second)

    press(page, "r")
    expect(page.locator("#act-DISQUALIFIED")).to_have_attribute("open", "")
    press(page, "2")  # a student
    open_is(page, third)

    press(page, "b", "3")  # not the time yet
    expect(page.locator("#until-RECYCLED")).to_be_focused()
    page.keyboard.insert_text(NEXT_MONTH[language])
    press(page, "Enter")
    open_is(page, fourth)

    press(page, "c", "2")  # not reached
    open_is(page, fifth)

    press(page, "1")  # budget: yes
    expect(page.locator("#bant [aria-pressed=true]")).to_have_count(1)
    press(page, "1")  # no, after all
    expect(page.locator("#bant li").first.locator("[value=no]")).to_have_attribute("aria-pressed", "true")
    press(page, "2")
    expect(page.locator("#bant [aria-pressed=true]")).to_have_count(2)
    press(page, "q")  # not from here: it says why
    expect(page.locator("#toasts")).to_contain_text("SAL")
    press(page, "n")
    page.keyboard.insert_text("来期に予算が付く")
    press(page, "Control+Enter")
    expect(page.locator("#open .visits").first).to_contain_text("来期に予算が付く")

    with clock.at(clock.now() + timedelta(seconds=11)):
        record_held()
    stages = dict(Lead.objects.values_list("name", "stage"))
    assert [stages[name] for name in (first, second, third, fourth)] == [
        "SAL",
        "DISQUALIFIED",
        "RECYCLED",
        "MQL",
    ]
    back = Lead.objects.get(name=third)
    assert back.reapproach_at
    assert back.reapproach_at > clock.now() + timedelta(days=27)
    assert Decision.objects.get(to="DISQUALIFIED").reason == "student"
    assert Activity.objects.get(type="call").properties["outcome"] == "not_reached"
    assert len(leads) == 4
    assert seen.faults == []


def test_the_keys_are_shown_and_the_back_button_goes_to_the_lead_before(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    morning(company)
    seen = visit()
    page = seen.sign_in("demo-inside-sales")
    first, second = queue_of(page)[:2]
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Accept")
    press(page, "j", "Escape")
    expect(page.locator("#keys")).to_be_hidden()
    open_is(page, first)
    press(page, "j")
    open_is(page, second)
    press(page, "j")
    page.go_back()
    open_is(page, second)
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(second)
    page.go_back()
    open_is(page, second)
    assert seen.faults == []


def test_what_comes_in_appears_by_itself_and_disturbs_nobody_who_types(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    scene = company()
    seen = visit()
    page = seen.sign_in("demo-inside-sales")
    open_is(page, "藤井 美咲")
    page.locator("#bant-note").fill("half a sentence")
    visited(scene.twin, [*HOT, *HOT, *HOT])
    fold()
    expect(page.locator(f"#task-{scene.twin}")).to_be_visible(timeout=15_000)
    expect(page.locator("#bant-note")).to_have_value("half a sentence")
    expect(page.locator("#badge")).to_contain_text("2", timeout=15_000)
    expect(page).to_have_title("(2) Today · Tasuki")
    assert seen.faults == []


def test_on_a_telephone_the_lead_lies_over_the_list_and_there_is_a_way_back(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    seen = visit(width=390)
    page = seen.sign_in("demo-inside-sales")
    expect(page.locator("#open")).to_be_hidden()
    page.locator("a.task").first.click()
    open_is(page, "藤井 美咲")
    expect(page.locator("#queue")).to_be_hidden()
    page.locator("[data-back]").click()
    expect(page.locator("#queue")).to_be_visible()
    page.go_back()
    expect(page.locator("#open")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.faults == []


def test_a_clock_runs_by_the_seconds_that_the_server_gave(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    seen = visit()
    page = seen.sign_in("demo-inside-sales")
    page.evaluate("Date.now = () => 0")  # this machine's date says nothing
    page.evaluate(
        """() => { const one = document.querySelector("#queue time[data-left]").cloneNode();
                   Object.assign(one.dataset, { left: 122, ticks: "" }); one.id = "probe";
                   document.querySelector("#queue").append(one); }"""
    )
    expect(page.locator("#probe")).to_have_text("in 1 m", timeout=8_000)
    expect(page.locator("#probe")).to_have_class("clock act")
