"""The forms of the first run: who begins, the company, people in rows, the password of a newcomer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from babel import Locale
from babel.numbers import get_currency_name
from django import forms
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasuki.calendars import DAYS
from tasuki.server.core.entrance import Newcomer
from tasuki.server.core.formats import language
from tasuki.server.core.models import Company, Role
from tasuki.server.pages.forms import Form, _zones, text
from tasuki.server.pages.hours_forms import countries, day_names

CURRENCIES: Final = (
    "JPY", "USD", "EUR", "GBP", "CNY", "KRW", "TWD", "HKD", "SGD", "THB", "VND", "IDR", "MYR", "PHP", "INR",
    "AUD", "NZD", "CAD", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "MXN", "ZAR", "AED",
)  # fmt: skip
ROWS: Final = 4
MOST_ROWS: Final = 30


def _password(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Several words that others would not guess; at least ten letters."),
    )


class First(Form):
    """The first administrator."""

    code = text(
        _("Code"), required=True, longest=40,
        help_text=_("It stands where Tasuki was started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    family_name = text(_("Family name"), longest=150)
    given_name = text(_("Given name"), longest=150)
    email = text(_("Mail address"), longest=254, widget=forms.EmailInput)
    username = text(
        _("User name"), required=True, longest=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text=_("With this and the password you sign in, such as: adachi"),
    )  # fmt: skip
    password = _password(_("Password"))


class Welcome(Form):
    """Somebody who was invited."""

    password = _password(_("Password"))


def _currencies() -> list[tuple[str, str]]:
    return [(code, f"{code} · {get_currency_name(code, locale=language())}") for code in CURRENCIES]


def _clock(label: Any, *, required: bool = False) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=required, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class CompanyForm(Form):
    """Name, calendar and currency."""

    name = text(_("Name of the company"), required=True)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=lazy(lambda: _zones()[1:], list)
    )
    days = forms.MultipleChoiceField(
        label=_("Working days"),
        choices=lazy(lambda: list(zip(DAYS, day_names("abbreviated"), strict=True)), list),
        widget=forms.CheckboxSelectMultiple,
    )
    begins = _clock(_("Work begins"), required=True)
    ends = _clock(_("Work ends"), required=True)
    break_from = _clock(_("Break from"))
    break_until = _clock(_("Break until"))
    holidays = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        choices=lazy(lambda: [("", _("None are kept")), *countries()], list),
        help_text=_("On these days nobody works, and no clock runs."),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=lazy(_currencies, list))

    @classmethod
    def start_of(cls, company: Company) -> dict[str, Any]:
        """What is stored, as the form asks for it; hours that the form cannot hold begin anew."""
        spans = [span.split("-") for span in company.hours.replace(" ", "").split(",")]
        first, last = spans[0], spans[-1]
        breaks = (first[1], last[0]) if len(spans) == 2 else ("", "")
        return {
            "name": company.name, "time_zone": company.time_zone, "days": company.days.split(","),
            "begins": first[0], "ends": last[-1], "break_from": breaks[0], "break_until": breaks[1],
            "holidays": company.holidays, "currency": company.currency,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The break lies within the day, or is left out."""
        given = super().clean() or {}
        pause = given.get("break_from"), given.get("break_until")
        if any(pause) and not all(pause):
            self.add_error("break_until" if pause[0] else "break_from", _("Give both, or neither."))
        elif all(pause) and not self._in_order(*pause):
            self.add_error("break_from", _("The break should lie within the working hours."))
        return given

    def _in_order(self, begin: time | None, end: time | None) -> bool:
        first, last = self.cleaned_data.get("begins"), self.cleaned_data.get("ends")
        return not (first and last and begin and end) or first < begin < end < last

    def given(self) -> dict[str, Any]:
        """What was typed, as the command takes it."""
        typed = self.cleaned_data
        pause = typed["break_from"], typed["break_until"]
        edges = [typed["begins"], *(pause if all(pause) else ()), typed["ends"]]
        marks = [f"{edge:%H:%M}" for edge in edges]
        hours = ",".join(f"{begin}-{end}" for begin, end in zip(marks[::2], marks[1::2], strict=True))
        plain = {name: typed[name] for name in ("name", "time_zone", "holidays", "currency")}
        return {**plain, "days": ",".join(day for day in DAYS if day in typed["days"]), "hours": hours}


class PersonRow(Form):
    """One of several new people; a row in which nothing is typed is passed over."""

    name = text(pgettext_lazy("person", "Name"))
    email = text(_("Mail address"), longest=254, widget=forms.EmailInput)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    team = text(_("Team"), longest=100, widget=forms.TextInput(attrs={"list": "teams"}))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(str(self[name].value() or "").strip() for name in ("name", "email", "team"))

    def newcomer(self) -> Newcomer:
        """What was typed, as the command takes it."""
        typed = self.cleaned_data
        return Newcomer(typed["name"], typed["email"], typed["role"], typed["team"])


@dataclass
class PeopleForm:
    """Several rows."""

    rows: list[PersonRow]

    @classmethod
    def empty(cls) -> PeopleForm:
        """With some rows, in the roles that there usually are."""
        roles = [Role.MARKETING, Role.INSIDE_SALES, Role.SALES, Role.MANAGER]
        return cls([PersonRow(prefix=str(n), initial={"role": roles[n]}) for n in range(ROWS)])

    @classmethod
    def of(cls, data: QueryDict) -> PeopleForm:
        """As sent; one more row where that was asked for."""
        count = data.get("rows", "")
        known = min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else ROWS
        rows = [PersonRow(data, prefix=str(n)) for n in range(max(known, 1))]
        if data.get("more") and known < MOST_ROWS:
            rows.append(PersonRow(prefix=str(known), initial={"role": Role.SALES}))
        return cls(rows)

    def filled(self) -> list[PersonRow]:
        """The rows in which something was typed."""
        return [row for row in self.rows if row.is_bound and not row.is_empty]

    def is_valid(self) -> bool:
        """Whether every filled row reads well."""
        wrong = [row for row in self.filled() if not row.is_valid()]  # every row is looked at
        return not wrong

    def newcomers(self) -> list[Newcomer]:
        """Who is to be made."""
        return [row.newcomer() for row in self.filled()]

    def refuse(self, field: str, said: str) -> bool:
        """Put a refusal like `email-2` beside its field; whether there is such a one."""
        name, _dash, place = field.rpartition("-")
        rows = self.filled()
        if not place.isdigit() or int(place) >= len(rows) or name not in rows[int(place)].fields:
            return False
        rows[int(place)].add_error(name, said)
        return True


def country_name(code: str) -> str:
    """What people call it; the code itself for a part of a country."""
    return str(Locale(language()).territories.get(code, code))


def teams_named(names: Iterable[str]) -> list[str]:
    """Names for the list of suggestions: those there are, then what teams are usually called."""
    usual = [str(_("Marketing")), str(_("Inside sales")), str(_("Sales"))]
    return list(dict.fromkeys([*names, *usual]))
