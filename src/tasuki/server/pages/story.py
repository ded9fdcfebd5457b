"""The timeline of a lead: one line for each thing that happened, latest first, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.server.core import formats, words
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.lifecycle import queries
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from tasuki.server.activities.models import Activity
    from tasuki.server.agreements.stages import Stages
    from tasuki.server.lifecycle.models import Decision, Transition
    from tasuki.server.people.models import Profile

    Entry = Activity | Profile | Decision | Transition


@dataclass(frozen=True)
class Line:
    """One line: `kind` activity, profile, decision or transition; `stage` where it speaks of one."""

    at: datetime
    kind: str
    what: str
    detail: str = ""
    stage: str = ""


def story(actor: Actor, lead: Lead, at: datetime | None, stages: Stages, limit: int) -> list[Line]:
    """The latest lines, or those up to `at`."""
    found = queries.timeline(actor, lead.pk, at=at, limit=limit)
    called = any(_is_call(item.entry) for item in found)
    names = {user.username: user.shown_name for user in core.colleagues(actor)} if called else {}
    lines = [_line(item.entry, stages, names) for item in found]
    return [line for line in lines if line.what]


def _is_call(entry: Entry) -> bool:
    return getattr(entry, "type", "") == "call"


def _line(entry: Entry, stages: Stages, names: Mapping[str, str]) -> Line:
    from tasuki.server.activities.models import Activity
    from tasuki.server.lifecycle.models import Decision, Transition

    if isinstance(entry, Activity):
        about = _call(entry.properties, names) if _is_call(entry) else words.about(entry.properties)
        return Line(entry.at, "activity", words.say(words.ACTIVITIES, entry.type), about)
    if isinstance(entry, Transition):
        return _transition(entry, stages)
    if isinstance(entry, Decision):
        return _decision(entry, stages)
    return Line(entry.at, "profile", _("Profile"), _fields(entry.fields))


def _call(properties: Mapping[str, str], names: Mapping[str, str]) -> str:
    outcome, by = properties.get("outcome", ""), properties.get("by", "")
    said = str(words.CALLS.get(outcome, outcome))
    return _joined((said, names.get(by, by), properties.get("note", "")))


def _fields(fields: Mapping[str, str]) -> str:
    return " · ".join(f"{words.say(words.FIELDS, name)}: {value}" for name, value in fields.items() if value)


def _transition(entry: Transition, stages: Stages) -> Line:
    causes = {
        "path": _("by itself, as the agreement says"),
        "timeout": _("nobody moved it in time"),
        "decision": _("by decision of %(who)s") % {"who": _who(entry.decision)},
    }
    scores = _(", ").join(
        f"{stages.score(name)} {formats.number(value)}" for name, value in _telling(entry.scores)
    )
    detail = _joined((causes.get(entry.cause, entry.cause), scores))
    return Line(entry.at, "transition", _("Transition"), detail, entry.to_stage)


def _telling(scores: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    return [(name, value) for name, value in scores.items() if value]


def _decision(entry: Decision, stages: Stages) -> Line:
    if not entry.to:
        what = _("Answers") if entry.answers else _("Note")
    elif entry.refused and entry.refused != "late":
        what = _("Refused decision: %(stage)s") % {"stage": stages.name(entry.to)}
    else:
        what = _("Decision: %(stage)s") % {"stage": stages.name(entry.to)}
    return Line(entry.at, "decision", what, _joined(_told_of(entry)))


def _told_of(entry: Decision) -> Iterable[str]:
    yield _who(entry)
    if entry.refused:
        yield words.say(words.REFUSALS, entry.refused)
    if entry.reason:
        yield _("reason: %(reason)s") % {"reason": words.say(words.REASONS, entry.reason)}
    if entry.until:
        yield _("again from %(day)s") % {"day": formats.day(entry.until)}
    for question, answer in entry.answers.items():
        yield f"{words.say(words.QUESTIONS, question)}: {words.say(words.ANSWERS, str(answer))}"
    yield entry.note


def _who(decision: Decision | None) -> str:
    if decision is None:
        return _("somebody")
    return decision.by.shown_name if decision.by else words.say(words.ROLES, decision.role)


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(text for text in texts if text)
