"""Writes about people who sign in, their teams and their own choices: one function an operation, one transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock, tokens
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict, Invalid, NotFound, NotSignedIn
from tasuki.server.core.models import Role, Sight, Team, Token, User
from tasuki.server.core.texts import a_language, a_mail_address, a_name, a_time_zone, a_user_name

NAMES = {"family_name": "last_name", "given_name": "first_name"}
"""What people are asked for → the column."""
CHANGEABLE = (
    "family_name", "given_name", "reading", "email", "role", "sight", "team", "language", "time_zone",
)  # fmt: skip


@transaction.atomic
def create_user(
    actor: Actor,
    *,
    username: str,
    role: str,
    password: str | None = None,
    family_name: str = "",
    given_name: str = "",
    email: str = "",
    sight: str = Sight.ALL,
    team: int | None = None,
    language: str = "",
    time_zone: str = "",
    reading: str = "",
) -> User:
    """Someone who can sign in; without a password not before one is set. Invalid, Conflict (name taken), NotAllowed."""
    require(actor, "people.manage")
    user = User(username=a_user_name(username))
    given = {
        "family_name": family_name,
        "given_name": given_name,
        "email": email,
        "role": role,
        "sight": sight,
        "team": team,
        "language": language,
        "time_zone": time_zone,
        "reading": reading,
    }
    _apply(user, given)
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(user, password, "password")
        user.set_password(password)
    _save_new(user)
    audit.record(actor, "user.create", f"user:{user.pk}", role=user.role, sight=user.sight, team=user.team_id)
    return user


def _save_new(user: User) -> None:
    taken = Conflict(
        "user_name_taken",
        _("There is already a user of this name."),
        cure=_("Choose another name."),
        field="username",
    )
    if User.objects.filter(username__iexact=user.username).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # another process was first
        raise taken from None


@transaction.atomic
def change_user(actor: Actor, user_id: int, *, changes: Mapping[str, Any]) -> User:
    """Change what `CHANGEABLE` names. The last administrator stays one. NotFound, Invalid, Conflict, NotAllowed."""
    require(actor, "people.manage")
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise Invalid(
            "field_unknown",
            _("Not a field of a user: %(unknown)s.") % {"unknown": ", ".join(unknown)},
            cure=_("Choose from: %(known)s.") % {"known": ", ".join(CHANGEABLE)},
            field=unknown[0],
        )
    administrators = _locked_administrators()
    user = _locked_user(user_id)
    was_administrator = user.role == Role.ADMINISTRATOR
    _apply(user, changes)
    if was_administrator and user.role != Role.ADMINISTRATOR:
        _keep_one_of(administrators, user)
    user.save()
    _forget_tokens()
    audit.record(actor, "user.change", f"user:{user.pk}", fields=sorted(changes), role=user.role)
    return user


def _apply(user: User, given: Mapping[str, Any]) -> None:
    """Check and set. What concerns several fields at once comes last."""
    for name in NAMES.keys() & given.keys():
        setattr(user, NAMES[name], a_name(given[name], field=name, longest=150, required=False))
    if "reading" in given:
        user.reading = a_name(given["reading"], field="reading", longest=300, required=False)
    if "email" in given:
        user.email = a_mail_address(given["email"])
    if "role" in given:
        user.role = _one_of(Role, given["role"], "role")
    if "sight" in given:
        user.sight = _one_of(Sight, given["sight"], "sight")
    if "team" in given:
        user.team = None if given["team"] is None else _team(given["team"], "team")
    if "language" in given:
        user.language = a_language(given["language"])
    if "time_zone" in given:
        user.time_zone = a_time_zone(given["time_zone"])
    _check_sight(user)


def _one_of(choices: type[Role] | type[Sight], value: str, field: str) -> str:
    if value not in choices.values:
        raise Invalid(
            "choice_unknown",
            _("%(value)s is none of the choices.") % {"value": str(value)[:50]},
            cure=_("Choose from: %(known)s.") % {"known": ", ".join(choices.values)},
            field=field,
        )
    return str(value)


def _check_sight(user: User) -> None:
    if user.role == Role.ADMINISTRATOR and user.sight != Sight.ALL:
        raise Invalid(
            "sight_too_narrow",
            _("An administrator sees all leads; else nobody could export or erase a person's data."),
            cure=_("Choose: all leads."),
            field="sight",
        )
    if user.sight == Sight.TEAM and user.team_id is None:
        raise Invalid(
            "team_missing",
            _("Without a team there are no leads of the team to see."),
            cure=_("Choose a team, or let them see their own or all leads."),
            field="team",
        )


def _locked_administrators() -> Sequence[User]:
    """In one order and before any other user, so that two who are leaving at once neither succeed nor block each other."""
    found = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    return list(found.order_by("pk"))


def _keep_one_of(administrators: Sequence[User], leaving: User) -> None:
    if all(other.pk == leaving.pk for other in administrators):
        raise Conflict(
            "last_administrator",
            _("This is the last administrator; without one nobody could manage people."),
            cure=_("Make someone else administrator first."),
        )


@transaction.atomic
def deactivate_user(actor: Actor, user_id: int) -> User:
    """They can sign in no more; their tokens are revoked for good. What they did stays. Conflict: the last administrator."""
    require(actor, "people.manage")
    administrators = _locked_administrators()
    user = _locked_user(user_id)
    if user.role == Role.ADMINISTRATOR:
        _keep_one_of(administrators, user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    revoked = Token.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())
    _forget_tokens()
    audit.record(actor, "user.deactivate", f"user:{user.pk}", tokens=revoked)
    return user


@transaction.atomic
def activate_user(actor: Actor, user_id: int) -> User:
    """They can sign in again, with the password they had; tokens are to be issued anew."""
    require(actor, "people.manage")
    user = _locked_user(user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(actor, "user.activate", f"user:{user.pk}")
    return user


@transaction.atomic
def set_password(actor: Actor, user_id: int, *, password: str) -> User:
    """A new password for someone; all their sessions end. Invalid: too weak. One's own: `sign_in.change_password`."""
    require(actor, "people.manage")
    user = _locked_user(user_id)
    put_new_password(actor, user, password)
    return user


