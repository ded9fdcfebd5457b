"""How people get in the first time: the first administrator by a code of the machine, others by a link of their own."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock, commands
from tasuki.server.core.access import Actor, require
from tasuki.server.core.company import the_company
from tasuki.server.core.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused
from tasuki.server.core.models import Role, Team, User
from tasuki.server.core.sign_in import address_of, open_session
from tasuki.server.core.texts import a_mail_address

LETTERS: Final = 16


class _Links(PasswordResetTokenGenerator):
    """Keys of links that let one choose a password: good once, and for three days."""

    key_salt = "tasuki.server.core.entrance"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


LINKS = _Links()


def nobody_yet() -> bool:
    """Whether nobody can sign in, as nobody was ever made."""
    return not User.objects.exists()


def first_code() -> str:
    """The code that makes the first administrator, as long as there is nobody: `ABCD-EFGH-…`.

    It follows from the secret key, so that every process knows it and nothing has to be kept.
    """
    digest = salted_hmac("tasuki.server.core.entrance.first", "administrator", algorithm="sha256").digest()
    letters = base64.b32encode(digest)[:LETTERS].decode()
    return "-".join(letters[place : place + 4] for place in range(0, LETTERS, 4))


def begin(
    request: HttpRequest, *, code: str, username: str, password: str, family_name: str, given_name: str, email: str
) -> User:  # fmt: skip
    """Make the first administrator and sign them in. NotSignedIn: a wrong code; Conflict: there is somebody; Invalid."""
    if not constant_time_compare(_plain(code), _plain(first_code())):
        raise NotSignedIn(
            "code_wrong",
            _("This is not the code."),
            cure=_("Copy it from where Tasuki was started."),
            field="code",
        )
    with transaction.atomic():
        if not nobody_yet():
            raise Conflict(
                "not_the_first", _("There is somebody already."), cure=_("Sign in, or ask an administrator.")
            )
        user = commands.create_user(
            Actor(system=True, address=address_of(request)), username=username, role=Role.ADMINISTRATOR,
            password=password, family_name=family_name, given_name=given_name, email=email,
            time_zone=settings.TIME_ZONE,
        )  # fmt: skip
    return open_session(request, user)


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum() and letter.isascii())


@transaction.atomic
def link(actor: Actor, user_id: int) -> str:
    """The key of a link by which somebody chooses their password, good once and for three days. NotFound, NotAllowed."""
    require(actor, "people.manage")
    user = User.objects.filter(pk=user_id if 0 < user_id < 2**63 else 0, is_active=True).first()
    if user is None:
        raise NotFound("user_unknown", _("There is no such user."), cure=_("Look at the list of people."))
    audit.record(actor, "user.invite", f"user:{user.pk}")
    return LINKS.make_token(user)


def guest(user_id: int, key: str) -> User:
    """Whose link this is. NotFound: it was used, is too old, or never was one."""
    user = User.objects.filter(pk=user_id if 0 < user_id < 2**63 else 0, is_active=True).first()
    if user is None or not LINKS.check_token(user, key[:100]):
        raise NotFound(
            "link_over",
            _("This link was used already, or is older than three days."),
            cure=_("Ask an administrator for a new one."),
        )
    return user


def enter(request: HttpRequest, user_id: int, key: str, password: str) -> User:
    """Choose the password and sign in. NotFound: the link is over; Invalid: too weak."""
    user = guest(user_id, key)
    with transaction.atomic():
        commands.put_new_password(Actor(user=user, address=address_of(request)), user, password)
    return open_session(request, user)


@dataclass(frozen=True)
class Newcomer:
    """Somebody to be made. `team`: its name, made where there is none yet; empty for none."""

    name: str
    email: str
    role: str
    team: str = ""


def split_name(name: str) -> tuple[str, str]:
    """Family name and given name of what was typed as one: apart at the first space."""
    family, _space, given = " ".join(name.split()).partition(" ")
    return family, given


@transaction.atomic
def invite_people(actor: Actor, newcomers: Sequence[Newcomer]) -> list[tuple[User, str]]:
    """Make several people, all or none; they sign in by their mail address. Each with the key of their link.

    Invalid and Conflict name the field and the place: `email-2`. NotAllowed.
    """
    require(actor, "people.manage")
    made = []
    for place, one in enumerate(newcomers):
        try:
            made.append(_invited(actor, one))
        except Refused as refused:
            name = {"username": "email", "family_name": "name", "given_name": "name"}
            refused.field = f"{name.get(refused.field, refused.field)}-{place}"
            raise
    return made


def _invited(actor: Actor, one: Newcomer) -> tuple[User, str]:
    email = a_mail_address(one.email)
    if not email:
        raise Invalid(
            "missing", _("This must not be empty."), cure=_("The link to get in goes there."), field="email"
        )
    family, given = split_name(one.name)
    user = commands.create_user(
        actor, username=email, role=one.role, family_name=family, given_name=given, email=email,
        team=_team(actor, one.team.strip(), one.role), time_zone=the_company().time_zone,
    )  # fmt: skip
    return user, link(actor, user.pk)


def _team(actor: Actor, name: str, role: str) -> int | None:
    if not name:
        return None
    known = Team.objects.filter(name__iexact=name).first()
    return (known or commands.create_team(actor, name=name, role=role)).pk
