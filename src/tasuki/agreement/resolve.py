"""A document to its meaning: every name looked up, every condition and predicate read."""

from __future__ import annotations

import hashlib
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from tasuki.agreement import expressions
from tasuki.agreement.document import KINDS, Document, Kind, PathPart, RulePart, ScorePart, StagePart
from tasuki.agreement.handoffs import HandoffReader
from tasuki.agreement.model import ANY, NONE, Agreement, Named, Path, Rule, Score, Stage, Timeout
from tasuki.agreement.names import NameCheck
from tasuki.agreement.predicates import PredicateParser, is_label
from tasuki.agreement.problems import did_you_mean
from tasuki.calendars import HoursInvalid, hours_of_text

if TYPE_CHECKING:
    from tasuki.agreement.conditions import Condition
    from tasuki.agreement.source import Source
    from tasuki.agreement.syntax import Place

_SILENCE_KEYS = {"of", "after", "repeats"}
_HIT_KEYS = {"at_most", "expires", "halves", "fades", "max", "resets", "while_"}
_KEYS = {"signal": _HIT_KEYS | {"every"}, "silence": _HIT_KEYS | _SILENCE_KEYS, "trait": {"max"}}
_KEYS_OF_ALL = {*KINDS, "points", "because"}


class Resolver:
    """Reads one document; problems go to the source, and reading goes on after each."""

    def __init__(self, source: Source, document: Document) -> None:
        self._source, self._document = source, document
        self._predicates = PredicateParser(source)
        self._check = NameCheck(source, document)
        self._names = expressions.Names(
            scores={name: tuple(score.grades or ()) for name, score in document.scores.items()},
            signals=document.signals.keys(),
            traits=document.traits.keys(),
            stages=[stage.id for stage in document.stages],
            qualification=document.qualification.keys(),
        )
        self._handoffs = HandoffReader(source, document.calendar, partial(self._condition, who_only=True))

    def resolve(self) -> Agreement:
        """The agreement; it means something only if the source has no error in the end."""
        document = self._document
        self._check.given()
        self._check_calendar()
        return Agreement(
            name=document.agreement,
            file=self._source.file,
            version=hashlib.sha256(self._source.text.encode(errors="replace")).hexdigest()[:12],
            timezone=document.timezone,
            calendar=document.calendar,
            signals={name: self._named("signals", name, value) for name, value in document.signals.items()},
            traits={name: self._named("traits", name, value) for name, value in document.traits.items()},
            excluded=self._condition(document.excluded, ("excluded",)),
            scores={name: self._score(name, part) for name, part in document.scores.items()},
            stages=tuple(self._stage(i, part) for i, part in enumerate(document.stages)),
            qualification={name: tuple(questions) for name, questions in document.qualification.items()},
            reasons={stage: tuple(reasons) for stage, reasons in document.reasons.items()},
            targets=document.targets,
        )

    def _check_calendar(self) -> None:
        part = self._document.calendar
        if part is None:
            return
        try:
            hours_of_text(part.days, part.hours, part.holidays or "", self._document.timezone)
        except HoursInvalid as wrong:
            key = {"holidays": "holidays", "days": "days"}.get(wrong.place, "hours")
            self._source.error(("calendar", key), "calendar", str(wrong))

    def _named(self, section: str, name: str, value: dict[str, Any]) -> Named:
        fields = dict(value)
        label = fields.pop("name") if is_label(fields.get("name")) else name
        labels = {"ja": label, "en": label} if isinstance(label, str) else label
        return Named(name, labels, self._predicates.parse(fields, (section, name)))

    def _condition(self, text: str | None, place: Place, *, who_only: bool = False) -> Condition | None:
        def report(code: str, message: str, offset: int) -> None:
            self._source.error(place, code, message, offset=offset)

        return None if text is None else expressions.parse(text, self._names, report, who_only=who_only)

    def _score(self, name: str, part: ScorePart) -> Score:
        place: Place = ("scores", name)
        low, high = _range(part)
        if low > high:
            text = f"the range goes from the smaller to the larger: [{high:g}, {low:g}]"
            self._source.error((*place, "range"), "range", text)
        self._check_score(name, part, place)
        return Score(
            name,
            part.name or _same(name),
            low,
            high,
            tuple(self._rule(name, i, rule) for i, rule in enumerate(part.rules or ())),
            tuple(part.sum or ()),
            tuple((part.grades or {}).items()),
            part.because or "",
        )

    def _check_score(self, name: str, part: ScorePart, place: Place) -> None:
        if part.sum is not None and part.rules is not None:
            text = f"`{name}` has rules and is a sum: make two scores of it"
            self._source.error((*place, "sum"), "score", text)
        if part.sum is None and part.rules is None:
            self._source.error(place, "score", f"`{name}` needs `rules:` or `sum:`")
        for i, other in enumerate(part.sum or ()):
            at = (*place, "sum", i)
            if self._check.known("score", other, self._document.scores, at) and self._reaches(other, name):
                text = f"`{name}` would be a part of itself: leave `{other}` out of the sum"
                self._source.error(at, "cycle", text)

    def _reaches(self, score: str, wanted: str) -> bool:
        seen, todo = set(), [score]
        while todo:
            this = todo.pop()
            if this == wanted:
                return True
            if this not in seen:
                seen.add(this)
                part = self._document.scores.get(this)
                todo += part.sum or [] if part else []
        return False

    def _rule(self, score: str, position: int, part: RulePart) -> Rule:
        place: Place = ("scores", score, "rules", position)
        kind = self._kind(part, place)
        self._check_rule(part, kind, place)
        return Rule(
            score=score,
            position=position,
            kind=kind,
            names=self._rule_names(part, kind, place),
            points=part.points or 0.0,
            silence=part.silence or 0,
            after=tuple(part.after or ()),
            repeats=1 if part.repeats is None else part.repeats,
            at_most=part.at_most,
            every=part.every,
            expires=part.expires,
            halves=part.halves,
            fades=part.fades,
            max=None if part.max is None else abs(part.max),
            resets=part.resets,
            while_=tuple(part.while_ or ()),
            because=part.because or "",
        )

    def _kind(self, part: RulePart, place: Place) -> Kind:
        kinds = [kind for kind in KINDS if getattr(part, kind) is not None]
        if len(kinds) != 1:
            found = f", not {' and '.join(kinds)} together" if kinds else ""
            self._source.error(place, "rule", f"a rule says when by one of signal, trait, silence{found}")
        return kinds[0] if kinds else "signal"

    def _rule_names(self, part: RulePart, kind: Kind, place: Place) -> tuple[str, ...]:
        """The signals or the trait of a rule, with every name in the rule looked up."""
        document = self._document
        self._check.all_known("stage", part.while_, (*self._check.stages, NONE), (*place, "while"))
        self._check.all_known("signal", part.of, document.signals, (*place, "of"))
        self._check.all_known("signal", part.after, document.signals, (*place, "after"))
        if kind == "silence":
            return tuple(part.of or ())
        name = part.trait if kind == "trait" else part.signal
        known = document.traits if kind == "trait" else document.signals
        self._check.known(kind, name or "_", known, (*place, kind))
        return (name or "_",)

    def _check_rule(self, part: RulePart, kind: Kind, place: Place) -> None:
        for key in part.model_fields_set - _KEYS[kind] - _KEYS_OF_ALL:
            word = key.rstrip("_")
            other = f"leave it out, or make it a rule of a signal instead of a {kind}"
            cure = "it belongs to a silence" if key in _SILENCE_KEYS else other
            if key == "every" and kind == "silence":
                cure = "say `repeats` instead"
            text = f"`{word}` does not go with `{kind}`: {cure}"
            self._source.error((*place, word), "rule", text, key=True)
        if part.points is None and not part.resets:
            self._source.error(place, "missing-key", "`points` is missing")
        if part.fades is not None and (part.expires is not None or part.halves is not None):
            other = "expires" if part.expires is not None else "halves"
            text = f"`fades` already ends in zero: leave out `{other}` or `fades`"
            self._source.error((*place, "fades"), "rule", text, key=True)

    def _stage(self, position: int, part: StagePart) -> Stage:
        place: Place = ("stages", position)
        self._check.all_known("score", part.resets, self._document.scores, (*place, "resets"))
        return Stage(
            part.id,
            part.name or _same(part.id),
            tuple(self._path(part.id, i, path, (*place, "enter", i)) for i, path in enumerate(part.enter)),
            self._timeout(part, (*place, "timeout")),
            part.recheck,
            self._handoffs.read(part.handoff, (*place, "handoff")),
            tuple(part.resets or ()),
            part.because or "",
        )

    def _timeout(self, part: StagePart, place: Place) -> Timeout | None:
        if part.timeout is None:
            return None
        to, reason = part.timeout.to, part.timeout.reason or ""
        self._check.known("stage", to, self._check.stages, (*place, "to"))
        allowed = self._document.reasons.get(to)
        if allowed and reason and reason not in allowed:
            text = f"`{reason}` is no reason of {to}{did_you_mean(reason, allowed)}"
            self._source.warning((*place, "reason"), "unknown-reason", text)
        return Timeout(part.timeout.after, to, reason)

    def _path(self, stage: str, position: int, part: PathPart, place: Place) -> Path:
        if part.when is None and part.by is None:
            text = "a path needs `when` (by itself) or `by` (a person's decision)"
            self._source.error(place, "path", text)
        if part.requires is not None and part.by is None:
            text = "`requires` is asked of a decision: add `by`, or move it into `when`"
            self._source.error((*place, "requires"), "path", text, key=True)
        self._check.all_known("stage", part.from_, (*self._check.stages, NONE, ANY), (*place, "from"))
        return Path(
            stage,
            position,
            tuple(part.from_ or (NONE,)),
            self._condition(part.when, (*place, "when")),
            tuple(part.by or ()),
            self._condition(part.requires, (*place, "requires")),
            part.because or "",
        )


def _same(name: str) -> dict[str, str]:
    return {"ja": name, "en": name}


def _range(part: ScorePart) -> tuple[float, float]:
    low, high = part.range or (None, None)
    return -math.inf if low is None else low, math.inf if high is None else high
