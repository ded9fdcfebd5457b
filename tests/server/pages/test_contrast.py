"""What is written can be read: the colours that meet on pages keep the contrast of WCAG AA, by day and by night."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import tasuki.server.pages

CSS = (Path(tasuki.server.pages.__file__).parent / "static" / "pages" / "theme.css").read_text(
    encoding="utf-8"
)
TEXT, MARK = 4.5, 3.0
GROUNDS = ("paper", "ground", "met-soft", "row")
WRITTEN = [
    *product(("ink", "ink-soft", "indigo", "vermilion", "met", *(f"s{n}" for n in range(12))), GROUNDS),
    *product(("ink", "indigo"), ("vermilion-soft", "indigo-soft")),
    *((ink, "indigo-soft") for ink in ("ink-soft", *(f"s{n}" for n in range(12)))),
    *product(("rail-ink", "white"), ("rail", "rail-here")),
    *product(("white",), ("main", "main-over", "must", "must-over")),
]
MARKS = [*product(("line-strong", "focus"), ("paper", "ground")), ("white", "rail")]


def palette(scheme: str) -> dict[str, str]:
    """Name → #rrggbb, by day or by night."""
    place = {"light": 0, "dark": 1}[scheme]
    plain = dict(re.findall(r"--([\w-]+): (#\w{6});", CSS))
    both = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)
    found = plain | {name: colours[place] for name, *colours in both}
    row = _mixed(found["indigo-soft"], found["paper"], 0.45)
    return {**found, "white": "#ffffff", "row": row}


def _mixed(one: str, other: str, share: float) -> str:
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(255 * (share * a + (1 - share) * b)):02x}" for a, b in parts)


def _parts(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(colour: str) -> float:
    """By the formula of WCAG 2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_contrast_that_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(WRITTEN, TEXT), (MARKS, MARK)], ids=["text", "marks"])
def test_colours_that_meet_can_be_told_apart(scheme: str, pairs: list[tuple[str, str]], least: float):
    known = palette(scheme)
    found = {(ink, ground): round(contrast(known[ink], known[ground]), 2) for ink, ground in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}
