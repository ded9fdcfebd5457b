"""Setting type: Japanese and Latin letters in one line, and where a line may break.

No font is brought along: Latin letters and figures are those of the standard fonts of PDF, Japanese ones of a standard
Japanese font, which every reader of PDF knows to show by one of its own (ISO 32000-1, 9.6.2 and 9.7.5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

LATIN, STRONG, JAPANESE = "Helvetica", "Helvetica-Bold", "HeiseiKakuGo-W5"
APART = 0.12
"""Between Japanese and Latin letters there is so much of the size as space."""
NOT_FIRST = set("、。，．・：；？！）」』】〕〉》〜ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%％,.:;?!)]}")
"""With these no line begins (JIS X 4051), and before them none breaks."""
NOT_LAST = set("（「『【〔〈《([{¥")
"""With these no line ends."""
PLAIN = str.maketrans({"−": "–", "\u00a0": " "})
"""Letters that the standard fonts lack, by what looks alike there."""


def _registered() -> None:
    """By UTF-16, so that rare characters of names are there too, which need two units."""
    if JAPANESE not in pdfmetrics.getRegisteredFontNames():
        font = UnicodeCIDFont(JAPANESE)
        font.encodingName = "UniJIS-UTF16-H"
        pdfmetrics.registerFont(font)


_registered()


def _is_latin(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _runs(text: str, strong: bool) -> Iterator[tuple[str, str]]:
    """Pieces of one font each: font, letters. What cannot be printed is left out."""
    clean = "".join(letter for letter in text.translate(PLAIN) if letter.isprintable())
    for is_latin, letters in groupby(clean, _is_latin):
        yield (STRONG if strong else LATIN) if is_latin else JAPANESE, "".join(letters)


def _gap(before: str, letters: str, size: float) -> float:
    """Space between two pieces; none beside a space or a mark, which have their own."""
    ends = before[-1:], letters[:1]
    return APART * size if before and all(one.isalnum() for one in ends) else 0.0


def width(text: str, size: float, *, strong: bool = False) -> float:
    """How wide a text is, in points."""
    total, before = 0.0, ""
    for font, letters in _runs(text, strong):
        total += _gap(before, letters, size) + pdfmetrics.stringWidth(letters, font, size)
        before = letters
    return total


def put(canvas: Canvas, x: float, y: float, text: str, size: float, *, strong: bool = False) -> None:
    """Write a text from a point on."""
    before = ""
    for font, letters in _runs(text, strong):
        x += _gap(before, letters, size)
        canvas.setFont(font, size)
        canvas.drawString(x, y, letters)
        x += pdfmetrics.stringWidth(letters, font, size)
        before = letters


def put_right(canvas: Canvas, x: float, y: float, text: str, size: float, *, strong: bool = False) -> None:
    """Write a text so that it ends at a point."""
    put(canvas, x - width(text, size, strong=strong), y, text, size, strong=strong)


def fitted(text: str, size: float, room: float, *, strong: bool = False) -> str:
    """The text, or as much of its begin as has room, with an ellipsis."""
    if width(text, size, strong=strong) <= room:
        return text
    while text and width(f"{text}…", size, strong=strong) > room:
        text = text[:-1]
    return f"{text}…"


def lines(text: str, size: float, room: float) -> list[str]:
    """The text in lines that have room: between Japanese letters, and at the spaces of others."""
    found, line = [], ""
    for piece in _unbroken(text):
        if line and width(line + piece.rstrip(), size) > room:
            found.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*found, line.rstrip()] if line.strip() else found


def _unbroken(text: str) -> Iterator[str]:
    """Pieces within which no line breaks."""
    piece = ""
    for letter in text:
        if piece and _may_break(piece[-1], letter):
            yield piece
            piece = ""
        piece += letter
    yield piece


def _may_break(before: str, after: str) -> bool:
    if after in NOT_FIRST or before in NOT_LAST or after == " ":
        return False
    return before == " " or not (_is_latin(before) and _is_latin(after))
