"""The interval of a share is Wilson's, as scipy computes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tasuki.shares import Share

shares = st.integers(1, 100_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(shares)
def test_the_interval_is_that_of_scipy(share: tuple[int, int]) -> None:
    ends = binomtest(*share).proportion_ci(0.95, method="wilson")
    assert Share(*share).interval == pytest.approx((ends.low, ends.high), abs=1e-12)


def test_of_nothing_there_is_no_share_and_no_interval() -> None:
    assert (Share(0, 0).share, Share(0, 0).interval, Share(0, 0).enough) == (None, None, False)
    assert Share(15, 30).enough
