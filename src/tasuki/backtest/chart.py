"""The picture of a sweep: volume as bars, precision and recall as lines with their intervals."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from tasuki.backtest.sweep import Sweep
from tasuki.shares import Share

INDIGO, VERMILION, GREY = "#264b7a", "#c8452e", "#c9ced6"


def draw_sweep(swept: Sweep, path: Path) -> None:
    """Write an SVG or PNG, by the ending of `path`; the same sweep gives the same bytes."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "tasuki"
    from matplotlib import pyplot as plt

    figure, volume = plt.subplots(figsize=(9, 4.8), layout="constrained")
    values = [step.value for step in swept.steps]
    width = 0.8 * min((abs(b - a) for a, b in pairwise(values)), default=1.0)
    volume.bar(
        values,
        [step.leads for step in swept.steps],
        width=width,
        color=GREY,
        label=f"leads that enter {swept.measure}",
    )
    volume.set_xlabel(swept.place)
    volume.set_ylabel(f"leads that enter {swept.measure}")
    shares = volume.twinx()
    for label, color, found in (
        (f"precision: of them reach {swept.outcome}", VERMILION, [step.precision for step in swept.steps]),
        (
            f"recall: of all {swept.outcome} were {swept.measure} before",
            INDIGO,
            [step.recall for step in swept.steps],
        ),
    ):
        _line(shares, values, found, color, label)
    shares.axvline(swept.present, color="black", linewidth=0.8, linestyle=":", label="in the agreement now")
    shares.set_ylim(0, 100)
    shares.set_ylabel("%")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=144)
    plt.close(figure)


def _line(axes: object, values: list[float], shares: list[Share], color: str, label: str) -> None:
    told = [
        (v, s.share * 100, *(100 * end for end in s.interval or (0, 0)))
        for v, s in zip(values, shares, strict=True)
        if s.share is not None
    ]
    if told:
        x, y, low, high = zip(*told, strict=True)
        axes.plot(x, y, color=color, marker="o", markersize=3, label=label)  # type: ignore[attr-defined]
        axes.fill_between(x, low, high, color=color, alpha=0.15)  # type: ignore[attr-defined]
