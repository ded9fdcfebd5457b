"""The timeline of a lead or a company: one line for each thing that happened, latest first, in words; visits together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.activities.models import Activity, Note
from tasuki.server.activities.notes import may_remove
from tasuki.server.core import formats, words
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.pages.why import interests_of
from tasuki.server.people.models import Lead, Profile

if TYPE_CHECKING:
    from tasuki.server.agreements.stages import Stages

    Entry = Activity | Profile | Decision | Transition | Note

PAGE = 40
PAUSE = timedelta(minutes=30)
FOLDED = 3
ONLY: Mapping[str, str | Promise] = {
    "": gettext_lazy("Everything"),
    "activity": gettext_lazy("Activities"),
    "contact": gettext_lazy("Contacts"),
    "decision": gettext_lazy("Decisions"),
    "transition": gettext_lazy("Stages"),
    "note": gettext_lazy("Notes"),
    "profile": gettext_lazy("Profile"),
}
"""What a story can be narrowed to."""


@dataclass(frozen=True)
class Line:
    """One line: `kind` activity, contact, profile, decision, transition or note; `stage` where it speaks of one.

    `text` is what somebody wrote, `note` its number where the reader may take it away; `lead` is told for a company.
    """

    at: datetime
    kind: str
    what: str
    detail: str = ""
    stage: str = ""
    text: str = ""
    note: int = 0
    lead: Lead | None = None


@dataclass(frozen=True)
class Visit:
    """What was done in one go, latest first: no half hour lies between one thing and the next."""

    lines: list[Line]

    @property
    def at(self) -> datetime:
        """When the last of it was done."""
        return self.lines[0].at

    @property
    def since(self) -> datetime:
        """When it began."""
        return self.lines[-1].at

    @property
    def lead(self) -> Lead | None:
        """Who did it, for a company."""
        return self.lines[0].lead

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What was done, and how often, the most frequent first."""
        return Counter(line.what for line in self.lines).most_common(3)


@dataclass(frozen=True)
class Told:
    """A part of a story; `older` is the time before which it goes on, None at its end."""

    parts: list[Line | Visit]
    older: datetime | None
    since: datetime | None
    """The time of its last line: to tell the same part anew, with what came meanwhile."""


def told(
    actor: Actor,
    lead: Lead,
    stages: Stages,
    *,
    at: datetime | None = None,
    before: datetime | None = None,
    since: datetime | None = None,
    only: str = "",
    limit: int = PAGE,
) -> Told:
    """A part of a lead's story: up to `at`, before a time, back to another; `only` one kind (see `ONLY`)."""
    most = queries.MOST if since else limit
    kind = cast("queries.Only", only if only in ONLY else "")
    found = queries.timeline(actor, lead, at=at, before=before, since=since, limit=most, only=kind)
    lines = _lines(actor, found, stages)
    if since:
        rest = queries.timeline(actor, lead, at=at, before=since, limit=1, only=kind)
        return Told(in_visits(lines), since if rest else None, since)
    last = found[-1].at if found else None
    return Told(in_visits(lines), last if len(found) >= limit else None, last)


def told_of_company(
    actor: Actor, account_id: int, stages: Stages, before: datetime | None = None, limit: int = PAGE
) -> Told:
    """A part of the story of all people of a company whom the actor sees."""
    found = queries.company_timeline(actor, account_id, before=before, limit=limit)
    lines = _lines(actor, found, stages)
    named = [replace(line, lead=item.entry.lead) for line, item in zip(lines, found, strict=True)]
    last = found[-1].at if found else None
    return Told(in_visits(named), last if len(found) >= limit else None, last)


def _lines(actor: Actor, found: Sequence[queries.Item], stages: Stages) -> list[Line]:
    """A decision that moved the lead is told with its move, where both stand here."""
    called = any(_is_call(item.entry) for item in found)
    names = {user.username: user.shown_name for user in core.colleagues(actor)} if called else {}
    decided = {item.entry.pk for item in found if isinstance(item.entry, Decision)}
    moved = {item.entry.decision_id for item in found if isinstance(item.entry, Transition)} & decided
    before = _before(found)
    return [
        _own(actor, item.entry, _line(before.get(id(item.entry), item.entry), stages, names, moved))
        for item in found
        if not (isinstance(item.entry, Decision) and item.entry.pk in moved)
    ]


