"""Section 5 of the agreement's page: hits and what they are worth, with numbers worked out by hand."""

from __future__ import annotations

import pytest

from .stories import at, became, decided, did, replayed, scored, with_rules

SECOND = 1 / 86_400


def test_a_signal_makes_one_hit_at_each_activity_that_matches() -> None:
    entries = [did(0, "a"), did(1, "b"), did(2, "a")]
    assert scored("{signal: a, points: 10}", entries, as_of=2) == 20
    assert scored("{signal: a, points: 10}", entries, as_of=2 - SECOND) == 10


def test_at_most_drops_a_hit_when_the_window_is_full_and_the_window_is_open_at_its_start() -> None:
    rule = "{signal: a, points: 10, at_most: 2 per 7d}"
    entries = [did(0, "a"), did(1, "a"), did(2, "a"), did(7, "a"), did(7, "a")]
    # Day 2 is dropped: days 0 and 1 lie in (-5, 2]. Day 7: only day 1 lies in (0, 7], then it is full.
    assert scored(rule, entries, as_of=7) == 30


def test_at_most_without_a_window_means_ever() -> None:
    entries = [did(day, "a") for day in range(0, 90, 30)]
    assert scored("{signal: a, points: 10, at_most: 2}", entries, as_of=99) == 20


def test_dropped_hits_do_not_fill_the_cap() -> None:
    rule = "{signal: a, points: 1, at_most: 1 per 3d}"
    assert scored(rule, [did(day, "a") for day in range(7)], as_of=9) == 3  # days 0, 3, 6


def test_every_n_within_d_makes_a_hit_at_the_nth_and_empties_the_collection() -> None:
    rule = "{signal: a, every: 3 within 1d, points: 20}"
    burst = [did(hour / 24, "a") for hour in (0, 1, 2, 3, 4)]
    assert scored(rule, burst[:2], as_of=1) == 0
    assert scored(rule, burst, as_of=1) == 20
    assert scored(rule, [*burst, did(5 / 24, "a")], as_of=1) == 40


def test_every_looks_at_a_half_open_window() -> None:
    rule = "{signal: a, every: 2 within 1d, points: 20}"
    assert scored(rule, [did(0, "a"), did(1, "a")], as_of=1) == 0
    assert scored(rule, [did(0, "a"), did(1 - SECOND, "a")], as_of=1) == 20


def test_while_counts_a_hit_only_in_those_stages_but_every_collects_in_all() -> None:
    stages = "[{id: MAL, enter: [{from: any, by: [sales]}]}, {id: SAL, enter: [{from: any, by: [sales]}]}]"
    entries = [did(0, "a"), decided(1, "MAL"), did(2, "a"), decided(3, "SAL"), did(4, "a"), did(5, "a")]
    assert scored("{signal: a, points: 10, while: [MAL]}", entries, 9, stages) == 10
    assert scored("{signal: a, points: 10, while: [none, SAL]}", entries, 9, stages) == 30
    # Days 0 and 2 make a hit in MAL; days 4 and 5 one in SAL.
    assert scored("{signal: a, every: 2 within 3d, points: 10, while: [MAL]}", entries, 9, stages) == 10


def test_an_every_hit_that_while_drops_still_empties_the_collection() -> None:
    stages = "[{id: MAL, enter: [{from: any, by: [sales]}]}]"
    entries = [did(0, "a"), did(1, "a"), decided(2, "MAL"), did(3, "a")]
    assert scored("{signal: a, every: 2 within 9d, points: 10, while: [MAL]}", entries, 9, stages) == 0


def test_a_hit_that_while_drops_fills_no_cap() -> None:
    stages = "[{id: MAL, enter: [{from: any, by: [sales]}]}]"
    entries = [did(0, "a"), decided(1, "MAL"), did(2, "a")]
    assert scored("{signal: a, points: 10, at_most: 1, while: [MAL]}", entries, 9, stages) == 10


def test_silence_makes_one_hit_when_nothing_has_come_for_so_long() -> None:
    entries = [did(0, "a"), did(20, "b")]
    assert scored("{silence: 30d, points: -10}", entries, as_of=50 - SECOND) == 0
    assert scored("{silence: 30d, points: -10}", entries, as_of=50) == -10
    assert scored("{silence: 30d, points: -10}", entries, as_of=99) == -10
    assert scored("{silence: 30d, of: a, points: -10}", entries, as_of=30) == -10


