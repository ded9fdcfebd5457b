"""Likely duplicates: what is asked, what is not, and how well it does on a set whose truth is known."""

from __future__ import annotations

import csv
import gc
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.people import commands, queries
from tasuki.server.people.inputs import LeadInput, Put
from tasuki.server.people.models import Duplicate

pytestmark = pytest.mark.django_db
PEOPLE = Path(__file__).resolve().parents[4] / "shared" / "data" / "dedupe" / "fake_1000.csv"


def asked(actor: Actor, *people: dict[str, str]) -> set[str]:
    """The reasons of the only question that these people raise; none where there is no question."""
    commands.put_leads(actor, [LeadInput(fields=each) for each in people], source="form")
    questions = queries.duplicates(actor, kind="lead").duplicates
    assert len(questions) <= 1
    return {reason["code"] for question in questions for reason in question.reasons}


def test_the_same_name_at_the_same_company_is_asked_however_it_is_written(marketer: Actor):
    assert asked(
        marketer,
        {"name": "髙橋　花子", "email": "hanako@yamada.example", "account.name": "㈱山田電機"},
        {"name": "高橋花子", "email": "h-takahashi@yamada.example", "account.name": "山田電機"},
    ) >= {"same_name", "same_company"}


def test_the_same_reading_in_other_letters_is_asked(marketer: Actor):
    assert "same_kana" in asked(
        marketer,
        {
            "name": "山田太朗",
            "name_kana": "ﾔﾏﾀﾞ ﾀﾛｳ",
            "email": "t1@yamada.example",
            "account.name": "山田電機",
        },
        {
            "name": "山田太郎",
            "name_kana": "やまだ　たろう",
            "email": "t2@yamada.example",
            "account.name": "山田電機",
        },
    )


def test_someone_who_changed_the_company_is_asked_by_the_name_in_the_address(marketer: Actor):
    assert asked(
        marketer,
        {"name": "山田太郎", "email": "taro.yamada@old.example", "account.name": "旧商事"},
        {"name": "山田太郎", "email": "yamada-taro@new.example", "account.name": "新商事"},
    ) >= {"same_name", "same_mail_name", "other_company"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"name": "山田太郎", "email": "a@yamada.example", "account.name": "山田電機"},
            {"name": "山田花子", "email": "b@yamada.example", "account.name": "山田電機"},
        ),
        (
            {"name": "田中太郎", "email": "a@one.example", "account.name": "一商事"},
            {"name": "田中太郎", "email": "b@two.example", "account.name": "二商事"},
        ),
        (
            {
                "name": "佐藤一郎",
                "email": "info@one.example",
                "phone": "03-1234-5678",
                "account.name": "一商事",
            },
            {
                "name": "鈴木次郎",
                "email": "info@two.example",
                "phone": "03-1234-5678",
                "account.name": "二商事",
            },
        ),
    ],
)
def test_colleagues_namesakes_and_shared_receptions_are_not_asked(
    marketer: Actor, one: dict[str, str], other: dict[str, str]
):
    assert asked(marketer, one, other) == set()


def test_a_reception_that_hundreds_share_is_no_trace(marketer: Actor):
    people = [
        {
            "name": f"担当{nth}",
            "email": f"x{nth}@big.example",
            "phone": "03-9999-9999",
            "account.name": "大会社",
        }
        for nth in range(120)
    ]
    assert asked(marketer, *people) == set()


def test_finding_grows_with_the_number_of_leads_not_with_its_square(marketer: Actor):
    def take(start: int, count: int) -> float:
        people = [
            LeadInput(
                fields={
                    "name": f"人{nth}",
                    "email": f"p{nth}@c{nth % 97}.example",
                    "account.name": f"会社{nth % 97}",
                }
            )
            for nth in range(start, start + count)
        ]
        begun = time.process_time()
        commands.put_leads(marketer, people, source="csv")
        return time.process_time() - begun

    gc.collect()
    gc.disable()  # what other tests left is none of its time
    try:
        first = take(0, 500)
        take(500, 2_000)
        assert take(2_500, 500) < 4 * first + 0.5
    finally:
        gc.enable()


def test_what_is_found_in_a_set_whose_truth_is_known(marketer: Actor):
    if not PEOPLE.exists():
        pytest.skip("raw data missing: dedupe/fake_1000.csv is not beside the project")
    clusters: dict[str, set[int]] = defaultdict(set)
    inputs, truth = [], []
    with PEOPLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = " ".join(part for part in (row["first_name"].strip(), row["surname"].strip()) if part)
            email = row["email"].strip() if row["email"].count("@") == 1 else ""
            fields = {"name": name, "email": email, "city": row["city"], "birthday": row["dob"]}
            inputs.append(LeadInput(fields={key: value for key, value in fields.items() if value}))
            truth.append(row["cluster"])
    answers = commands.put_leads(marketer, inputs, source="set")
    pairs_truth, pairs_same = set(), set()
    rows_of: dict[int, list[int]] = defaultdict(list)
    for place, (answer, cluster) in enumerate(zip(answers, truth, strict=True)):
        if isinstance(answer, Put):
            clusters[cluster].add(place)
            rows_of[answer.lead_id].append(place)
    for places in clusters.values():
        pairs_truth.update(combinations(sorted(places), 2))
    for places in rows_of.values():
        pairs_same.update(combinations(sorted(places), 2))
    joined = set(pairs_same)
    for first, second in Duplicate.objects.filter(kind="lead").values_list("first", "second"):
        joined.update((min(a, b), max(a, b)) for a in rows_of[first] for b in rows_of[second])
    exact = len(pairs_same & pairs_truth) / len(pairs_same)
    precision, recall = len(joined & pairs_truth) / len(joined), len(joined & pairs_truth) / len(pairs_truth)
    print(
        f"by identity: precision {exact:.3f}; with questions: precision {precision:.3f}, recall {recall:.3f}"
    )
    assert exact == 1.0
    assert precision > 0.9
    assert recall > 0.6
