"""An agreement file to its meaning, with all of its mistakes at once."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path as FilePath
from typing import Any

from tasuki.agreement import expressions
from tasuki.agreement.check import warnings_of
from tasuki.agreement.document import KINDS, Document, HandoffPart, PathPart, RulePart, ScorePart, StagePart
from tasuki.agreement.expressions import Condition, Names
from tasuki.agreement.model import ANY, NONE, Agreement, Named, Path, Rule, Score, Stage, Timeout
from tasuki.agreement.predicates import PredicateParser, is_label
from tasuki.agreement.problems import Problem, did_you_mean
from tasuki.agreement.source import Source
from tasuki.agreement.syntax import Place, read_document
from tasuki.errors import AgreementInvalid, UsageError

LARGEST_FILE = 5_000_000


def load_agreement(path: str | FilePath) -> Agreement:
    """The agreement in a UTF-8 file. AgreementInvalid with every error; UsageError if there is no such file."""
    agreement, problems = inspect_agreement(path)
    if agreement is None:
        raise AgreementInvalid(problems)
    return agreement


def inspect_agreement(path: str | FilePath) -> tuple[Agreement | None, list[Problem]]:
    """The agreement, None if it has errors, and all problems in the order of the file."""
    file = FilePath(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); name an agreement file, like agreement.yaml"
        ) from error
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path}: {len(data)} bytes is no agreement; the largest allowed has {LARGEST_FILE}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        return None, [
            Problem(str(path), line, column, "error", "encoding", "this is not UTF-8: save the file as UTF-8")
        ]
    return parse_agreement(text, str(path))


def agreement_of(text: str, file: str = "agreement.yaml") -> Agreement:
    """The agreement that a text says. AgreementInvalid with every error."""
    agreement, problems = parse_agreement(text, file)
    if agreement is None:
        raise AgreementInvalid(problems)
    return agreement


def parse_agreement(text: str, file: str) -> tuple[Agreement | None, list[Problem]]:
    """See `inspect_agreement`."""
    source = Source(text, file)
    document, cut = read_document(source)
    formal = len(source.problems)
    agreement = _Resolver(source, document).resolve() if () not in cut else None
    _drop_followups(source, formal, cut)
    if agreement is not None and not any(problem.is_error for problem in source.problems):
        warnings_of(agreement, source)
    failed = any(problem.is_error for problem in source.problems)
    return (None if failed else agreement), sorted(set(source.problems))


def _drop_followups(source: Source, formal: int, cut: frozenset[Place]) -> None:
    """Forget mistakes of meaning that only say again what a mistake of form at the same spot said."""
    spots = {source.position(place) for place in cut} | {
        source.position(place[:-1]) for place in cut if len(place) > 1
    }
    later = [p for p in source.problems[formal:] if (p.line, p.column) not in spots and "`_`" not in p.text]
    source.problems[formal:] = later


class _Resolver:
    def __init__(self, source: Source, document: Document) -> None:
        self._source, self._document = source, document
        self._predicates = PredicateParser(source)
        self._names = Names(
            scores={name: tuple(score.grades or ()) for name, score in document.scores.items()},
            signals=document.signals.keys(),
            traits=document.traits.keys(),
            stages=[stage.id for stage in document.stages],
            qualification=document.qualification.keys(),
        )

    def resolve(self) -> Agreement:
        document = self._document
        self._check_names()
        return Agreement(
            name=document.agreement,
            file=self._source.file,
            version=hashlib.sha256(self._source.text.encode()).hexdigest()[:12],
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

    def _named(self, section: str, name: str, value: dict[str, Any]) -> Named:
        fields = dict(value)
        label = fields.pop("name") if is_label(fields.get("name")) else name
        labels = {"ja": label, "en": label} if isinstance(label, str) else label
        return Named(name, labels, self._predicates.parse(fields, (section, name)))

    def _check_names(self) -> None:
        document, error = self._document, self._source.error
        stages: set[str] = set()
        for i, stage in enumerate(document.stages):
            if stage.id in (NONE, ANY):
                error(("stages", i, "id"), "name", f"`{stage.id}` has a meaning of its own: rename the stage")
            elif stage.id in stages and stage.id != "_":
                error(("stages", i, "id"), "name", f"stage `{stage.id}` stands twice: rename or join them")
            stages.add(stage.id)
        for score in document.scores:
            if score in expressions.WORDS:
                error(
                    ("scores", score), "name", f"`{score}` is a word of the expressions: rename it", key=True
                )
        for name, questions in document.qualification.items():
            if name in document.scores or name in expressions.WORDS:
                error(
                    ("qualification", name),
                    "name",
                    f"`{name}` names something else already: rename it",
                    key=True,
                )
            if len(set(questions)) != len(questions):
                error(("qualification", name), "name", f"a question of `{name}` stands twice")
        for section in ("reasons", "targets"):
            for key in getattr(document, section):
                self._known("stage", key.split(".")[0], stages, (section, key), key=True)

    def _known(self, what: str, name: str, known: Any, place: Place, *, key: bool = False) -> bool:
        if name in known:
            return True
        self._source.error(
            place, f"unknown-{what}", f"unknown {what} `{name}`{did_you_mean(name, known)}", key=key
        )
        return False

    def _condition(self, text: str | None, place: Place) -> Condition | None:
        if text is None:
            return None
        return expressions.parse(
            text,
            self._names,
            lambda code, message, offset: self._source.error(place, code, message, offset=offset),
        )

    def _score(self, name: str, part: ScorePart) -> Score:
        place: Place = ("scores", name)
        low, high = _range(part)
        if low > high:
            self._source.error(
                (*place, "range"),
                "range",
                f"the range goes from the smaller to the larger: [{high:g}, {low:g}]",
            )
        if part.sum is not None and part.rules is not None:
            self._source.error(
                (*place, "sum"), "score", f"`{name}` has rules and is a sum: make two scores of it"
            )
        if part.sum is None and part.rules is None:
            self._source.error(place, "score", f"`{name}` needs `rules:` or `sum:`")
        for i, other in enumerate(part.sum or ()):
            if self._known("score", other, self._document.scores, (*place, "sum", i)) and self._reaches(
                other, name
            ):
                self._source.error((*place, "sum", i), "cycle", f"`{name}` would be a part of itself")
        rules = tuple(self._rule(name, i, rule) for i, rule in enumerate(part.rules or ()))
        return Score(
            name,
            part.name or {"ja": name, "en": name},
            low,
            high,
            rules,
            tuple(part.sum or ()),
            tuple((part.grades or {}).items()),
            part.because or "",
        )

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
        kinds = [kind for kind in KINDS if getattr(part, kind) is not None]
        if len(kinds) != 1:
            found = f", not {' and '.join(kinds)} together" if kinds else ""
            self._source.error(place, "rule", f"a rule says when by one of signal, trait, silence{found}")
        kind = kinds[0] if kinds else "signal"
        self._check_rule_keys(part, kind, place)
        names: tuple[str, ...] = ()
        if kind == "silence":
            names = tuple(part.of or ())
            for key in ("of", "after"):
                for i, name in enumerate(getattr(part, key) or ()):
                    self._known(
                        "signal",
                        name,
                        self._document.signals,
                        (*place, key, i) if self._listed(place, key) else (*place, key),
                    )
        else:
            name = getattr(part, kind) or "_"
            names = (name,)
            self._known(
                kind,
                name,
                self._document.signals if kind == "signal" else self._document.traits,
                (*place, kind),
            )
        for i, stage in enumerate(part.while_ or ()):
            at = (*place, "while", i) if self._listed(place, "while") else (*place, "while")
            self._known("stage", stage, {s.id for s in self._document.stages} | {NONE}, at)
        return Rule(
            score, position, kind, names, part.points or 0.0, part.silence or 0, tuple(part.after or ()),
            1 if part.repeats is None else part.repeats, part.at_most, part.every, part.expires, part.halves, part.fades,
            None if part.max is None else abs(part.max), part.resets, tuple(part.while_ or ()), part.because or "",
        )  # fmt: skip

    def _listed(self, place: Place, key: str) -> bool:
        node: Any = self._source.data
        for step in (*place, key):
            node = node[step]
        return isinstance(node, list)

    def _check_rule_keys(self, part: RulePart, kind: str, place: Place) -> None:
        only_silence = {"of", "after", "repeats"}
        allowed = {
            "signal": {"at_most", "every", "expires", "halves", "fades", "max", "resets", "while_"},
            "silence": {"at_most", "expires", "halves", "fades", "max", "resets", "while_"} | only_silence,
            "trait": {"max"},
        }[kind]
        for key in part.model_fields_set - allowed - {"signal", "trait", "silence", "points", "because"}:
            word = "while" if key == "while_" else key
            cure = (
                "it belongs to a silence"
                if key in only_silence
                else f"leave it out, or make it a rule of a signal instead of a {kind}"
            )
            self._source.error(
                (*place, word), "rule", f"`{word}` does not go with `{kind}`: {cure}", key=True
            )
        if part.points is None and not part.resets:
            self._source.error(place, "missing-key", "`points` is missing")
        if part.fades is not None and (part.expires is not None or part.halves is not None):
            other = "expires" if part.expires is not None else "halves"
            self._source.error(
                (*place, "fades"),
                "rule",
                f"`fades` already ends in zero: leave out `{other}` or `fades`",
                key=True,
            )

    def _stage(self, position: int, part: StagePart) -> Stage:
        place: Place = ("stages", position)
        stages = {stage.id for stage in self._document.stages}
        timeout = None
        if part.timeout:
            self._known("stage", part.timeout.to, stages, (*place, "timeout", "to"))
            timeout = Timeout(part.timeout.after, part.timeout.to, part.timeout.reason or "")
            allowed = self._document.reasons.get(timeout.to)
            if allowed and timeout.reason and timeout.reason not in allowed:
                known = did_you_mean(timeout.reason, allowed)
                self._source.warning(
                    (*place, "timeout", "reason"),
                    "unknown-reason",
                    f"`{timeout.reason}` is no reason of {timeout.to}{known}",
                )
        for i, score in enumerate(part.resets or ()):
            at = (*place, "resets", i) if self._listed(place, "resets") else (*place, "resets")
            self._known("score", score, self._document.scores, at)
        paths = tuple(self._path(part.id, position, i, path) for i, path in enumerate(part.enter))
        return Stage(
            part.id,
            part.name or {"ja": part.id, "en": part.id},
            paths,
            timeout,
            part.recheck,
            _handoff(part),
            tuple(part.resets or ()),
            part.because or "",
        )

    def _path(self, stage: str, stage_position: int, position: int, part: PathPart) -> Path:
        place: Place = ("stages", stage_position, "enter", position)
        if part.when is None and part.by is None:
            self._source.error(place, "path", "a path needs `when` (by itself) or `by` (a person's decision)")
        if part.requires is not None and part.by is None:
            self._source.error(
                (*place, "requires"),
                "path",
                "`requires` is asked of a decision: add `by`, or move it into `when`",
                key=True,
            )
        stages = {s.id for s in self._document.stages} | {NONE, ANY}
        for i, name in enumerate(part.from_ or ()):
            at = (*place, "from", i) if self._listed(place, "from") else (*place, "from")
            self._known("stage", name, stages, at)
        return Path(
            stage,
            position,
            tuple(part.from_ or (NONE,)),
            self._condition(part.when, (*place, "when")),
            tuple(part.by or ()),
            self._condition(part.requires, (*place, "requires")),
            part.because or "",
        )


def _handoff(part: StagePart) -> HandoffPart | None:
    return part.handoff


def _range(part: ScorePart) -> tuple[float, float]:
    low, high = part.range or (None, None)
    return -math.inf if low is None else low, math.inf if high is None else high
