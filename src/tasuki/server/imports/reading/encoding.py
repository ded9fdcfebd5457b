"""In which encoding a text file is: found out by trying, over the whole of it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes

from tasuki.history.importing.opening import decodes

CHUNK: Final = 1 << 20
SAMPLE: Final = 1 << 16
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS: Final = ("utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be", "euc_jp", "cp1252")
"""What a plan may name."""


def find_encoding(path: Path) -> str:
    """One of ENCODINGS. Mixed files get the one that reads more of their lines; the other lines are then rejected."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if wide := _without_mark(head):
        return wide
    if _reads(path, "utf-8"):
        return "utf-8"
    return _mixed(path)


def _without_mark(head: bytes) -> str:
    """UTF-16 without its mark shows itself by a zero beside every Latin letter."""
    pairs = len(head) // 2
    if pairs < 2 or head.count(0) < pairs // 4:
        return ""
    zeros_first, zeros_second = head[0::2].count(0), head[1::2].count(0)
    if min(zeros_first, zeros_second) * 10 > max(zeros_first, zeros_second):
        return ""
    return "utf-16-be" if zeros_first > zeros_second else "utf-16-le"


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _mixed(path: Path) -> str:
    """For a file that is not wholly UTF-8. What reads as UTF-8 is, for nothing else does so by chance; cp932 reads much."""
    lines = list(_lines_beyond_ascii(path))
    good = sum(decodes(line, "utf-8") for line in lines)
    if 2 * good > len(lines):
        return "utf-8"
    if _reads(path, "cp932"):
        return "euc_jp" if _kana(lines, "euc_jp") > _kana(lines, "cp932") else "cp932"
    if _reads(path, "euc_jp"):
        return "euc_jp"
    if any(decodes(line, "cp932") for line in lines):
        return "cp932"
    best = from_bytes(b"\n".join(lines[:200])).best()
    return best.encoding if best and best.encoding in ENCODINGS else "cp932"


def _kana(lines: Sequence[bytes], encoding: str) -> int:
    """Hiragana and katakana of full width, less those of half width, of which a wrong reading is full."""
    text = b"".join(lines).decode(encoding, "ignore")
    return sum(1 if "\u3041" <= c <= "\u30ff" else -1 if "\uff61" <= c <= "\uff9f" else 0 for c in text)


def _lines_beyond_ascii(path: Path, most: int = 2_000) -> Iterator[bytes]:
    with path.open("rb") as file:
        while most and (line := file.readline(SAMPLE)):
            if not line.isascii():
                most -= 1
                yield line
