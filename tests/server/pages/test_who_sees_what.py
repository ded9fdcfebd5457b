"""Each page for each role: it works, is not allowed, or is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver

from tasuki.server.core.access import Actor
from tests.server.pages.scene import Scene

EVERYONE = ("marketer", "inside_rep", "sales_rep", "outsider", "manager", "administrator")
PAGES = {
    "/": EVERYONE,
    "/handoffs": EVERYONE,
    "/handoffs?state=closed&team=West&person=none&overdue=1": EVERYONE,
    "/leads": EVERYONE,
    "/leads?q=藤井&stage=MQL&sort=name": EVERYONE,
    "/leads?view=all&owner=me&score=50..&created=30d&grade=fit:A&active=7d&handoff=open&profile=name:藤": EVERYONE,
    "/leads?score=high": EVERYONE,
    "/leads/count?stage=MQL": EVERYONE,
    "/leads/board": EVERYONE,
    "/leads/board?q=藤井": EVERYONE,
    "/leads/board/more?lane=MQL": EVERYONE,
    "/leads/new": EVERYONE,
    "/numbers": EVERYONE,
    "/numbers/officer": EVERYONE,
    "/numbers/flow": EVERYONE,
    "/numbers/speed": EVERYONE,
    "/numbers/revenue?by=campaign": EVERYONE,
    "/numbers/by?figure=won.amount": EVERYONE,
    "/numbers/sal.acceptance": EVERYONE,
    "/numbers/moves.none.MAL": EVERYONE,
    "/numbers/won.amount?by=source&period=all&as_of=2026-01-01&side=young": EVERYONE,
    "/numbers/mql.stock?by=&period=month": EVERYONE,
    "/plan": EVERYONE,
    "/plan?goal_2026-Q4=100000000&rate_SAL=50&value=5000000": EVERYONE,
    "/accounts": EVERYONE,
    "/accounts/{account}": EVERYONE,
    "/accounts/{account}/story": EVERYONE,
    "/accounts/{account}/edit": EVERYONE,
    "/duplicates": EVERYONE,
    "/duplicates?kind=account": EVERYONE,
    "/agreement": EVERYONE,
    "/agreement/versions/1": EVERYONE,
    "/agreement/publish": ("manager", "administrator"),
    "/imports": ("marketer", "manager", "administrator"),
    "/notifications": EVERYONE,
    "/settings": EVERYONE,
    "/settings/me": EVERYONE,
    "/settings/routing": EVERYONE,
    "/settings/company": ("administrator",),
    "/settings/people/several": ("administrator",),
    "/start": ("administrator",),
    "/start/people": ("administrator",),
    "/deals": EVERYONE,
    "/settings/tokens": EVERYONE,
    "/settings/telling": EVERYONE,
    "/settings/telling/teams": ("manager", "administrator"),
    "/settings/webhooks": ("administrator",),
    "/settings/hours": EVERYONE,
    "/settings/working-time": ("manager", "administrator"),
    "/settings/people": ("administrator",),
    "/settings/people/new": ("administrator",),
    "/settings/teams": ("administrator",),
    "/settings/audit": ("manager", "administrator"),
}


@pytest.mark.parametrize("who", EVERYONE)
def test_every_page_works_for_those_who_may_and_says_403_to_others(
    who: str, scene: Scene, browse: Callable[[Actor], Client], request: pytest.FixtureRequest
):
    client = browse(request.getfixturevalue(who))
    told = {path: client.get(path.format(account=scene.account)).status_code for path in PAGES}
    assert told == {path: 200 if who in may else 403 for path, may in PAGES.items()}


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize(
    "path",
    [
        "/leads/{hot}",
        "/leads/{hot}/now",
        "/leads/{hot}/story",
        "/leads/{hot}/edit",
        "/leads/{hot}?at=2026-06-13",
    ],
)
def test_a_lead_is_there_for_those_who_see_it_only(
    who: str, path: str, scene: Scene, browse: Callable[[Actor], Client], request: pytest.FixtureRequest
):
    answer = browse(request.getfixturevalue(who)).get(path.format(hot=scene.hot))
    hidden = who in (
        "outsider",
        "sales_rep",
    )  # it is inside sales' team's, and these see their own, or their team's
    assert answer.status_code == (404 if hidden else 200)
    assert ("大和機工" in answer.content.decode() or "MQL" in answer.content.decode()) is not hidden


def test_a_stranger_is_sent_to_sign_in_from_every_page_and_comes_back_to_it(client: Client, db: None):
    for pattern in get_resolver("tasuki.server.pages.urls").url_patterns:
        path = "/" + str(pattern.pattern).replace("<int:", "<").split("<")[0]
        if path.startswith(("/sign", "/language", "/theme", "/begin", "/welcome")) or pattern.name in POSTED:
            continue
        answer = client.get("/" + _filled(str(pattern.pattern)))
        assert answer.status_code == 302, pattern
        assert answer.headers["Location"].startswith("/sign-in?next="), pattern


POSTED = {
    "account-owner", "lead-decide", "lead-answer", "lead-owner", "lead-export", "lead-erase", "merge-undo", "duplicate",
    "import-plan", "import-start", "import-undo", "import-remove", "notifications-read", "password", "token-revoke",
    "person-password", "person-active", "team-delete", "lead-call", "lead-reapproach", "promise-move", "promise-cancel",
    "lead-record", "handoff-transfer", "handoff-take", "capacity-person", "capacity-team",
    "hours-clear", "absence-new", "absence-end", "day-off-new", "day-off-remove", "person-hours-clear", "person-absence-new",
    "team-hours-clear", "start-skip", "start-close", "duplicate-reopen", "person-link",
    "test-mail", "chat-new", "chat-test", "chat-remove", "team-chat-new", "send-again", "webhook-test", "webhook-rotate",
    "webhook-switch", "webhook-remove", "today-decide", "today-call", "today-answer", "held-undo", "note", "note-remove",
    "deal-new", "deal-change", "number-export", "number-leads-export", "report-now", "report-decline",
    "plan-export", "plan-write", "numbers-table-export",
    "leads-columns", "leads-export", "many", "many-undo", "board-undo",
    "view-new", "view-begin", "view-change", "view-remove", "view-restore",
}  # fmt: skip


def _filled(pattern: str) -> str:
    parts = ["1" if part.startswith("<") else part for part in pattern.split("/")]
    return "/".join(parts)


def test_what_writes_is_asked_for_by_post_and_with_its_token_only(
    scene: Scene, browse: Callable[[Actor], Client], administrator: Actor
):
    client = browse(administrator)
    guarded = Client(enforce_csrf_checks=True)
    assert administrator.user is not None
    guarded.force_login(administrator.user)
    for pattern in get_resolver("tasuki.server.pages.urls").url_patterns:
        if pattern.name in POSTED:
            assert client.get("/" + _filled(str(pattern.pattern))).status_code == 405, pattern
            assert guarded.post("/" + _filled(str(pattern.pattern))).status_code == 403, pattern


@pytest.mark.parametrize(
    "path",
    [
        "/leads/999999",
        "/leads/99999999999999999999999",
        "/accounts/0",
        "/agreement/versions/99",
        "/imports/77",
        "/nothing",
    ],
)
def test_what_is_not_there_is_404(
    path: str, scene: Scene, browse: Callable[[Actor], Client], administrator: Actor
):
    assert browse(administrator).get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/leads?after=x", "/leads?after=[1,%22]", "/leads?q=%00&stage=%00", "/leads?sort=x", "/accounts?after=-1",
     "/handoffs?after=x&state=x&team=%00&person=%00", "/handoffs?after=[1,2]&state=closed",
     "/duplicates?kind=x&after=1", "/imports?after=x", "/settings/audit?by=x&after=99999999999999999999",
     "/numbers?period=x&as_of=9999-99-99&source=%00&rep=x", "/numbers/mql.entries?by=x&part=x&side=x&offset=-1",
     "/numbers/mql.entries?by=month&part=x", "/numbers/nothing", "/numbers/moves.x.y", "/numbers/revenue?by=x",
     "/plan?rate_MQL=nan&goal_x=1", "/plan?value=-1", "/plan?goal_2026-Q4=1e400", "/plan?rate_%00=1&currency=%00%00%00",
     "/plan?goal_0000-Q1=5", "/plan?days_MQL=1e9&share_X=5",
     "/numbers/by?rows=x", "/numbers/by?figure=mal.stock&rows=month", "/numbers/by?figure=won.rate&rows=week&columns=week",
     "/numbers/flow?as_of=2026-02-30T10:00", "/numbers/speed?team=x&rep=%00",
     "/leads/1?at=9999-99-99", "/leads/1?at=0001-01-01", "/leads/1?at=2026-01-01T00:00"],
)  # fmt: skip
def test_addresses_made_up_by_hand_never_break_a_page(
    path: str, scene: Scene, browse: Callable[[Actor], Client], administrator: Actor
):
    assert browse(administrator).get(path).status_code in (200, 400, 404, 422)
