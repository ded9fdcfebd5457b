"""Writing news, and marking it read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasuki.server.core import bulk, clock
from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, User
from tasuki.server.notify.models import Notification

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class News:
    """Something about a lead for some people. `transition` is what caused it, if one did."""

    kind: str
    lead: int
    users: tuple[int, ...]
    transition: int | None
    at: datetime


def tell(news: Iterable[News]) -> int:
    """Write a row for each person; what was told already of a transition is not told again. How many were written.

    Within the transaction of what caused it.
    """
    rows = [
        (user, one.lead, one.transition, one.kind, one.at)
        for one in news
        for user in dict.fromkeys(one.users)
    ]
    bulk.insert(Notification, ["user", "lead", "transition", "kind", "at"], rows, or_ignore=True)
    return len(rows)


class Readers:
    """Who is to be told, read once for a batch."""

    def __init__(self) -> None:
        self.roles: dict[int, str] = {}
        self.teams: dict[int, int | None] = {}
        self._by_role: dict[str, list[int]] = defaultdict(list)
        self._by_team: dict[int, list[int]] = defaultdict(list)
        people = User.objects.filter(is_active=True).order_by("pk").values_list("pk", "role", "team")
        for user, role, team in people:
            self.roles[user], self.teams[user] = role, team
            self._by_role[role].append(user)
            if team:
                self._by_team[team].append(user)

    def team(self, team: int | None, role: str) -> tuple[int, ...]:
        """The members of a team; without a team everybody of the role."""
        return tuple(self._by_team[team] if team else self._by_role[role])

    def marketing(self, owner: int | None) -> tuple[int, ...]:
        """The lead's owner if that is a marketer, else every marketer."""
        if owner and self.roles.get(owner) == Role.MARKETING:
            return (owner,)
        return tuple(self._by_role[Role.MARKETING])

    def keepers(self, owner: int | None, team: int | None) -> tuple[int, ...]:
        """Who is to take up a lead again: its owner, else its team, else inside sales, else marketing."""
        if owner in self.roles:
            return (owner,) if owner else ()
        return tuple(
            (self._by_team[team] if team else [])
            or self._by_role[Role.INSIDE_SALES]
            or self._by_role[Role.MARKETING]
        )


def mark_read(actor: Actor, ids: Sequence[int] | None = None) -> int:
    """Mark one's own news read, all of it when `ids` is None. How many were unread."""
    if actor.user is None:
        return 0
    mine = Notification.objects.filter(user=actor.user, read_at=None)
    if ids is not None:
        mine = mine.filter(pk__in=[one for one in ids if 0 < one <= LARGEST])
    return mine.update(read_at=clock.now())