def test_silence_does_not_begin_before_the_first_activity() -> None:
    assert scored("{silence: 3d, points: -10}", [became(0, {"size": "1"})], as_of=99) == 0


def test_an_activity_at_the_very_end_of_a_silence_breaks_it() -> None:
    assert scored("{silence: 3d, points: -10}", [did(0, "a"), did(3, "a")], as_of=5) == 0
    assert scored("{silence: 3d, points: -10}", [did(0, "a"), did(3, "a")], as_of=6) == -10


def test_silence_after_starts_at_one_signal_and_is_stopped_by_another() -> None:
    rule = "{silence: 14d, of: [b, c], after: a, points: -30}"
    assert scored(rule, [did(0, "a")], as_of=14) == -30
    assert scored(rule, [did(0, "a"), did(13, "b")], as_of=99) == 0
    assert scored(rule, [did(0, "b")], as_of=99) == 0
    assert scored(rule, [did(0, "a"), did(5, "a")], as_of=18) == 0  # one clock: it starts anew on day 5
    assert scored(rule, [did(0, "a"), did(5, "a")], as_of=19) == -30


def test_silence_after_without_of_is_stopped_by_any_activity_and_started_by_its_own() -> None:
    rule = "{silence: 3d, after: a, points: -5}"
    assert scored(rule, [did(0, "a"), did(1, "z")], as_of=99) == 0
    assert scored(rule, [did(0, "a"), did(1, "a")], as_of=99) == -5


def test_a_silence_repeats_until_an_activity_comes_or_so_often_at_most() -> None:
    entries = [did(0, "a"), did(35, "a")]
    assert scored("{silence: 10d, points: -1, repeats: true}", entries, as_of=34) == -3
    assert scored("{silence: 10d, points: -1, repeats: true}", entries, as_of=65) == -6
    assert scored("{silence: 10d, points: -1, repeats: 2}", entries, as_of=34) == -2
    assert scored("{silence: 10d, points: -1, repeats: 2}", entries, as_of=99) == -4
    assert scored("{silence: 10d, points: -1, repeats: false}", entries, as_of=34) == -1


def test_a_trait_counts_while_the_profile_in_force_has_it() -> None:
    entries = [did(0, "a"), became(1, {"size": "300"}), became(5, {"size": "50"})]
    rule = "{trait: big, points: 20}"
    assert [scored(rule, entries, as_of=day) for day in (0, 1, 4, 5)] == [0, 20, 20, 0]


def test_a_hit_is_worth_its_points_until_it_expires() -> None:
    rule = "{signal: a, points: 10, expires: 90d}"
    assert scored(rule, [did(0, "a")], as_of=90 - SECOND) == 10
    assert scored(rule, [did(0, "a")], as_of=90) == 0


def test_a_hit_halves_without_end() -> None:
    rule = "{signal: a, points: 16, halves: 30d}"
    assert [scored(rule, [did(0, "a")], as_of=day) for day in (0, 30, 60, 90)] == [16, 8, 4, 2]
    assert scored(rule, [did(0, "a")], as_of=15) == pytest.approx(16 * 0.7071067811865476)


def test_a_hit_may_halve_and_expire() -> None:
    rule = "{signal: a, points: 16, halves: 30d, expires: 60d}"
    assert [scored(rule, [did(0, "a")], as_of=day) for day in (30, 60)] == [8, 0]


def test_a_hit_fades_in_a_straight_line_to_zero() -> None:
    rule = "{signal: a, points: 8, fades: 60d}"
    assert [scored(rule, [did(0, "a")], as_of=day) for day in (0, 15, 30, 60, 90)] == [8, 6, 4, 0, 0]


def test_max_bounds_the_size_of_what_the_hits_of_a_rule_are_worth_now() -> None:
    entries = [did(0, "a"), did(1, "a"), did(2, "a")]
    assert scored("{signal: a, points: 10, max: 25}", entries, as_of=5) == 25
    assert scored("{signal: a, points: -10, max: 25}", entries, as_of=5) == -25
    assert scored("{signal: a, points: 10, max: 25, expires: 3d}", entries, as_of=3) == 20


