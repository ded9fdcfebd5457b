"""Keys to the API: made, shown once, recognised, revoked. Only a digest is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import SCOPES, Actor, require
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from tasuki.server.core.models import Role, Token, User
from tasuki.server.core.texts import a_name

PREFIX = "tsk_"
SHAPE = re.compile(r"tsk_[A-Za-z0-9_-]{43}")
KEPT = timedelta(seconds=5)
"""How long a recognised token is believed without asking the database: what a revocation may take elsewhere."""
NOTED = timedelta(minutes=1)
MOST = 1_000
RESERVED = frozenset({"page", "system", "import", "demo"})
"""A token's name is the source of its entries; these are the sources of others."""


@dataclass(frozen=True)
class _Recognised:
    token: Token
    at: datetime


_recognised: dict[str, _Recognised] = {}


def digest_of(plain: str) -> str:
    """What is kept of a token: SHA-256 in hex. It has 256 random bits, so no salt and no slow hash is needed."""
    return hashlib.sha256(plain.encode()).hexdigest()


@transaction.atomic
def issue(
    actor: Actor,
    *,
    name: str,
    scopes: Collection[str],
    user: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A new token of `user` (the actor itself when None), and its plain text, which nobody can be shown again.

    `expires_at` is aware, or None for never. Invalid, Conflict (the name is another person's), NotAllowed.
    """
    owner = _owner(actor, user)
    token = Token(
        user=owner,
        name=_checked_name(name, owner),
        scopes=_checked_scopes(actor, owner, scopes),
        expires_at=_checked_expiry(expires_at),
    )
    plain = PREFIX + secrets.token_urlsafe(32)
    token.digest, token.hint = digest_of(plain), plain[:8]
    token.save()
    audit.record(actor, "token.issue", f"token:{token.pk}", user=owner.pk, scopes=token.scopes)
    return token, plain


def _owner(actor: Actor, user: User | None) -> User:
    owner = user or actor.user
    if owner is None:
        raise Invalid(
            "user_missing", _("A token belongs to somebody."), cure=_("Name the user."), field="user"
        )
    require(actor, "tokens.own" if actor.user == owner else "people.manage")
    if not owner.is_active:
        raise Invalid(
            "user_inactive",
            _("This user is deactivated."),
            cure=_("Activate the user first, or choose another."),
            field="user",
        )
    return owner


def _checked_name(name: str, owner: User) -> str:
    name = a_name(name, field="name", longest=60)
    if name.lower() in RESERVED:
        raise Invalid(
            "name_reserved",
            _("The name %(name)s is reserved.") % {"name": name},
            cure=_("Choose another name, like the system that will use the token."),
            field="name",
        )
    if Token.objects.filter(name=name, revoked_at=None).exclude(user=owner).exists():
        raise Conflict(
            "name_taken",
            _("Someone else has a token of this name; entries are stored under the name as their source."),
            cure=_("Choose another name."),
            field="name",
        )
    return name


def _checked_scopes(actor: Actor, owner: User, scopes: Collection[str]) -> list[str]:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Invalid(
            "scopes_unknown",
            _("Not a scope: %(unknown)s.") % {"unknown": ", ".join(unknown)}
            if unknown
            else _("A token needs at least one scope."),
            cure=_("Choose from: %(known)s.") % {"known": ", ".join(SCOPES)},
            field="scopes",
        )
    over = sorted(scope for scope in scopes if not Actor(user=owner).may(scope))
    if over:
        raise NotAllowed(
            "scopes_beyond_role",
            _("The role %(role)s may not do this itself: %(over)s.")
            % {"role": Role(owner.role).label, "over": ", ".join(over)},
            cure=_("Leave these scopes out; a token can do no more than its user."),
            field="scopes",
        )
    return sorted(set(scopes))


def _checked_expiry(expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= clock.now()):
        raise Invalid(
            "expiry_past",
            _("A token must expire in the future."),
            cure=_("Give a later time, with its time zone, or none."),
            field="expires_at",
        )
    return expires_at


def authenticate(plain: str, address: str | None = None) -> Actor:
    """Whoever presents this token, from this address. NotSignedIn: unknown, revoked, expired, or its user is deactivated.

    Believes what it found out at most `KEPT` ago, so that a busy client costs no query each time.
    """
    token = _recognise(digest_of(plain)) if SHAPE.fullmatch(plain) else None
    if token is None or _is_over(token):
        raise NotSignedIn(
            "token_invalid",
            _("This token is unknown, revoked or expired, or its user is deactivated."),
            cure=_("Issue a new one under Settings, and send it as: Authorization: Bearer tsk_…"),
        )
    _note_use(token)
    return Actor(user=token.user, token=token, address=address)


def _recognise(digest: str) -> Token | None:
    found, now = _recognised.get(digest), clock.now()
    if found is not None and timedelta(0) <= now - found.at <= KEPT:
        return found.token
    token = Token.objects.select_related("user").filter(digest=digest).first()
    if token is None:
        _recognised.pop(digest, None)
        return None
    if len(_recognised) >= MOST:
        _recognised.clear()
    _recognised[digest] = _Recognised(token, now)
    return token


def _is_over(token: Token) -> bool:
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    return expired or token.revoked_at is not None or not token.user.is_active


def _note_use(token: Token) -> None:
    """At most once a minute; of two processes that would, one does."""
    now = clock.now()
    if token.used_at is not None and now - token.used_at < NOTED:
        return
    token.used_at = now
    stale = Q(used_at=None) | Q(used_at__lte=now - NOTED)
    Token.objects.filter(stale, pk=token.pk).update(used_at=now)


def forget() -> None:
    """Believe nothing without asking: something about tokens, or people, has changed in this process."""
    _recognised.clear()


@transaction.atomic
def revoke(actor: Actor, token_id: int) -> Token:
    """It works no longer: here at once, elsewhere within `KEPT`. NotFound: not one's own, unless one manages people."""
    require(actor, "tokens.own")
    tokens = Token.objects.select_for_update().filter(pk=token_id)
    if not actor.may("people.manage"):
        tokens = tokens.filter(user=actor.user)
    token = tokens.first()
    if token is None:
        raise NotFound(
            "token_unknown", _("There is no such token."), cure=_("Look at the list of your tokens.")
        )
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        audit.record(actor, "token.revoke", f"token:{token.pk}", user=token.user_id)
    transaction.on_commit(forget)
    forget()
    return token
