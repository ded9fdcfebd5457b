"""How a condition is read: precedence, mirrors, signs, and what is a number and what is not."""

from __future__ import annotations

import pytest

from tasuki.agreement.conditions import Both, Compare, Condition, Count, Either, GradeCompare, Negation, Plus
from tasuki.agreement.values import MICROSECONDS
from tests.agreement.texts import reading


def read(expression: str) -> Condition:
    """The condition of a path of the whole agreement."""
    condition = reading("requires: bant >= 3", f"requires: '{expression}'").stage["SQL"].paths[0].requires
    assert condition is not None
    return condition


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("has(a) or has(b) and has(c)", "has(a) or has(b) and has(c)"),
        ("(has(a) or has(b)) and has(c)", "(has(a) or has(b)) and has(c)"),
        ("not has(a) and has(b)", "not has(a) and has(b)"),
        ("not (has(a) and has(b))", "not (has(a) and has(b))"),
        ("not not has(a)", "not not has(a)"),
        ("person - behavior + fit > 1", "person − behavior + fit > 1"),
        ("person - (behavior + fit) > 1", "person − (behavior + fit) > 1"),
        ("-person > -3", "− person > -3"),
        ("person > −3.5", "person > -3.5"),
        ("C <= fit.grade", "fit.grade >= C"),
        ("A == fit.grade", "fit.grade == A"),
        ("100 <= person", "100 <= person"),
        ("count(webinar) >= 1", "count(webinar) >= 1"),
        ("count( webinar , 48h ) >= 1", "count(webinar, 2d) >= 1"),
        ('has("account.name")', "has(account.name)"),
        ("days_in_stage >= 0.5", "days_in_stage >= 0.5"),
        ("times_entered(MQL) != 2", "times_entered(MQL) != 2"),
        ("bant==4", "bant == 4"),
        ("person > 1234567", "person > 1234567"),
    ],
)
def test_an_expression_says_itself_again(expression: str, text: str) -> None:
    assert str(read(expression)) == text


def test_and_binds_closer_than_or_and_not_closer_than_and() -> None:
    condition = read("has(a) or not has(b) and has(c)")
    assert isinstance(condition, Either)
    assert isinstance(condition.parts[1], Both)
    assert isinstance(condition.parts[1].parts[0], Negation)


def test_a_comparison_may_have_sums_on_both_sides() -> None:
    condition = read("behavior + fit > person - 10")
    assert isinstance(condition, Compare)
    assert isinstance(condition.left, Plus)
    assert isinstance(condition.right, Plus)


def test_a_grade_on_the_left_is_turned_around() -> None:
    assert read("B < fit.grade") == GradeCompare("fit", ">", "B")


def test_a_window_is_microseconds() -> None:
    condition = read("count(webinar, 2w) > 0")
    assert isinstance(condition, Compare)
    assert condition.left == Count("webinar", 14 * MICROSECONDS["d"])


def test_an_unknown_field_in_has_is_no_mistake_since_fields_are_not_declared() -> None:
    assert str(read("has(anything.at.all)")) == "has(anything.at.all)"
