"""Why a lead stands where it stands: the kernel's own trace of one lead, put into words.

Nothing is scored here anew: hits come from the kernel, and what they are worth adds up to the kernel's score, or
`explain` fails.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Literal

import numpy as np

from tasuki.agreement import Agreement, Path, Rule
from tasuki.agreement import conditions as ex
from tasuki.agreement.predicates import fold as folded
from tasuki.agreement.values import duration_text
from tasuki.engine import layout as at
from tasuki.engine.bind import YES, bind
from tasuki.engine.compare import compares
from tasuki.engine.compile import Compiled, compile_agreement
from tasuki.engine.predicates import holds
from tasuki.engine.replay import CAUSES, REFUSALS, fold_rows
from tasuki.errors import UsageError
from tasuki.history import History, Shapes, Shard

KINDS = ("profile", "activity", "decision")
DAY = 86_400_000_000


@dataclass(frozen=True)
class Hit:
    """One hit: made at `at`, `points` then, `worth` now; `state` says why it may be worth less."""

    rule: Rule
    at: int
    points: float
    worth: float
    state: Literal["counts", "expired", "faded", "void"]


@dataclass(frozen=True)
class Contribution:
    """What one rule gives to its score now: `worth` of its hits or trait, bounded by the rule's `max`."""

    rule: Rule
    hits: int
    worth: float


