"""Reading back what a PDF of ours says."""

from __future__ import annotations

import base64
import re
import zlib


def streams(file: bytes) -> bytes:
    """What is drawn on its pages."""
    found = re.findall(rb"ASCII85Decode /FlateDecode \].*?stream\r?\n(.*?)endstream", file, re.DOTALL)
    return b"\n".join(
        zlib.decompress(base64.a85decode(one.strip(), adobe=False)) for one in map(_bare, found)
    )


def _bare(text: bytes) -> bytes:
    return text.strip().removesuffix(b"~>")


def says(file: bytes, text: str) -> bool:
    """Whether a piece of text in one font stands there."""
    wide = text.encode("utf-16-be")
    drawn = _unescaped(streams(file))
    return text.encode("cp1252", "ignore") in drawn if text.isascii() else wide in drawn


def _unescaped(drawn: bytes) -> bytes:
    octal = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), drawn)
    return re.sub(rb"\\([()\\nrtbf])", lambda found: _PLAIN.get(found[1], found[1]), octal)


_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
