"""No change of meaning goes unsaid: every number raised by one, every part taken away."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from tasuki.agreement import agreement_of, parse_agreement
from tasuki.agreement.diff import differences
from tests.agreement.test_fuzz import PLACES, dumped
from tests.agreement.texts import FILE, WHOLE

Place = tuple[Any, ...]
OLD = agreement_of(WHOLE)
AS_LEFT_OUT = {
    ("timezone",),
    ("calendar", "days"),
    ("calendar", "hours"),
    ("qualification",),
    ("qualification", "bant"),
}
"""What says the same as saying nothing."""


def data() -> Any:
    return YAML(typ="safe").load(WHOLE)


def at(node: Any, place: Place) -> Any:
    for step in place:
        node = node[step]
    return node


def is_number(place: Place) -> bool:
    return type(at(data(), place)) is int


@pytest.mark.parametrize("place", [place for place in PLACES if is_number(place)], ids=str)
def test_a_number_raised_by_one_is_said(place: Place) -> None:
    changed = data()
    at(changed, place[:-1])[place[-1]] += 1
    agreement, _ = parse_agreement(dumped(changed), FILE)
    if agreement is not None:  # a range that would be empty is an error
        (line,) = differences(OLD, agreement)
        assert str(at(changed, place)) in line


@pytest.mark.slow
@pytest.mark.parametrize("section", sorted({place[0] for place in PLACES}))
def test_whatever_is_taken_away_is_said(section: str) -> None:
    for place in PLACES:
        if place[0] != section or place in AS_LEFT_OUT:
            continue
        changed = data()
        del at(changed, place[:-1])[place[-1]]
        agreement, _ = parse_agreement(dumped(changed), FILE)
        if agreement is not None:
            assert differences(OLD, agreement), place
