"""What can be wrong with working hours."""

from __future__ import annotations

from tasuki.errors import UsageError


class HoursInvalid(UsageError):
    """Working hours that cannot be read.

    `code`: zone_unknown, day_unknown, hours_unreadable, hours_overlap, too_many_hours, holidays_unknown, absence_unfit.
    `place`: what it is about: `zone`, `holidays`, `days`, `away`, or a day like `mon`. `text`: what stood there.
    """

    def __init__(self, code: str, message: str, *, place: str, text: str = "") -> None:
        super().__init__(message)
        self.code, self.place, self.text = code, place, text


class NoWorkingTime(UsageError):
    """There is not that much working time within five years, or none is counted at that time (before 1900, after 2200)."""
