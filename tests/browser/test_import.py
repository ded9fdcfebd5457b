"""A file in a real browser: dropped, guessed, changed in place, brought in, taken back; and the whole first run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tasuki.server.core import entrance
from tasuki.server.core.models import User
from tasuki.server.imports import commands as imports
from tasuki.server.imports.models import ImportJob
from tasuki.server.people.models import Lead
from tests.browser.conftest import Visit
from tests.server.pages.scene import Scene, fold

CSV = "会社名,氏名,メールアドレス,部署,メモ欄\n大和機工株式会社,加藤 学,kato@yamato-kiko.example,製造部,課長\n,,壊れた@@,,\n"
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/csv" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.getElementById("drop").dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""
WORDS = {
    "en": {
        "new": "new",
        "start": "Bring it in",
        "back": "Take it back",
        "chosen": "by hand",
        "undone": "Undone",
    },
    "ja": {
        "new": "新規",
        "start": "取り込む",
        "back": "取り消す",
        "chosen": "手で選択",
        "undone": "取り消し済み",
    },
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_file_is_dropped_looked_at_changed_brought_in_and_taken_back(
    language: str, visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    words = WORDS[language]
    seen = visit(language=language)
    page = seen.sign_in("demo-marketing")
    page.goto(seen.address + "/imports")
    page.evaluate(DROP, ["名刺.csv", CSV])
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(page.locator("#would-card .outcomes li").first).to_have_text(re.compile(rf"1\s*{words['new']}"))
    page.locator("table.mapping select").nth(4).focus()
    page.locator("table.mapping select").nth(4).select_option("title")
    expect(page.locator("table.mapping")).to_contain_text(words["chosen"])
    expect(page.locator("#first-rows")).to_contain_text("課長")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"  # one goes on where one was
    page.get_by_role("button", name=words["start"]).click()
    expect(page.locator("#progress progress")).to_be_visible()
    job = ImportJob.objects.get()
    imports.run(job.pk)  # what the worker does meanwhile
    fold()
    expect(page.locator("#came")).to_contain_text("加藤 学", timeout=15_000)
    expect(page.locator(".at-fault .fault")).to_be_visible()
    page.locator("#undo-menu summary").click()
    page.get_by_role("button", name=words["back"]).click()
    imports.run_undo(job.pk)
    expect(page.locator("#progress")).to_contain_text(words["undone"], timeout=15_000)
    assert not Lead.objects.filter(email="kato@yamato-kiko.example").exists()
    assert seen.faults == []


def test_a_file_that_is_no_table_is_refused_where_it_was_dropped(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    seen = visit()
    page = seen.sign_in("demo-marketing")
    page.goto(seen.address + "/imports")
    page.evaluate(DROP, ["x.csv", "\0\1\2"])
    expect(page.locator("#id_file_error")).to_be_visible()
    page.locator("#id_file").set_input_files(
        {"name": "b.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    page.wait_for_url(re.compile(r"/imports/\d+$"))


def test_duplicates_are_answered_by_keyboard_and_an_answer_is_undone(
    visit: Callable[..., Visit], company: Callable[[], Scene]
) -> None:
    company()
    seen = visit()
    page = seen.sign_in("demo-marketing")
    page.goto(seen.address + "/duplicates")
    page.keyboard.press("j")
    page.keyboard.press("n")
    expect(page.locator("form.pair")).to_have_count(0)
    page.wait_for_load_state()
    assert seen.faults == []


def _rows(page: Page, people: list[tuple[str, str, str]]) -> None:
    for n, (name, mail, team) in enumerate(people):
        for field, value in (("name", name), ("email", mail), ("team", team)):
            page.locator(f"#id_{n}-{field}").fill(value)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_owner_goes_through_the_first_run_by_what_the_pages_say(
    language: str, visit: Callable[..., Visit], transactional_db: None
) -> None:
    User.objects.all().delete()
    seen = visit(language=language, width=1440 if language == "en" else 390)
    page = seen.go(f"/begin?code={entrance.first_code()}")
    for field, value in (
        ("family_name", "足立"),
        ("username", "adachi"),
        ("password", "kumo to yama no uta"),
    ):
        page.locator(f"#id_{field}").fill(value)
    page.locator("main button.btn-primary").click()
    page.locator(".setup-steps .btn-primary").click()
    page.locator("#id_name").fill("山田電機株式会社")
    page.locator("main form.card button").click()
    page.wait_for_url(re.compile("/start/people"))
    _rows(page, [("牧野 ゆい", "makino@yamada.example", "M"), ("石井 蓮", "ishii@yamada.example", "IS")])
    page.locator("main form.card button.btn-primary").click()
    expect(page.locator(".guests li")).to_have_count(2)
    link = page.locator(".guests input").first.input_value()
    page.locator("main > .start > form button.btn-primary, .start > form button.btn-primary").first.click()
    page.wait_for_url(re.compile("/start/agreement"))
    page.locator(".starters a").nth(1).click()
    page.locator("#clauses button.btn-primary").click()
    page.wait_for_url(re.compile("/start/import"))
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    guest = visit(language=language)
    guest.go(link.removeprefix(re.match(r"https?://[^/]+", link).group()))  # type: ignore[union-attr]
    guest.page.locator("#id_password").fill("hana to mizu no uta")
    guest.page.locator("main button.btn-primary").click()
    expect(guest.page.locator(".top .who")).to_be_visible()
    assert seen.faults == []
    assert guest.faults == []