def test_a_reset_voids_earlier_hits_of_that_score_with_caps_and_collections() -> None:
    capped = "{signal: a, points: 10, at_most: 1}, {signal: b, resets: true}"
    assert scored(capped, [did(0, "a"), did(1, "b")], as_of=1) == 0
    assert scored(capped, [did(0, "a"), did(1, "b"), did(2, "a")], as_of=2) == 10
    collecting = "{signal: a, every: 2 within 9d, points: 10}, {signal: b, resets: true}"
    assert scored(collecting, [did(0, "a"), did(1, "b"), did(2, "a")], as_of=2) == 0
    assert scored(collecting, [did(0, "a"), did(1, "b"), did(2, "a"), did(3, "a")], as_of=3) == 10


def test_silence_clocks_run_on_over_a_reset() -> None:
    rules = "{silence: 10d, of: a, points: -5}, {signal: b, resets: true}"
    assert scored(rules, [did(0, "a"), did(9, "b")], as_of=10) == -5


def test_a_reset_counts_its_own_points_and_voids_what_the_same_activity_made_before_it() -> None:
    rules = "{signal: a, points: 10}, {signal: a, resets: true, points: 3}, {signal: a, points: 4}"
    assert scored(rules, [did(0, "a")], as_of=0) == 7


def test_a_capped_reset_does_nothing() -> None:
    rules = "{signal: a, points: 10}, {signal: b, resets: true, points: 1, at_most: 1 per 7d}"
    assert scored(rules, [did(0, "b"), did(1, "a"), did(2, "b")], as_of=2) == 11
    assert scored(rules, [did(0, "b"), did(1, "a"), did(7, "b")], as_of=7) == 1


def test_a_reset_leaves_traits_and_other_scores_alone() -> None:
    agreement = """
        signals: {a: {type: a}, b: {type: b}}
        traits: {big: {size: {gte: 100}}}
        scores:
          s: {rules: [{signal: a, points: 10}, {trait: big, points: 20}, {signal: b, resets: true}]}
          t: {rules: [{signal: a, points: 7}]}
        stages: [{id: MAL}]
        """
    result = replayed(agreement, [became(0, {"size": "100"}), did(1, "a"), did(2, "b")])
    assert result.scores == {"s": 20, "t": 7}


def test_a_score_is_clamped_to_its_range_and_a_sum_adds_the_clamped_parts() -> None:
    agreement = """
        signals: {a: {type: a}, b: {type: b}}
        scores:
          x: {range: [0, 15], rules: [{signal: a, points: 10}]}
          y: {range: [-5, 50], rules: [{signal: b, points: -10}]}
          both: {sum: [x, y]}
          bounded: {sum: [both, x], range: [0, 20]}
        stages: [{id: MAL}]
        """
    result = replayed(agreement, [did(0, "a"), did(1, "a"), did(2, "b")])
    assert result.scores == {"x": 15, "y": -5, "both": 10, "bounded": 20}


def test_next_check_is_the_first_of_all_ends_and_voided_hits_have_none() -> None:
    rules = (
        "{signal: a, points: 5, expires: 9d}, {signal: b, points: 5, fades: 4d}, {signal: c, resets: true}"
    )
    entries = [did(0, "a"), did(1, "b")]
    agreement = with_rules(rules)
    assert replayed(agreement, entries, as_of=1).next_check_at == at(5)
    assert replayed(agreement, entries, as_of=5).next_check_at == at(9)
    assert replayed(agreement, entries, as_of=9).next_check_at is None
    assert replayed(agreement, [*entries, did(2, "c")], as_of=2).next_check_at is None


def test_a_silence_is_an_instant_even_when_its_hit_would_be_dropped() -> None:
    agreement = with_rules("{silence: 3d, points: -5, while: [MAL], repeats: 2}")
    entries = [did(0, "a")]
    assert replayed(agreement, entries, as_of=3).next_check_at == at(6)
    assert replayed(agreement, entries, as_of=6).next_check_at is None
