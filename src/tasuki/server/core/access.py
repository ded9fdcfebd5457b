"""Who may what: the one place that pages, API, imports and exports ask.

An `Actor` is whoever acts: a person on a page, a program with a token, or the system itself. `require` says whether an
action is open to the actor's role (and token); `sight` says which leads it may see at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.core.errors import NotAllowed
from tasuki.server.core.models import Role, Sight

if TYPE_CHECKING:
    from tasuki.server.core.models import Token, User

EVERYONE = frozenset(Role.values)
LEADING = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
MARKETING = LEADING | {Role.MARKETING}
DECIDING = (Role.MARKETING.value, Role.INSIDE_SALES.value, Role.SALES.value)
"""The roles of people that agreements know: what stands in `by`."""

ALLOWED: dict[str, frozenset[str]] = {
    "leads.read": EVERYONE,
    "leads.write": EVERYONE,
    "accounts.write": EVERYONE,
    "activities.write": EVERYONE,
    "decisions.write": EVERYONE,
    "deals.write": EVERYONE,
    "handoffs.transfer": EVERYONE,
    "capacity.manage": LEADING,
    "duplicates.decide": EVERYONE,
    "imports.run": MARKETING,
    "export": MARKETING,
    "agreement.read": EVERYONE,
    "agreement.publish": LEADING,
    "erase": frozenset({Role.ADMINISTRATOR}),
    "company.manage": frozenset({Role.ADMINISTRATOR}),
    "people.manage": frozenset({Role.ADMINISTRATOR}),
    "tokens.own": EVERYONE,
    "audit.read": LEADING,
    "metrics.read": LEADING,
    "numbers.read": EVERYONE,
    "reports.manage": LEADING,
    "channels.own": EVERYONE,
    "channels.team": LEADING,
    "webhooks.manage": frozenset({Role.ADMINISTRATOR}),
    "worktime.own": EVERYONE,
    "worktime.manage": LEADING,
}
"""Action → roles. A token may do what its scopes name, and never more than its user."""

SCOPES = tuple(
    action for action in ALLOWED if action not in {"company.manage", "people.manage", "tokens.own"}
)


@dataclass(frozen=True)
class Actor:
    """Whoever acts. `source` is the name under which its entries are stored when it gives none."""

    user: User | None = None
    token: Token | None = None
    address: str | None = None
    system: bool = False

    @property
    def source(self) -> str:
        """The token's name, `page` for a person, `system`."""
        return self.token.name if self.token else "page" if self.user else "system"

    def may(self, action: str) -> bool:
        """Whether the action is open to this actor. KeyError: no such action."""
        roles = ALLOWED[action]
        if self.system:
            return True
        if self.user is None or self.user.role not in roles:
            return False
        return self.token is None or action in self.token.scopes


SYSTEM = Actor(system=True)


def require(actor: Actor, action: str) -> None:
    """NotAllowed, with the roles that may, if the actor may not."""
    if actor.may(action):
        return
    if actor.token is not None and actor.user is not None and actor.user.role in ALLOWED[action]:
        raise NotAllowed(
            "scope_missing",
            _("This token may not do that: it lacks the scope %(scope)s.") % {"scope": action},
            cure=_("Issue a token with this scope, or use another one."),
        )
    roles = _(", ").join(str(Role(role).label) for role in sorted(ALLOWED[action]))
    raise NotAllowed(
        "role_not_allowed",
        _("Your role may not do that."),
        cure=_("Ask someone who may: %(roles)s.") % {"roles": roles},
    )


def decision_roles(actor: Actor) -> tuple[str, ...]:
    """The agreement's roles as which this actor may decide: its own; whoever leads, and the system, as any of them."""
    if actor.system:
        return DECIDING
    if actor.user is None:
        return ()
    return DECIDING if actor.user.role in LEADING else (str(actor.user.role),)


def sight(actor: Actor, lead: str = "") -> Q:
    """The condition on leads that this actor may see; `lead` is the way to the lead from the table asked, like `lead__`.

    Own: owned by oneself, or by nobody and with one's team. Team: with one's team, or owned by a member of it.
    """
    user = actor.user
    if actor.system or (user is not None and user.sight == Sight.ALL):
        return Q()
    if user is None:
        return Q(pk__in=())
    own = Q(**{f"{lead}owner": user})
    if user.team_id is None:
        return own
    with_team = Q(**{f"{lead}team": user.team_id})
    if user.sight == Sight.TEAM:
        return own | with_team | Q(**{f"{lead}owner__team": user.team_id})
    return own | (with_team & Q(**{f"{lead}owner": None}))
