"""Who is to be told: by team, by role, by who has a lead."""

from __future__ import annotations

from collections import defaultdict

from tasuki.server.core.models import Role, User


class Readers:
    """Who is to be told, read once for a batch. Nobody who cannot sign in any more is among them."""

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
