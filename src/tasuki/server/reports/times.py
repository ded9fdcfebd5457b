"""When a report is due: on its weekday at its hour by the clock of the company; on a day off the next working day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from tasuki.calendars import Calendar
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.company import company_hours, the_company
from tasuki.server.worktime import queries as worktime
from tasuki.weekly.weeks import A_DAY, A_WEEK, week_of

FARTHEST = 31
"""Days after which a company without any working day gets its report all the same."""
BACK, AHEAD = 6, 12
"""Weeks that are looked through: longer than FARTHEST."""


@dataclass(frozen=True)
class Due:
    """A report of the week that began on the Monday `week` is to be sent at this time (aware)."""

    week: date
    at: datetime


@dataclass(frozen=True)
class Clockwork:
    """The company's clock (IANA zone) and calendar, read once."""

    zone: str
    calendar: Calendar

    def latest(self, weekday: int, hour: int, now: datetime) -> Due:
        """The last one that has come, a day off moved it or not."""
        first = self._this_week(now)
        dues = (self._due(first - n * A_WEEK, weekday, hour) for n in range(BACK))
        return next(due for due in dues if due.at <= now)

    def next(self, weekday: int, hour: int, now: datetime, sent: date | None = None) -> Due:
        """The first one to come; of a later week than `sent`, if that is given."""
        first = self._this_week(now) - BACK * A_WEEK
        dues = (self._due(first + n * A_WEEK, weekday, hour) for n in range(BACK + AHEAD))
        return next(due for due in dues if due.at > now and (sent is None or due.week > sent))

    def _this_week(self, now: datetime) -> date:
        return week_of(now.astimezone(ZoneInfo(self.zone)).date(), self.zone).first

    def _due(self, first: date, weekday: int, hour: int) -> Due:
        """What is sent in the week that begins then: the week before it."""
        day = first + weekday * A_DAY
        days = (day + n * A_DAY for n in range(FARTHEST))
        day = next((one for one in days if self.calendar.on(one) > timedelta()), day)
        return Due(first - A_WEEK, datetime.combine(day, time(hour), ZoneInfo(self.zone)))


def clockwork() -> Clockwork:
    """As the company has set it up, with its days off; by the agreement's calendar as long as nobody has."""
    under = agreements.in_force()
    hours = company_hours() or worktime.default_hours(under.agreement if under else None)
    begin = clock.now() - BACK * A_WEEK  # days off of the past count too: they moved what was due
    calendar = worktime.calendars_for((), (), hours, since=begin).of_team(None)
    return Clockwork(the_company().time_zone or settings.TIME_ZONE, calendar)
