"""The picture of how leads moved: streams from stage to stage, and loops for those that came back to an earlier one.

A Sankey diagram knows no circles, and leads go in circles. So a way that leads on in the order of the funnel is a stream
from left to right, and a way to an earlier stage is a loop underneath, drawn once, from where it begins to where it ends.
All widths have one scale. Stages stand in columns, as far right as the longest way to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tasuki.metrics.dashboards.flows import Link

WIDTH, TALL = 1120.0, 330.0
"""Of the picture, and of its highest column of streams, in units of the drawing."""
TOP, SIDE, BAR = 30.0, 8.0, 14.0
LABEL, GAP, LANE = 40.0, 10.0, 16.0
"""Above a stage for its name, between streams that pass by, and between loops."""
THIN = 1.0
"""Nothing that happened is drawn thinner."""
START = ""
"""Where leads come from that had no stage yet."""
Way = tuple[str, str]


@dataclass(frozen=True)
class Bar:
    """A stage: a place and a height; `moves` is the larger one of what came and what went."""

    stage: str
    x: float
    y: float
    height: float
    moves: int
    is_last: bool


@dataclass(frozen=True)
class Stream:
    """A way: `path` is the outline of a stream, or the middle of a loop of that `width`. `is_return`: or an end."""

    source: str
    target: str
    moves: int
    path: str
    width: float
    is_return: bool
    is_loop: bool


@dataclass(frozen=True)
class Picture:
    """All of it, in units of the drawing."""

    width: float
    height: float
    bars: Sequence[Bar]
    streams: Sequence[Stream]


def picture(stages: Sequence[str], links: Sequence[Link]) -> Picture | None:
    """Of the links that have moves; `stages` in funnel order. None: nothing moved."""
    moves = {(link.source or START, link.target): link for link in links if link.moves}
    return (
        _Drawing({stage: place for place, stage in enumerate((START, *stages))}, moves).drawn()
        if moves
        else None
    )


@dataclass
class _Drawing:
    order: Mapping[str, int]
    moves: Mapping[Way, Link]
    columns: dict[str, int] = field(default_factory=dict)

    def drawn(self) -> Picture:
        """Columns first, then heights, then the streams from bar to bar."""
        self._place()
        slots = self._slots()
        last = max(self.columns.values())
        step = (WIDTH - 2 * SIDE - BAR - 70) / max(last, 1)  # room for the name of the last stage
        scale = min(
            (TALL - sum(LABEL if isinstance(one, str) else GAP for one in column))
            / max(sum(map(self._size, column)), 1)
            for column in slots
        )
        bars: dict[str, Bar] = {}
        passing: dict[tuple[Way, int], tuple[float, float]] = {}
        bottom = 0.0
        for place, column in enumerate(slots):
            x, y = SIDE + place * step, TOP
            for one in column:
                height = max(self._size(one) * scale, THIN)
                if isinstance(one, str):
                    bars[one] = Bar(one, x, y, height, self._size(one), place == last)
                    y += height + LABEL
                else:
                    passing[one, place] = (x, y)
                    y += height + GAP
                bottom = max(bottom, y)
        streams, height = self._streams(bars, passing, scale, bottom)
        return Picture(WIDTH, height, list(bars.values()), streams)

    def _is_loop(self, way: Way) -> bool:
        return self.order[way[0]] >= self.order[way[1]]

    def _onward(self) -> list[Way]:
        return [way for way in self.moves if not self._is_loop(way)]

    def _place(self) -> None:
        """The longest way to each stage, loops aside: the order of the funnel has no circles."""
        there = sorted({stage for way in self.moves for stage in way}, key=self.order.__getitem__)
        for stage in there:
            before = [self.columns[source] for source, target in self._onward() if target == stage]
            self.columns[stage] = max(before) + 1 if before else min(1, self.order[stage])

    def _slots(self) -> list[list[str | Way]]:
        """What stands in each column, from above: its stages in funnel order, then the ways that pass by."""
        slots: list[list[str | Way]] = [[] for _ in range(max(self.columns.values()) + 1)]
        for stage in sorted(self.columns, key=self.order.__getitem__):
            slots[self.columns[stage]].append(stage)
        far = sorted(self._onward(), key=lambda way: (self.order[way[1]], self.order[way[0]]))
        for way in far:
            for place in range(self.columns[way[0]] + 1, self.columns[way[1]]):
                slots[place].append(way)
        return slots

    def _size(self, one: str | Way) -> int:
        if not isinstance(one, str):
            return self.moves[one].moves
        came = sum(link.moves for (_, target), link in self.moves.items() if target == one)
        went = sum(link.moves for (source, _), link in self.moves.items() if source == one)
        return max(came, went)

    def _streams(
        self,
        bars: Mapping[str, Bar],
        passing: Mapping[tuple[Way, int], tuple[float, float]],
        scale: float,
        bottom: float,
    ) -> tuple[list[Stream], float]:
        leaves, arrives = self._ports(bars, passing, scale)
        found = []
        lane = bottom
        for way, link in self.moves.items():
            width = max(link.moves * scale, THIN)
            x0, x1 = bars[way[0]].x + BAR, bars[way[1]].x
            y0, y1 = leaves[way], arrives[way]
            if self._is_loop(way):
                lane += width / 2
                path = _loop(x0, y0 + width / 2, x1, y1 + width / 2, lane, width)
                lane += width / 2 + LANE
            else:
                middle = [
                    passing[way, place] for place in range(self.columns[way[0]] + 1, self.columns[way[1]])
                ]
                path = _band([(x0, y0), *self._through(middle), (x1, y1)], width)
            found.append(
                Stream(*way, link.moves, path, width, link.is_return or link.is_out, self._is_loop(way))
            )
        return found, lane + SIDE

    def _through(self, middle: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
        for x, y in middle:
            yield x, y
            yield x + BAR, y

    def _ports(
        self, bars: Mapping[str, Bar], passing: Mapping[tuple[Way, int], tuple[float, float]], scale: float
    ) -> tuple[dict[Way, float], dict[Way, float]]:
        """Where each way leaves its bar and arrives at the other: ordered by where it goes on, loops below."""
        out: dict[str, list[Way]] = defaultdict(list)
        into: dict[str, list[Way]] = defaultdict(list)
        for way in self.moves:
            out[way[0]].append(way)
            into[way[1]].append(way)

        def beside(way: Way, place: int, bar: str) -> tuple[bool, float]:
            return self._is_loop(way), passing[way, place][1] if (way, place) in passing else bars[bar].y

        leaves: dict[Way, float] = {}
        arrives: dict[Way, float] = {}
        for stage, ways in out.items():
            after = self.columns[stage] + 1
            leaves |= self._stacked(bars[stage].y, sorted(ways, key=lambda w: beside(w, after, w[1])), scale)
        for stage, ways in into.items():
            before = self.columns[stage] - 1
            arrives |= self._stacked(
                bars[stage].y, sorted(ways, key=lambda w: beside(w, before, w[0])), scale
            )
        return leaves, arrives

    def _stacked(self, y: float, ways: Sequence[Way], scale: float) -> dict[Way, float]:
        found = {}
        for way in ways:
            found[way] = y
            y += self.moves[way].moves * scale
        return found


def _band(points: Sequence[tuple[float, float]], width: float) -> str:
    """The outline of a stream of that width, whose upper edge goes through the points."""
    upper = _curve(points)
    lower = _curve([(x, y + width) for x, y in reversed(points)])
    x, y = points[-1]
    x0, y0 = points[0]
    return f"M{x0:.1f} {y0:.1f}{upper}L{x:.1f} {y + width:.1f}{lower}Z"


def _curve(points: Sequence[tuple[float, float]]) -> str:
    text = ""
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (x0 + x1) / 2
        text += f"C{half:.1f} {y0:.1f} {half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return text


def _loop(x0: float, y0: float, x1: float, y1: float, lane: float, width: float) -> str:
    """Out to the right, down, back to the left along its lane, up, and in from the left."""
    bend = 22 + width / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{x0 + bend:.1f} {y0:.1f} {x0 + bend:.1f} {lane:.1f} {x0:.1f} {lane:.1f}"
        f"L{x1:.1f} {lane:.1f}C{x1 - bend:.1f} {lane:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    )
