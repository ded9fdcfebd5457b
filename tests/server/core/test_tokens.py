from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasuki.server.core import clock, commands, tokens
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from tasuki.server.core.models import AuditEntry, Token, User

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_known():
    tokens.forget()
    yield
    tokens.forget()


def test_a_token_is_shown_once_and_kept_as_a_digest(marketer):
    token, plain = tokens.issue(marketer, name="web form", scopes=["activities.write"])
    assert tokens.SHAPE.fullmatch(plain)
    assert len(plain) == 47
    kept = Token.objects.get(pk=token.pk)
    assert kept.digest == tokens.digest_of(plain)
    assert plain not in str(kept.__dict__)
    assert kept.hint == plain[:8]


def test_who_presents_a_token_acts_as_its_user(marketer):
    token, plain = tokens.issue(marketer, name="web form", scopes=["activities.write"])
    actor = tokens.authenticate(plain, "192.0.2.7")
    assert (actor.user, actor.token, actor.address) == (marketer.user, token, "192.0.2.7")
    assert actor.source == "web form"


@pytest.mark.parametrize(
    "wrong", ["", "tsk_", "tsk_" + "a" * 43, "bearer", "tsk_" + "あ" * 43, "x" * 100_000, "\0"]
)
def test_a_token_that_nobody_issued_is_refused(db, wrong):
    with pytest.raises(NotSignedIn) as refused:
        tokens.authenticate(wrong)
    assert refused.value.code == "token_invalid"
    assert "tsk_" in refused.value.cure


def test_a_revoked_token_is_refused_at_once_here(marketer):
    token, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    tokens.authenticate(plain)
    tokens.revoke(marketer, token.pk)
    with pytest.raises(NotSignedIn):
        tokens.authenticate(plain)
    tokens.revoke(marketer, token.pk)
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_a_token_revoked_by_another_process_is_refused_within_five_seconds(marketer):
    token, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    with clock.at(NOON):
        tokens.authenticate(plain)
    Token.objects.filter(pk=token.pk).update(revoked_at=NOON)  # as another process would
    with clock.at(NOON + timedelta(seconds=5)):
        tokens.authenticate(plain)
    with clock.at(NOON + timedelta(seconds=5, microseconds=1)), pytest.raises(NotSignedIn):
        tokens.authenticate(plain)


def test_an_expired_token_is_refused_to_the_second(marketer):
    with clock.at(NOON):
        _, plain = tokens.issue(
            marketer, name="fair", scopes=["leads.read"], expires_at=NOON + timedelta(seconds=2)
        )
        tokens.authenticate(plain)
    with clock.at(NOON + timedelta(seconds=2)), pytest.raises(NotSignedIn):
        tokens.authenticate(plain)


def test_the_tokens_of_a_deactivated_user_are_refused(marketer, administrator):
    _, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    tokens.authenticate(plain)
    commands.deactivate_user(administrator, marketer.user.pk)
    with pytest.raises(NotSignedIn):
        tokens.authenticate(plain)
    commands.activate_user(administrator, marketer.user.pk)
    with pytest.raises(NotSignedIn):
        tokens.authenticate(plain)


def test_who_loses_a_role_loses_what_the_token_could_do(marketer, administrator):
    _, plain = tokens.issue(marketer, name="crm", scopes=["imports.run"])
    assert tokens.authenticate(plain).may("imports.run")
    commands.change_user(administrator, marketer.user.pk, changes={"role": "sales"})
    assert not tokens.authenticate(plain).may("imports.run")


def test_a_busy_client_costs_no_query_each_time(marketer):
    _, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    with clock.at(NOON):
        tokens.authenticate(plain)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            for _time in range(500):
                tokens.authenticate(plain)
    assert len(asked) == 0


def test_use_is_noted_at_most_once_a_minute(marketer):
    token, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    for seconds, noted in [(0, 0), (3, 0), (59, 0), (60, 60), (100, 60), (121, 121)]:
        with clock.at(NOON + timedelta(seconds=seconds)):
            tokens.authenticate(plain)
        token.refresh_from_db()
        assert token.used_at == NOON + timedelta(seconds=noted)


def test_what_is_known_stays_small(marketer, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 3)
    for number in range(5):
        _, plain = tokens.issue(marketer, name=f"t{number}", scopes=["leads.read"])
        tokens.authenticate(plain)
    assert len(tokens._recognised) <= 3


def test_a_token_is_issued_for_someone_else_by_who_manages_people_only(administrator, manager, sales_rep):
    token, _ = tokens.issue(administrator, user=sales_rep.user, name="crm", scopes=["leads.read"])
    assert token.user == sales_rep.user
    with pytest.raises(NotAllowed):
        tokens.issue(manager, user=sales_rep.user, name="crm", scopes=["leads.read"])


def test_a_program_cannot_make_itself_another_token(marketer):
    _, plain = tokens.issue(marketer, name="web form", scopes=["leads.read"])
    with pytest.raises(NotAllowed):
        tokens.issue(tokens.authenticate(plain), name="more", scopes=["export"])


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": " "}, "missing", "name"),
        ({"name": "x" * 61}, "too_long", "name"),
        ({"name": "a\nb"}, "unreadable", "name"),
        ({"name": "Page"}, "name_reserved", "name"),
        ({"scopes": []}, "scopes_unknown", "scopes"),
        ({"scopes": ["leads.raed"]}, "scopes_unknown", "scopes"),
        ({"scopes": ["people.manage"]}, "scopes_unknown", "scopes"),
        ({"expires_at": NOON}, "expiry_past", "expires_at"),
        ({"expires_at": datetime(2030, 1, 1)}, "expiry_past", "expires_at"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_with_the_cure(marketer, given, code, field):
    with clock.at(NOON), pytest.raises(Invalid) as refused:
        tokens.issue(marketer, **{"name": "crm", "scopes": ["leads.read"], **given})
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.cure


def test_a_token_cannot_have_a_scope_that_its_user_may_not_use(sales_rep):
    with pytest.raises(NotAllowed) as refused:
        tokens.issue(sales_rep, name="crm", scopes=["erase"])
    assert refused.value.code == "scopes_beyond_role"


def test_two_people_cannot_write_entries_under_one_source(marketer, manager):
    tokens.issue(marketer, name="crm", scopes=["leads.read"])
    tokens.issue(marketer, name="crm", scopes=["leads.read"])  # one's own, to change it without a gap
    with pytest.raises(Conflict):
        tokens.issue(manager, name="crm", scopes=["leads.read"])


def test_someone_elses_token_is_not_there(marketer, sales_rep, administrator):
    token, _ = tokens.issue(marketer, name="crm", scopes=["leads.read"])
    with pytest.raises(NotFound):
        tokens.revoke(sales_rep, token.pk)
    assert tokens.revoke(administrator, token.pk).revoked_at is not None


def test_a_deactivated_user_gets_no_token(administrator, marketer):
    commands.deactivate_user(administrator, marketer.user.pk)
    with pytest.raises(Invalid):
        tokens.issue(
            administrator, user=User.objects.get(pk=marketer.user.pk), name="crm", scopes=["leads.read"]
        )


def test_the_audit_has_the_token_and_not_its_text(marketer):
    token, plain = tokens.issue(marketer, name="crm", scopes=["leads.read"])
    entry = AuditEntry.objects.get(action="token.issue")
    assert entry.subject == f"token:{token.pk}"
    assert plain not in str(entry.__dict__)
    assert isinstance(Actor(user=marketer.user), Actor)
