"""Public holidays of countries, and of parts of countries, by the package `holidays`."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache

import holidays

from tasuki.calendars.faults import HoursInvalid


@cache
def holiday_codes() -> frozenset[str]:
    """Every country, like `JP`, and every part of one, like `DE-BY`, whose holidays are known."""
    countries = holidays.list_supported_countries(include_aliases=False)
    parts = {f"{country}-{part}" for country, known in countries.items() for part in known}
    return frozenset(countries) | parts


def check_holidays(code: str) -> None:
    """HoursInvalid, with what was perhaps meant, for a code that is not known; empty is none, and fine."""
    if not code or code in holiday_codes():
        return
    near = get_close_matches(code.upper(), holiday_codes(), n=3, cutoff=0.5)
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    raise HoursInvalid(
        "holidays_unknown",
        f"`{code[:30]}` is no country whose holidays are known; it should be like JP, or DE-BY{meant}",
        place="holidays",
        text=code[:30],
    )


@lru_cache(maxsize=500)
def public_day_name(code: str, day: date, language: str) -> str:
    """What a public holiday is called, in `ja` or `en` where that is known; empty for any other day."""
    if day not in public_days(code, day.year):
        return ""
    country, _sign, part = code.partition("-")
    known = holidays.country_holidays(country).supported_languages
    spoken = next((one for one in known if one.startswith(language)), None)
    days = holidays.country_holidays(country, subdiv=part or None, years=day.year, language=spoken)
    return str(days.get(day) or "")


@lru_cache(maxsize=2_000)
def public_days(code: str, year: int) -> frozenset[date]:
    """The public holidays of a year, with the days that stand in for those on a Sunday. 0.2 ms once a year and code.

    None where the package knows no rule: Japan's end with 2099. HoursInvalid: no such code.
    """
    check_holidays(code)
    if not code:
        return frozenset()
    country, _sign, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
