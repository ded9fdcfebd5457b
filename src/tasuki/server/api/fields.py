"""The kinds of values that the API takes and gives, each with its bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1900, 2200
LARGEST_ID = 2**53 - 1


class Taken(BaseModel):
    """What is taken: nothing unknown, nothing turned into something else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Given(BaseModel):
    """What is given: made of objects or dicts."""

    model_config = ConfigDict(from_attributes=True)


def refuse(code: str, message: str, cure: str) -> PydanticCustomError:
    """An error within a validator, in the house's words."""
    return PydanticCustomError("refused", "refused", {"code": code, "message": message, "cure": cure})


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise refuse("nul_byte", _("This text holds a NUL byte."), _("Take it out; text has none."))
    return text


def _instant(value: Any) -> datetime:
    """A time with its offset, to UTC."""
    found = _parsed(value)
    if found.tzinfo is None:
        raise refuse(
            "time_without_zone",
            _("This time does not say its time zone."),
            _("Write it like 2026-04-01T09:00:00+09:00 or 2026-04-01T00:00:00Z."),
        )
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise refuse(
            "time_out_of_range",
            _("The year %(year)s is out of range.") % {"year": found.year},
            _("Give a time between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
        )
    return found.astimezone(UTC)


def _parsed(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and 19 <= len(value) <= 40 and value[10] in "Tt ":
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass
    raise refuse(
        "time_invalid",
        _("This is not a time."),
        _("Write it like 2026-04-01T09:00:00+09:00 or 2026-04-01T00:00:00Z."),
    )


def _day(value: Any) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise refuse("date_invalid", _("This is not a date."), _("Write it like 2026-04-01."))
    return found


def _amount(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e16:
        exact = Decimal(str(value))
        if exact == exact.quantize(Decimal("0.01")):
            return exact
    raise refuse(
        "amount_invalid",
        _("This cannot be the amount of a deal."),
        _("Give a number of at least 0, with at most 16 digits before the point and two after it."),
    )


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Clean = BeforeValidator(lambda value: _without_nul(value) if isinstance(value, str) else value)
Short = Annotated[str, Clean, Field(max_length=200)]
Name = Annotated[str, Clean, Field(min_length=1, max_length=200)]
Text = Annotated[str, Clean, Field(max_length=10_000)]
Type = Annotated[str, Clean, Field(min_length=1, max_length=100)]
Source = Annotated[str, Clean, Field(min_length=1, max_length=60)]
Key = Annotated[str, Clean, Field(min_length=1, max_length=200)]
Mail = Annotated[str, Clean, Field(min_length=3, max_length=254)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]
Day = Annotated[
    date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")
]
Amount = Annotated[
    Decimal,
    PlainValidator(_amount),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1e16}, mode="validation"),
]
At = Annotated[datetime, PlainSerializer(_shown, return_type=str)]
"""A time that is given: UTC, with Z."""
