"""Make the pictures in docs/images anew, from what the commands print: `python docs/make_images.py`.

Not rich's own export: that squeezes Japanese text into half its width and fetches a font from another site.
"""

from __future__ import annotations

import html
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rerun import run
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
AGREEMENT = ROOT / "examples" / "yamada" / "agreement.yaml"
CELL, LINE, EDGE, HEAD = 8.0, 20, 20, 44
"""Pixels: width of a half-width character, height of a line, the margin, the strip above."""
FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', 'MS Gothic', monospace"
INK, FAINT = "#1f2430", "#767c8a"
BLACK, RED, GREEN, AMBER = (31, 36, 48), (190, 60, 35), (40, 120, 60), (150, 105, 0)
INDIGO, PURPLE, TEAL, GREY = (38, 75, 125), (125, 60, 125), (0, 115, 125), (118, 124, 138)
LIGHT = TerminalTheme((255, 255, 255), BLACK, [BLACK, RED, GREEN, AMBER, INDIGO, PURPLE, TEAL, GREY])

COMPANY = (
    "tasuki simulate --leads 20000 --months 24 --seed 7 --out data",
    "tasuki history import --out history --profiles data/profiles.csv --activities data/activities.csv"
    " --decisions data/decisions.csv",
)
PAGES = {
    "replay.svg": (114, "tasuki replay agreement.yaml --history history"),
    "explain.svg": (
        114,
        "tasuki explain agreement.yaml --history history --lead L00008434 --at 2024-05-14T13:55 | head -n 56",
    ),
}
CHART = "tasuki sweep agreement.yaml --history history --set MQL.person=60:140:10 --chart sweep.svg"


def picture(command: str, printed: str, columns: int) -> str:
    """An SVG of a light terminal with this command and what it printed (with its ANSI styles)."""
    lines = list(Text.from_ansi(printed).split("\n", allow_blank=True))
    while lines and not lines[-1].plain.strip():
        lines.pop()
    width, height = round(columns * CELL + 2 * EDGE), HEAD + len(lines) * LINE + EDGE
    rows = "\n".join(_row(line, HEAD + (i + 1) * LINE) for i, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{FONTS}" font-size="14" fill="{INK}" style="white-space:pre">\n'
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="#ffffff" stroke="#d5d8df"/>\n'
        f'<text x="{EDGE}" y="28" fill="{FAINT}">$ {html.escape(command)}</text>\n{rows}\n</svg>\n'
    )


def _row(line: Text, y: int) -> str:
    cells, parts = 0, []
    for segment in line.render(Console(color_system="truecolor", width=1000)):
        for piece in _pieces(segment.text):
            wide = cell_len(piece)
            if piece.strip():
                parts.append(_text(piece, segment.style or Style(), EDGE + cells * CELL, y, wide * CELL))
            cells += wide
    return "".join(parts)


def _pieces(text: str) -> Iterator[str]:
    """Runs of one character width, without wide gaps, so that columns stay columns in any font."""
    for _, run_of in itertools.groupby(text, lambda c: (c == " ", cell_len(c))):
        yield "".join(run_of)


def _text(piece: str, style: Style, x: float, y: int, length: float) -> str:
    look = ' font-weight="bold"' if style.bold else ""
    if style.color and not style.color.is_default:
        look += f' fill="{style.color.get_truecolor(LIGHT).hex}"'
    elif style.dim or set(piece) == {"─"}:
        look += f' fill="{FAINT}"'
    return f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}"{look}>{html.escape(piece)}</text>'


def main() -> None:
    """Simulate, import, and draw; the same program gives the same pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "agreement.yaml").write_bytes(AGREEMENT.read_bytes())
        for command in (*COMPANY, CHART):
            run(command, folder, 100)
        (IMAGES / "sweep.svg").write_bytes((folder / "sweep.svg").read_bytes())
        for file, (columns, command) in PAGES.items():
            drawn = picture(command, run(command, folder, columns), columns)
            (IMAGES / file).write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
