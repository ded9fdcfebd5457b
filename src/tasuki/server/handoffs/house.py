"""What routing goes by: the staff with what everybody has at the moment, and what is known of the leads asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasuki.server.handoffs.staff import MINUTES_A_DAY, MINUTES_A_LEAD, Crew, Member, Staff


@dataclass
class House:
    """Facts for a whole batch; what the batch itself hands over is counted in.

    `former`: (lead, role) → who had the lead's last handoff to that role. `account_owners`: account → its owner.
    `mates`: account → who is busy with other leads of it, by lead, the best first.
    """

    staff: Staff
    now: datetime
    former: Mapping[tuple[int, str], int] = field(default_factory=dict)
    account_owners: Mapping[int, int] = field(default_factory=dict)
    mates: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    turned: set[int] = field(default_factory=set)  # whose turns have changed

    def minutes_a_lead(self, member: Member) -> int:
        """What a lead costs someone, by their team."""
        crew = self.staff.crews.get(member.team or 0)
        return crew.minutes_a_lead if crew else MINUTES_A_LEAD

    def share(self, member: Member) -> float:
        """How much of what someone can take is taken."""
        day = MINUTES_A_DAY * member.weight if member.minutes is None else member.minutes
        return member.open * self.minutes_a_lead(member) / day if day else float("inf")

    def has_room(self, member: Member) -> bool:
        """Whether one more lead fits into someone's day; always where no bound is known."""
        return member.minutes is None or (member.open + 1) * self.minutes_a_lead(member) <= member.minutes

    def can_take(self, member: Member, by: str = "load") -> bool:
        """Whether someone is here and takes leads: a weight of 0 takes none, but by the minutes of a day that were said."""
        return not member.away and (member.weight > 0 or (by == "load" and bool(member.minutes)))

    def load(self, crew: Crew) -> float:
        """How much of what a team can take is taken: what its ways of choosing between teams compare."""
        takers = self.staff.takers(crew)
        taken = sum(member.open for member in takers) * crew.minutes_a_lead
        day = sum(MINUTES_A_DAY * one.weight if one.minutes is None else one.minutes for one in takers)
        return taken / day if day else float("inf")

    def mates_of(self, lead: int, account: int | None) -> list[int]:
        """Who is busy with another lead of the account."""
        return [person for other, person in self.mates.get(account or 0, ()) if other != lead]

    def gave(self, person: int, lead: int, account: int | None) -> None:
        """Count a handoff that somebody has now."""
        member = self.staff.members[person]
        member.open, member.last = member.open + 1, self.now
        if account is not None:
            self.mates.setdefault(account, []).insert(0, (lead, person))

    # Choosing among several.

    def lightest(self, members: Iterable[Member]) -> Member:
        """Whose day is least taken; of those alike who waited longest, then the first."""
        return min(members, key=lambda one: (self.share(one), _waited(one), one.id))

    def next_in_turn(self, available: Sequence[Member], all_: Iterable[Member]) -> Member:
        """Whose turn it is, by weight. Who is new begins with the others, and who is away misses their turns."""
        known = [one.turns for one in available if one.turns is not None]
        for one in available:
            one.turns = min(known, default=0.0) if one.turns is None else one.turns
        chosen = min(available, key=lambda one: (one.turns or 0.0, _waited(one), one.id))
        level = chosen.turns or 0.0
        for one in all_:
            if one.away and one.turns is not None and one.turns < level:
                one.turns = level
                self.turned.add(one.id)
        chosen.turns = level + 1.0 / chosen.weight
        self.turned.add(chosen.id)
        return chosen


def _waited(member: Member) -> float:
    return member.last.timestamp() if member.last else 0.0
