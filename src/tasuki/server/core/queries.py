"""Reads about people who sign in, their teams and tokens, and the audit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import NotFound
from tasuki.server.core.models import AuditEntry, Team, Token, User
from tasuki.server.core.once import once
from tasuki.server.core.prepared import prepared

PAGE = 50
MOST = 1_000
KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Katakana → hiragana."""
_ACTIONS = """
WITH RECURSIVE known(action) AS (
  SELECT min(action) FROM core_auditentry
  UNION ALL
  SELECT (SELECT min(further.action) FROM core_auditentry AS further WHERE further.action > known.action)
  FROM known WHERE known.action IS NOT NULL
)
SELECT action FROM known WHERE action IS NOT NULL
"""


def users(actor: Actor, *, search: str = "", active: bool | None = None) -> Sequence[User]:
    """Everybody who can sign in, active ones first, with their teams; for those who manage people."""
    require(actor, "people.manage")
    found = User.objects.select_related("team").order_by("-is_active", "last_name", "first_name", "username")
    if active is not None:
        found = found.filter(is_active=active)
    search = search.replace("\0", "").strip()[:200]
    for word in search.split():
        part = (
            Q(reading__icontains=word)
            | Q(username__icontains=word)
            | Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
        )
        found = found.filter(part | Q(email__icontains=word) | Q(team__name__icontains=word))
    return sorted(found[:MOST], key=lambda one: (not one.is_active, by_name(one)))


def by_name(user: User) -> tuple[str, str]:
    """What people are sorted by: the reading where one is known, hiragana and katakana alike, else the name."""
    known = unicodedata.normalize("NFKC", user.reading or user.shown_name).casefold()
    return known.translate(KATAKANA), user.username


def user(actor: Actor, user_id: int) -> User:
    """One of them, with team. NotFound, NotAllowed."""
    require(actor, "people.manage")
    found = User.objects.select_related("team").filter(pk=user_id if 0 < user_id < 2**63 else 0).first()
    if found is None:
        raise NotFound("user_unknown", _("There is no such user."), cure=_("Look at the list of people."))
    return found


def colleagues(actor: Actor) -> Sequence[User]:
    """Whom a lead can be given to: everybody active, by name. For everyone: names are no secret in the house."""
    require(actor, "leads.read")
    return once("core.colleagues", lambda: sorted(_colleagues(), key=by_name))


@prepared
def _colleagues() -> QuerySet[Any, User]:
    found = User.objects.filter(is_active=True).select_related("team")
    return found.order_by("last_name", "first_name", "username")[:MOST]


def teams(actor: Actor) -> Sequence[Team]:
    """Every team, with `people`, how many active members it has. For everyone."""
    require(actor, "leads.read")
    return once("core.teams", _teams)


@prepared
def _teams() -> QuerySet[Any, Team]:
    counted = Team.objects.annotate(people=Count("members", filter=Q(members__is_active=True)))
    return counted.order_by("role", "name")


def tokens(actor: Actor, *, everybody: bool = False) -> Sequence[Token]:
    """One's own tokens, latest first; everybody's for those who manage people."""
    require(actor, "people.manage" if everybody else "tokens.own")
    found = Token.objects.select_related("user").order_by("-created_at", "-pk")
    return list((found if everybody else found.filter(user=actor.user))[:MOST])


def audit(
    actor: Actor,
    *,
    by: int | None = None,
    action: str = "",
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Sequence[AuditEntry]:
    """Entries, latest first. `by` a user's id; `action` whole, or its beginning up to a dot (`user`).

    `since` ≤ at < `until`, aware; `after` is the id of the last entry of the page before. NotAllowed.
    """
    require(actor, "audit.read")
    found = _matching(AuditEntry.objects.select_related("user", "token"), by, action, subject)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    if after is not None:
        found = found.filter(pk__lt=after)
    return list(found.order_by("-pk")[: max(1, min(limit, MOST))])


def _matching(found: QuerySet[AuditEntry], by: int | None, action: str, subject: str) -> QuerySet[AuditEntry]:
    action, subject = action.replace("\0", ""), subject.replace("\0", "")
    if by is not None:
        found = found.filter(user_id=by if 0 < by < 2**63 else 0)
    if action:
        found = found.filter(Q(action=action) | Q(action__startswith=action + "."))
    return found.filter(subject=subject) if subject else found


def audit_actions(actor: Actor) -> Sequence[str]:
    """Every action that has entries, for choosing one: a look into the index for each, however long the audit is."""
    require(actor, "audit.read")
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]