def put_new_password(actor: Actor, user: User, password: str, *, field: str = "password") -> None:
    """Check, store and note it; whoever calls has made sure that the actor may."""
    _check_password(user, password, field)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(actor, "user.password", f"user:{user.pk}")


def _check_password(user: User, password: str, field: str) -> None:
    if len(password) > 1_000 or any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in password):
        raise Invalid(
            "password_unfit", _("This cannot be a password."), cure=_("Use up to 1,000 letters."), field=field
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            "password_weak",
            " ".join(error.messages),
            cure=_("Take several words that others would not guess."),
            field=field,
        ) from None


@transaction.atomic
def put_preferences(actor: Actor, *, language: str | None = None, time_zone: str | None = None) -> User:
    """One's own language and time zone; None leaves as it is, empty means the installation's own."""
    if actor.user is None:
        raise NotSignedIn("not_signed_in", _("You are not signed in."), cure=_("Sign in and try again."))
    user = _locked_user(actor.user.pk)
    if language is not None:
        user.language = a_language(language)
    if time_zone is not None:
        user.time_zone = a_time_zone(time_zone)
    user.save(update_fields=["language", "time_zone"])
    audit.record(actor, "user.preferences", f"user:{user.pk}")
    return user


@transaction.atomic
def create_team(actor: Actor, *, name: str, role: str) -> Team:
    """A team that leads are handed to under the agreement's name `role`. Invalid, Conflict (the name is taken)."""
    require(actor, "people.manage")
    team = Team(name=a_name(name, field="name", longest=100), role=_one_of(Role, role, "role"))
    _save_team(team)
    audit.record(actor, "team.create", f"team:{team.pk}", role=team.role)
    return team


@transaction.atomic
def change_team(actor: Actor, team_id: int, *, name: str | None = None, role: str | None = None) -> Team:
    """Another name or role; None leaves as it is. Leads stay with the team."""
    require(actor, "people.manage")
    team = _team(team_id, "")
    if name is not None:
        team.name = a_name(name, field="name", longest=100)
    if role is not None:
        team.role = _one_of(Role, role, "role")
    _save_team(team)
    audit.record(actor, "team.change", f"team:{team.pk}", role=team.role)
    return team


@transaction.atomic
def delete_team(actor: Actor, team_id: int) -> None:
    """Conflict while someone belongs to it, or a handoff waits in its queue. Its leads then belong to no team."""
    require(actor, "people.manage")
    team = _team(team_id, "")
    if team.members.exists():
        raise Conflict(
            "team_has_members",
            _("This team has members."),
            cure=_("Put them into other teams first."),
        )
    waiting = apps.get_model("handoffs.Handoff")._default_manager.filter(
        outcome="open", person=None, team=team
    )
    if waiting.exists():
        raise Conflict(
            "team_has_handoffs",
            _("Handoffs wait in the queue of this team."),
            cure=_("Give them to somebody first."),
        )
    key = team.pk
    team.delete()
    audit.record(actor, "team.delete", f"team:{key}")


def _save_team(team: Team) -> None:
    taken = Conflict(
        "team_name_taken",
        _("There is already a team of this name."),
        cure=_("Choose another name."),
        field="name",
    )
    if Team.objects.filter(name__iexact=team.name).exclude(pk=team.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:  # another process was first
        raise taken from None


def _locked_user(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=_a_key(user_id)).first()
    if user is None:
        raise NotFound("user_unknown", _("There is no such user."), cure=_("Look at the list of people."))
    return user


def _team(team_id: int, field: str) -> Team:
    """NotFound where it is what is asked for; Invalid where it is the value of `field`."""
    team = Team.objects.filter(pk=_a_key(team_id)).first()
    if team is None:
        kind = Invalid if field else NotFound
        raise kind(
            "team_unknown", _("There is no such team."), cure=_("Look at the list of teams."), field=field
        )
    return team


def _a_key(number: int) -> int:
    """The number if a database can hold it as a key; else one that nothing has."""
    return number if 0 < number < 2**63 else 0


def _forget_tokens() -> None:
    """Now for this transaction, and once more when others can see it."""
    tokens.forget()
    transaction.on_commit(tokens.forget)
