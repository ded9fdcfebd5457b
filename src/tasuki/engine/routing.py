"""What a handoff's route asks of one lead: its `when`, answered as the kernel would answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tasuki.agreement import Agreement
from tasuki.agreement import conditions as ex
from tasuki.engine.compare import compares
from tasuki.engine.predicates import holds_of


def holds_for(
    agreement: Agreement,
    condition: ex.Condition,
    *,
    fields: Mapping[str, str] | None,
    scores: Mapping[str, float],
    grades: Mapping[str, str],
    times: Mapping[str, int],
) -> bool:
    """Whether a route's `when` of this agreement holds for a lead.

    `fields`: the profile in force, an empty text is absent; None: there is no profile yet, and so no trait. `scores` by
    name, a missing one is 0; `grades` by score, a missing one is no grade; `times`: how often each stage has been entered,
    this entry among them. ValueError for what no route may ask (`count`, `happened`, `days_in_stage`, answers).
    """
    return _Lead(agreement, fields, scores, grades, times).holds(condition)


@dataclass(frozen=True, slots=True)
class _Lead:
    agreement: Agreement
    fields: Mapping[str, str] | None
    scores: Mapping[str, float]
    grades: Mapping[str, str]
    times: Mapping[str, int]

    def holds(self, condition: ex.Condition) -> bool:
        match condition:
            case ex.Both(parts=parts):
                return all(map(self.holds, parts))
            case ex.Either(parts=parts):
                return any(map(self.holds, parts))
            case ex.Negation(part=part):
                return not self.holds(part)
            case ex.Compare(operator=operator, left=left, right=right):
                return compares(operator, self._number(left), self._number(right))
            case ex.GradeCompare(score=score, operator=operator, grade=grade):
                return compares(operator, self._rank(score, self.grades.get(score)), self._rank(score, grade))
            case ex.TraitHolds(trait=trait):
                has = self.agreement.traits[trait].predicate
                return self.fields is not None and holds_of(has, self.fields)
            case ex.Has(field=field):
                return bool((self.fields or {}).get(field))
            case ex.Happened():
                raise ValueError(f"a route asks who the lead is, not what it did: {condition}")

    def _number(self, node: ex.Numeric) -> float:
        match node:
            case ex.Number(value=value):
                return value
            case ex.ScoreValue(score=score):
                return self.scores.get(score, 0.0)
            case ex.TimesEntered(stage=stage):
                return self.times.get(stage, 0)
            case ex.Plus(terms=terms):
                return sum(sign * self._number(term) for sign, term in terms)
        raise ValueError(f"a route asks who the lead is, not what it did: {node}")

    def _rank(self, score: str, grade: str | None) -> int:
        """Counted from the worst, 1; 0: no grade."""
        letters = [letter for letter, _ in self.agreement.scores[score].grades]
        return len(letters) - letters.index(grade) if grade in letters else 0
