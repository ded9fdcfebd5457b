"""What a deal must be like, whichever way it comes in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from tasuki.server.activities.checks import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_KEY,
    problem_of_time,
)
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.texts import problem_of_texts
from tasuki.server.deals.inputs import DealInput
from tasuki.server.deals.models import Deal

HIGHEST = Decimal(10) ** 16
TEXTS = {"name": 300, "reason": 200, "key": LONGEST_KEY, "owner": 150}


def problem(given: DealInput, now: datetime) -> Refused | None:
    """Why this deal cannot be stored, or None; whether its lead is there is asked elsewhere."""
    return next(_problems(given, now), None)


def _problems(given: DealInput, now: datetime) -> Iterator[Refused]:
    if found := problem_of_texts({field: getattr(given, field) for field in TEXTS}, TEXTS):
        yield found
    if given.amount is not None and (found := problem_of_amount(given.amount)):
        yield found
    if given.currency is not None and not is_currency(given.currency):
        yield Invalid(
            "currency_unknown",
            _("There is no such currency."),
            cure=_("Give its three letters, like JPY, USD or EUR."),
            field="currency",
        )
    if given.state is not None and given.state not in Deal.State.values:
        yield Invalid(
            "state_unknown",
            _("A deal cannot be in this state."),
            cure=_("Choose from: %(known)s.") % {"known": ", ".join(Deal.State.values)},
            field="state",
        )
    yield from _of_times(given, now)


def _of_times(given: DealInput, now: datetime) -> Iterator[Refused]:
    for field in ("opened_at", "closed_at"):
        at: datetime | None = getattr(given, field)
        if at is not None and (found := problem_of_time(at, now, field)):
            yield found
    if given.expected_at is not None and not _in_range(given.expected_at):
        yield Invalid(
            "time_out_of_range",
            _("The year %(year)s is out of range.") % {"year": given.expected_at.year},
            cure=_("Give a time between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
            field="expected_at",
        )
    if given.opened_at and given.closed_at and given.closed_at < given.opened_at:
        yield Invalid(
            "closed_before_opened",
            _("The deal closes before it was opened."),
            cure=_("Check both times."),
            field="closed_at",
        )
    if given.closed_at is not None and given.state == Deal.State.OPEN:
        yield Invalid(
            "open_but_closed",
            _("An open deal has no time at which it was closed."),
            cure=_("Leave the time out, or give the state won or lost."),
            field="closed_at",
        )


def _in_range(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


def problem_of_amount(amount: Decimal) -> Refused | None:
    """Why this cannot be an amount, or None: below zero, too large, or finer than a hundredth."""
    if amount.is_finite() and 0 <= amount < HIGHEST and amount == amount.quantize(Decimal("0.01")):
        return None
    return Invalid(
        "amount_invalid",
        _("This cannot be the amount of a deal."),
        cure=_("Give a number of at least 0, with at most 16 digits before the point and two after it."),
        field="amount",
    )