@dataclass(frozen=True)
class ScoreNow:
    """A score at the time asked for: its contributions (or `parts`), their sum, and the value after `range`."""

    id: str
    value: float
    grade: str | None
    raw: float
    contributions: tuple[Contribution, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One condition of a path: its text, what stands on its left now, and whether it holds."""

    text: str
    now: str
    holds: bool


@dataclass(frozen=True)
class Way:
    """A path out of the present stage: its conditions, or the roles that may decide."""

    path: Path
    parts: tuple[Part, ...]
    holds: bool


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `what`: profile, activity, decision, refused, hit, capped, outside, reset, transition."""

    at: int
    what: str
    text: str
    because: str = ""
    hit: Hit | None = None


@dataclass(frozen=True)
class Explanation:
    """Everything that led to where the lead stands at `at` (µs UTC)."""

    lead: str
    at: int
    stage: str | None
    entered: int | None
    next_check: int | None
    excluded: bool
    timeline: tuple[Moment, ...]
    hits: tuple[Hit, ...]
    scores: tuple[ScoreNow, ...]
    ways: tuple[Way, ...]


def explain(
    agreement: Agreement | Compiled, history: History, lead: str, when: int | None = None
) -> Explanation:
    """Explain one lead at `when` (µs UTC, inclusive; the history's last entry when None). UsageError: unknown lead."""
    return explainer(agreement, history, lead, when).explanation(lead)


def explainer(
    agreement: Agreement | Compiled, history: History, lead: str, when: int | None = None
) -> Explainer:
    """The fold of one lead with its trace, ready to be put into words. UsageError: unknown lead."""
    compiled = agreement if isinstance(agreement, Compiled) else compile_agreement(agreement)
    found = history.find(lead)
    if found is None:
        raise UsageError(f"lead `{lead}` is not in this history; `tasuki history info` shows some that are")
    as_of = when if when is not None else history.last_at or 0
    shard = history.shards[found[0]]
    output = fold_rows(
        compiled.program, bind(compiled, history), shard, np.array([found[1]]), as_of, traces=256
    )
    return Explainer(compiled, history, shard, found[1], as_of, output)


class Explainer:
    """One lead's fold: what the kernel traced, and what it means at `as_of`."""

    def __init__(
        self, compiled: Compiled, history: History, shard: Shard, row: int, as_of: int, output: object
    ) -> None:
        self.compiled, self.history, self.as_of = compiled, history, as_of
        self.agreement = compiled.agreement
        first, last = int(shard.offsets[row]), int(shard.offsets[row + 1])
        last = first + int(np.searchsorted(shard.at[first:last], as_of, side="right"))
        self.first, self.at, self.code = first, shard.at[first:last], shard.code[first:last]
        self.kinds = history.kinds()[self.code]
        self.output = output
        used = output.used  # type: ignore[attr-defined]
        self.transitions = output.transitions[: used[0]]  # type: ignore[attr-defined]
        self.refusals = output.refusals[: used[1]]  # type: ignore[attr-defined]
        self.trace = output.trace[: used[2]]  # type: ignore[attr-defined]
        self.values = dict(zip(compiled.score_names, output.scores[0].tolist(), strict=True))  # type: ignore[attr-defined]
        self.stage = compiled.stage_names[output.stage[0]]  # type: ignore[attr-defined]
        self.entered = int(output.entered[0]) if self.stage else None  # type: ignore[attr-defined]

    def explanation(self, lead: str, *, timeline: bool = True) -> Explanation:
        """All of it; `timeline` False leaves the timeline empty, which takes most of the time of a long one."""
        hits = self.hits
        check = int(self.output.next_check[0])  # type: ignore[attr-defined]
        moments = [*self._entries(), *self._traced(hits), *self._transitions()] if timeline else []
        return Explanation(
            lead, self.as_of, self.stage, self.entered, None if check == at.NEVER else check,
            self.agreement.excluded is not None and self._part(self.agreement.excluded).holds,
            tuple(sorted(moments, key=lambda m: (m.at, _ORDER.index(m.what)))),
            hits, tuple(self._score(name, hits) for name in self.compiled.score_names), tuple(self._ways()),
        )  # fmt: skip

    # What happened.

    def _entries(self) -> Iterator[Moment]:
        refused = {(int(r["at"]), int(r["code"])): r for r in self.refusals}
        for when, code, kind in zip(self.at.tolist(), self.code.tolist(), self.kinds.tolist(), strict=True):
            fields = _row(self.history.shapes[kind], code)
            if kind == at.DECISION and fields.get("fact", "decision") != "decision":
                continue  # told as a transition
            text = " ".join(
                f"{name}={value}" for name, value in fields.items() if name not in ("type", "fact")
            )
            text = f"{fields['type']} {text}".strip() if kind == at.ACTIVITY else text
            refusal = refused.get((when, code)) if kind == at.DECISION else None
            if refusal is None:
                yield Moment(when, KINDS[kind], text)
            else:
                yield Moment(when, "refused", f"{text}: {self._refusal(fields, refusal)}")

    def _refusal(self, fields: dict[str, str], refusal: np.void) -> str:
        """Why a decision was refused, and what would have been legal."""
        wanted, role, why = fields["to"], fields.get("role", "nobody"), REFUSALS[refusal["why"]]
        if why == "unknown_stage":
            return f"the agreement has no stage {wanted}"
        by_hand = [path for path in self.agreement.stage[wanted].paths if path.by]
        if why == "role":
            roles = ", ".join(dict.fromkeys(role for path in by_hand for role in path.by))
            return f"{role} may not decide on {wanted}" + (
                f"; {roles} may" if roles else "; it is entered by itself only"
            )
        mine = [path for path in by_hand if role in path.by]
        if why == "from":
            stands = self.compiled.stage_names[refusal["from_"]] or "no stage"
            legal = ", ".join(dict.fromkeys(stage for path in mine for stage in path.from_))
            return f"the lead stood in {stands}; {wanted} is entered from {legal}"
        return f"{wanted} requires {' or '.join(str(path.requires) for path in mine if path.requires)}"

    def _traced(self, hits: tuple[Hit, ...]) -> Iterator[Moment]:
        made = iter(hits)
        for event in self.trace:
            when = int(event["at"])
            if event["what"] == at.ENTRY:
                continue
            if event["what"] == at.RESET:
                yield Moment(
                    when, "reset", f"{self.compiled.score_names[event['index']]}: earlier hits stop counting"
                )
                continue
            rule = self.compiled.rules[event["index"]]
            what = {at.HIT: "hit", at.CAPPED: "capped", at.OUTSIDE: "outside"}[int(event["what"])]
            yield Moment(when, what, rule_text(rule), rule.because, next(made) if what == "hit" else None)

    def _transitions(self) -> Iterator[Moment]:
        stages = self.compiled.stage_names
        for t in self.transitions:
            cause = CAUSES[t["cause"]]
            to = stages[t["to"]]
            if t["code"] >= 0 and cause != "decision":  # a fact of another time
                fields = _row(self.history.decisions, int(t["code"]))
                cause, because, to = f"recorded: {fields.get('reason', cause)}", "", fields.get("to", to)
            elif cause == "path":
                path = self.agreement.stage[str(stages[t["to"]])].paths[t["path"]]
                cause, because = f"path {path.id}: {path.when}", path.because
            elif cause == "decision":
                fields = _row(self.history.decisions, int(t["code"]))
                reason = f", {fields['reason']}" if "reason" in fields else ""
                cause, because = f"decision of {fields.get('role', '?')}{reason}", ""
            else:
                timeout = self.agreement.stage[str(stages[t["from_"]])].timeout
                cause, because = "timeout", timeout.reason if timeout else ""
            yield Moment(
                int(t["at"]),
                "transition",
                f"{stages[t['from_']] or '–'} → {to or '–'} ({cause})",
                because,
            )

    # What it is worth.

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """Every hit in the order in which it was made; a reset voids those of its score before it."""
        hits: list[Hit] = []
        columns = (self.trace[name].tolist() for name in ("what", "index", "at", "points"))
        for what, index, when, points in zip(*columns, strict=True):
            if what == at.HIT:
                rule = self.compiled.rules[index]
                hits.append(Hit(rule, when, points, *worth(rule, points, self.as_of - when)))
            elif what == at.RESET:
                score = self.compiled.score_names[index]
                hits = [
                    replace(hit, worth=0.0, state="void")
                    if hit.rule.score == score and hit.state != "void"
                    else hit
                    for hit in hits
                ]
        return tuple(hits)

    def _score(self, name: str, hits: tuple[Hit, ...]) -> ScoreNow:
        score = self.agreement.scores[name]
        contributions = tuple(self._contributions(name, hits))
        raw = sum(self.values[part] for part in score.parts) + sum(c.worth for c in contributions)
        value = self.values[name]
        if not math.isclose(min(max(raw, score.low), score.high), value, rel_tol=1e-9, abs_tol=1e-6):
            raise AssertionError(f"{name}: contributions add up to {raw}, the kernel says {value}")
        return ScoreNow(name, value, self._grade(name), raw, contributions, score.parts)

    def _contributions(self, name: str, hits: tuple[Hit, ...]) -> Iterator[Contribution]:
        profile = self.code[self.kinds == at.PROFILE]
        for rule in self.agreement.scores[name].rules:
            mine = [hit for hit in hits if hit.rule is rule and hit.state != "void"]
            total = sum(hit.worth for hit in mine)
            if rule.kind == "trait" and len(profile) and self._has_trait(rule.names[0]):
                total = rule.points
            bound = math.inf if rule.max is None else rule.max
            if mine or total:
                yield Contribution(rule, len(mine), min(max(total, -bound), bound))

    def _grade(self, name: str) -> str | None:
        value = self.values[name]
        grades = self.agreement.scores[name].grades
        return next((grade for grade, bound in grades if compares(">=", value, bound)), None)

    # What is missing.

    def _ways(self) -> Iterator[Way]:
        for path in self.agreement.paths:
            if not path.leaves(self.stage) or path.stage == self.stage:
                continue
            condition = path.when or path.requires
            parts = condition.parts if isinstance(condition, ex.Both) else (condition,) if condition else ()
            told = tuple(self._part(part) for part in parts)
            yield Way(path, told, all(part.holds for part in told))

    def _part(self, condition: ex.Condition) -> Part:
        match condition:
            case ex.Both(parts=parts):
                told = [self._part(part) for part in parts]
                return Part(str(condition), _joined(told), all(part.holds for part in told))
            case ex.Either(parts=parts):
                told = [self._part(part) for part in parts]
                return Part(str(condition), _joined(told), any(part.holds for part in told))
            case ex.Negation(part=part):
                inner = self._part(part)
                return Part(str(condition), inner.now, not inner.holds)
            case ex.Compare(operator=operator, left=left, right=right):
                a, b = self._number(left), self._number(right)
                now = f"{left} is {_short(a)}" + (
                    "" if isinstance(right, ex.Number) else f", {right} is {_short(b)}"
                )
                return Part(str(condition), now, compares(operator, a, b))
            case ex.GradeCompare(score=score, operator=operator, grade=grade):
                letters = [letter for letter, _ in reversed(self.agreement.scores[score].grades)]
                mine = self._grade(score)
                rank = letters.index(mine) if mine else -1
                return Part(
                    str(condition),
                    f"{score}.grade is {mine or 'none'}",
                    compares(operator, rank, letters.index(grade)),
                )
            case ex.TraitHolds(trait=trait):
                return _yes_no(condition, self._has_trait(trait))
            case ex.Has(field=name):
                return _yes_no(condition, name in self._profile())
            case ex.Happened(signal=signal):
                since = self.entered if self.entered is not None else -at.NEVER
                return _yes_no(condition, bool((self._matching(signal) > since).any()))

    def _number(self, node: ex.Numeric) -> float:
        match node:
            case ex.Number(value=value):
                return value
            case ex.ScoreValue(score=score):
                return float(self.values[score])
            case ex.Count(signal=signal, within=within):
                times = self._matching(signal)
                return float(len(times) if within is None else (times > self.as_of - within).sum())
            case ex.DaysInStage():
                return (self.as_of - self.entered) / DAY if self.entered is not None else 0.0
            case ex.TimesEntered(stage=stage):
                return float((self.transitions["to"] == self.compiled.stage_names.index(stage)).sum())
            case ex.Answered(questions=questions):
                return float(
                    sum(self._answers().get(q, False) for q in self.agreement.qualification[questions])
                )
            case ex.Plus(terms=terms):
                return sum(sign * self._number(term) for sign, term in terms)

    def _profile(self) -> dict[str, str]:
        codes = self.code[self.kinds == at.PROFILE]
        return _row(self.history.profiles, int(codes[-1])) if len(codes) else {}

    def _has_trait(self, trait: str) -> bool:
        codes = self.code[self.kinds == at.PROFILE]
        if not len(codes):
            return False
        shapes = self.history.profiles
        return bool(
            holds(self.agreement.traits[trait].predicate, shapes)[np.searchsorted(shapes.codes, codes[-1])]
        )

    def _matching(self, signal: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        shapes = self.history.activities
        matching = shapes.codes[holds(self.agreement.signals[signal].predicate, shapes)]
        return np.asarray(self.at[np.isin(self.code, matching)])

    def _answers(self) -> dict[str, bool]:
        """The latest answers that were taken: those of refused decisions are not."""
        refused = {(int(r["at"]), int(r["code"])) for r in self.refusals}
        answers: dict[str, bool] = {}
        for when, code in zip(
            self.at[self.kinds == at.DECISION].tolist(),
            self.code[self.kinds == at.DECISION].tolist(),
            strict=True,
        ):
            if (when, code) not in refused:
                told = json.loads(_row(self.history.decisions, code).get("answers", "{}"))
                answers.update({question: folded(str(answer)) in YES for question, answer in told.items()})
        return answers


_ORDER = ("profile", "activity", "decision", "refused", "hit", "capped", "outside", "reset", "transition")


def worth(rule: Rule, points: float, age: int) -> tuple[float, Literal["counts", "expired", "faded"]]:
    """What a hit is worth `age` µs after it was made (agreement, section 5), and why."""
    if rule.expires and age >= rule.expires:
        return 0.0, "expired"
    if rule.fades and age >= rule.fades:
        return 0.0, "faded"
    value = points * 2.0 ** (-age / rule.halves) if rule.halves else points
    return (value * (1 - age / rule.fades) if rule.fades else value), "counts"


def rule_text(rule: Rule) -> str:
    """A rule in a few words: `behavior: pricing_page 5 within 1d`."""
    if rule.kind == "silence":
        words = f"silence {duration_text(rule.silence)}"
        words += f" of {', '.join(rule.names)}" if rule.names else ""
        words += f" after {', '.join(rule.after)}" if rule.after else ""
    else:
        words = rule.names[0]
    return f"{rule.score}: {words}" + (f" {rule.every}" if rule.every else "")


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _row(shapes: Shapes, code: int) -> dict[str, str]:
    return shapes.row(int(np.searchsorted(shapes.codes, code)))


def _joined(parts: list[Part]) -> str:
    return "; ".join(text for text, _ in groupby(part.now for part in parts))


def _yes_no(condition: ex.Condition, holds: bool) -> Part:
    return Part(str(condition), "yes" if holds else "no", holds)
