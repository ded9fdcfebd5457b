"""The picture of how leads moved: nothing left out, nothing twice, all to one scale."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasuki.metrics.dashboards.flows import Link
from tasuki.server.pages.streams import THIN, WIDTH, Picture, picture

STAGES = ("MAL", "MQL", "SGL", "SAL", "SQL", "WON", "LOST", "RECYCLED")
ways = st.tuples(st.sampled_from((None, *STAGES)), st.sampled_from(STAGES)).filter(
    lambda way: way[0] != way[1]
)
links = st.dictionaries(ways, st.integers(0, 5_000), min_size=1, max_size=20).map(
    lambda found: [Link(*way, moves, 0, False) for way, moves in found.items()]
)


def drawn(*moves: tuple[str | None, str, int]) -> Picture:
    found = picture(STAGES, [Link(*move, 0, False) for move in moves])
    assert found is not None
    return found


def test_a_lead_that_comes_back_is_a_loop_and_every_other_way_a_stream():
    found = drawn((None, "MAL", 10), ("MAL", "MQL", 6), ("MQL", "RECYCLED", 4), ("RECYCLED", "MQL", 3))
    assert {(one.source, one.target): one.is_loop for one in found.streams} == {
        ("", "MAL"): False,
        ("MAL", "MQL"): False,
        ("MQL", "RECYCLED"): False,
        ("RECYCLED", "MQL"): True,
    }
    assert {bar.stage: bar.moves for bar in found.bars} == {"": 10, "MAL": 10, "MQL": 9, "RECYCLED": 4}


def test_nothing_that_moved_gives_no_picture():
    assert picture(STAGES, []) is None
    assert picture(STAGES, [Link(None, "MAL", 0, 0, False, late=3)]) is None


@settings(max_examples=60, deadline=None)
@given(links)
def test_every_move_is_drawn_once_and_as_wide_as_there_were(some: list[Link]):
    found = picture(STAGES, some)
    moved = {(link.source or "", link.target): link.moves for link in some if link.moves}
    if found is None:
        assert not moved
        return
    assert {(one.source, one.target): one.moves for one in found.streams} == moved
    scales = [one.width / one.moves for one in found.streams if one.width > THIN]
    assert scales == pytest.approx([scales[0]] * len(scales)) if scales else True
    order = ("", *STAGES)
    for one in found.streams:
        assert one.is_loop == (order.index(one.source) >= order.index(one.target))


@settings(max_examples=60, deadline=None)
@given(links)
def test_stages_stand_apart_within_the_picture_and_streams_lead_to_the_right(some: list[Link]):
    found = picture(STAGES, some)
    if found is None:
        return
    at = {bar.stage: bar for bar in found.bars}
    for one in found.streams:
        assert one.is_loop or at[one.source].x < at[one.target].x
    for x in {bar.x for bar in found.bars}:
        column = sorted((bar for bar in found.bars if bar.x == x), key=lambda bar: bar.y)
        assert all(upper.y + upper.height < lower.y for upper, lower in pairwise(column))
    assert all(0 <= bar.x < WIDTH and bar.y + bar.height <= found.height for bar in found.bars)
