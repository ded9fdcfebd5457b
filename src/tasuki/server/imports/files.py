"""Where uploaded files lie until they have come in."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from tasuki.server.core.errors import TooLarge

FOLDER: Final = "imports"
CHUNK: Final = 1 << 20


class Kept(NamedTuple):
    """A file that was taken in: its place within the folder of files, the SHA-256 of its content."""

    file: str
    digest: str


def keep(content: Any) -> Kept:
    """Write bytes, or whatever has `chunks()` or `read()`, to the folder of files. TooLarge, and then nothing is left."""
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    path = folder / name
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for chunk in _chunks(content):
                size += len(chunk)
                if size > settings.UPLOAD_LIMIT:
                    raise _too_large()
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Kept(f"{FOLDER}/{name}", digest.hexdigest())


def _chunks(content: Any) -> Iterator[bytes]:
    if isinstance(content, (bytes, bytearray, memoryview)):
        content = io.BytesIO(content)
    chunks: Iterable[bytes] = (
        content.chunks(CHUNK) if hasattr(content, "chunks") else iter(lambda: content.read(CHUNK), b"")
    )
    yield from chunks


def _too_large() -> TooLarge:
    most = settings.UPLOAD_LIMIT >> 20
    return TooLarge(
        "file_too_large",
        _("The file is larger than %(most)s MB.") % {"most": most},
        cure=_("Split it, or have TASUKI_UPLOAD_MEGABYTES raised."),
        field="file",
    )


def path_of(file: str) -> Path:
    """The path of a kept file."""
    return Path(settings.MEDIA_ROOT) / file


def forget(file: str) -> None:
    """Remove a kept file; it may be gone already."""
    if file:
        path_of(file).unlink(missing_ok=True)
