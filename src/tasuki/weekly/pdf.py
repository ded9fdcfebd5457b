"""A report as a PDF of one A4 page; its charts are lines and areas, sharp at any size."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tasuki.weekly.sheet import Alert, Cell, Curve, Sheet, Step
from tasuki.weekly.type import fitted, lines, put, put_right, width

INK, SOFT, RULE, WASH = HexColor("#1c2333"), HexColor("#5a6478"), HexColor("#d5dae5"), HexColor("#f4f5f8")
INDIGO, VERMILION, MET = HexColor("#2b3a67"), HexColor("#b3341b"), HexColor("#1f6b3a")
CURVES: Final = (INDIGO, HexColor("#8a5a00"), MET)
DASHES: Final[tuple[tuple[int, ...], ...]] = ((), (5, 2), (1, 2))
"""Curves differ by more than colour: many are printed in black."""
WIDE, HIGH = A4
MARGIN = 48.0
ROOM = WIDE - 2 * MARGIN
COLUMNS, GAP = 3, 12.0
CELL = 74.0
CHART = 128.0


def pdf_of(sheet: Sheet, link: str = "") -> bytes:
    """The report as a file; the same report is the same bytes. `link`: where more of it is read."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, lang=sheet.language)
    canvas.setTitle(f"{sheet.title} {sheet.name} {sheet.period}")
    canvas.setAuthor("Tasuki")
    y = _head(canvas, sheet, HIGH - MARGIN)
    y = _said(canvas, sheet.said, y - 12)
    y = _alerts(canvas, sheet, y - 14)
    y = _cells(canvas, sheet, y - 14)
    half = (ROOM - 2 * GAP) / 2
    _curves(canvas, sheet, MARGIN, y - 16, half)
    _steps(canvas, sheet, MARGIN + half + 2 * GAP, y - 16, half)
    _foot(canvas, sheet, link)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _head(canvas: Canvas, sheet: Sheet, y: float) -> float:
    """Which report it is, of whom, of when; where the next thing begins."""
    canvas.setFillColor(INDIGO)
    put(canvas, MARGIN, y - 8, "Tasuki 襷", 9, strong=True)
    canvas.setFillColor(SOFT)
    put_right(canvas, WIDE - MARGIN, y - 8, sheet.title, 9)
    canvas.setStrokeColor(INDIGO)
    canvas.setLineWidth(1.5)
    canvas.line(MARGIN, y - 15, WIDE - MARGIN, y - 15)
    room = ROOM - width(sheet.period, 11) - 16
    canvas.setFillColor(INK)
    put(canvas, MARGIN, y - 42, fitted(sheet.name, 19, room, strong=True), 19, strong=True)
    canvas.setFillColor(SOFT)
    put_right(canvas, WIDE - MARGIN, y - 42, sheet.period, 11)
    return y - 52


def _said(canvas: Canvas, texts: Sequence[str], y: float) -> float:
    canvas.setFillColor(INK)
    for text in texts:
        for line in lines(text, 11, ROOM):
            y -= 17
            put(canvas, MARGIN, y, line, 11)
    return y


def _alerts(canvas: Canvas, sheet: Sheet, y: float) -> float:
    """What somebody must look at, with a bar in vermilion where a promise was broken."""
    found: Sequence[Alert] = sheet.alerts
    height = 26 + 15 * max(len(found), 1)
    canvas.setFillColor(WASH)
    canvas.rect(MARGIN, y - height, ROOM, height, stroke=0, fill=1)
    canvas.setFillColor(VERMILION if sheet.is_urgent else INDIGO)
    canvas.rect(MARGIN, y - height, 3, height, stroke=0, fill=1)
    put(canvas, MARGIN + 14, y - 17, sheet.head_alerts, 9.5, strong=True)
    if not found:
        canvas.setFillColor(SOFT)
        put(canvas, MARGIN + 14, y - 33, sheet.nothing, 10)
    for place, alert in enumerate(found):
        canvas.setFillColor(VERMILION if alert.is_urgent else INK)
        put(canvas, MARGIN + 14, y - 33 - 15 * place, alert.text, 10)
    return y - height


def _title(canvas: Canvas, text: str, x: float, y: float) -> float:
    canvas.setFillColor(INDIGO)
    put(canvas, x, y - 9, text, 10, strong=True)
    return y - 18


