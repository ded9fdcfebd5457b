"""What an activity must be like, whichever way it comes in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.texts import problem_of_text

LONGEST_TYPE = 100
LONGEST_KEY = 200
LONGEST_SOURCE = 60
LONGEST_NAME = 200
LONGEST_VALUE = 10_000
MOST_PROPERTIES = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200
AHEAD = timedelta(days=1)
"""How far a clock elsewhere may be ahead of ours; what comes later has not happened."""


def problem(given: ActivityInput, now: datetime) -> Refused | None:
    """Why this activity cannot be stored, or None."""
    return (
        problem_of_text(given.type, "type", LONGEST_TYPE, needed=True)
        or (problem_of_text(given.key, "key", LONGEST_KEY, needed=True) if given.key is not None else None)
        or (problem_of_time(given.at, now) if given.at is not None else None)
        or (_of_properties(given.properties) if given.properties else None)
    )


def problem_of_source(source: str) -> Refused | None:
    """Why this cannot be the name of a source, or None."""
    return problem_of_text(source, "source", LONGEST_SOURCE, needed=True)


def problem_of_time(at: datetime, now: datetime, field: str = "at") -> Refused | None:
    """Why nothing can have happened then, or None: no time zone, outside 1900–2200, or more than a day ahead."""
    if at.tzinfo is None:
        return Invalid(
            "time_without_zone",
            _("This time does not say its time zone."),
            cure=_("Write it like 2026-04-01T09:00:00+09:00 or 2026-04-01T00:00:00Z."),
            field=field,
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return Invalid(
            "time_out_of_range",
            _("The year %(year)s is out of range.") % {"year": at.year},
            cure=_("Give a time between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
            field=field,
        )
    if at > now + AHEAD:
        return Invalid(
            "time_ahead",
            _("This time lies in the future: %(at)s.")
            % {"at": at.astimezone(UTC).isoformat(timespec="seconds")},
            cure=_("An activity is recorded once it has happened; check the date and the time zone."),
            field=field,
        )
    return None


def _of_properties(properties: dict[str, str]) -> Refused | None:
    if len(properties) > MOST_PROPERTIES:
        return Invalid(
            "too_many_properties",
            _("An activity has at most %(most)s properties.") % {"most": MOST_PROPERTIES},
            cure=_("Leave out what no agreement will read."),
            field="properties",
        )
    for name, value in properties.items():
        found = problem_of_text(name, "properties", LONGEST_NAME, needed=True) or problem_of_text(
            value, f"properties.{name[:LONGEST_NAME]}", LONGEST_VALUE
        )
        if found is not None:
            return found
    return None
