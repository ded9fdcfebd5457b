"""What people search by is kept by the worker a moment after a lead changed, and is right in between as well."""

from __future__ import annotations

import pytest
from django.db import connection

from tasuki.server.accounts import commands as accounts
from tasuki.server.accounts.models import Account
from tasuki.server.core import bulk
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.people import commands, privacy, queries, searching
from tasuki.server.people.inputs import LeadInput, LeadRef
from tasuki.server.people.models import Lead, LeadText

pytestmark = pytest.mark.django_db


def enter(name: str, company: str = "", **fields: str) -> int:
    given = {"name": name, "email": f"p{Lead.objects.count()}@x.example", **fields}
    if company:
        given["account.name"] = company
    return commands.put_leads(SYSTEM, [LeadInput(fields=given)], source="t")[0].lead_id  # type: ignore[union-attr]


def found(words: str) -> list[int]:
    return [lead.pk for lead in queries.leads(SYSTEM, search=words, sort="created").leads]


def in_the_index(words: str) -> list[int]:
    """Without those that wait to be read: what the index alone says."""
    return sorted(set(searching.candidates(searching.words_of(words)) or ()))


def read_all() -> None:
    while searching.read_due():
        pass


@pytest.mark.parametrize(
    "words", ["山田", "田電", "ﾔﾏﾀﾞ", "やまだ", "hanako", "HANA", "0901", "090-1234", "子", "花"]
)
def test_a_lead_is_found_before_and_after_the_worker_has_read_it(words: str):
    lead = enter(
        "山田 花子",
        "山田電機株式会社",
        name_kana="ヤマダ ハナコ",
        email="hanako@yamada.example",
        phone="090-1234-5678",
    )
    other = enter("John Smith", "Smith Inc.")
    before = found(words)
    assert other not in before
    read_all()
    assert found(words) == before
    assert (before == [lead]) is (words != "子")  # a single letter is looked for where a word begins


def test_two_letters_are_found_in_the_index_and_nobody_else_is_looked_at():
    wanted = enter("佐々木 一郎")
    for nth in range(30):
        enter(f"高橋 {nth}")
    read_all()
    assert in_the_index("々木") == [wanted]
    assert found("々木") == [wanted]


def test_a_name_that_changed_is_found_by_the_new_one_only():
    lead = enter("旧田 太郎")
    read_all()
    commands.update_lead(SYSTEM, lead, changes={"name": "新川 太郎"})
    assert (found("新川"), found("旧田")) == ([lead], [])
    read_all()
    assert (found("新川"), found("旧田"), in_the_index("旧田")) == ([lead], [], [])


def test_leads_follow_the_new_name_of_their_company(marketer: Actor):
    lead = enter("藤井 美咲", "大和機工株式会社")
    read_all()
    accounts.update_account(marketer, Account.objects.get().pk, changes={"name": "飛鳥製作所"})
    assert (found("飛鳥"), found("大和")) == ([lead], [])
    read_all()
    assert (found("飛鳥"), in_the_index("飛鳥")) == ([lead], [lead])


def test_whoever_is_merged_is_found_once_and_twice_again_when_it_is_undone():
    one, other = enter("田中 健一"), enter("田中 健二")
    read_all()
    merge = commands.merge_leads(SYSTEM, winner=one, loser=other)
    read_all()
    assert found("田中") == [one]
    commands.undo_merge(SYSTEM, merge.pk)
    assert found("田中") == [one, other]
    read_all()
    assert (found("田中"), in_the_index("健二")) == ([one, other], [other])


def test_nothing_of_an_erased_person_stays_in_the_index(administrator: Actor):
    lead = enter("消山 消子")
    read_all()
    assert in_the_index("消山") == [lead]
    privacy.erase_person(administrator, lead)
    assert not LeadText.objects.filter(pk=lead).exists()
    assert in_the_index("消山") == []


def test_what_is_noted_while_it_is_being_read_stays_due(monkeypatch: pytest.MonkeyPatch):
    lead = enter("最初 太郎")
    real = searching._texts

    def slow(ids: list[int]) -> dict[int, str]:
        texts = real(ids)
        commands.update_lead(SYSTEM, lead, changes={"name": "最後 太郎"})
        return texts

    monkeypatch.setattr(searching, "_texts", slow)
    searching.read_due()
    monkeypatch.undo()
    assert LeadText.objects.get(pk=lead).due > 0
    read_all()
    assert in_the_index("最後") == [lead]


def test_words_that_nearly_everybody_has_are_met_in_the_order_of_the_list(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searching, "FEW", 5)
    leads = [enter(f"鈴木 {nth}") for nth in range(8)]
    read_all()
    assert searching.candidates(searching.words_of("鈴木")) is None
    assert found("鈴木") == leads


def test_the_index_answers_and_not_a_look_at_every_lead():
    for nth in range(50):
        enter(f"斎藤 {nth}")
    read_all()
    statement, parameters = (searching._in_gin if connection.vendor == "postgresql" else searching._in_fts)(
        [[searching.grams_of_word("斎藤")]]
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in bulk.select("EXPLAIN " + statement, parameters))
        assert "people_leadtext_grams" in plan
    else:
        plan = "\n".join(str(row[3]) for row in bulk.select("EXPLAIN QUERY PLAN " + statement, parameters))
        assert "VIRTUAL TABLE INDEX" in plan


def test_who_is_known_by_a_browser_alone_is_not_read():
    commands.resolve_leads(SYSTEM, [LeadRef(visitor="v1")], source="tag")
    read_all()
    assert not LeadText.objects.exclude(grams="").exists()
