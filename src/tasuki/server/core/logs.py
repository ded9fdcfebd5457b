"""Logs that a machine reads: one JSON object a line; and never a secret or a person's address in them."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request", "taskName"}
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered; empty outside of one."""

HIDDEN = "[…]"
WORD = r"[^\s@<>\"'(),:;=\[\]{}]"
TELLTALE = re.compile(
    rf"(?<!{WORD}){WORD}+@{WORD}+"  # a mail address; begun only where a word begins, so that long words cost little
    r"|\btsk_[\w-]{8,}"  # a token
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"  # user and password in an address
    r"|(?i:(?<=password=)|(?<=secret=)|(?<=token=))[^\s&,;]+"
    r"|(?<![\w.:-])(?:\+\d{1,3}|0\d{0,3})(?:[-\s()]{1,2}\d{1,4}){2,4}(?![\w:-])"  # a telephone number, grouped
    r"|(?<![\w.:-])(?:\+\d{9,14}|0[789]0\d{8})(?!\w)"  # … or in one piece
)


def redacted(text: str) -> str:
    """The text without mail addresses, telephone numbers, tokens and passwords."""
    return TELLTALE.sub(HIDDEN, text)


class TextFormatter(logging.Formatter):
    """Plain lines for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """A line, and the traceback if there is one."""
        return redacted(super().format(record))


class JsonFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, the request's id, and whatever was passed as `extra`; a traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            entry["request"] = request_id.get()
        entry |= {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(_shown(entry), ensure_ascii=False, default=str)


def _shown(value: Any) -> Any:
    """The same, redacted wherever a text may stand."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redacted(str(name)): _shown(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner) for inner in value]
    return redacted(str(value))