def _cells(canvas: Canvas, sheet: Sheet, y: float) -> float:
    y = _title(canvas, sheet.head_cells, MARGIN, y)
    wide = (ROOM - (COLUMNS - 1) * GAP) / COLUMNS
    for place, cell in enumerate(sheet.cells):
        row, column = divmod(place, COLUMNS)
        _cell(canvas, cell, MARGIN + column * (wide + GAP), y - row * (CELL + 8), wide)
    rows = -(-len(sheet.cells) // COLUMNS)
    return y - rows * (CELL + 8)


def _cell(canvas: Canvas, cell: Cell, x: float, y: float, wide: float) -> None:
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.roundRect(x, y - CELL, wide, CELL, 4, stroke=1, fill=0)
    x, room = x + 9, wide - 18
    canvas.setFillColor(SOFT)
    size = 8.0 if width(cell.name, 8) <= room else 7.0
    put(canvas, x, y - 14, fitted(cell.name, size, room), size)
    canvas.setFillColor(INK)
    put(canvas, x, y - 34, fitted(cell.value, 16, room, strong=True), 16, strong=True)
    told = [
        (cell.change, SOFT),
        (cell.target, SOFT if cell.is_met is None else MET if cell.is_met else VERMILION),
        (cell.note if not cell.change or not cell.target else "", SOFT),
    ]
    for place, (text, colour) in enumerate([one for one in told if one[0]][:2]):
        canvas.setFillColor(colour)
        put(canvas, x, y - 50 - 12 * place, fitted(text, 8, room), 8)


def _curves(canvas: Canvas, sheet: Sheet, x: float, y: float, wide: float) -> None:
    """A line for each stage over the weeks; what it is called stands above, beside its kind of line."""
    y = _title(canvas, sheet.head_curves, x, y)
    if not sheet.curves:
        return
    _legend(canvas, sheet.curves, x, y - 8)
    top, bottom = y - 20, y - 20 - CHART
    most = _nice(max((max(curve.values, default=0) for curve in sheet.curves), default=0))
    left = x + width(f"{most:,.0f}", 7) + 6
    canvas.setLineWidth(0.5)
    for part in (0.0, 0.5, 1.0):
        level = bottom + part * (top - bottom)
        canvas.setStrokeColor(RULE)
        canvas.line(left, level, x + wide, level)
        canvas.setFillColor(SOFT)
        put_right(canvas, left - 4, level - 2.5, f"{most * part:,.0f}", 7)
    step = (x + wide - left - 8) / max(len(sheet.weeks) - 1, 1)
    for place, label in enumerate(sheet.weeks):
        if place % 4 == 0:
            put(canvas, left + 4 + place * step - width(label, 7) / 2, bottom - 11, label, 7)
    for place, curve in enumerate(sheet.curves):
        points = [
            (left + 4 + n * step, bottom + value / most * (top - bottom))
            for n, value in enumerate(curve.values)
        ]
        _line(canvas, points, place)


def _line(canvas: Canvas, points: Sequence[tuple[float, float]], place: int) -> None:
    canvas.setStrokeColor(CURVES[place % len(CURVES)])
    canvas.setFillColor(CURVES[place % len(CURVES)])
    canvas.setLineWidth(1.4)
    canvas.setDash(*(DASHES[place % len(DASHES)],) if DASHES[place % len(DASHES)] else ())
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.setDash()
    canvas.circle(*points[-1], 2, stroke=0, fill=1)


def _legend(canvas: Canvas, curves: Sequence[Curve], x: float, y: float) -> None:
    for place, curve in enumerate(curves):
        _line(canvas, [(x, y + 2.5), (x + 18, y + 2.5)], place)
        canvas.setFillColor(INK)
        text = f"{curve.name} {curve.values[-1]:,.0f}"
        put(canvas, x + 24, y, text, 8)
        x += 24 + width(text, 8) + 16


def _nice(most: float) -> float:
    """A round number of at least so much, of which half is a whole one."""
    size = 2.0
    while size < most:
        for factor in (2, 4, 6, 8, 10):
            if factor * size / 2 >= most:
                return factor * size / 2
        size *= 10
    return size


def _steps(canvas: Canvas, sheet: Sheet, x: float, y: float, wide: float) -> None:
    """A bar for each step, as long as its part of the first."""
    y = _title(canvas, sheet.head_steps, x, y)
    if not sheet.steps:
        return
    high = min(30.0, (CHART + 22) / len(sheet.steps))
    for step in sheet.steps:
        _step(canvas, step, x, y, wide)
        y -= high


def _step(canvas: Canvas, step: Step, x: float, y: float, wide: float) -> None:
    canvas.setFillColor(INK)
    put(canvas, x, y - 10, fitted(step.name, 8.5, wide - 96), 8.5)
    put_right(canvas, x + wide - 44, y - 10, step.reached, 8.5, strong=True)
    canvas.setFillColor(SOFT)
    put_right(canvas, x + wide, y - 10, step.rate, 8.5)
    canvas.setFillColor(RULE)
    canvas.rect(x, y - 18, wide, 4, stroke=0, fill=1)
    canvas.setFillColor(INDIGO)
    canvas.rect(x, y - 18, max(wide * step.part, 0.8 if step.part else 0), 4, stroke=0, fill=1)


def _foot(canvas: Canvas, sheet: Sheet, link: str) -> None:
    told = [line for text in (sheet.as_of, *sheet.notes) for line in lines(text, 7.5, ROOM)]
    y = MARGIN + 11 * len(told) - 14
    canvas.setFillColor(SOFT)
    for line in told:
        put(canvas, MARGIN, y, line, 7.5)
        y -= 11
    if link:
        canvas.setFillColor(INDIGO)
        put(canvas, MARGIN, y, fitted(link, 7.5, ROOM), 7.5)
        canvas.linkURL(link, (MARGIN, y - 2, MARGIN + width(link, 7.5), y + 8))
