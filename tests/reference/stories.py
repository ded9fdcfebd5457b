"""Short ways to tell a story: times in days since the start of 2024 (UTC), entries as they are written."""

from __future__ import annotations

from .evaluator import Entry, Result, evaluate

START = 1_704_067_200_000_000
DAY = 86_400_000_000

Moment = tuple[str, float]


def at(days: float) -> int:
    """Microseconds UTC of so many days after the start."""
    return START + round(days * DAY)


def days(instant: int | None) -> float | None:
    return None if instant is None else (instant - START) / DAY


def did(when: float, kind: str, **properties: str) -> Entry:
    return Entry(at(when), "activity", 0, {"type": kind, **properties})


def became(when: float, fields: dict[str, str]) -> Entry:
    return Entry(at(when), "profile", 0, fields)


def decided(when: float, to: str, role: str = "sales", answers: dict[str, str] | None = None) -> Entry:
    fields = {"to": to, "role": role} if to else {"role": role}
    return Entry(at(when), "decision", 0, fields, answers or {})


def replayed(agreement: str, entries: list[Entry], as_of: float = 100) -> Result:
    numbered = [Entry(e.at, e.kind, seq, e.fields, e.answers) for seq, e in enumerate(entries)]
    return evaluate(agreement, numbered, at(as_of))


def moments(result: Result) -> list[Moment]:
    """The stages entered and when, in days."""
    return [(transition.to, (transition.at - START) / DAY) for transition in result.transitions]


def whys(result: Result) -> list[str]:
    return [refused.why for refused in result.refused]


def scored(rules: str, entries: list[Entry], as_of: float, stages: str = "[{id: MAL}]") -> float:
    """The score at `as_of` under flow-style rules over the signals a, b, c (activities of that type)."""
    return replayed(with_rules(rules, stages), entries, as_of).scores["s"]


def with_rules(rules: str, stages: str = "[{id: MAL}]") -> str:
    signals = "{a: {type: a}, b: {type: b}, c: {type: c}}"
    traits = "{big: {size: {gte: 100}}}"
    return f"signals: {signals}\ntraits: {traits}\nscores: {{s: {{rules: [{rules}]}}}}\nstages: {stages}\n"
