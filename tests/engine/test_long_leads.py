"""Leads with very many entries, with none, and results that outgrow the first room made for them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tasuki.agreement import agreement_of
from tasuki.engine.compile import compile_agreement
from tasuki.engine.replay import Replay, fold, replay
from tasuki.history import Activity, History, Shard, history_of
from tests.engine.crowd import AGREEMENT, PROFILES, crowd
from tests.engine.results import tables
from tests.engine.story import history_from
from tests.reference.evaluator import evaluate
from tests.reference.records import Entry
from tests.reference.stories import DAY, START, at, with_rules

MANY = 50_000
A_MOMENT = 10  # seconds; it takes hundredths, and hours if an entry cost as much as all before it
HOUR = DAY // 24
BY_HAND = "[{id: MAL, enter: [{from: any, by: [sales]}]}]"


def named(rules: str, stages: str = "[{id: MAL}]") -> str:
    return "agreement: rules\n" + with_rules(rules, stages)


def busy_lead(seed: int = 3) -> History:
    """One lead with fifty thousand activities of one kind, some at the same time, over about two years."""
    times = np.sort(np.random.default_rng(seed).integers(0, 730 * 24, MANY)) * HOUR + START
    return history_of(activities=[Activity("busy", int(t), {"type": "a"}) for t in times])


@pytest.fixture(scope="module")
def busy() -> History:
    one = history_of(activities=[Activity("a", START, {"type": "a"})])
    score(one, "{signal: a, points: 1}")  # compiles the kernel where it is not compiled yet
    return busy_lead()


def score(history: History, rules: str) -> tuple[float, float]:
    """The score at the last entry, and the seconds it took."""
    agreement = compile_agreement(agreement_of(named(rules)))
    begin = time.perf_counter()
    done = replay(agreement, history)
    return float(done.shards[0].scores[0, 0]), time.perf_counter() - begin


@pytest.mark.parametrize("decay", ["", "expires: 90d", "halves: 30d", "fades: 60d"])
def test_fifty_thousand_hits_are_worth_what_a_formula_says(busy: History, decay: str) -> None:
    times = busy.shards[0].at
    age = (times[-1] - times).astype(float) / DAY
    worth = {
        "": np.ones(MANY),
        "expires: 90d": (age < 90).astype(float),
        "halves: 30d": 2.0 ** (-age / 30),
        "fades: 60d": np.maximum(0, 1 - age / 60),
    }[decay]
    found, seconds = score(busy, f"{{signal: a, points: 3{', ' if decay else ''}{decay}}}")
    assert found == pytest.approx(3 * worth.sum(), rel=1e-9)
    assert seconds < A_MOMENT


def test_fifty_thousand_hits_under_a_cap_are_counted_one_by_one(busy: History) -> None:
    counted: list[int] = []
    for moment in busy.shards[0].at.tolist():
        if len(counted) < 3 or counted[-3] <= moment - DAY:
            counted.append(moment)
    found, seconds = score(busy, "{signal: a, points: 1, at_most: 3 per 1d}")
    assert found == len(counted)
    assert seconds < A_MOMENT


def test_fifty_thousand_activities_collected_five_by_five(busy: History) -> None:
    hits, collected = 0, list[int]()
    for moment in busy.shards[0].at.tolist():
        collected = [*(t for t in collected if t > moment - 2 * HOUR), moment]
        if len(collected) == 5:
            hits, collected = hits + 1, []
    assert hits > 1000
    assert score(busy, "{signal: a, every: 5 within 2h, points: 1}")[0] == hits


def test_a_bar_is_crossed_at_the_very_hit(busy: History) -> None:
    stages = "[{id: MAL, enter: [{when: s >= 40000}]}]"
    done = replay(agreement_of(named("{signal: a, points: 1}", stages)), busy)
    assert done.transitions["at"].tolist() == [busy.shards[0].at[39_999]]


@pytest.mark.usefixtures("busy")
def test_fifty_thousand_entries_of_every_kind_fold_in_a_moment() -> None:
    """Everything of the language at once; the slow evaluator would take hours, so only its end is checked."""
    random = np.random.default_rng(1)
    kinds = [Entry(at(0), "profile", 0, PROFILES[0]), *crowd(1, seed=5, entries=400)["L0000"][1:]]
    ledger = [
        Entry(at(float(random.integers(0, 700 * 24)) / 24), e.kind, seq, e.fields, e.answers)
        for seq, e in enumerate(kinds[i] for i in random.integers(0, len(kinds), MANY))
    ]
    history = history_from({"L": ledger})
    begin = time.perf_counter()
    done = replay(agreement_of(AGREEMENT), history)
    assert time.perf_counter() - begin < A_MOMENT
    assert int(done.stage[0]) > 0


def test_more_transitions_than_there_was_room_for_are_all_there() -> None:
    """A lead that is moved two thousand times, each time by hand, among others that hardly move."""
    moves = [Entry(at(i / 10), "decision", i, {"to": "MAL", "role": "sales"}) for i in range(2000)]
    refused = [Entry(at(i / 10), "decision", i, {"to": "MAL", "role": "guest"}) for i in range(1500)]
    leads = {"calm": moves[:1], "moved": moves, "refused": refused}
    done = replay(agreement_of(named("{signal: a, points: 1}", BY_HAND)), history_from(leads))
    transitions, _, refusals = tables(done)
    assert [t["lead"] for t in transitions] == ["calm", *["moved"] * 2000]
    assert [r["lead"] for r in refusals] == ["refused"] * 1500
    theirs = evaluate(with_rules("{signal: a, points: 1}", BY_HAND), moves[:300], at(30))
    assert done.transitions["at"][1:301].tolist() == [t.at for t in theirs.transitions]


def test_a_timeout_that_repeats_forever_fills_any_room() -> None:
    stages = "[{id: A, enter: [{by: [sales]}], timeout: {after: 1h, to: B}}, "
    stages += "{id: B, enter: [{by: [sales]}], timeout: {after: 1h, to: A}}]"
    leads = {"L": [Entry(at(0), "decision", 0, {"to": "A", "role": "sales"})]}
    done = replay(agreement_of(named("{signal: a, points: 1}", stages)), history_from(leads), at(365))
    assert len(done.transitions) == 365 * 24 + 1


def test_a_lead_without_entries_stands_nowhere() -> None:
    history = history_of(activities=[Activity("a", START, {"type": "a"})])
    offsets = np.array([0, 0, 1, 1])
    shard = Shard.of(["_", "a", "b"], offsets, history.shards[0].at, history.shards[0].code)
    odd = History(
        [shard], history.profiles, history.activities, history.decisions, history.codes, 3, 1, START, START
    )
    done = replay(agreement_of(named("{signal: a, points: 4}", "[{id: MAL, enter: [{when: s >= 4}]}]")), odd)
    _, leads, _ = tables(done)
    assert [(row["lead"], row["stage"], row["score.s"]) for row in leads] == [
        ("_", "", 0),
        ("a", "MAL", 4),
        ("b", "", 0),
    ]


def test_an_empty_history_gives_empty_tables() -> None:
    for shards in (1, 3):
        done = replay(agreement_of(AGREEMENT), history_of(shards=shards))
        assert tables(done) == ([], [], [])
    assert nothing_of(fold(compile_agreement(agreement_of(AGREEMENT)), [], [], [], at(0)))


def nothing_of(done: Replay) -> bool:
    return not (len(done.transitions) or len(done.refusals) or len(done.stage))


def test_before_everything_there_is_nothing() -> None:
    done = replay(agreement_of(AGREEMENT), history_from(crowd(20)), START - 1)
    transitions, leads, refused = tables(done)
    assert (transitions, refused) == ([], [])
    assert {
        (row["stage"], row["entered_at"], row["next_check_at"], row["score.person"]) for row in leads
    } == {("", None, None, 0.0)}


def test_an_entry_at_as_of_still_counts_and_the_next_one_does_not() -> None:
    history = history_of(
        activities=[Activity("a", START, {"type": "a"}), Activity("a", START + 1, {"type": "a"})]
    )
    agreement = agreement_of(named("{signal: a, points: 1}"))
    found = [float(replay(agreement, history, START + plus).shards[0].scores[0, 0]) for plus in (-1, 0, 1)]
    assert found == [0, 1, 2]
