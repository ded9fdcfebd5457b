"""A stream of lines, answered as it comes; memory holds one batch of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from pydantic_core import to_json

from tasuki.server.api.reading import read_json
from tasuki.server.core.errors import Invalid, Refused, TooLarge

LOG = logging.getLogger("tasuki.api")
CHUNK = 262_144
LONGEST_LINE = 1_048_576
AT_ONCE = 1000
Store = Callable[[list[Any]], list[Any]]
Line = tuple[int, Any]


def answers(request: HttpRequest, store: Store, every: bool) -> Iterator[bytes]:
    """The answer's lines. `store` answers each of at most 1,000 items; `every` or only the refused ones are told."""
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    sums: Counter[str] = Counter(stored=0, duplicate=0, refused=0)
    batches = _batches(_lines(request))
    while True:
        # the middleware is through with the request by now, so the language is set for each batch anew
        with translation.override(language), timezone.override(zone):
            try:
                batch = next(batches, None)
                if batch is None:
                    break
                told = _answered(batch, store)
            except Refused as refused:
                yield to_json({"error": refused.as_json()}) + b"\n"
                return
            except Exception:
                LOG.exception("a stream broke")
                yield to_json({"error": _broken().as_json()}) + b"\n"
                return
        sums.update(answer["status"] for answer in told)
        yield b"".join(to_json(answer) + b"\n" for answer in told if every or answer["status"] == "refused")
    yield to_json(dict(sums)) + b"\n"


def kept(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines, once all are there; meanwhile on disk.

    Most clients read nothing before they have sent everything: with answers under way both sides would wait for each other.
    """
    with SpooledTemporaryFile(max_size=CHUNK) as file:
        for part in lines:
            file.write(part)
        file.seek(0)
        while part := file.read(CHUNK):
            yield part


def _broken() -> Refused:
    return Refused(
        "stream_broken",
        _("The stream broke here; what was answered before is stored."),
        cure=_("Send the rest again, or all of it: what is stored stays once."),
    )


def _answered(batch: list[Line], store: Store) -> list[dict[str, Any]]:
    """One answer for each line, with its number."""
    said = iter(store([item for _number, item in batch if not isinstance(item, Refused)]))
    return [
        {
            "line": number,
            **({"status": "refused", "error": item.as_json()} if isinstance(item, Refused) else next(said)),
        }
        for number, item in batch
    ]


def _batches(lines: Iterator[tuple[int, bytes | Refused]]) -> Iterator[list[Line]]:
    """Lines that are not empty, read as JSON, in batches."""
    batch: list[Line] = []
    for number, raw in lines:
        if isinstance(raw, bytes) and not raw.strip():
            continue
        batch.append((number, raw if isinstance(raw, Refused) else _read(raw)))
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(raw: bytes) -> Any:
    try:
        return read_json(raw)
    except Refused as refused:
        return refused


def _lines(request: HttpRequest) -> Iterator[tuple[int, bytes | Refused]]:
    """Numbered lines; one that is too long is a refusal, and the rest of it is passed over."""
    number, carry, skipping = 1, b"", False
    while chunk := _read_some(request):
        *whole, carry = (carry + chunk).split(b"\n")
        for line in whole:
            yield number, _too_long() if skipping or len(line) > LONGEST_LINE else line
            number, skipping = number + 1, False
        if len(carry) > LONGEST_LINE:
            carry, skipping = b"", True
    if carry or skipping:
        yield number, _too_long() if skipping else carry


def _read_some(request: HttpRequest) -> bytes:
    """The next part of the body. Django stops at Content-Length: a body sent in chunks, which has none, is empty to it."""
    chunked = request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    if chunked and request.META.get("wsgi.input_terminated"):
        return bytes(request.META["wsgi.input"].read(CHUNK))
    return request.read(CHUNK)


def _too_long() -> Refused:
    return TooLarge(
        "line_too_long", _("This line is longer than 1 MB."), cure=_("Shorten its texts."), field="properties"
    )


def read_place(text: str) -> tuple[datetime, int] | None:
    """The place in a list that goes by time, as it was given as `next`; None at the beginning. Invalid: none of ours."""
    if not text:
        return None
    at, _tilde, last = text.partition("~")
    try:
        found = datetime.fromisoformat(at), int(last)
    except ValueError:
        found = None
    if found is None or found[0].tzinfo is None or not 0 < found[1] < 2**53:
        raise Invalid(
            "place_unknown",
            _("This is no place in the list."),
            cure=_("Give `next` of the page before."),
            field="before",
        )
    return found
