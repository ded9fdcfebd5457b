"""What happened with a lead, for who is on the phone: visits as wholes, what says little folded away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from tasuki.server.core import formats, words
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.interest import worth_under
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from tasuki.server.activities.models import Activity
    from tasuki.server.agreements.stages import Stages
    from tasuki.server.lifecycle.models import Decision, Transition

LINES = 80
APART = timedelta(minutes=30)
"""What is done within so much time is one visit."""
DULL = ("email_open", "email_send", "email_bounce")


@dataclass
class Did:
    """One thing, and how often."""

    what: str
    detail: str = ""
    times: int = 1


@dataclass
class Visit:
    """Things that belong together. `kind`: visit, call, note, decision, transition; `stage` where it speaks of one."""

    at: datetime
    kind: str
    did: list[Did] = field(default_factory=list)
    is_dull: bool = False
    stage: str = ""
    begin: datetime | None = None


@dataclass(frozen=True)
class Fold:
    """Visits in a row that are shown, or folded because all of them say little."""

    is_dull: bool
    visits: Sequence[Visit]


def visits(actor: Actor, lead: Lead, stages: Stages) -> list[Fold]:
    """The latest, the newest first."""
    found = [one.entry for one in queries.timeline(actor, lead, limit=LINES) if one.kind != "profile"]
    called = any(getattr(one, "type", "") == "call" for one in found)
    names = {user.username: user.shown_name for user in core.colleagues(actor)} if called else {}
    teller = _Teller(stages, names, lead.stage)
    made = list(teller.told(found))
    return [Fold(dull, list(group)) for dull, group in groupby(made, key=lambda one: one.is_dull)]


class _Teller:
    def __init__(self, stages: Stages, names: dict[str, str], stage: str) -> None:
        self._stages, self._names, self._stage = stages, names, stage
        self._worth = worth_under(stages.agreement)

    def told(self, entries: Iterable[Any]) -> Iterable[Visit]:
        from tasuki.server.activities.models import Activity, Note
        from tasuki.server.lifecycle.models import Transition

        open_: Visit | None = None
        for one in entries:
            if isinstance(one, Activity) and one.type != "call":
                if open_ is None or (open_.begin or open_.at) - one.at > APART:
                    if open_:
                        yield open_
                    open_ = Visit(one.at, "visit", is_dull=True)
                self._add(open_, one)
                continue
            if open_:
                yield open_
            open_ = None
            if isinstance(one, Activity):
                yield self._call(one)
            elif isinstance(one, Transition):
                if one.cause != "decision":
                    yield Visit(one.at, "transition", [Did(self._cause(one))], stage=one.to_stage)
            elif isinstance(one, Note):
                yield Visit(one.at, "note", [Did(one.by.shown_name if one.by else _("Note"), one.text)])
            else:
                yield self._decision(one)
        if open_:
            yield open_

    def _add(self, visit: Visit, one: Activity) -> None:
        visit.begin = one.at
        signal, points = self._worth.of(one.type, one.properties, self._stage)
        what = self._stages.signal(signal) if signal else words.say(words.ACTIVITIES, one.type)
        detail = words.about(one.properties)
        known = next((did for did in visit.did if (did.what, did.detail) == (what, detail)), None)
        if known:
            known.times += 1
        else:
            visit.did.append(Did(what, detail))
        visit.is_dull = visit.is_dull and (one.type in DULL or not signal or points <= 1)

    def _call(self, one: Activity) -> Visit:
        outcome, by = str(one.properties.get("outcome", "")), str(one.properties.get("by", ""))
        said = [
            str(words.CALLS.get(outcome, outcome)),
            self._names.get(by, by),
            one.properties.get("note", ""),
        ]
        return Visit(one.at, "call", [Did(words.say(words.ACTIVITIES, "call"), _joined(said))])

    def _cause(self, one: Transition) -> str:
        return (
            _("nobody moved it in time") if one.cause == "timeout" else _("by itself, as the agreement says")
        )

    def _decision(self, one: Decision) -> Visit:
        reason = words.say(words.REASONS, one.reason) if one.reason else ""
        again = _("again from %(day)s") % {"day": formats.day(one.until)} if one.until else ""
        answers = [
            formats.labelled(words.say(words.QUESTIONS, question), words.say(words.ANSWERS, str(answer)))
            for question, answer in one.answers.items()
        ]
        refused = words.say(words.REFUSALS, one.refused) if one.refused else ""
        detail = _joined([reason, *answers, again, one.note, refused])
        return Visit(one.at, "decision", [Did(one.by.shown_name if one.by else "", detail)], stage=one.to)


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(text for text in texts if text)
