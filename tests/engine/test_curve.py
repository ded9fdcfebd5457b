"""The curve of a lead says at every instant what an explanation at that instant says."""

from __future__ import annotations

import numpy as np
import pytest

from tasuki.agreement import agreement_of
from tasuki.engine.compile import compile_agreement
from tasuki.engine.curve import MOST, Curve, curve_of
from tasuki.engine.explain import explain, explainer
from tasuki.history import Activity, Decision, History, Profile, history_of

DAY = 86_400_000_000
START = 1_775_000_000_000_000
AGREEMENT = """
agreement: Curve
signals:
  page: {type: page_view}
  paper: {type: download}
  click: {type: email_click}
  gone: {type: unsubscribe}
traits:
  chief: {title: Chief}
scores:
  behavior:
    range: [0, 60]
    rules:
      - {signal: page, points: 8, at_most: 3 per 7d, expires: 20d, because: they look}
      - {signal: paper, points: 15, halves: 10d, max: 25, because: they read}
      - {signal: click, points: 6, fades: 15d, because: they react}
      - {signal: gone, resets: true, points: -20, expires: 30d, because: they left}
      - {silence: 9d, points: -5, repeats: true, expires: 40d, because: it cools}
  fit:
    rules: [{trait: chief, points: 30, because: decides}]
  person: {sum: [behavior, fit]}
stages:
  - {id: MAL, enter: [{when: has(email)}]}
  - {id: MQL, enter: [{from: [MAL, RECYCLED], when: person >= 50}]}
  - {id: RECYCLED, enter: [{from: [MQL], by: [sales]}], resets: [behavior]}
"""
COMPILED = compile_agreement(agreement_of(AGREEMENT))


def lived() -> History:
    """A lead who does a bit of everything, becomes chief, is sent back, and falls silent."""
    did = [("page_view", 1), ("page_view", 1.01), ("page_view", 1.02), ("page_view", 1.03), ("download", 2),
           ("download", 3), ("email_click", 5), ("download", 14), ("page_view", 14.5), ("unsubscribe", 30),
           ("download", 33), ("email_click", 33), ("page_view", 34)]  # fmt: skip
    return history_of(
        [
            Profile("a", START, {"email": "a@b.example"}),
            Profile("a", START + 4 * DAY, {"email": "a@b.example", "title": "Chief"}),
        ],
        [Activity("a", START + int(day * DAY), {"type": type_}, n) for n, (type_, day) in enumerate(did)],
        [Decision("a", START + 16 * DAY, "RECYCLED", "sales")],
    )


def curve(history: History, end: int) -> Curve:
    return curve_of(explainer(COMPILED, history, "a", end))


def values(one: Curve, instant: int) -> dict[str, float]:
    place = int(np.searchsorted(one.times, instant))
    assert one.times[place] == instant
    return {name: float(found[place]) for name, found in one.scores.items()}


def test_the_curve_is_at_each_of_its_instants_what_an_explanation_says_then():
    history, end = lived(), START + 60 * DAY
    found = curve(history, end)
    assert len(found.times) > 60
    assert not found.even
    for instant in found.times.tolist():
        told = {score.id: score.value for score in explain(COMPILED, history, "a", instant).scores}
        assert values(found, instant) == pytest.approx(told), (instant - START) / DAY


def test_a_curve_that_is_cut_earlier_is_the_beginning_of_the_longer_one():
    history = lived()
    short, long = curve(history, START + 20 * DAY), curve(history, START + 60 * DAY)
    both = sorted(set(short.times.tolist()) & set(long.times.tolist()))
    assert len(both) > 20
    assert all(values(short, instant) == pytest.approx(values(long, instant)) for instant in both)


def test_a_hit_is_a_step_from_one_instant_to_the_next_and_a_reset_one_down():
    found = curve(lived(), START + 60 * DAY)
    at = START + 2 * DAY
    assert values(found, at)["behavior"] - values(found, at - 1)["behavior"] == pytest.approx(15)
    assert values(found, START + 16 * DAY)["behavior"] == 0
    assert values(found, START + 4 * DAY)["fit"] - values(found, START + 4 * DAY - 1)["fit"] == 30


def test_a_lead_that_did_very_much_gets_an_even_curve_of_bounded_length_with_a_true_end():
    history = history_of(
        [Profile("a", START, {"email": "a@b.example"})],
        [Activity("a", START + n * DAY // 50, {"type": "download"}, n) for n in range(2_000)],
        [],
    )
    end = START + 41 * DAY
    found = curve(history, end)
    assert found.even
    assert len(found.times) <= MOST + 200
    for instant in found.times[:: len(found.times) // 9].tolist():
        told = {score.id: score.value for score in explain(COMPILED, history, "a", instant).scores}
        assert values(found, instant) == pytest.approx(told)


def test_before_its_first_entry_a_lead_has_a_flat_curve():
    found = curve(lived(), START - DAY)
    assert found.times.tolist() == [START - DAY]
    assert {name: values.tolist() for name, values in found.scores.items()} == {
        "behavior": [0],
        "fit": [0],
        "person": [0],
    }


def test_a_curve_can_begin_where_a_version_of_the_agreement_did():
    since = START + 10 * DAY
    found = curve_of(explainer(COMPILED, lived(), "a", START + 20 * DAY), since)
    assert int(found.times[0]) == since
    told = {score.id: score.value for score in explain(COMPILED, lived(), "a", since).scores}
    assert values(found, since) == pytest.approx(told)
