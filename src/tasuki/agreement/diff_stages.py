"""What changed in the stages, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasuki.agreement.conditions import Compare, Condition, GradeCompare, walk
from tasuki.agreement.diff_routes import route_changes
from tasuki.agreement.match import all_of, in_order, left_over, match_conditions, match_paths
from tasuki.agreement.model import Path, Stage
from tasuki.agreement.wording import (
    Facets,
    Wording,
    condition_text,
    handoff_facets,
    names_facets,
    path_facets,
    stage_facets,
    timeout_facets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasuki.agreement.telling import Teller


def stage_changes(
    teller: Teller, old: Mapping[str, Stage], new: Mapping[str, Stage], renames: Mapping[str, str]
) -> Iterator[str]:
    """A line for each change of a stage, its paths, timeout, handoff, and of the order of stages."""
    yield from teller.renamed("stage", renames)
    yield from teller.removed("stage", old, new)
    for name, stage in new.items():
        if name not in old:
            yield teller.added("stage", name)
        yield from _stage(teller, old.get(name) or Stage(name, stage.name, (), because=stage.because), stage)
    order = [name for name in old if name in new], [name for name in new if name in old]
    yield from teller.order(teller.words.say("stages"), *order)


def _stage(teller: Teller, old: Stage, new: Stage) -> Iterator[str]:
    words = teller.words
    yield from _paths(teller, old, new)
    timeouts = timeout_facets(old), timeout_facets(new)
    yield from teller.group(new.id, "timeout", *timeouts, lambda said: _timeout(words, said))
    yield from teller.facets(new.id, stage_facets(old), stage_facets(new))
    handoffs = handoff_facets(old), handoff_facets(new)
    yield from teller.group(new.id, "plain", *handoffs, words.facets)
    yield from route_changes(teller, old, new)
    teller.names(new.id, names_facets(old.name, old.because), names_facets(new.name, new.because))


def _timeout(words: Wording, timeout: Facets) -> str:
    text = words.say("to", value=timeout["timeout"], to=timeout["timeout_to"])
    reason = timeout.get("timeout_reason")
    return f"{text}, {words.say('reason', value=reason)}" if reason else text


def _paths(teller: Teller, old: Stage, new: Stage) -> Iterator[str]:
    words = teller.words
    pairs = match_paths(old.paths, new.paths)
    for path in left_over(old.paths, (i for i, _ in pairs)):
        yield words.line(new.id, words.say("old_path", what=words.path(path)))
    before = {j: old.paths[i] for i, j in pairs}
    for j, path in enumerate(new.paths):
        if j in before:
            yield from _path(teller, (*old.paths, *new.paths), before[j], path)
        else:
            yield words.line(new.id, words.say("new_path", what=words.path(path)))
    if not in_order(pairs):
        yield words.line(new.id, words.say("path_order"))


def _path(teller: Teller, paths: tuple[Path, ...], old: Path, new: Path) -> Iterator[str]:
    """The changes of one path. `paths`: all of its stage, old and new; numbers tell them apart."""
    others = [path for path in paths if path is not old and path is not new]
    where = new.id if others else new.stage
    for key in ("when", "requires"):
        before, after = getattr(old, key), getattr(new, key)
        if before and after:
            for text, subject in _condition(teller.words, before, after):
                at = where if not subject or _any_about(others, subject) else new.stage
                yield teller.words.line(
                    at, teller.words.facet("requires", text) if key == "requires" else text
                )
    both = {key for key in ("when", "requires") if getattr(old, key) and getattr(new, key)}
    said, says = ({k: v for k, v in path_facets(path).items() if k not in both} for path in (old, new))
    yield from teller.facets(where, said, says)
    teller.names(where, names_facets({}, old.because), names_facets({}, new.because))


def _condition(words: Wording, old: Condition, new: Condition) -> Iterator[tuple[str, str]]:
    """Each change, and what alone it is about, if it is about a bar: `person ≥ 100 → ≥ 80`, `person`."""
    before, after = all_of(old), all_of(new)
    pairs = match_conditions(before, after)
    if not pairs:
        yield f"{condition_text(old)} → {condition_text(new)}", ""
        return
    for i, j in pairs:
        if str(before[i]) != str(after[j]):
            yield _bar(before[i], after[j])
    gone, come = left_over(before, (i for i, _ in pairs)), left_over(after, (j for _, j in pairs))
    if len(gone) == len(come) == 1:
        yield f"{condition_text(gone[0])} → {condition_text(come[0])}", ""
        return
    for phrase, parts in (("old_part", gone), ("new_part", come)):
        for part in parts:
            yield words.say(phrase, what=condition_text(part)), ""


def _bar(old: Condition, new: Condition) -> tuple[str, str]:
    before, after = condition_text(old), condition_text(new)
    subject = _subject(new)
    if subject and subject == _subject(old):
        return f"{before} → {after.removeprefix(subject).strip()}", subject
    return f"{before} → {after}", ""


def _subject(condition: Condition) -> str:
    match condition:
        case Compare(left=left):
            return str(left)
        case GradeCompare(score=score):
            return f"{score}.grade"
    return ""


def _any_about(paths: list[Path], subject: str) -> bool:
    conditions = [condition for path in paths for condition in (path.when, path.requires) if condition]
    nodes = (node for condition in conditions for node in walk(condition))
    return any(isinstance(node, (Compare, GradeCompare)) and _subject(node) == subject for node in nodes)
