"""Working time: when somebody works, how much of it lies between two instants, and when so much of it has passed.

Pure: no clock, no database. Instants are aware datetimes, answers are UTC, exact to the microsecond.

    hours = Hours(zone="Asia/Tokyo", week={"mon": "09:00-12:00, 13:00-18:00", …}, holidays="JP")
    calendar = calendar_of(hours)
    calendar.business(begin, end)             # timedelta of working time
    calendar.after(begin, timedelta(hours=2)) # when two hours of it have passed
"""

from tasuki.calendars.calendar import Calendar, calendar_of
from tasuki.calendars.faults import HoursInvalid, NoWorkingTime
from tasuki.calendars.hours import ALWAYS, Hours, hours_of_text
from tasuki.calendars.public_days import holiday_codes, public_days
from tasuki.calendars.service import ServiceTimeLike, service_due, service_span
from tasuki.calendars.weeks import DAYS

__all__ = [
    "ALWAYS",
    "DAYS",
    "Calendar",
    "Hours",
    "HoursInvalid",
    "NoWorkingTime",
    "ServiceTimeLike",
    "calendar_of",
    "holiday_codes",
    "hours_of_text",
    "public_days",
    "service_due",
    "service_span",
]
