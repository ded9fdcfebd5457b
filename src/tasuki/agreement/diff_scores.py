"""What changed in the scores, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasuki.agreement.match import in_order, left_over, match_rules
from tasuki.agreement.wording import names_facets, rule_facets, score_facets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasuki.agreement.model import Rule, Score
    from tasuki.agreement.telling import Teller


def score_changes(
    teller: Teller, old: Mapping[str, Score], new: Mapping[str, Score], renames: Mapping[str, str]
) -> Iterator[str]:
    """A line for each change of a score, its range, sum, grades and rules."""
    yield from teller.renamed("score", renames)
    yield from teller.removed("score", old, new)
    for name, score in new.items():
        if name in old:
            yield from teller.facets(name, score_facets(old[name]), score_facets(score))
            yield from _rules(teller, old[name], score)
            teller.names(
                name, names_facets(old[name].name, old[name].because), names_facets(score.name, score.because)
            )
        else:
            yield teller.added("score", name)
            yield from teller.facets(name, {}, score_facets(score))
            yield from _rules(teller, replace(score, rules=()), score)


def _rules(teller: Teller, old: Score, new: Score) -> Iterator[str]:
    words = teller.words
    pairs = match_rules(old.rules, new.rules)
    for rule in left_over(old.rules, (i for i, _ in pairs)):
        yield words.line(new.id, words.say("old_rule", what=words.rule(rule)))
    before = {j: old.rules[i] for i, j in pairs}
    for j, rule in enumerate(new.rules):
        if j in before:
            yield from _rule(teller, _label(teller, old, new, j), before[j], rule)
        else:
            yield words.line(new.id, words.say("new_rule", what=words.rule(rule)))
    if not in_order(pairs):
        yield words.line(new.id, words.say("rule_order"))


def _label(teller: Teller, old: Score, new: Score, position: int) -> str:
    """Which rule: its signal, with its number (from 1) where that alone would not tell."""
    head = teller.words.rule_head(new.rules[position])
    alike = max(sum(teller.words.rule_head(rule) == head for rule in score.rules) for score in (old, new))
    if alike > 1:
        head = teller.words.say("numbered", value=head, number=str(position + 1))
    return f"{new.id}, {head}"


def _rule(teller: Teller, where: str, old: Rule, new: Rule) -> Iterator[str]:
    yield from teller.facets(where, rule_facets(old), rule_facets(new))
    teller.names(where, names_facets({}, old.because), names_facets({}, new.because))
