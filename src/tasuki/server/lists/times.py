"""Spans of time as an address has them: `7d` the last seven days, `over30d` longer ago, `2026-10-01..2026-10-31`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasuki.server.core import formats
from tasuki.server.core.errors import Invalid

NONE, ANY, TODAY = "none", "any", "today"
_DAYS = re.compile(r"(?P<how>over|next|)(?P<days>[0-9]{1,4})d")
_DATES = re.compile(r"(?P<first>\d{4}-\d{2}-\d{2})?(?P<dots>\.\.)?(?P<last>\d{4}-\d{2}-\d{2})?")
PRESETS = (TODAY, "7d", "30d", "90d", "over30d", "over90d", NONE)
COMING = (TODAY, "over0d", "next7d", "next30d", "30d", NONE)
"""What a page offers; the second ones for dates that are still to come."""


@dataclass(frozen=True)
class Span:
    """From `begin` on, before `end`; aware, either may be open. `is_none`: there is no time at all."""

    said: str
    begin: datetime | None = None
    end: datetime | None = None
    is_none: bool = False

    def condition(self, column: str) -> Q:
        """On a column of times."""
        if self.is_none:
            return Q(**{f"{column}__isnull": True})
        found = Q(**{f"{column}__isnull": False})
        if self.begin is not None:
            found &= Q(**{f"{column}__gte": self.begin})
        if self.end is not None:
            found &= Q(**{f"{column}__lt": self.end})
        return found


def read(text: str, now: datetime) -> Span:
    """In the reader's time zone; a day begins at midnight. Invalid: it is no span."""
    if text == NONE:
        return Span(_("none"), is_none=True)
    if text == ANY:
        return Span(_("any"))
    if text == TODAY:
        return Span(_("today"), _midnight(now), _midnight(now, 1))
    if found := _DAYS.fullmatch(text):
        return _days(found["how"], int(found["days"]), now)
    found = _DATES.fullmatch(text)
    first, last = (_a_day(found[which]) for which in ("first", "last")) if found else (None, None)
    if found is None or not (first or last):
        raise _unreadable(text)
    return _dates(first, last if found["dots"] else first)


def said(preset: str, now: datetime) -> str:
    """What a preset is called."""
    return read(preset, now).said


def _days(how: str, days: int, now: datetime) -> Span:
    if how == "over":
        text = ngettext("longer than %(days)s day ago", "longer than %(days)s days ago", days) % {
            "days": days
        }
        return Span(text if days else _("in the past"), end=now - timedelta(days=days))
    if how == "next":
        text = ngettext("the next day", "the next %(days)s days", days) % {"days": days}
        return Span(text, now, now + timedelta(days=days))
    text = ngettext("the last day", "the last %(days)s days", days) % {"days": days}
    return Span(text, now - timedelta(days=days), now + timedelta(minutes=5))


def _dates(first: date | None, last: date | None) -> Span:
    begin = _begins(first) if first else None
    end = _begins(last + timedelta(days=1)) if last else None
    if first and last:
        text = formats.day(first) if first == last else f"{formats.day(first)} – {formats.day(last)}"
    elif first:
        text = _("from %(day)s") % {"day": formats.day(first)}
    else:
        assert last
        text = _("until %(day)s") % {"day": formats.day(last)}
    return Span(text, begin, end)


def _midnight(now: datetime, later: int = 0) -> datetime:
    return _begins(timezone.localtime(now).date() + timedelta(days=later))


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _a_day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _unreadable(text) from None
    if not 1900 <= day.year <= 2200:
        raise _unreadable(text)
    return day


def _unreadable(text: str) -> Invalid:
    return Invalid(
        "filter_unreadable",
        _("“%(text)s” is no span of time.") % {"text": text[:60]},
        cure=_("Write it like 7d, over30d, next7d or 2026-10-01..2026-10-31."),
    )
