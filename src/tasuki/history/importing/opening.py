"""Opening a file to import: what it is, and its text as UTF-8, whatever it was written in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from tasuki.errors import InputUnreadable

Format = Literal["delimited", "json lines", "parquet"]

CHUNK: Final = 8 * 2**20
LONGEST_ROW: Final = 64 * 2**20
_UTF8_MARK: Final = b"\xef\xbb\xbf"


@dataclass
class Source:
    """An open file: its handle, the bytes behind a gzip if there is one, and how much has been read."""

    path: Path
    raw: IO[bytes]
    plain: IO[bytes] | gzip.GzipFile
    size: int

    def read(self, size: int) -> bytes:
        """Up to so many bytes, b"" at the end; raises InputUnreadable if a gzip is cut short or broken."""
        try:
            return self.plain.read(size)
        except (EOFError, zlib.error, OSError) as error:
            raise InputUnreadable(
                f"{self.path}: cannot be read to its end ({error}); nothing was stored, get the file again"
            ) from error

    def done(self) -> int:
        """Bytes of the file on disk that have been read."""
        return min(self.raw.tell(), self.size)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file, through gzip if its content says so; raises InputUnreadable."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputUnreadable(f"{path}: is a folder; give the files in it")
        raw = path.open("rb")
    except OSError as error:
        raise InputUnreadable(f"{path}: cannot be opened ({error.strerror}); check the path") from error
    with raw:
        if size == 0:
            raise InputUnreadable(
                f"{path}: is empty (0 bytes); a first line with the names of columns is needed"
            )
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = gzip.GzipFile(fileobj=raw) if packed else raw
        yield Source(path, raw, plain, size)


class Text:
    """The bytes of a source as UTF-8. `encoding` is found out at the first bytes beyond ASCII.

    Lines that are not in that encoding come out as bytes that are not UTF-8, so that their rows are rejected.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._carry = b""
        self._started = False
        self.encoding: str | None = None

    def read(self, size: int = CHUNK) -> bytes:
        """About so many bytes, b"" at the end."""
        chunk = self._source.read(size)
        if not self._started:
            self._started = True
            chunk = self._without_mark(chunk)
        if self.encoding == "cp932":
            return self._transcoded(chunk)
        if self.encoding is None and not chunk.isascii():
            return self._decide(chunk)
        return chunk

    def _without_mark(self, chunk: bytes) -> bytes:
        if chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputUnreadable(f"{self._source.path}: is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)")
        if chunk.startswith(_UTF8_MARK):
            self.encoding = "utf-8-sig"
            return chunk[len(_UTF8_MARK) :]
        return chunk

    def _decide(self, chunk: bytes) -> bytes:
        chunk = self._up_to_a_line(chunk)
        whole = chunk[: chunk.rfind(b"\n") + 1] or chunk
        self.encoding = _best_encoding(whole)
        return self._transcoded(chunk) if self.encoding == "cp932" else chunk

    def _transcoded(self, chunk: bytes) -> bytes:
        # a line end is never the second byte of a character of cp932
        text = self._up_to_a_line(self._carry + chunk) if chunk else self._carry
        edge = (text.rfind(b"\n") + 1 if chunk else 0) or len(text)
        self._carry = text[edge:]
        return _from_cp932(text[:edge])

    def _up_to_a_line(self, chunk: bytes) -> bytes:
        """The chunk, lengthened until it holds the end of a line or the file is at its end."""
        while b"\n" not in chunk and (more := self._source.read(CHUNK)):
            chunk += more
            if len(chunk) > LONGEST_ROW:
                raise InputUnreadable(
                    f"{self._source.path}: a line of more than {LONGEST_ROW >> 20} MiB; is this a text file?"
                )
        return chunk


def _best_encoding(text: bytes) -> str:
    if decodes(text, "utf-8"):
        return "utf-8"
    if decodes(text, "cp932"):
        return "cp932"
    lines = [line for line in text.split(b"\n") if not line.isascii()]
    good = {name: sum(decodes(line, name) for line in lines) for name in ("utf-8", "cp932")}
    return "cp932" if good["cp932"] > good["utf-8"] else "utf-8"


def decodes(text: bytes, encoding: str) -> bool:
    """Whether these bytes are a text of that encoding."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _from_cp932(text: bytes) -> bytes:
    try:
        return text.decode("cp932").encode()
    except UnicodeDecodeError:
        return b"".join(map(_line_from_cp932, text.splitlines(keepends=True)))


def _line_from_cp932(line: bytes) -> bytes:
    try:
        return line.decode("cp932").encode()
    except UnicodeDecodeError:
        return line.decode("cp932", "surrogateescape").encode("utf-8", "surrogateescape")


def format_of(source: Source) -> Format:
    """What a file holds, by its content, then by its name; the source is back at its beginning afterwards."""
    head = source.read(4096)
    source.plain.seek(0)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.removeprefix(_UTF8_MARK).lstrip().startswith(b"{"):
        return "json lines"
    names = [suffix.lower() for suffix in source.path.suffixes]
    if {".jsonl", ".ndjson", ".json"} & set(names):
        return "json lines"
    return "delimited"
