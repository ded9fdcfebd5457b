"""Times, numbers and money as people write them, in the reader's language and time zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import dates
from django.conf import settings
from django.utils import timezone
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from tasuki import numerals
from tasuki.server.core import clock

JUST_NOW = timedelta(seconds=5)
SECOND = timedelta(seconds=1)
number = numerals.number
HOUR, LONG = 3_600, 3 * 86_400
"""Seconds. Times further away than LONG are told by the hour: a page tells a hundred of them."""
SERVICE_LEVEL = re.compile(
    r"(?P<n>[0-9]{1,9})\s*(?P<business>business\s+)?(?P<unit>minutes?|hours?|days?|[mhd])"
)


def language() -> str:
    """`ja` or `en`: what the reader reads."""
    return "ja" if (get_language() or "").startswith("ja") else "en"


def wanted_language(*wishes: str) -> str:
    """The first that is wished for; else the one in force, in a worker the installation's."""
    return next(filter(None, (*wishes, get_language() or "", settings.LANGUAGE_CODE)))


def exact(instant: datetime) -> str:
    """Date and time to the second, with the zone: `2026/11/22 19:03:00 JST`."""
    return _exact(timezone.localtime(instant))


def _exact(local: datetime) -> str:
    if language() == "ja":
        return (
            f"{local.year}/{local.month:02}/{local.day:02} {_clock(local)}:{local.second:02} {local.tzname()}"
        )
    return f"{local:%d %b %Y %H:%M:%S} {local.tzname()}"


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"  # a third of what strftime takes


def short(instant: datetime) -> str:
    """Date and time to the minute; the year only where it is another."""
    local = timezone.localtime(instant)
    this_year = local.year == timezone.localtime(clock.now()).year
    if language() == "ja":
        return f"{local.month}月{local.day}日 {_clock(local)}" if this_year else f"{local:%Y/%m/%d %H:%M}"
    return f"{local.day} {local:%b %H:%M}" if this_year else f"{local.day} {local:%b %Y}"


def day(value: date | datetime) -> str:
    """A date: `2026年11月22日`, `22 Nov 2026`."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    if language() == "ja":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {value:%b %Y}"


def with_weekday(instant: datetime) -> str:
    """Date with its day of the week, and time: `11月23日(月) 11:00`, `Mon, 23 Nov 11:00`."""
    local = timezone.localtime(instant)
    pattern = "M月d日(EEE)" if language() == "ja" else "EEE, d MMM"
    return f"{dates.format_date(local, pattern, locale=language())} {_clock(local)}"


def month_day(instant: datetime) -> str:
    """Month and day, with the year where it is another: `11/22`, `22 Nov`."""
    return _month_day(timezone.localtime(instant), timezone.localtime(clock.now()))


def _month_day(local: datetime, now: datetime) -> str:
    this_year = local.year == now.year
    if language() == "ja":
        return f"{local.month}/{local.day}" if this_year else f"{local.year}/{local.month}/{local.day}"
    return f"{local.day} {local:%b}" if this_year else f"{local.day} {local:%b %Y}"


def lately(instant: datetime) -> str:
    """Today and yesterday by their time: `今日 10:42`, `yesterday 18:05`; else month and day."""
    local, now = timezone.localtime(instant), timezone.localtime(clock.now())
    days = (now.date() - local.date()).days
    if days not in (0, 1):
        return _month_day(local, now)
    return f"{_('today') if days == 0 else _('yesterday')} {_clock(local)}"


def service_level(text: str) -> str:
    """The time allowed for a handoff, as the agreement writes it: `2 business hours`."""
    found = SERVICE_LEVEL.fullmatch(text.strip())
    if found is None:
        return text
    business, unit = bool(found["business"]), found["unit"][0]
    said = {
        ("m", False): ngettext("%(n)s minute", "%(n)s minutes", int(found["n"])),
        ("h", False): ngettext("%(n)s hour", "%(n)s hours", int(found["n"])),
        ("d", False): ngettext("%(n)s day", "%(n)s days", int(found["n"])),
        ("m", True): ngettext("%(n)s business minute", "%(n)s business minutes", int(found["n"])),
        ("h", True): ngettext("%(n)s business hour", "%(n)s business hours", int(found["n"])),
        ("d", True): ngettext("%(n)s business day", "%(n)s business days", int(found["n"])),
    }
    template = said.get((unit, business))
    return template % {"n": found["n"]} if template else text


def relative(instant: datetime) -> str:
    """`3 minutes ago`, `in 2 days`; `just now` within five seconds."""
    away = instant - clock.now()
    if abs(away) < JUST_NOW:
        return _("just now")
    seconds = away // SECOND
    return _relative(seconds - seconds % (HOUR if abs(seconds) > LONG else 1), language())


@lru_cache(20_000)
def _relative(seconds: int, language: str) -> str:
    away = timedelta(seconds=seconds)
    text = dates.format_timedelta(away, add_direction=True, threshold=0.95, locale=language)
    return text.replace(" ", "") if language == "ja" else text


def time_tag(instant: datetime | None, text: str | None = None) -> str:
    """A `<time>` element: relative to read, exact on hover and to machines; a dash where there is none."""
    if instant is None:
        return "–"
    said = conditional_escape(text or relative(instant))
    return SafeString(
        f'<time datetime="{instant.isoformat()}" title="{escape(exact(instant))}">{said}</time>'
    )


def points(value: float) -> str:
    """Points of a score, with their sign: `+12`, `−3.5`."""
    text = number(abs(value), 1)
    return f"−{text}" if value < 0 and text != "0" else f"+{text}"


def labelled(label: str, value: str) -> str:
    """`Budget: yes`, `予算：はい`."""
    return f"{label}{_(': ')}{value}"


def beside(name: str, more: str) -> str:
    """A name and what says more of it, in the brackets of the language: `Ishii (Sales)`, `石井（営業）`."""
    return _("%(name)s (%(more)s)") % {"name": name, "more": more}


def currency_name(code: str) -> str:
    """How a currency is called beside a field: `円`, else its three letters."""
    return "円" if code == "JPY" and language() == "ja" else code


def money(amount: Decimal | None, currency: str = "JPY") -> str:
    """An amount: yen in Japanese as `1億2,000万円`, else with the sign of the currency; a dash where there is none."""
    return "–" if amount is None else numerals.money(amount, currency, language())


def about(amount: Decimal | None, currency: str = "JPY") -> str:
    """An amount in running text and on tiles, as exact as it can be read; a dash where there is none."""
    return "–" if amount is None else numerals.about(amount, currency, language())


def size(count: int) -> str:
    """A file's size: `3.4 MB`."""
    for unit in ("B", "KB", "MB"):
        if count < 1000 or unit == "MB":
            break
        count /= 1000  # type: ignore[assignment]
    return f"{number(count, 1)} {unit}"
