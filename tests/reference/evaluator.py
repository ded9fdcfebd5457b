"""Section 7 of the page, done slowly and plainly: the reference against which the engine is tested.

Nothing is kept that could be worked out again: every score is a sum over the list of hits each time it is
asked for, every window is a scan of a list, and the next instant is the least of everything that can come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from .expressions import compare, holds
from .language import Agreement, Path, Rule, Stage, read_agreement
from .predicates import fold, predicate
from .records import Entry, Refused, Result, Transition

__all__ = ["Entry", "Refused", "Result", "Transition", "evaluate"]

DAY = 86_400_000_000
KIND_ORDER = {"profile": 0, "activity": 1, "decision": 2}
YES = ("true", "yes", "y", "1", "はい", "有", "○")


class Hit(NamedTuple):
    rule: Rule
    at: int


@dataclass
class Clock:
    """A silence rule's clock: when it started (None: it stands) and the silences it has rung since."""

    started: int | None = None
    rung: int = 0


def evaluate(agreement_text: str, ledger: list[Entry], as_of: int) -> Result:
    """Fold one lead's entries up to and including `as_of` (microseconds UTC) under an agreement (YAML)."""
    lead = Lead(read_agreement(agreement_text), ledger, as_of)
    instant = lead.next_instant(None)
    while instant is not None and instant <= as_of:
        lead.visit(instant)
        instant = lead.next_instant(instant)
    return lead.result(as_of)


