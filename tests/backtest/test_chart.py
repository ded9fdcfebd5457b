"""The picture of a sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasuki.agreement import agreement_of
from tasuki.backtest.chart import draw_sweep
from tasuki.backtest.sweep import Sweep, setting_of, sweep
from tests.backtest.story import agreement
from tests.engine.crowd import AGREEMENT, crowd
from tests.engine.story import history_from
from tests.reference.stories import at, decided


@pytest.fixture(scope="module")
def swept() -> Sweep:
    return sweep(
        agreement_of(AGREEMENT),
        history_from(crowd(120)),
        setting_of("MQL.person=30:60:10"),
        "WON",
        as_of=at(110),
    )


@pytest.mark.parametrize(("ending", "begins"), [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_it_is_written_by_the_ending_and_the_same_input_gives_the_same_bytes(
    swept: Sweep, tmp_path: Path, ending: str, begins: bytes
) -> None:
    for name in ("one", "two"):
        draw_sweep(swept, tmp_path / (name + ending))
    written = (tmp_path / f"one{ending}").read_bytes()
    assert written.startswith(begins)
    assert written == (tmp_path / f"two{ending}").read_bytes()
    assert len(written) > 10_000


def test_the_picture_depends_on_the_numbers(swept: Sweep, tmp_path: Path) -> None:
    draw_sweep(swept, tmp_path / "one.svg")
    draw_sweep(Sweep("MQL.person", "MQL", "WON", 30, swept.steps[:2]), tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() != (tmp_path / "two.svg").read_bytes()


def test_a_sweep_of_one_value_or_without_any_case_can_be_drawn(tmp_path: Path) -> None:
    history = history_from({"a": [decided(1, "WON")]})
    for text in ("MQL.person=30:30:1", "MQL.person=30:50:10"):
        draw_sweep(sweep(agreement(), history, setting_of(text), "WON"), tmp_path / "few.png")
    assert (tmp_path / "few.png").stat().st_size > 5_000
