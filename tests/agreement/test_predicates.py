"""What a predicate holds for, from its text in the file to the shapes of a history."""

from __future__ import annotations

from typing import Any

import pytest

from tasuki.agreement import agreement_of
from tasuki.engine.predicates import holds
from tasuki.history import Activity, history_of


def matches(predicate: str, **fields: str) -> bool:
    """Whether a signal with this predicate matches an activity with these fields (`_` in a name is a dot)."""
    text = (
        f"agreement: x\nsignals: {{s: {predicate}}}\nstages: [{{id: A, enter: [{{when: count(s) > 0}}]}}]\n"
    )
    values = {"type": "t", **{name.replace("_", "."): value for name, value in fields.items()}}
    shapes = history_of([], [Activity("lead", 0, values)], []).activities
    return bool(holds(agreement_of(text).signals["s"].predicate, shapes)[0])


Case = tuple[str, dict[str, Any], bool]


@pytest.mark.parametrize(
    ("predicate", "fields", "expected"),
    [
        ("{kind: whitepaper}", {"kind": "whitepaper"}, True),
        ("{kind: whitepaper}", {"kind": "WhitePaper"}, True),
        ("{kind: whitepaper}", {"kind": "white"}, False),
        ("{kind: ﾎﾜｲﾄﾍﾟｰﾊﾟｰ}", {"kind": "ホワイトペーパー"}, True),
        ("{kind: straße}", {"kind": "STRASSE"}, True),
        ("{kind: [a, b]}", {"kind": "b"}, True),
        ("{path: /pricing*}", {"path": "/pricing/enterprise"}, True),
        ("{path: /pricing*}", {"path": "/blog/pricing"}, False),
        ("{path: '*.example'}", {"path": "rival.example"}, True),
        ("{path: a.c}", {"path": "abc"}, False),
        ("{path: a*c}", {"path": "a\nc"}, True),
    ],
)  # fmt: skip
def test_a_text_equals_after_folding_and_may_be_a_glob(
    predicate: str, fields: dict[str, str], expected: bool
) -> None:
    assert matches(predicate, **fields) is expected


@pytest.mark.parametrize(
    ("predicate", "value", "expected"),
    [
        ("40", "40", True), ("40", "40.0", True), ("40", "４０", True), ("40", "forty", False),
        ('"40"', "40.0", False), ('"40"', "40", True), ("true", "TRUE", True), ("true", "yes", False),
        ("{gte: 100, lt: 200}", "100", True), ("{gte: 100, lt: 200}", "200", False),
        ("{gt: 100}", "100", False), ("{lte: 100}", "1e2", True), ("{gte: 100}", "many", False),
        ("{gte: 100}", "nan", False), ("{gte: 1}", "inf", False), ("{gte: 2024-05}", "2024-06", True),
        ("{gt: b}", "A", False), ("{gt: b}", "C", True),
        ("{contains: 部長}", "営業本部長", True), ("{contains: [vp, director]}", "Vice Director", True),
        ("{contains: [vp, director]}", "clerk", False),
        ("{matches: '^/docs/(api|setup)'}", "/DOCS/API/v2", True), ("{matches: '^api'}", "/api", False),
        ("{not: 40}", "41", True), ("{not: [a, b]}", "b", False), ("{not: {gte: 3}}", "2", True),
        ("{any: [{lt: 3}, {gt: 5}]}", "6", True), ("{any: [{lt: 3}, {gt: 5}]}", "4", False),
        ("{all: [{gt: 3}, {lt: 5}]}", "4", True), ("{exists: true}", "x", True), ("{exists: false}", "x", False),
    ],
)  # fmt: skip
def test_numbers_and_operators(predicate: str, value: str, expected: bool) -> None:
    assert matches(f"{{size: {predicate}}}", size=value) is expected


@pytest.mark.parametrize(
    "predicate",
    ["40", "'*'", "{gte: 1}", "{lt: 1}", "{contains: a}", "{matches: ''''}", "{exists: true}", "[a, b]"],
)
def test_an_absent_field_fails_every_operator(predicate: str) -> None:
    if predicate == "{matches: ''''}":
        predicate = "{matches: '.*'}"
    assert not matches(f"{{size: {predicate}}}")


@pytest.mark.parametrize(
    "predicate", ["{exists: false}", "{not: 40}", "{not: {gte: 1}}", "{not: {exists: true}}"]
)
def test_an_absent_field_passes_only_what_asks_for_absence(predicate: str) -> None:
    assert matches(f"{{size: {predicate}}}")


def test_several_fields_must_all_hold_and_groups_nest() -> None:
    both = "{type: t, channel: web}"
    assert matches(both, channel="web")
    assert not matches(both, channel="mail")
    nested = "{any: [{channel: web}, {all: [{channel: mail}, {not: {topic: jobs}}]}]}"
    assert matches(nested, channel="web", topic="jobs")
    assert matches(nested, channel="mail", topic="prices")
    assert not matches(nested, channel="mail", topic="jobs")


def test_a_name_beside_the_fields_is_what_people_read_and_not_a_field() -> None:
    assert matches("{channel: web, name: On the web}", channel="web", name="anything")
    assert matches("{name: {contains: Tanaka}}", name="Tanaka Taro")
