"""Forms of working time, and its words: days of the week, countries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from tasuki.calendars import DAYS, holiday_codes
from tasuki.server.core import clock
from tasuki.server.core.formats import language
from tasuki.server.pages.forms import Form, _zones, text

FIRST, LAST = date(1990, 1, 1), date(2100, 12, 30)


def day_names(width: str = "wide") -> list[str]:
    """Monday to Sunday in the reader's language; `abbreviated` is short."""
    names = dates.get_day_names(width, locale=language())  # type: ignore[arg-type]
    return [names[nth] for nth in range(7)]


def countries() -> list[tuple[str, str]]:
    """Code and name of every country whose holidays are known, by name."""
    names = Locale(language()).territories
    known = ((code, str(names.get(code, code))) for code in holiday_codes() if "-" not in code)
    return sorted(known, key=lambda country: country[1])


def week_text(week: dict[str, str]) -> str:
    """A week in one line: `Mon–Fri 09:00-18:00, Sat 09:00-12:00`."""
    parts: list[tuple[int, int, str]] = []
    for nth, name in enumerate(DAYS):
        hours = week.get(name, "")
        if hours and parts and parts[-1][1:] == (nth - 1, hours):
            parts[-1] = (parts[-1][0], nth, hours)
        elif hours:
            parts.append((nth, nth, hours))
    names = day_names("abbreviated")
    return " / ".join(
        f"{names[first]}{f'–{names[last]}' if last > first else ''} {hours}" for first, last, hours in parts
    )


def _a_date(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)],
        **more,
    )


class HoursForm(Form):
    """A week of work."""

    time_zone = forms.ChoiceField(
        label=_("Time zone of these hours"),
        required=False,
        choices=lazy(lambda: [("", _("Each person's own")), *_zones()[1:]], list),
    )
    holidays = text(
        _("Public holidays of"),
        longest=25,
        widget=forms.TextInput(attrs={"list": "countries"}),
        help_text=_("A country like JP, or a part of one like DE-BY; empty: none are kept."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in zip(DAYS, day_names(), strict=True):
            self.fields[code] = text(name, widget=forms.TextInput(attrs={"placeholder": "–"}))
        self.order_fields([*DAYS, "time_zone", "holidays"])

    def given(self) -> dict[str, Any]:
        """What was typed, as the command takes it."""
        typed = dict(self.cleaned_data)
        return {"week": {day: hours for day in DAYS if (hours := typed.pop(day))}, **typed}


class AbsenceForm(Form):
    """When someone is away: whole days, or from and until a time of day."""

    first_day = _a_date(_("First day away"))
    last_day = _a_date(_("Last day away"), required=False, help_text=_("Empty: the same day."))
    since = forms.TimeField(
        label=_("From (time)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("Empty: the whole day."),
    )
    until = forms.TimeField(
        label=_("Until (time)"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    note = text(_("Note"), help_text=_("Only you and those who lead see it."))

    def check(self, given: dict[str, Any], known: Iterable[tuple[datetime, datetime]]) -> bool:
        """Whether it can be entered beside what is `known`, as begin and end; else the form says why not."""
        span = given["begins_at"], given["ends_at"]
        if span[1] <= span[0]:
            at = "until" if self.cleaned_data["until"] else "last_day"
            self.add_error(at, _("The end lies before the begin."))
        elif span[1] <= clock.now():
            self.add_error("last_day", _("This is over already."))
        elif span in known:
            self.add_error("first_day", _("This absence is entered already."))
        return not self.errors

    def given(self, zone: str) -> dict[str, Any]:
        """What was typed, as the command takes it; days are days in `zone`."""
        typed, place = self.cleaned_data, ZoneInfo(zone)
        last = typed["last_day"] or typed["first_day"]
        last_day, until = (last, typed["until"]) if typed["until"] else (last + timedelta(days=1), time.min)
        return {
            "begins_at": datetime.combine(typed["first_day"], typed["since"] or time.min, place),
            "ends_at": datetime.combine(last_day, until, place),
            "note": typed["note"],
        }


class DayOffForm(Form):
    """A day on which nobody works."""

    day = _a_date(_("Day"))
    name = text(_("Name"), required=True, longest=100, help_text=_("Such as: summer holidays."))
    team = forms.TypedChoiceField(label=_("For whom"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, teams: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = [("", _("The whole company")), *teams]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        """Not one that is over."""
        day: date = self.cleaned_data["day"]
        if day < timezone.localtime(clock.now()).date():
            raise forms.ValidationError(_("This day is over already."))
        return day
