"""The columns that a list of leads can show: what each is called, what stands in it, and the orders that it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tasuki.server.agreements.stages import Stages
from tasuki.server.core import words
from tasuki.server.core.errors import Invalid
from tasuki.server.people.models import Lead

SCORE, GRADE = "score.", "grade."
STANDARD = ("company", "stage", "entered", "score", "handoff", "owner", "channel")
MOST = 30


@dataclass(frozen=True)
class Column:
    """One column. `kind` says how a page shows it; `value` is what an export writes.

    `up`, `down`: the orders in which the list can be sorted by it; empty: none that an index gives.
    """

    id: str
    word: str | Promise
    kind: str
    value: Callable[[Lead], Any]
    up: str = ""
    down: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands on the right."""
        return self.kind == "number"


def _account(name: str) -> Callable[[Lead], Any]:
    return lambda lead: getattr(lead.account, name) if lead.account else None


def _own(name: str) -> Callable[[Lead], Any]:
    return lambda lead: getattr(lead, name)


_KNOWN = (
    Column("name", gettext_lazy("Name"), "lead", lambda lead: lead.name, "name", "-name"),
    Column("company", gettext_lazy("Company"), "company", _account("name")),
    Column("stage", gettext_lazy("Stage"), "stage", _own("stage")),
    Column("entered", gettext_lazy("In this stage since"), "time", _own("stage_entered_at"),
           "stage_entered", "-stage_entered"),
    Column("score", gettext_lazy("Score"), "number", _own("score"), "score", "-score"),
    Column("handoff", gettext_lazy("Handoff"), "clock", lambda lead: getattr(lead, "due_at", None)),
    Column("owner", gettext_lazy("Owner"), "text", lambda lead: lead.owner.shown_name if lead.owner else None),
    Column("team", gettext_lazy("Team"), "text", lambda lead: lead.team.name if lead.team else None),
    Column("channel", gettext_lazy("Channel"), "channel", _own("channel")),
    Column("campaign", gettext_lazy("Campaign"), "text", _own("campaign")),
    Column("title", gettext_lazy("Title"), "text", _own("title")),
    Column("department", gettext_lazy("Department"), "text", _own("department")),
    Column("role", gettext_lazy("Part in the buying group"), "text", lambda lead: lead.get_buying_role_display()),
    Column("mail", gettext_lazy("Mail address"), "text", _own("email")),
    Column("phone", gettext_lazy("Phone"), "phone", _own("phone")),
    Column("industry", gettext_lazy("Industry"), "text", _account("industry")),
    Column("employees", gettext_lazy("Employees"), "number", _account("employees")),
    Column("active", gettext_lazy("Last activity"), "time", lambda lead: getattr(lead, "active_at", None)),
    Column("reapproach", gettext_lazy("Re-approach date"), "day", _own("reapproach_at"),
           "reapproach", "-reapproach"),
    Column("first_touch", gettext_lazy("First touch"), "time", _own("first_touch_at")),
    Column("created", pgettext_lazy("lead", "Created"), "time", _own("created_at"), "created", "-created"),
)  # fmt: skip
NAME = _KNOWN[0]


def known(stages: Stages) -> dict[str, Column]:
    """Every column that there is: the fixed ones, then the scores and grades of the agreement."""
    found = {column.id: column for column in _KNOWN}
    scores = stages.agreement.scores if stages.agreement else {}
    for name, score in scores.items():
        found[SCORE + name] = Column(SCORE + name, stages.score(name), "number", _score(name))
        if score.grades:
            word = _("%(score)s (grade)") % {"score": stages.score(name)}
            found[GRADE + name] = Column(GRADE + name, word, "text", _grade(name))
    return found


def _score(name: str) -> Callable[[Lead], Any]:
    return lambda lead: lead.scores.get(name)


def _grade(name: str) -> Callable[[Lead], Any]:
    return lambda lead: lead.grades.get(name)


def chosen(ids: Iterable[str], stages: Stages) -> list[Column]:
    """The name, then these in this order; the standard ones for none. What an older agreement had is left out."""
    there = known(stages)
    found = [there[each] for each in dict.fromkeys(ids) if each in there and each != NAME.id]
    return [NAME, *(found or (there[each] for each in STANDARD))]


def checked(ids: Sequence[str], stages: Stages) -> list[str]:
    """The same ids, each once. Invalid: there is no such column, or there are too many."""
    there = known(stages)
    wrong = next((each for each in ids if each not in there), None)
    if wrong is not None:
        raise Invalid(
            "column_unknown",
            _("There is no column “%(column)s”.") % {"column": wrong[:60]},
            cure=_("Possible: %(known)s.") % {"known": ", ".join(there)},
            field="columns",
        )
    return [each for each in dict.fromkeys(ids) if each != NAME.id][:MOST]


def told(column: Column, lead: Lead, stages: Stages) -> Any:
    """What an export writes: a text, a number, a time, or None."""
    value = column.value(lead)
    if column.kind == "stage":
        return stages.short(value) if value else ""
    if column.kind == "channel":
        return words.say(words.CHANNELS, value) if value else ""
    return value
