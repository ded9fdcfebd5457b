"""Writing targets into the text of an agreement: only what they change, comments and order stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from tasuki.agreement.load import parse_agreement
from tasuki.agreement.model import Agreement
from tasuki.agreement.source import Source
from tasuki.agreement.values import Target, target
from tasuki.errors import AgreementInvalid, UsageError

SECTION = "targets"
FILE = "agreement.yaml"


def with_targets(text: str, targets: Mapping[str, str]) -> str:
    """The text with these targets (key → like `120 per month`): known ones changed in place, new ones after the last.

    AgreementInvalid: the text has mistakes. UsageError: a key of no stage, a target that is none, or targets that stand so
    in the file (an alias, a merge) that one cannot be changed without another.
    """
    before = _parsed(text).targets
    wanted = {key: str(_target(key, value)) for key, value in targets.items()}
    changed = {key: value for key, value in wanted.items() if key not in before or str(before[key]) != value}
    if not changed:
        return text
    made = _written(text, changed)
    after = _parsed(made, made_here=True).targets
    if _rest(text) != _rest(made) or _texts(after) != {**_texts(before), **wanted}:
        raise _by_hand()
    return made


def _texts(targets: Mapping[str, Target]) -> dict[str, str]:
    return {key: str(value) for key, value in targets.items()}


def _rest(text: str) -> dict[str, Any]:
    """All that a text says but its targets."""
    return {key: value for key, value in Source(text, FILE).data.items() if key != SECTION}


def _by_hand() -> UsageError:
    return UsageError(
        "the targets of this agreement cannot be changed on their own: write them by hand under `targets`"
    )


def _target(key: str, value: str) -> Target:
    try:
        return target(value)
    except ValueError as error:
        raise UsageError(f"{key}: {error}") from error


def _parsed(text: str, *, made_here: bool = False) -> Agreement:
    agreement, problems = parse_agreement(text, FILE)
    if agreement is not None:
        return agreement
    if made_here:
        first = next(problem for problem in problems if problem.is_error)
        raise UsageError(f"with these targets the agreement would have mistakes: {first.text}")
    raise AgreementInvalid(problems)


def _written(text: str, targets: Mapping[str, str]) -> str:
    """Each change at its place, from the end so that places stay right."""
    root = YAML(typ="rt", pure=True).compose(text)
    if not isinstance(root, MappingNode):
        raise _by_hand()
    name, section = next(((key, value) for key, value in root.value if key.value == SECTION), (None, None))
    if name is None or section is None:
        return _appended(text, targets, root)
    if not isinstance(section, MappingNode) or not section.value:
        return _filled(text, targets, name, section)
    pieces: list[tuple[int, int, str]] = []
    new = dict(targets)
    for key, value in section.value:
        if isinstance(key, ScalarNode) and key.value in new:
            if not isinstance(value, ScalarNode) or not _inside(value, key, section):
                raise _by_hand()
            pieces.append((value.start_mark.index, value.end_mark.index, new.pop(key.value)))
    if new:
        pieces.append(_after_last(text, section, new))
    for begin, end, written in sorted(pieces, reverse=True):
        text = text[:begin] + written + text[end:]
    return text


def _inside(value: ScalarNode, key: ScalarNode, section: MappingNode) -> bool:
    """Whether the value stands here, and not elsewhere under a name."""
    begins, ends = value.start_mark.index, value.end_mark.index
    return bool(key.end_mark.index < begins and ends <= section.end_mark.index and not value.anchor)


def _after_last(text: str, section: MappingNode, targets: Mapping[str, str]) -> tuple[int, int, str]:
    """New keys, as the others are written: each on its line, or within the braces."""
    _, last = section.value[-1]
    at = last.end_mark.index
    if section.flow_style:
        return at, at, "".join(f", {key}: {value}" for key, value in targets.items())
    indent = " " * section.value[0][0].start_mark.column
    line_end = text.find("\n", at)
    place = len(text) if line_end < 0 else line_end
    return place, place, "".join(f"\n{indent}{key}: {value}" for key, value in targets.items())


def _appended(text: str, targets: Mapping[str, str], root: MappingNode) -> str:
    """A section of their own at the end."""
    if root.flow_style:
        raise _by_hand()
    lines = "".join(f"  {key}: {value}\n" for key, value in targets.items())
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}\n{SECTION}:\n{lines}"


def _filled(text: str, targets: Mapping[str, str], name: Node, section: Node) -> str:
    """A section that is there, and empty: `targets:` or `targets: {}`."""
    inner = f"{{{', '.join(f'{key}: {value}' for key, value in targets.items())}}}"
    if isinstance(section, MappingNode):
        return text[: section.start_mark.index] + inner + text[section.end_mark.index :]
    colon = text.index(":", name.end_mark.index) + 1
    return f"{text[:colon]} {inner}{text[colon:]}"
