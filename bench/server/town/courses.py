"""Where leads stand and how they came there: a made-up way through the stages of the yamada agreement for each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.server.town.people import Rep, Staff

STANDING = {
    "": 0.01, "MAL": 0.79, "MQL": 0.004, "SGL": 0.003, "SAL": 0.006, "SQL": 0.003, "OPPORTUNITY": 0.004, "WON": 0.015,
    "LOST": 0.02, "RECYCLED": 0.105, "DISQUALIFIED": 0.04,
}  # fmt: skip
"""What share of the leads stands where."""
WAYS = {
    "": (), "MAL": ("MAL",), "MQL": ("MAL", "MQL"), "SGL": ("MAL", "SGL"), "SAL": ("MAL", "MQL", "SAL"),
    "SQL": ("MAL", "MQL", "SAL", "SQL"), "OPPORTUNITY": ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY"),
    "WON": ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY", "WON"),
    "LOST": ("MAL", "MQL", "SAL", "SQL", "OPPORTUNITY", "LOST"), "RECYCLED": ("MAL", "MQL", "RECYCLED"),
    "DISQUALIFIED": ("MAL", "MQL", "DISQUALIFIED"),
}  # fmt: skip
AGAIN = ("MAL", "MQL", "SAL", "RECYCLED", "MQL", "RECYCLED")
LATELY = {"MQL": 4.0, "SAL": 55.0, "SQL": 20.0, "SGL": 60.0, "OPPORTUNITY": 90.0}
"""Days within which those came there who stand there now; nobody stands there longer."""
BY_PEOPLE = frozenset(WAYS) - {"", "MAL", "MQL"}
REASONS = {
    "RECYCLED": ("no_budget_now", "no_response", "timing", "no_action", "evaluating_rival"),
    "DISQUALIFIED": ("competitor", "student", "bad_data", "no_authority", "no_need"),
    "LOST": ("price", "rival_chosen", "project_cancelled"),
}


@dataclass(slots=True)
class Step:
    """One entry into a stage, by whom if by a person, and why."""

    to: str
    at: datetime
    by: Rep | None = None
    reason: str = ""
    until: datetime | None = None


@dataclass(slots=True)
class Way:
    """How a lead came to where it stands, and whose it is now."""

    steps: list[Step] = field(default_factory=list)
    owner: Rep | None = None
    score: float = 0.0

    @property
    def stage(self) -> str:
        """Where it stands."""
        return self.steps[-1].to if self.steps else ""


class Courses:
    """Draws ways."""

    def __init__(self, staff: Staff, now: datetime) -> None:
        self._staff, self._now, self._chance = staff, now, random.Random(5)
        self._stages, self._weights = list(STANDING), list(STANDING.values())

    def draw(self, created: datetime) -> Way:
        """One way since then."""
        chance = self._chance
        stage = chance.choices(self._stages, self._weights)[0]
        stops = AGAIN if stage == "RECYCLED" and chance.random() < 0.2 else WAYS[stage]
        inside, sales = chance.choice(self._staff.inside), chance.choice(self._staff.sales)
        steps = [
            self._step(to, at, sales if place > 3 or "SQL" in stops[:place] else inside)
            for place, (to, at) in enumerate(zip(stops, self._times(stops, created), strict=True))
        ]
        return Way(steps, self._owner(stops, inside, sales), self._score(stage))

    def _times(self, stops: tuple[str, ...], created: datetime) -> list[datetime]:
        if not stops:
            return []
        if len(stops) == 1:
            return [created]
        chance, span = self._chance, self._now - created
        days = LATELY.get(stops[-1])
        last = min(timedelta(days=days), span) if days else span * 0.9
        ends = self._now - last * chance.random()
        inner = sorted(chance.random() for _ in stops[2:])
        first = created + (ends - created) * (0.5 if days else 0.2) * chance.random()
        return [created, *(first + (ends - first) * share for share in inner), ends]

    def _step(self, to: str, at: datetime, rep: Rep) -> Step:
        chance = self._chance
        if to not in BY_PEOPLE:
            return Step(to, at)
        until = None
        if to == "RECYCLED" and chance.random() < 0.3:
            until = self._now + timedelta(days=chance.uniform(-60, 180))
        return Step(to, at, rep, chance.choice(REASONS.get(to, ("",))), until)

    def _owner(self, stops: tuple[str, ...], inside: Rep, sales: Rep) -> Rep | None:
        if len(stops) < 2:
            return inside if self._chance.random() < 0.03 else None
        if stops[-1] in ("RECYCLED", "DISQUALIFIED") and self._chance.random() < 0.4:
            return None
        return sales if "SQL" in stops else inside

    def _score(self, stage: str) -> float:
        if stage in ("", "MAL", "RECYCLED", "DISQUALIFIED"):
            return min(float(int(self._chance.expovariate(1 / 28))), 99.0) + self._chance.choice(
                (0.0, 0.0, 0.37)
            )
        return 100.0 + self._chance.expovariate(1 / 30)
