"""What messages say with a filter."""

from __future__ import annotations

from datetime import datetime

from django import template

from tasuki.server.core import formats

register = template.Library()
register.filter("points", formats.points)
register.filter("beside", formats.beside)


@register.filter
def short(instant: datetime) -> str:
    """Date and time to the minute."""
    return formats.short(instant)


@register.filter
def day(instant: datetime) -> str:
    """A date."""
    return formats.day(instant)


@register.filter
def number(value: float) -> str:
    """A number with its thousands apart."""
    return formats.number(value, 1)
