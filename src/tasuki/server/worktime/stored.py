"""Working hours that were stored, read again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from tasuki.calendars import ALWAYS, Hours, HoursInvalid

log = logging.getLogger(__name__)


def readable(spec: Mapping[str, Any]) -> Hours:
    """Hours that were stored; without the holidays, or in UTC, where these are known no more. Never raises; logged once."""
    try:
        return Hours.of(spec)
    except HoursInvalid as fault:
        _log_once(str(fault))
        instead = {"zone": "UTC", "holidays": ""}
        if fault.place not in instead or spec[fault.place] == instead[fault.place]:
            return ALWAYS
        return readable({**spec, fault.place: instead[fault.place]})


@cache
def _log_once(fault: str) -> None:
    log.error("working hours that were stored cannot be read, and are counted without that: %s", fault)