class Lead:
    """One lead on its way through the agreement; also the facts that expressions ask for."""

    def __init__(self, agreement: Agreement, ledger: list[Entry], as_of: int) -> None:
        self.agreement = agreement
        known = [entry for entry in ledger if entry.at <= as_of]
        self.ledger = sorted(known, key=lambda entry: (entry.at, KIND_ORDER[entry.kind], entry.seq))
        self.rules = [rule for score in agreement.scores.values() for rule in score.rules]
        self.now = 0
        self.profile: dict[str, str] | None = None
        self.activities: list[tuple[int, set[str]]] = []  # when, and the signals that match
        self.answers: dict[str, str] = {}
        self.hits: list[Hit] = []
        self.collected: dict[tuple[str, int], list[int]] = {
            (rule.score, rule.index): [] for rule in self.rules
        }
        self.clocks = {(rule.score, rule.index): Clock() for rule in self.rules if rule.silence is not None}
        self.stage: str | None = None
        self.entered_at: int | None = None
        self.entered_now: set[str] = set()
        self.transitions: list[Transition] = []
        self.refused: list[Refused] = []

    # Instants

    def next_instant(self, after: int | None) -> int | None:
        """The first instant after a time (None: of all); None when nothing comes."""
        entries = [entry.at for entry in self.ledger if after is None or entry.at > after]
        timers = [] if after is None else self.timers(after)
        return min(entries + timers, default=None)

    def timers(self, after: int) -> list[int]:
        """The instants after a time that need no new entry, as things stand (of repeating ones the first)."""
        ends = [
            hit.at + length for hit in self.hits for length in (hit.rule.expires, hit.rule.fades) if length
        ]
        silences = [due for rule in self.rules if (due := self.silence_due(rule)) is not None]
        return [at for at in ends + silences + self.stage_timers(after) if at > after]

    def silence_due(self, rule: Rule) -> int | None:
        if rule.silence is None:
            return None
        clock = self.clocks[rule.score, rule.index]
        if clock.started is None or (rule.repeats is not None and clock.rung >= rule.repeats):
            return None
        return clock.started + (clock.rung + 1) * rule.silence

    def stage_timers(self, after: int) -> list[int]:
        if self.stage is None or self.entered_at is None:
            return []
        stage = self.agreement.stages[self.stage]
        found = [] if stage.timeout_after is None else [self.entered_at + stage.timeout_after]
        if stage.recheck is not None:
            passed = (after - self.entered_at) // stage.recheck
            found.append(self.entered_at + (passed + 1) * stage.recheck)
        return found

    def visit(self, instant: int) -> None:
        """Expiries and rechecks need no doing: what hits are worth follows from the time."""
        self.now = instant
        self.entered_now = set()
        entries = [entry for entry in self.ledger if entry.at == instant]
        self.ring_silences(entries)
        self.time_out()
        for entry in entries:
            self.take(entry)
        self.follow_paths()

    # Timers

    def ring_silences(self, entries: list[Entry]) -> None:
        activities = [self.signals_of(entry) for entry in entries if entry.kind == "activity"]
        for rule in self.rules:
            if self.silence_due(rule) != self.now:
                continue
            if any(stops(rule, signals) or starts(rule, signals) for signals in activities):
                continue
            self.clocks[rule.score, rule.index].rung += 1
            self.make_hit(rule)

    def time_out(self) -> None:
        if self.stage is None or self.entered_at is None:
            return
        stage = self.agreement.stages[self.stage]
        if stage.timeout_after is not None and self.entered_at + stage.timeout_after == self.now:
            self.enter(stage.timeout_to, "timeout", "")

    # Entries

    def take(self, entry: Entry) -> None:
        if entry.kind == "profile":
            self.profile = present(entry)
        elif entry.kind == "activity":
            self.take_activity(self.signals_of(entry))
        else:
            self.take_decision(present(entry), entry.answers)

    def signals_of(self, entry: Entry) -> set[str]:
        return {name for name, test in self.agreement.signals.items() if predicate(test, present(entry))}

    def take_activity(self, signals: set[str]) -> None:
        self.activities.append((self.now, signals))
        for rule in self.rules:
            if rule.silence is not None:
                self.set_clock(rule, signals)
        for rule in self.rules:
            if rule.signal in signals:
                self.take_match(rule)

    def set_clock(self, rule: Rule, signals: set[str]) -> None:
        if stops(rule, signals):
            self.clocks[rule.score, rule.index] = Clock()
        if starts(rule, signals):
            self.clocks[rule.score, rule.index] = Clock(started=self.now)

    def take_match(self, rule: Rule) -> None:
        """A matching activity makes a hit, or with `every` is collected until there are enough."""
        if rule.every is None:
            self.make_hit(rule)
            return
        enough, within = rule.every
        collected = [*self.collected[rule.score, rule.index], self.now]
        collected = [at for at in collected if within is None or at > self.now - within]
        self.collected[rule.score, rule.index] = collected
        if len(collected) >= enough:
            self.collected[rule.score, rule.index] = []
            self.make_hit(rule)

    def make_hit(self, rule: Rule) -> None:
        if rule.stages is not None and self.stage not in rule.stages:
            return
        if self.is_capped(rule):
            return
        if rule.resets:
            self.void(rule.score)
        self.hits.append(Hit(rule, self.now))

    def is_capped(self, rule: Rule) -> bool:
        if rule.at_most is None:
            return False
        most, within = rule.at_most
        own = [hit for hit in self.hits_of(rule) if within is None or hit.at > self.now - within]
        return len(own) >= most

    def hits_of(self, rule: Rule) -> list[Hit]:
        return [hit for hit in self.hits if (hit.rule.score, hit.rule.index) == (rule.score, rule.index)]

    def void(self, score: str) -> None:
        """Forget a score's hits and what its rules collected; of a sum, those of its parts. Clocks run on."""
        for part in self.agreement.scores[score].sum or []:
            self.void(part)
        self.hits = [hit for hit in self.hits if hit.rule.score != score]
        for rule in self.agreement.scores[score].rules:
            self.collected[rule.score, rule.index] = []

    def take_decision(self, fields: dict[str, str], answers: dict[str, str]) -> None:
        before = self.answers
        self.answers = {**before, **answers}
        to, role = fields.get("to"), fields.get("role", "")
        if to is None:
            return
        why = self.refusal(to, role)
        if why is None:
            self.enter(to, "decision", role)
        else:
            self.answers = before
            self.refused.append(Refused(self.now, to, role, self.stage, why))

    def refusal(self, to: str, role: str) -> Literal["unknown_stage", "role", "from", "requires"] | None:
        if to not in self.agreement.stages:
            return "unknown_stage"
        paths = [path for path in self.agreement.stages[to].enter if role in path.by]
        if not paths:
            return "role"
        paths = [path for path in paths if self.may_leave_by(path)]
        if not paths:
            return "from"
        if not any(path.requires is None or holds(path.requires, self) for path in paths):
            return "requires"
        return None

    # Stages

    def may_leave_by(self, path: Path) -> bool:
        return path.from_ is None or self.stage in path.from_

    def follow_paths(self) -> None:
        while True:
            excluded = self.agreement.excluded
            if excluded is not None and holds(excluded, self):
                return
            found = self.first_open_path()
            if found is None:
                return
            stage, path = found
            self.enter(stage.id, "path", path.label)

    def first_open_path(self) -> tuple[Stage, Path] | None:
        for stage in self.agreement.stages.values():
            if stage.id in self.entered_now:
                continue
            for path in stage.enter:
                if path.when is not None and self.may_leave_by(path) and holds(path.when, self):
                    return stage, path
        return None

    def enter(self, to: str, cause: Literal["path", "decision", "timeout"], path: str) -> None:
        self.transitions.append(Transition(self.stage, to, self.now, cause, path, self.scores(self.now)))
        self.stage = to
        self.entered_at = self.now
        self.entered_now.add(to)
        for score in self.agreement.stages[to].resets:
            self.void(score)

    # Scores

    def scores(self, at: int) -> dict[str, float]:
        return {name: self.score(name, at) for name in self.agreement.scores}

    def score(self, name: str, at: int) -> float:
        score = self.agreement.scores[name]
        if score.sum is not None:
            total = sum(self.score(part, at) for part in score.sum)
        else:
            total = sum(self.rule_worth(rule, at) for rule in score.rules)
        low, high = score.range
        total = total if low is None else max(total, low)
        return float(total if high is None else min(total, high))

    def rule_worth(self, rule: Rule, at: int) -> float:
        if rule.trait is not None:
            total = rule.points if self.trait(rule.trait) else 0.0
        else:
            total = sum((worth(hit, at) for hit in self.hits_of(rule)), 0.0)
        return total if rule.max is None else max(-rule.max, min(rule.max, total))

    def grade(self, name: str, at: int) -> str | None:
        value = self.score(name, at)
        reached = [
            grade
            for grade, bound in self.agreement.scores[name].grades.items()
            if compare(">=", value, bound)
        ]
        return reached[0] if reached else None

    # Facts for expressions, all at the present instant

    def number(self, name: str) -> float:
        if name in self.agreement.scores:
            return self.score(name, self.now)
        return sum(
            fold(self.answers.get(question, "")) in YES for question in self.agreement.qualification[name]
        )

    def grade_rank(self, score: str) -> int:
        grade = self.grade(score, self.now)
        return 0 if grade is None else self.rank_of(score, grade)

    def rank_of(self, score: str, grade: str) -> int:
        """Better is greater; no grade would be 0."""
        best_first = list(self.agreement.scores[score].grades)
        return len(best_first) - best_first.index(grade)

    def trait(self, name: str) -> bool:
        return self.profile is not None and predicate(self.agreement.traits[name], self.profile)

    def has(self, field: str) -> bool:
        return self.profile is not None and field in self.profile

    def count(self, signal: str, within: int | None) -> int:
        times = [at for at, signals in self.activities if signal in signals]
        return len([at for at in times if within is None or at > self.now - within])

    def happened(self, signal: str) -> bool:
        times = [at for at, signals in self.activities if signal in signals]
        return any(self.entered_at is None or at > self.entered_at for at in times)

    def days_in_stage(self) -> float:
        return 0.0 if self.entered_at is None else (self.now - self.entered_at) / DAY

    def times_entered(self, stage: str) -> int:
        return len([transition for transition in self.transitions if transition.to == stage])

    def result(self, as_of: int) -> Result:
        return Result(
            transitions=self.transitions,
            refused=self.refused,
            stage=self.stage,
            entered_at=self.entered_at,
            scores=self.scores(as_of),
            grades={name: self.grade(name, as_of) for name in self.agreement.scores},
            next_check_at=min(self.timers(as_of), default=None),
        )


def present(entry: Entry) -> dict[str, str]:
    return {name: value for name, value in entry.fields.items() if value != ""}


def stops(rule: Rule, signals: set[str]) -> bool:
    """Whether an activity with these signals ends a silence: one of `of`, any activity when left out."""
    return rule.of is None or bool(signals & set(rule.of))


def starts(rule: Rule, signals: set[str]) -> bool:
    """Whether it starts the clock: one of `after`; with no `after`, what ends a silence starts the next."""
    return stops(rule, signals) if rule.after is None else bool(signals & set(rule.after))


def worth(hit: Hit, at: int) -> float:
    """What a hit is worth at a time not before it."""
    age = at - hit.at
    rule = hit.rule
    if rule.expires is not None and age >= rule.expires:
        return 0.0
    if rule.fades is not None:
        return rule.points * max(0.0, 1 - age / rule.fades)
    if rule.halves is not None:
        return float(rule.points * 2 ** (-age / rule.halves))
    return rule.points
