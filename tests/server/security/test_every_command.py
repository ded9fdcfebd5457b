"""No command without its right and its audit entry, no query without sight.

This is asked of the source, so that a new one cannot be forgotten. A command is whatever public function of a
`commands.py` takes an actor; what takes none serves other apps, and pages and API must not call it.
"""

from __future__ import annotations

import ast

import pytest

from tests.server.security import calls

RECORD = "tasuki.server.core.audit.record"
REQUIRE = "tasuki.server.core.access.require"
SIGHT = "tasuki.server.core.access.sight"

WRITES = dict(calls.public("commands"))
COMMANDS = {name for name, function in WRITES.items() if "actor" in calls.parameters(function)}
COMMANDS |= {
    f"tasuki.server.{name}"
    for name in (
        "core.tokens.issue",
        "core.tokens.revoke",
        "core.company.put_company",
        "core.company.mark_step",
        "core.company.note_step",
        "core.entrance.link",
        "core.entrance.invite_people",
        "core.entrance.begin",
        "core.entrance.enter",
        "core.sign_in.sign_in",
        "core.sign_in.sign_in_as",
        "core.sign_in.sign_out",
        "core.sign_in.change_password",
        "people.privacy.export_person",
        "people.privacy.erase_person",
    )
}
QUERIES = dict(calls.public("queries"))

NOT_AUDITED = {
    "notify.commands.mark_read": "that one has read one's own news says nothing of a lead",
}
"""Command → why it leaves no entry."""
NO_RIGHT_NEEDED = {
    "notify.commands.mark_read": "one's own news",
    "core.commands.put_new_password": "its callers have asked",
    "core.commands.put_preferences": "one's own",
    "core.entrance.begin": "not signed in yet; whoever has the machine's code, as long as there is nobody",
    "core.entrance.enter": "not signed in yet; whoever has the link",
    "core.sign_in.sign_in": "not signed in yet",
    "core.sign_in.sign_in_as": "not signed in yet",
    "core.sign_in.sign_out": "one's own session",
    "core.sign_in.change_password": "one's own, by the old password",
}
"""Command → why it asks for no right."""
NO_RIGHT_TO_READ = {
    "people.queries.lead_there": "serves commands and queries, which have asked",
    "notify.queries.unread": "one's own news, on the page",
    "notify.queries.notifications": "one's own news, on the page",
    "notify.queries.notification": "one's own news, on the page",
    "handoffs.queries.may_give": "says of a handoff that one has what one may do with it",
}
"""Query → why it asks for no right, so that the API must not use it."""
NO_SIGHT_NEEDED: dict[str, str] = {
    "handoffs.queries.may_give": "says of a handoff that one has what one may do with it",
    "lists.queries.asker": "who asks; no lead is shown",
    "lists.queries.views": "questions that people keep; no lead is shown",
    "lists.queries.view": "a question that somebody keeps; no lead is shown",
    "lists.queries.may_change": "a question that somebody keeps; no lead is shown",
    "lists.queries.choice": "one's own columns; no lead is shown",
    "lists.queries.bulk": "one's own deed; its leads are asked for by `some`, which looks through sight",
    "handoffs.queries.loads": "how much teams have to do; no lead is shown",
    "notify.queries.choices": "how one is told; no lead is shown",
    "notify.queries.my_chats": "how one is told; no lead is shown",
    "notify.queries.team_chats": "how teams are told; no lead is shown",
    "notify.queries.endpoints": "programs, and counts of what they are told; no lead is shown",
}
"""Query about leads → why it does not look through sight."""


SERVING: set[str] = set()
"""`caller → function` of a `commands.py` without an actor that pages and API may use, as it writes nothing."""


def short(name: str) -> str:
    return name.removeprefix("tasuki.server.")


@pytest.mark.parametrize("name", sorted(COMMANDS), ids=short)
def test_every_command_leaves_an_audit_entry(name):
    assert calls.reaches(name, RECORD) or short(name) in NOT_AUDITED, (
        f"{short(name)} never calls core.audit.record: let it record what it does"
    )


@pytest.mark.parametrize("name", sorted(COMMANDS), ids=short)
def test_every_command_asks_whether_the_actor_may(name):
    assert calls.reaches(name, REQUIRE) or short(name) in NO_RIGHT_NEEDED, (
        f"{short(name)} never calls core.access.require"
    )


@pytest.mark.parametrize("name", sorted(QUERIES), ids=short)
def test_every_query_asks_whether_the_actor_may_so_that_a_tokens_scopes_hold(name):
    if "actor" in calls.parameters(QUERIES[name]):
        asks = calls.reaches(name, REQUIRE)
        assert asks or short(name) in NO_RIGHT_TO_READ, f"{short(name)} never calls core.access.require"


@pytest.mark.parametrize("name", sorted(QUERIES), ids=short)
def test_every_query_about_leads_looks_through_the_actors_sight(name):
    about_leads = short(name).split(".")[0] in {
        "people",
        "activities",
        "deals",
        "handoffs",
        "lifecycle",
        "lists",
        "notify",
    }
    if about_leads and "actor" in calls.parameters(QUERIES[name]):
        asks = calls.reaches(name, SIGHT)
        assert asks or short(name) in NO_SIGHT_NEEDED, f"{short(name)} never calls core.access.sight"


@pytest.mark.parametrize("table", [NOT_AUDITED, NO_RIGHT_NEEDED, NO_RIGHT_TO_READ, NO_SIGHT_NEEDED])
def test_no_exception_outlives_what_it_excepts(table):
    assert set(table) <= {short(name) for name in (*COMMANDS, *QUERIES)}


def test_the_graph_knows_what_reaches_what():
    assert calls.reaches("tasuki.server.core.commands.create_user", RECORD)
    assert calls.reaches("tasuki.server.core.sign_in.change_password", RECORD)
    assert not calls.reaches("tasuki.server.core.queries.users", RECORD)
    assert not calls.reaches("tasuki.server.core.texts.a_name", REQUIRE)


@pytest.mark.parametrize("room", ["pages", "api"])
def test_pages_and_api_use_what_knows_the_actor_and_asks(room):
    inner = set(WRITES) - COMMANDS
    if room == "api":  # where tokens have scopes
        inner |= {f"tasuki.server.{name}" for name in NO_RIGHT_TO_READ}
    used = {
        f"{function} → {short(target)}"
        for function, targets in calls.graph().items()
        if function.startswith(f"tasuki.server.{room}.")
        for target in targets & inner
    }
    assert not used - SERVING


@pytest.mark.parametrize("room", ["pages", "api"])
def test_pages_and_api_touch_no_table_themselves(room):
    found = [
        f"{name}:{node.lineno}"
        for name, tree in calls.modules()
        if name.startswith(f"tasuki.server.{room}.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "save", "delete"}
        if node.attr in {"objects", "_default_manager"} or _is_of_a_row(node)
    ]
    assert not found, f"use commands and queries: {found}"


def _is_of_a_row(node: ast.Attribute) -> bool:
    """`.save()` of anything but a form or a cookie; routes such as `router.delete` are no rows."""
    return not (
        isinstance(node.value, ast.Name) and node.value.id in {"router", "api", "form", "response", "session"}
    )
