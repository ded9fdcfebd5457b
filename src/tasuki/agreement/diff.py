"""What changed between two versions of an agreement, in words."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tasuki.agreement.diff_scores import score_changes
from tasuki.agreement.diff_stages import stage_changes
from tasuki.agreement.renames import find_renames
from tasuki.agreement.telling import Teller
from tasuki.agreement.wording import Language, Wording, calendar_facets, condition_text, listed, names_facets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasuki.agreement.model import Agreement, Named


def differences(old: Agreement, new: Agreement, language: Language = "en") -> list[str]:
    """One line for each change, in the order of the file, changed names and reasons last; may be empty.

    A rule or path is matched with the most similar one, so that new points are said as a change. What only
    has a new name is said to be renamed, once, and not at each place that uses it.
    """
    teller = Teller(Wording(language))
    old, renames = find_renames(old, new)
    sections = (
        _head(teller, old, new),
        _predicates(teller, "signal", old.signals, new.signals, renames.signals),
        _predicates(teller, "trait", old.traits, new.traits, renames.traits),
        _excluded(teller, old, new),
        score_changes(teller, old.scores, new.scores, renames.scores),
        stage_changes(teller, old.stage, new.stage, renames.stages),
        _lists(teller, "qualification", "question", old.qualification, new.qualification),
        _lists(teller, "reasons", "reason", old.reasons, new.reasons),
        _targets(teller, old, new),
    )
    lines = list(chain.from_iterable(sections))
    return lines + teller.last


def _head(teller: Teller, old: Agreement, new: Agreement) -> Iterator[str]:
    about = {"agreement": old.name, "timezone": old.timezone}
    yield from teller.facets("", about, {"agreement": new.name, "timezone": new.timezone})
    before, after = calendar_facets(old.calendar), calendar_facets(new.calendar)
    yield from teller.group(teller.words.say("calendar"), "plain", before, after, teller.words.facets)


def _predicates(
    teller: Teller, kind: str, old: Mapping[str, Named], new: Mapping[str, Named], renames: Mapping[str, str]
) -> Iterator[str]:
    words = teller.words
    yield from teller.renamed(kind, renames)
    yield from teller.removed(kind, old, new)
    for name, thing in new.items():
        text = words.predicate(thing.predicate)
        if name not in old:
            yield words.line(teller.added(kind, name), text)
            continue
        where = words.say(kind, value=name)
        yield from teller.facets(where, {"plain": words.predicate(old[name].predicate)}, {"plain": text})
        teller.names(where, names_facets(old[name].name), names_facets(thing.name))


def _excluded(teller: Teller, old: Agreement, new: Agreement) -> Iterator[str]:
    before, after = ({"excluded": condition_text(one.excluded)} if one.excluded else {} for one in (old, new))
    yield from teller.facets("", before, after)


def _lists(
    teller: Teller, kind: str, item: str, old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    yield from teller.removed(kind, old, new)
    for name, texts in new.items():
        if name in old:
            yield from teller.members(teller.words.say(kind, value=name), item, old[name], texts)
        else:
            yield teller.words.line(teller.added(kind, name), listed(texts))


def _targets(teller: Teller, old: Agreement, new: Agreement) -> Iterator[str]:
    for name in dict.fromkeys((*new.targets, *old.targets)):
        before, after = (
            {"plain": str(one.targets[name])} if name in one.targets else {} for one in (old, new)
        )
        yield from teller.facets(teller.words.say("target", value=name), before, after)
