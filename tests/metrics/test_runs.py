"""What an entry reaches: the fast pass against one that reads like the definition."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasuki.metrics.runs import FOUND, MARKETING, NONE, runs_of

MAL, MQL, SGL, SAL, RECYCLED = range(5)
Ledger = list[int]


def slow(ledgers: list[Ledger]) -> list[tuple[int, int, int, list[int]]]:
    """Entry by entry, from the words of the definition."""
    found = []
    for ledger in ledgers:
        paths = []
        for place in range(len(ledger)):
            tellers = [stage for stage in ledger[: place + 1] if stage in (MAL, MQL, SGL)]
            paths.append(FOUND if tellers and tellers[-1] == SGL else MARKETING)
        for place, stage in enumerate(ledger):
            reached = [NONE] * 5
            for later in range(place + 1, len(ledger)):
                if paths[later] != paths[place]:
                    break
                if reached[ledger[later]] == NONE:
                    reached[ledger[later]] = later
                if ledger[later] == stage:
                    break
            left = place + 1 if place + 1 < len(ledger) else NONE
            after = ledger[place + 1 :]
            again = place + 1 + after.index(stage) if stage in after else NONE
            found.append((left, again, paths[place], reached))
    return found


def fast(ledgers: list[Ledger]) -> list[tuple[int, int, int, list[int]]]:
    lead = np.array([number for number, ledger in enumerate(ledgers) for _ in ledger], np.int64)
    at = np.array([place for ledger in ledgers for place in range(len(ledger))], np.int64)
    stage = np.array([stage for ledger in ledgers for stage in ledger], np.int64)
    runs = runs_of(lead, at, stage, 5, (MAL, MQL), SGL)
    return list(
        zip(runs.left.tolist(), runs.again.tolist(), runs.path.tolist(), runs.reached.tolist(), strict=True)
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.integers(0, 4), max_size=9), max_size=6))
def test_the_fast_pass_says_what_the_definition_says(ledgers: list[Ledger]) -> None:
    assert fast(ledgers) == slow(ledgers)


def test_a_recycled_lead_has_a_second_chance_of_its_own() -> None:
    first, _, second, _ = ([*row[3]] for row in fast([[MQL, RECYCLED, MQL, SAL]]))
    assert first[SAL] == NONE
    assert second[SAL] == 3


def test_what_sales_took_for_itself_is_not_reached_by_marketing() -> None:
    mal, sgl, _ = fast([[MAL, SGL, SAL]])
    assert mal[3][SAL] == NONE
    assert sgl[3][SAL] == 2


def test_without_an_sgl_stage_every_path_is_marketings() -> None:
    runs = runs_of(*(np.array(each) for each in ([0, 0], [0, 1], [2, 3])), 5, (MAL, MQL), NONE)
    assert runs.path.tolist() == [MARKETING, MARKETING]
