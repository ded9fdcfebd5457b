"""How a handoff came to whom it came, in sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.core import formats
from tasuki.server.core.models import Role, Team, User
from tasuki.server.handoffs.models import Handoff

WHOM: Mapping[str, str | Promise] = {
    "former_owner": gettext_lazy("the former owner"),
    "account_owner": gettext_lazy("the owner of the company"),
    "same_account": gettext_lazy("whoever has another lead of the company"),
    **{role.value: role.label for role in Role},
}
SENTENCES: Mapping[str, str | Promise] = {
    "taken": gettext_lazy("%(to)s: given to %(who)s"),
    "condition": gettext_lazy("%(to)s: not for this lead"),
    "away": gettext_lazy("%(to)s: everybody is away"),
    "away person": gettext_lazy("%(to)s: %(who)s is away"),
    "left": gettext_lazy("%(to)s: there is nobody any more"),
    "left person": gettext_lazy("%(to)s: %(who)s does not work here any more"),
    "nobody": gettext_lazy("%(to)s: there is nobody"),
    "nobody person": gettext_lazy("%(to)s: %(who)s does not come into question"),
    "gone": gettext_lazy("%(to)s: there is no such person or team any more"),
    "full": gettext_lazy("%(to)s: %(who)s is over its load"),
    "full person": gettext_lazy("%(to)s: %(who)s has no room"),
    "held": gettext_lazy("Waits in the queue of %(who)s until somebody has room"),
    "fallback": gettext_lazy("Nobody else was there: given to %(who)s (%(to)s)"),
    "transferred": gettext_lazy("%(by)s gave it to %(who)s"),
    "owner": gettext_lazy("%(who)s became the owner of the lead"),
    "took": gettext_lazy("%(who)s took it"),
    "reassigned": gettext_lazy("Not answered in time: given to %(who)s"),
    "rescued": gettext_lazy("Given to %(who)s"),
    "parted": gettext_lazy("%(who)s does not work here any more"),
    "released": gettext_lazy("There was room again: given to %(who)s"),
    "reopened": gettext_lazy("Open again, since the merge was undone: with %(who)s"),
}
"""Code of a step, and of one that names a person, → what it says."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a handoff's way: what it says, the agreement's reason for the rule, who has it after the step."""

    why: str
    text: str
    because: str = ""
    note: str = ""
    at: datetime | None = None
    person: User | None = None
    team: Team | None = None
    by: User | None = None

    @property
    def is_given(self) -> bool:
        """Whether somebody, or a queue, got it by this step."""
        return self.why in GIVEN


GIVEN = frozenset({"taken", "held", "fallback", "transferred", "reassigned", "released", "reopened"})


@dataclass
class Ways:
    """Tells the way of handoffs; people and teams are read once for all of them."""

    users: Mapping[int, User] = field(default_factory=dict)
    teams: Mapping[int, Team] = field(default_factory=dict)

    @classmethod
    def of(cls, handoffs: Iterable[Handoff]) -> Ways:
        """Two queries, or none where there are no steps."""
        steps = [step for one in handoffs for step in one.routed]
        people = {step[name] for step in steps for name in ("person", "by", "next") if step.get(name)}
        teams = {step["team"] for step in steps if step.get("team")}
        return cls(
            User.objects.in_bulk(people) if people else {}, Team.objects.in_bulk(teams) if teams else {}
        )

    def told(self, handoff: Handoff) -> list[Step]:
        """Its steps in order."""
        return [self._step(step) for step in handoff.routed]

    def _step(self, step: Mapping[str, Any]) -> Step:
        why, at = str(step.get("why", "")), step.get("at")
        person, team, by = (
            self._user(step, "person"),
            self.teams.get(step.get("team") or 0),
            self._user(step, "by"),
        )
        return Step(
            why, self._sentence(step, why, person, team, by), str(step.get("because") or ""),
            str(step.get("note") or ""), datetime.fromisoformat(at) if at else None, person, team, by,
        )  # fmt: skip

    def _user(self, step: Mapping[str, Any], name: str) -> User | None:
        return self.users.get(step.get(name) or 0)

    def _sentence(
        self, step: Mapping[str, Any], why: str, person: User | None, team: Team | None, by: User | None
    ) -> str:
        to = str(step.get("to") or "")
        names = {
            "to": str(WHOM.get(to, to.removeprefix("user:"))),
            "who": _who(person, team),
            "by": _who(by, None),
        }
        sentence = SENTENCES.get(_code(step, why, by)) or SENTENCES.get(why)
        text = str(sentence) % names if sentence else f"{names['to']}: {why}"
        return text + self._compared(step)

    def _compared(self, step: Mapping[str, Any]) -> str:
        """Why this one of several, where the load decided."""
        second = self._user(step, "next")
        if second is None:
            return ""
        parts = {"open": step.get("open"), "next": second.shown_name, "next_open": step.get("next_open")}
        return _(", who had the most room: %(open)s open; next %(next)s with %(next_open)s") % parts


def _code(step: Mapping[str, Any], why: str, by: User | None) -> str:
    """The code of its sentence: the same `why` says another thing of a rule than of what happened later."""
    if why == "taken" and by:
        return "took"
    if why == "transferred" and step.get("by") is None:
        return "owner"
    if why == "left" and step.get("at"):
        return "parted"
    if why == "reassigned" and step.get("after") == "left":
        return "rescued"
    return f"{why} person" if step.get("person") else why


def _who(person: User | None, team: Team | None) -> str:
    if person is None:
        return team.name if team else _("nobody")
    return formats.beside(person.shown_name, team.name) if team else person.shown_name


def given(way: Sequence[Step]) -> Step | None:
    """The step by which whoever has it got it."""
    return next((step for step in reversed(way) if step.is_given), None)
