"""The company that an installation belongs to, and how far its owner has come in setting it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from babel.numbers import is_currency
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasuki.calendars import DAYS, Hours, HoursInvalid, hours_of_text
from tasuki.server.core import audit
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid
from tasuki.server.core.models import Company
from tasuki.server.core.prepared import prepared
from tasuki.server.core.texts import a_name, a_time_zone

STEPS: Final = ("company", "people", "agreement", "import", "telling")
"""What there is to set up, in this order."""
DONE, SKIPPED, CLOSED = "done", "skipped", "closed"
ONE: Final = 1
"""The id of the only row."""


def company(actor: Actor) -> Company:
    """The company as it stands; what is usual where nobody has said anything. For everyone."""
    require(actor, "leads.read")
    return the_company()


def the_company() -> Company:
    """The same for commands, which have asked."""
    return _company.first() or Company(pk=ONE, time_zone=settings.TIME_ZONE)


@prepared
def _company() -> QuerySet[Any, Company]:
    return Company.objects.filter(pk=ONE)


def company_hours() -> Hours | None:
    """The hours that somebody has said the company works; None as long as nobody has."""
    row = Company.objects.filter(pk=ONE).exclude(name="").first()
    return hours_of(row) if row else None


def hours_of(row: Company) -> Hours:
    """Its hours. HoursInvalid."""
    return hours_of_text(row.days, row.hours, row.holidays or None, row.time_zone or settings.TIME_ZONE)


@transaction.atomic
def put_company(
    actor: Actor, *, name: str, time_zone: str, days: str, hours: str, holidays: str, currency: str
) -> Company:
    """Say what the company is called, when it works and in what money it counts. Invalid with the field; NotAllowed."""
    require(actor, "company.manage")
    row = _locked()
    row.name = a_name(name, field="name", longest=200)
    row.time_zone = a_time_zone(time_zone.strip()) or settings.TIME_ZONE
    row.days, row.hours, row.holidays = days.strip(), hours.strip(), holidays.strip()[:25]
    row.currency = _a_currency(currency)
    _check_hours(row)
    row.setup = {**row.setup, "company": DONE}
    row.save()
    audit.record(actor, "company.put", "company:1", currency=row.currency, time_zone=row.time_zone)
    return row


def _locked() -> Company:
    Company.objects.get_or_create(pk=ONE, defaults={"time_zone": settings.TIME_ZONE})
    return Company.objects.select_for_update().get(pk=ONE)


def _a_currency(code: str) -> str:
    code = code.strip().upper()
    if not is_currency(code):
        raise Invalid(
            "currency_unknown",
            _("There is no such currency."),
            cure=_("Write its three letters, such as JPY."),
            field="currency",
        )
    return code


def _check_hours(row: Company) -> None:
    if not any(day in row.days.split(",") for day in DAYS):
        raise Invalid(
            "hours_empty",
            _("In this week nobody ever works."),
            cure=_("Choose at least one day."),
            field="days",
        )
    try:
        hours_of(row)
    except HoursInvalid as wrong:
        raise _refused(wrong) from None


def _refused(wrong: HoursInvalid) -> Invalid:
    if wrong.place == "holidays":
        message, cure = _("Of this country no holidays are known."), _("Choose another, or none.")
        return Invalid("holidays_unknown", message, cure=cure, field="holidays")
    cure = _("Write them like 09:00-12:00, 13:00-18:00.")
    return Invalid(wrong.code, _("These hours cannot be read."), cure=cure, field="hours")


def agreement_head(row: Company) -> str:
    """The lines of an agreement that say its time zone and calendar."""
    holidays = f", holidays: {row.holidays}" if row.holidays else ""
    zone = row.time_zone or settings.TIME_ZONE
    return f'timezone: {zone}\ncalendar: {{days: "{row.days}", hours: "{row.hours}"{holidays}}}\n'


# How far it is set up.


@transaction.atomic
def mark_step(actor: Actor, step: str, how: str = DONE) -> None:
    """A step was done, or is skipped; `closed` with the step `setup` ends it all. Invalid: no such step; NotAllowed."""
    require(actor, "company.manage")
    if step not in (*STEPS, "setup") or how not in (DONE, SKIPPED, CLOSED):
        raise Invalid("step_unknown", _("There is no such step."), cure=_("Choose one of those shown."))
    row = _locked()
    if row.setup.get(step) == how or (how == SKIPPED and row.setup.get(step) == DONE):
        return
    row.setup = {**row.setup, step: how}
    row.save(update_fields=["setup"])
    audit.record(actor, "company.setup", "company:1", step=step, how=how)


def progress(actor: Actor) -> Mapping[str, Any] | None:
    """Step → done or skipped, as it was marked; None once it is over or for those who may not set things up."""
    if not actor.may("company.manage"):
        return None
    require(actor, "company.manage")
    row = _company.first()
    marks: Mapping[str, Any] = row.setup if row else {}
    return None if is_over(marks) else marks


def note_step(actor: Actor, step: str) -> None:
    """A step was done on a page of its own: marked as long as there is anything to set up, and by who may; else nothing."""
    if progress(actor) is not None:
        mark_step(actor, step)


def is_over(marks: Mapping[str, Any]) -> bool:
    """Whether nothing is left to be set up."""
    return marks.get("setup") == CLOSED or all(step in marks for step in STEPS)