def _before(found: Sequence[queries.Item]) -> dict[int, Entry]:
    """Profiles, each with nothing but what is another than in the one before, where that stands here."""
    profiles = [item.entry for item in found if isinstance(item.entry, Profile)]
    changed: dict[int, Entry] = {}
    for one, earlier in pairwise(profiles):
        fields = {name: one.fields.get(name, "–") for name in {**earlier.fields, **one.fields}
                  if one.fields.get(name) != earlier.fields.get(name)}  # fmt: skip
        changed[id(one)] = Profile(pk=one.pk, at=one.at, fields=fields)
    return changed


def _own(actor: Actor, entry: Entry, line: Line) -> Line:
    return replace(line, note=entry.pk) if isinstance(entry, Note) and may_remove(actor, entry) else line


def in_visits(lines: list[Line]) -> list[Line | Visit]:
    """Activities that lie close together become one, and a move in between stands below, as it is earlier than its end."""
    parts: list[Line | Visit] = []
    run: list[Line] = []
    held: list[Line] = []  # moves, of which it is not known yet whether the visit goes on below them
    for line in lines:
        if run and line.kind == "transition":
            held.append(line)
        elif run and _same_visit(run[-1], line):
            run.append(line)
        else:
            parts += _closed(run, held)
            run, held = ([line], []) if line.kind == "activity" else ([], [])
            parts += [] if run else [line]
    return parts + _closed(run, held)


def _closed(run: list[Line], held: list[Line]) -> list[Line | Visit]:
    """A visit that is over; one of few things is told in its order, moves among them."""
    if len(run) >= FOLDED:
        return [Visit(run), *held]  # none of them is later than the last thing done, which dates the visit
    return sorted([*held, *run], key=lambda line: line.at, reverse=True)


def _same_visit(later: Line, earlier: Line) -> bool:
    both = later.kind == earlier.kind == "activity"
    return (
        both
        and later.at - earlier.at <= PAUSE
        and (later.lead and later.lead.pk) == (earlier.lead and earlier.lead.pk)
    )


def _is_call(entry: Entry) -> bool:
    return getattr(entry, "type", "") == "call"


def _line(entry: Entry, stages: Stages, names: Mapping[str, str], moved: Collection[int | None] = ()) -> Line:
    if isinstance(entry, Activity):
        about = _call(entry.properties, names) if _is_call(entry) else words.about(entry.properties)
        kind = "contact" if entry.type in queries.CONTACTS else "activity"
        return Line(entry.at, kind, words.say(words.ACTIVITIES, entry.type), about)
    if isinstance(entry, Note):
        by = entry.by.shown_name if entry.by else ""
        return Line(entry.at, "note", _("Note"), by, text=entry.text)
    if isinstance(entry, Transition):
        return _transition(entry, stages, with_decision=entry.decision_id in moved)
    if isinstance(entry, Decision):
        return _decision(entry, stages)
    return Line(entry.at, "profile", _("Profile"), _fields(entry.fields) or _("Nothing was changed."))


def _call(properties: Mapping[str, str], names: Mapping[str, str]) -> str:
    outcome, by = properties.get("outcome", ""), properties.get("by", "")
    said = str(words.CALLS.get(outcome, outcome))
    return _joined((said, names.get(by, by), properties.get("note", "")))


def _fields(fields: Mapping[str, str]) -> str:
    return " · ".join(
        formats.labelled(words.say(words.FIELDS, name), str(value)) for name, value in fields.items() if value
    )


def _transition(entry: Transition, stages: Stages, *, with_decision: bool = False) -> Line:
    causes = {
        "path": _("by itself, as the agreement says"),
        "timeout": _("nobody moved it in time"),
        "decision": _("by decision of %(who)s") % {"who": _who(entry.decision)},
    }
    areas = interests_of(stages)
    scores = _(", ").join(
        f"{stages.score(name)} {formats.number(value)}"
        for name, value in entry.scores.items()
        if value and name not in areas
    )
    if with_decision and entry.decision is not None:
        detail = _joined((*_told_of(entry.decision), scores))
        return Line(entry.at, "decision", _("Decision"), detail, entry.to_stage)
    detail = _joined((causes.get(entry.cause, entry.cause), scores))
    return Line(entry.at, "transition", _("Transition"), detail, entry.to_stage)


def _decision(entry: Decision, stages: Stages) -> Line:
    if not entry.to:
        what = _("Answers") if entry.answers else _("Re-approach date") if entry.until else _("Note")
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
        yield formats.labelled(words.say(words.QUESTIONS, question), words.say(words.ANSWERS, str(answer)))
    yield entry.note


def _who(decision: Decision | None) -> str:
    if decision is None:
        return _("somebody")
    return decision.by.shown_name if decision.by else words.say(words.ROLES, decision.role)


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(text for text in texts if text)
