"""Who gets a handoff: the agreement's routes over facts that were read beforehand. Pure; and every step says why.

Codes of steps: `taken` (here it went), `condition` (its `when` does not hold), `away`, `nobody` (no one of that kind),
`full`, `held` (waits for room), `fallback`, `left` (works here no more), `gone` (there is no such team, role or user).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tasuki.agreement.model import HOLD, USER, Route
from tasuki.engine.routing import holds_for
from tasuki.server.core.access import LEADING
from tasuki.server.core.models import Role
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import Asked, Found
from tasuki.server.handoffs.staff import Crew, Member

Group = tuple[int | None, list[Member]]
"""People who share leads, and their team."""


def choose(asked: Asked, house: House) -> Found:
    """To whom the handoff goes; whoever it is has one more in `house`. Where `asked.again`, maybe to nobody."""
    found = _Search(asked, house).found()
    if found.person is not None:
        house.gave(found.person, asked.lead, asked.about.account)
    return found


class _Search:
    """One way through the routes of a handoff."""

    def __init__(self, asked: Asked, house: House) -> None:
        self.asked, self.terms, self.about, self.house = asked, asked.terms, asked.about, house
        self.staff = house.staff
        self.role = self.staff.role_of(asked.terms.to)
        self.steps: list[dict[str, Any]] = []

    def found(self) -> Found:
        for place, route in enumerate(self.terms.routes):
            if found := self._on(place, route):
                return found
        if not self.terms.routes and (found := self._on(None, Route(self.terms.to))):
            return found
        if self.asked.again:
            return Found(None, None, self.steps)
        return self._fallback() or self._nobody()

    def _on(self, place: int | None, route: Route) -> Found | None:
        if route.when is not None and not self._holds(route):
            self._note(place, route, "condition")
            return None
        if route.names_person:
            return self._person(place, route)
        return self._shared(place, route)

    def _holds(self, route: Route) -> bool:
        about = self.about
        assert route.when is not None
        return holds_for(
            self.asked.agreement, route.when, fields=about.fields, scores=about.scores, grades=about.grades,
            times=about.times,
        )  # fmt: skip

    def _note(
        self,
        place: int | None,
        route: Route,
        why: str,
        person: int | None = None,
        team: int | None = None,
    ) -> None:
        step = {"route": place, "to": route.to, "why": why, "because": route.because}
        self.steps.append({**step, "person": person, "team": team})

    def _taken(
        self, place: int | None, route: Route, member: Member, team: int | None = None, why: str = "taken"
    ) -> Found:
        team = team or member.team
        self._note(place, route, why, member.id, team)
        return Found(member.id, team, self.steps)

    # A route to one person.

    def _person(self, place: int | None, route: Route) -> Found | None:
        called = list(self._called(route))
        why = "gone" if route.to.startswith(USER) else "nobody"
        for member in called:
            why = self._hinders(member, named=route.to.startswith(USER))
            if not why:
                return self._taken(place, route, member)
        self._note(place, route, why, called[-1].id if called else None)
        return None

    def _called(self, route: Route) -> Iterator[Member]:
        if route.to.startswith(USER):
            named = self.staff.user_called(route.to.removeprefix(USER))
            yield from (named,) if named else ()
            return
        account = self.about.account
        ids: dict[str, list[int | None]] = {
            "former_owner": [self.house.former.get((self.asked.lead, self.role))],
            "account_owner": [self.house.account_owners.get(account or 0)],
            "same_account": [*self.house.mates_of(self.asked.lead, account)],
        }
        for one in dict.fromkeys(ids[route.to]):
            if one is not None and one in self.staff.members:
                yield self.staff.members[one]

    def _hinders(self, member: Member, *, named: bool) -> str:
        """Why a person cannot take it; empty if nothing hinders."""
        if not member.active:
            return "left"
        if member.id in self.asked.had or not (named or self.staff.works_as(member, self.role)):
            return "nobody"
        if member.away:
            return "away"
        return "full" if self.terms.full and not self.house.has_room(member) else ""

    # A route to a team or role.

    def _shared(
        self, place: int | None, route: Route, why: str = "taken", *, full: bool | None = None
    ) -> Found | None:
        """`full`: whether only who has room is taken; by itself as the handoff says."""
        groups = self._groups(route.to)
        if groups is None:
            self._note(place, route, "gone")
            return None
        only_room = bool(self.terms.full) if full is None else full
        crowded: tuple[Group, list[Member]] | None = None
        for group in groups:
            here = self._available(group[1], route.by)
            roomy = [one for one in here if self.house.has_room(one)] if only_room else here
            if roomy:
                chosen = self._pick(route, roomy, group)
                found = self._taken(place, route, chosen, group[0], why)
                self._compare(route, chosen, roomy)
                return found
            if here and crowded is None:
                crowded = group, here
        if crowded:
            return self._full(place, route, *crowded)
        away = any(one.away for _team, members in groups for one in members)
        self._note(place, route, "away" if away else "nobody", team=groups[0][0] if groups else None)
        return None

    def _available(self, members: Sequence[Member], by: str = "load") -> list[Member]:
        """Who can take it and has not had it."""
        return [one for one in members if self.house.can_take(one, by) and one.id not in self.asked.had]

    def _compare(self, route: Route, chosen: Member, among: Sequence[Member]) -> None:
        """Keep why it was this one of several, where the load decided: what they had open, and who came next."""
        others = [one for one in among if one is not chosen]
        if route.by == "load" and others:
            second = self.house.lightest(others)
            self.steps[-1] |= {"open": chosen.open, "next": second.id, "next_open": second.open}

    def _pick(self, route: Route, available: Sequence[Member], group: Group) -> Member:
        if route.by == "turn":
            return self.house.next_in_turn(available, group[1])
        return self.house.lightest(available)

    def _full(self, place: int | None, route: Route, group: Group, here: Sequence[Member]) -> Found | None:
        """Nobody of the team has room: it waits, or overflows; what nobody else can take either is given all the same."""
        self._note(place, route, "full", team=group[0])
        if self.asked.again:
            return None
        if self.terms.full == HOLD:
            self._note(place, route, "held", team=group[0])
            return Found(None, group[0], self.steps)
        over = Route(self.terms.full, by=route.by)
        return self._shared(None, over, full=False) or self._taken(
            place, route, self._pick(route, here, group), group[0]
        )

    def _groups(self, name: str) -> list[Group] | None:
        """The team of this name; or those of the role, the lead's own first, then its owner's, then by load."""
        crew = self.staff.crew_called(name)
        if crew is not None:
            return [(crew.id, self.staff.takers(crew))]
        crews, loose = self._crews(name), self.staff.loose(name)
        if not crews and not loose and name not in Role.values:
            return None
        found: list[Group] = [(one.id, self.staff.takers(one)) for one in crews]
        return [*found, (None, loose)] if loose else found

    def _crews(self, role: str) -> list[Crew]:
        crews = self.staff.crews_of(role)
        if len(crews) <= 1:
            return crews
        owner = self.staff.members.get(self.about.owner or 0)
        own = (self.about.team, owner.team if owner else None)
        return sorted(
            crews, key=lambda one: (one.id != own[0], one.id != own[1], self.house.load(one), one.id)
        )

    # Where no route found anybody.

    def _fallback(self) -> Found | None:
        name = self.terms.fallback
        if name not in ("", *LEADING) and (found := self._shared(None, Route(name), "fallback", full=False)):
            return found
        only = name == Role.ADMINISTRATOR
        for role in (Role.ADMINISTRATOR,) if only else (Role.MANAGER, Role.ADMINISTRATOR):
            if people := self._leading(role):
                return self._taken(None, Route(str(role)), self.house.lightest(people), why="fallback")
        return None

    def _leading(self, role: str) -> list[Member]:
        """Those of the role who are here; managers of the team that should have had it before others."""
        here = self._available([one for one in self.staff.active if one.role == role])
        wanted = {team for team, _members in self._groups(self.terms.to) or ()}
        return [one for one in here if one.team and one.team in wanted] or here

    def _nobody(self) -> Found:
        groups = self._groups(self.terms.to) or [(None, [])]
        self._note(None, Route(self.terms.to), "nobody", team=groups[0][0])
        return Found(None, groups[0][0], self.steps)
