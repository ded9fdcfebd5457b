"""The curve of a lead's scores, ready for the chart and for the table that says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.agreements.rules import rule_text
from tasuki.server.agreements.stages import COLOURS
from tasuki.server.core import clock, formats
from tasuki.server.pages.why import LEAST, interests_of

if TYPE_CHECKING:
    from datetime import datetime

    from tasuki.engine.explain import Hit
    from tasuki.server.agreements.stages import Stages
    from tasuki.server.lifecycle.models import Transition
    from tasuki.server.lifecycle.why import Stretch

MOST = 150
"""So many hits, the latest, get a dot and a line of the table."""


SAID = {
    "void": gettext_lazy("ended by a reset"),
    "expired": gettext_lazy("expired"),
    "faded": gettext_lazy("faded"),
}
"""State of a hit → why less of it is left."""


@dataclass(frozen=True)
class Dot:
    """One hit: which rule in words, its points then and what is left of them, why the rule exists, the score it made."""

    at: datetime
    score: str
    text: str
    points: float
    left: float | None
    state: str
    because: str
    value: float

    @property
    def left_said(self) -> str:
        """What is left, with its sign; a dash where another agreement says so now."""
        if self.left is None:
            return "–"
        return formats.points(self.left) if abs(self.left) >= LEAST else "0"

    @property
    def said(self) -> str:
        """Why less is left, in words."""
        return str(SAID.get(self.state, ""))


@dataclass(frozen=True)
class CurveShown:
    """What the page shows: `drawing` for the chart, `dots` latest first for the table, `left_out` older ones.

    `flat`: every score was nought all the time, so that there is nothing to draw.
    """

    drawing: dict[str, Any]
    dots: list[Dot]
    left_out: int
    even: bool
    flat: bool


def curve(
    stretches: Sequence[Stretch], transitions: Sequence[Transition], stages: Stages
) -> CurveShown | None:
    """None where there is no score."""
    names = _names(stretches, stages)
    if not names:
        return None
    hits = sorted(_hits(stretches, names), key=lambda found: found[1].at)
    shown = [_dot(part, hit, stages, is_last=part is stretches[-1]) for part, hit in hits[-MOST:]]
    drawing = {
        "zone": timezone.get_current_timezone_name() or settings.TIME_ZONE,
        "lines": [
            {"id": name, "name": word, "points": list(_points(stretches, name))}
            for name, word in names.items()
        ],
        "dots": [_drawn(dot, names) for dot in shown],
        "moves": [_move(one, stages) for one in transitions],
        "versions": [
            {"ms": int(part.curve.times[0]) // 1000, "text": _("Agreement %(n)s") % {"n": part.version}}
            for part in stretches[1:]
        ],
    }
    even = any(part.curve.even for part in stretches)
    flat = not any(
        part.curve.scores[name].any() for part in stretches for name in names if name in part.curve.scores
    )
    return CurveShown(drawing, shown[::-1], len(hits) - len(shown), even, flat)


def _names(stretches: Sequence[Stretch], stages: Stages) -> dict[str, str]:
    """The scores that are drawn, the sum first: those of interest areas are shown as bars."""
    areas = interests_of(stages)
    ids = dict.fromkeys(name for part in stretches for name in part.curve.scores)
    drawn = [name for name in ids if name not in areas] or list(ids)
    scores = stages.agreement.scores if stages.agreement else {}
    first = [name for name in drawn if name in scores and scores[name].parts]
    return {name: stages.score(name) for name in dict.fromkeys([*first, *drawn])}


def _points(stretches: Sequence[Stretch], name: str) -> Iterator[tuple[int, float | None]]:
    for place, part in enumerate(stretches):
        values = part.curve.scores.get(name)
        if values is None:
            continue
        times = (part.curve.times // 1000).tolist()
        if place:
            yield times[0], None  # another agreement: the line begins anew
        yield from zip(times, np.round(values, 2).tolist(), strict=True)


def _hits(stretches: Sequence[Stretch], names: dict[str, str]) -> Iterator[tuple[Stretch, Hit]]:
    """Of each agreement those of its time; of the first, those before it, too."""
    for part in stretches:
        begin, end = int(part.curve.times[0]), int(part.curve.times[-1])
        for hit in part.curve.hits:
            if hit.rule.score in names and hit.at <= end and (hit.at >= begin or part is stretches[0]):
                yield part, hit


def _dot(part: Stretch, hit: Hit, stages: Stages, *, is_last: bool) -> Dot:
    place = int(np.searchsorted(part.curve.times, hit.at, side="right")) - 1
    value = float(part.curve.scores[hit.rule.score][max(place, 0)])
    return Dot(
        clock.instant(hit.at), hit.rule.score, rule_text(hit.rule, stages), hit.points,
        hit.worth if is_last else None, hit.state if is_last else "", hit.rule.because, value,
    )  # fmt: skip


def _drawn(dot: Dot, names: dict[str, str]) -> dict[str, Any]:
    """A dot as the chart takes it: everything that it says is said here."""
    left = "" if dot.left is None else _("left now: %(points)s") % {"points": dot.left_said}
    told = [formats.points(dot.points), names[dot.score], left, dot.said]
    return {
        "ms": clock.microseconds(dot.at) // 1000,
        "value": round(dot.value, 2),
        "score": dot.score,
        "text": dot.text,
        "when": formats.short(dot.at),
        "points": " · ".join(text for text in told if text),
        "because": dot.because,
        "minus": dot.points < 0,
    }


def _move(one: Transition, stages: Stages) -> dict[str, Any]:
    return {
        "ms": clock.microseconds(one.at) // 1000,
        "stage": stages.short(one.to_stage),
        "colour": f"--s{(stages.places[one.to_stage] + 1) % COLOURS}"
        if one.to_stage in stages.places
        else "--s0",
        "when": formats.short(one.at),
    }
