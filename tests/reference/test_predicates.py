"""Sections 3 and 4 of the agreement's page, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from .predicates import duration, predicate


def holds(test: dict[str, Any], **fields: str) -> bool:
    return predicate(test, fields)


def test_a_value_equals_and_a_list_means_any_of() -> None:
    assert holds({"type": "call"}, type="call")
    assert not holds({"type": "call"}, type="calls")
    assert holds({"type": ["visit", "call"]}, type="call")
    assert not holds({"type": ["visit", "call"]}, type="mail")


def test_a_star_is_a_glob_over_the_whole_value() -> None:
    assert holds({"path": "/pricing*"}, path="/pricing/enterprise")
    assert holds({"path": "/pricing*"}, path="/pricing")
    assert not holds({"path": "/pricing*"}, path="/blog/pricing")
    assert holds({"path": "/*/list"}, path="/a/b/list")
    assert not holds({"path": "/p.i*"}, path="/pricing")


def test_strings_are_compared_after_nfkc_and_case_folding() -> None:
    assert holds({"title": "Director"}, title="ＤＩＲＥＣＴＯＲ")
    assert holds({"topic": {"contains": "メール"}}, topic="ﾒｰﾙ配信")
    assert holds({"path": "/PRICING*"}, path="/ｐricing/x")


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        ({"gte": 100}, "100", "99.99"),
        ({"gt": 100}, "100.5", "100"),
        ({"lte": 100}, "100.0", "101"),
        ({"lt": 100}, "-3", "100"),
        ({"gte": 100, "lt": 5000}, "4999", "5000"),
        ({"contains": "部長"}, "営業本部長", "課長"),
        ({"contains": ["部長", "Director"]}, "Sales director", "課長"),
        ({"matches": "^c.se$"}, "CASE", "showcase"),
        ({"matches": ["x", "a+b"]}, "caaab", "cb"),
        ({"exists": True}, "anything", None),
        ({"exists": False}, None, "anything"),
        ({"not": "x"}, "y", "X"),
        ({"not": ["x", "z*"]}, "y", "zzz"),
        ({"not": {"gte": 40}}, "39", "40"),
        ({"gte": "p", "lt": "r"}, "Product", "Security"),
    ],
)
def test_each_operator_says_yes_and_no(test: dict[str, Any], yes: str | None, no: str | None) -> None:
    assert holds({"field": test}, **({} if yes is None else {"field": yes}))
    assert not holds({"field": test}, **({} if no is None else {"field": no}))


@pytest.mark.parametrize("data", ["many", "1e", "1e999", "nan", "inf", "1_000", "12人"])
def test_what_is_no_finite_decimal_fails_against_a_number(data: str) -> None:
    assert not holds({"pages": {"gte": 0}}, pages=data)
    assert not holds({"pages": {"lt": 10**9}}, pages=data)
    assert not holds({"pages": 1000}, pages=data)


def test_a_number_equals_a_number_but_a_quoted_one_is_text() -> None:
    assert holds({"pages": 1000}, pages="1e3")
    assert holds({"pages": 40}, pages="40.0")
    assert not holds({"pages": "40"}, pages="40.0")
    assert holds({"flag": True}, flag="TRUE")


def test_several_fields_must_all_hold_and_any_and_all_nest() -> None:
    test = {
        "type": "page_view",
        "any": [{"path": "/a"}, {"all": [{"path": "/b"}, {"not": {"channel": "ad"}}]}],
    }
    assert holds(test, type="page_view", path="/a")
    assert holds(test, type="page_view", path="/b")
    assert not holds(test, type="page_view", path="/b", channel="ad")
    assert not holds(test, type="call", path="/a")


@pytest.mark.parametrize(
    "test", ["x", "*", 1, {"gte": 0}, {"lt": "z"}, {"contains": ""}, {"matches": ".*"}, {"exists": True}]
)
def test_an_absent_field_fails_everything_but_exists_false_and_not(test: Any) -> None:
    assert not holds({"field": test})
    assert holds({"field": {"not": test}})
    assert holds({"field": {"exists": False}})


def test_a_name_for_people_is_no_test_but_a_test_of_the_field_name_is() -> None:
    assert holds({"type": "a", "name": "Shown to people"}, type="a")
    assert holds({"type": "a", "name": {"ja": "表示名", "en": "Shown"}}, type="a")
    assert not holds({"type": "a", "name": {"contains": "Tanaka"}}, type="a")
    assert not holds({"any": [{"name": "Tanaka"}]}, type="a")


def test_durations_are_exact_multiples() -> None:
    minute = 60_000_000
    assert [duration(text) for text in ("45m", "12h", "30d", "2w")] == [
        45 * minute,
        12 * 60 * minute,
        30 * 1440 * minute,
        14 * 1440 * minute,
    ]
