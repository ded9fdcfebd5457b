"""Whatever is done to an agreement, the answer is an agreement or a list of problems, never a traceback."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tasuki.agreement import parse_agreement
from tests.agreement.texts import FILE, WHOLE
from tests.reference.agreement_strategies import agreements

LINES = WHOLE.splitlines()
places = st.integers(0, len(WHOLE))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["30d", "3 per 7d", "5 within 1d", "MQL", "behavior", "person >= 3", "any", "_", "*"]),
)  # fmt: skip
keys = st.text(max_size=6) | st.sampled_from(["not", "any", "id"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def survives(text: str) -> None:
    """Reading ends well: an agreement exactly if there is no error, each problem inside the file."""
    agreement, problems = parse_agreement(text, FILE)
    assert (agreement is None) == any(problem.is_error for problem in problems)
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1
        assert problem.text
        assert "\n" not in str(problem).strip()


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(places, st.integers(0, 12), st.text(max_size=6)), min_size=1, max_size=4))
def test_characters_taken_out_and_put_in(edits: list[tuple[int, int, str]]) -> None:
    text = WHOLE
    for place, cut, added in edits:
        text = text[:place] + added + text[place + cut :]
    survives(text)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1)), max_size=6))
def test_lines_left_out_doubled_and_moved(moves: list[tuple[int, int]]) -> None:
    lines = list(LINES)
    for source, target in moves:
        if source % 3:
            lines.insert(target, lines[source % len(lines)])
        else:
            del lines[target % len(lines)]
    survives("\n".join(lines))


def _all_places(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place, *(found for key, value in inside for found in _all_places(value, (*place, key)))]


PLACES = _all_places(YAML(typ="safe").load(WHOLE))[1:]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_any_value_at_any_place(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = YAML(typ="safe").load(WHOLE)
    for place, value in edits:
        _put(data, place, value)
    survives(dumped(data))


def _put(data: Any, place: tuple[Any, ...], value: Any) -> None:
    try:
        for step in place[:-1]:
            data = data[step]
        data[place[-1]] = value
    except (KeyError, IndexError, TypeError):
        return  # an earlier edit took the place away


def dumped(node: Any) -> str:
    """The data as one line of flow YAML, which takes every text."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"? {dumped(str(key))} : {dumped(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(dumped, node)) + "]"
    if isinstance(node, str):
        return (
            '"' + "".join(c if c.isalnum() or c in " _*<>=/.-()" else f"\\U{ord(c):08x}" for c in node) + '"'
        )
    if node is None or isinstance(node, bool):
        return "null" if node is None else str(node).lower()
    return repr(node)


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("()<>=!+-−., 139d\"'abcnotrif_gMQL#:é山"), max_size=40))
def test_any_expression(expression: str) -> None:
    survives(f"agreement: x\nstages: [{{id: MQL, enter: [{{when: {dumped(expression)}}}]}}]\n")


@settings(deadline=None, max_examples=30)
@given(agreements(), st.integers(0, 5000), st.integers(1, 30))
def test_a_random_agreement_is_valid_and_survives_a_cut(text: str, place: int, cut: int) -> None:
    agreement, problems = parse_agreement(text, FILE)
    assert agreement is not None, problems
    survives(text[: place % len(text)] + text[place % len(text) + cut :])
