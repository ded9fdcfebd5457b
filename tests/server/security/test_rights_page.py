"""The page of rights says what the code does."""

from __future__ import annotations

from tasuki.server.core import tokens
from tasuki.server.core.access import ALLOWED, SCOPES
from tasuki.server.core.models import Role, Sight
from tests.docs.pages import REFERENCE, read_page

PAGE = REFERENCE / "rights.md"


def test_the_table_of_actions_is_the_codes_own() -> None:
    rows = [line for _, line in read_page(PAGE).section("Actions").prose if line.startswith("| `")]
    told = {}
    for row in rows:
        action, *marks = [cell.strip() for cell in row.strip("|").split("|")][: 1 + len(Role.values)]
        told[action.strip("`")] = {role for role, mark in zip(Role.values, marks, strict=True) if mark}
    assert told == {action: set(roles) for action, roles in ALLOWED.items()}


def test_every_sight_is_explained() -> None:
    assert set(Sight.values) <= read_page(PAGE).section("Sight").entries()


def test_what_is_said_of_tokens_holds() -> None:
    text = PAGE.read_text("utf-8")
    assert set(ALLOWED) - set(SCOPES) == {"company.manage", "people.manage", "tokens.own"}
    assert "without `company.manage`, `people.manage` and `tokens.own`" in text
    assert f"within {tokens.KEPT.seconds} seconds" in text
