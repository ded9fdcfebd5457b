"""A lead's whole way in a real browser, in both languages: to a won deal, back with a reason, and back on its day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tasuki.server.core import clock
from tasuki.server.deals.models import Deal
from tasuki.server.imports import commands as imports
from tasuki.server.imports.models import ImportJob
from tasuki.server.lifecycle.commands import record_held
from tasuki.server.people.models import Lead
from tests.browser.conftest import Visit
from tests.monday import MORNING, begin
from tests.server.pages.scene import HOT, Scene, fold
from tests.server.pages.scene import visit as visited

CSV = (
    "会社名,氏名,メールアドレス,部署,役職,業種,従業員数\n"
    "丸山精工株式会社,丸山 恵,maruyama@maruyama.example,製造部,工場長,機械,800\n"
)
NAME = "丸山 恵"
NEXT_MONTH = {"en": "next month", "ja": "来月"}
RECORD = {"en": "Record now", "ja": "すぐに記録"}
WON = {"en": "Won", "ja": "受注"}
STUDENT = {"en": "student", "ja": "学生"}

pytestmark = pytest.mark.slow


def work() -> None:
    """What the worker does meanwhile, once nobody takes anything back any more."""
    with clock.at(clock.now() + timedelta(seconds=11)):
        record_held()
        fold()


def stage() -> str:
    return Lead.objects.get(name=NAME).stage


def open_at_desk(page: Page, seen: Visit) -> None:
    """The lead waits in the queue; it is opened."""
    page.goto(f"{seen.address}/?list=1")
    page.locator("#queue a.task", has_text=NAME).click()
    expect(page.locator("#open article h2 a")).to_have_text(NAME)


def imported(visit: Callable[..., Visit], language: str) -> Visit:
    """Marketing brings a file in, and the lead it holds shows interest."""
    seen = visit(language=language)
    page = seen.sign_in("demo-marketing")
    page.goto(seen.address + "/imports")
    page.locator("#id_file").set_input_files(
        {"name": "名刺.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    page.locator("form[action$='/start'] button").first.click()
    expect(page.locator("#progress")).to_be_visible()
    imports.run(ImportJob.objects.get().pk)
    fold()
    visited(Lead.objects.get(name=NAME).pk, [*HOT, *HOT])
    fold()
    assert stage() == "MQL"
    return seen


@pytest.mark.parametrize("language", ["en", "ja"])
def test_from_a_file_to_a_won_deal_in_each_roles_eyes(
    language: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    marketing = imported(visit, language)

    inside = visit(language=language)
    page = inside.sign_in("demo-inside-sales")
    expect(page.locator("#bell .count")).to_be_visible()
    page.goto(inside.address + "/notifications")
    expect(page.locator("main")).to_contain_text(NAME)
    open_at_desk(page, inside)
    page.keyboard.press("a")  # accepted
    expect(page.locator("#toasts")).to_contain_text(NAME)
    work()
    assert stage() == "SAL"
    open_at_desk(page, inside)
    for number in "123":  # budget, authority, need
        page.keyboard.press(number)
        expect(page.locator("#bant [value=yes][aria-pressed=true]")).to_have_count(int(number))
    page.keyboard.press("q")  # qualified, with the answers as they are
    page.locator("#act-SQL form .btn-primary").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("SQL")
    work()
    assert stage() == "SQL"

    sales = visit(language=language)
    page = sales.sign_in("demo-sales")
    open_at_desk(page, sales)
    page.locator("#act-OPPORTUNITY > summary").click()
    page.locator("#act-OPPORTUNITY [name=amount]").fill("3000000")
    page.locator("#act-OPPORTUNITY form .btn-primary").click()
    expect(page.locator("#toasts")).to_contain_text(NAME)
    work()
    deal = Deal.objects.get(lead__name=NAME)
    assert (deal.state, deal.amount) == ("open", 3_000_000)
    page.goto(f"{sales.address}/leads/{deal.lead_id}")
    page.locator("#move-WON summary").click()
    page.locator("#move-WON button.btn").last.click()
    page.locator("#held").get_by_role("button", name=RECORD[language]).click()
    expect(page.locator("#state .path li[aria-current=step]")).to_contain_text(WON[language])
    deal.refresh_from_db()
    assert (stage(), deal.state) == ("WON", "won")

    page = marketing.page
    page.goto(marketing.address + "/notifications")
    expect(page.locator("main")).to_contain_text(WON[language])
    expect(page.locator("main")).to_contain_text(NAME)
    assert [*marketing.faults, *inside.faults, *sales.faults] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_sales_rejects_marketing_sees_with_the_reason(
    language: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    marketing = imported(visit, language)
    inside = visit(language=language)
    page = inside.sign_in("demo-inside-sales")
    open_at_desk(page, inside)
    page.keyboard.press("r")
    page.locator("#act-DISQUALIFIED [value=student]").click()
    expect(page.locator("#toasts")).to_contain_text(NAME)
    work()
    assert stage() == "DISQUALIFIED"
    page = marketing.go("/")
    answered = page.locator("#answered")
    expect(answered).to_contain_text(NAME)
    expect(answered).to_contain_text(re.compile(STUDENT[language], re.IGNORECASE))
    assert [*marketing.faults, *inside.faults] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_sent_back_until_next_month_comes_back_on_its_day(
    language: str,
    visit: Callable[..., Visit],
    company: Callable[[], Scene],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company()
    imported(visit, language)
    inside = visit(language=language)
    page = inside.sign_in("demo-inside-sales")
    open_at_desk(page, inside)
    page.keyboard.press("b")
    page.locator("#act-RECYCLED label", has=page.locator("[value=timing]")).click()
    page.locator("#until-RECYCLED").fill(NEXT_MONTH[language])
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(NAME)
    work()
    assert stage() == "RECYCLED"
    page.goto(f"{inside.address}/?list=1")
    expect(page.locator("#queue a.task", has_text=NAME)).to_have_count(0)

    begin(monkeypatch, MORNING + timedelta(days=31))
    fold()
    back = visit(language=language)
    page = back.sign_in("demo-inside-sales")
    open_at_desk(page, back)
    page.goto(back.address + "/notifications")
    expect(page.locator("main")).to_contain_text(NAME)
    assert [*inside.faults, *back.faults] == []
