"""What templates say with a filter or a tag: times, numbers, words, stages."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tasuki.server.agreements.stages import Stages
from tasuki.server.core import clock, formats, words
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.notify import attempts, kinds

if TYPE_CHECKING:
    from django.contrib.messages.storage.base import Message

    from tasuki.server.core.models import User

register = template.Library()

NUMBER = 1_234_567
JUST_NOW = timedelta(seconds=15)
register.filter("beside", formats.beside)


@register.filter
def ago(instant: datetime | None) -> str:
    """How long ago, or until when; exact on hover."""
    return formats.time_tag(instant)


@register.filter
def just_now(instant: datetime | None) -> bool:
    """Whether it was within the last seconds: such a row stands out."""
    return instant is not None and clock.now() - instant < JUST_NOW


@register.filter
def when(instant: datetime | None) -> str:
    """Date and time; exact on hover."""
    return formats.time_tag(instant, formats.short(instant) if instant else None)


@register.filter
def weekday_time(instant: datetime) -> str:
    """Date with its day of the week, and time; exact on hover."""
    return formats.time_tag(instant, formats.with_weekday(instant))


@register.filter
def day(value: date | datetime | None) -> str:
    """A date."""
    return formats.day(value) if value else "–"


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """A number; a dash where there is none."""
    return "–" if value is None else formats.number(value, digits)


@register.filter
def counted(waiting: int) -> str:
    """How much waits; with a plus where it was not counted to its end."""
    is_all = waiting < lifecycle.MANY
    return formats.number(waiting) if is_all else f"{formats.number(lifecycle.MANY - 1)}+"


@register.filter
def points(value: float) -> str:
    """Points with their sign."""
    return formats.points(value)


@register.filter
def person(user: User | None) -> str:
    """The name of somebody who works here; a dash for nobody."""
    return user.shown_name if user else "–"


@register.filter
def undo_of(message: Message) -> str:
    """Where what a message tells of can be undone: the address to send to, or nothing."""
    tag, _space, address = (message.extra_tags or "").partition(" ")
    return address if tag == "undo" else ""


@register.filter
def money(deal: Any) -> str:
    """The amount of a deal."""
    amount: Decimal | None = deal.amount
    return formats.money(amount, deal.currency)


@register.filter
def about_money(total: Any) -> str:
    """A sum of several deals, as exact as it can be read."""
    return formats.about(total.amount, total.currency)


WORDS = {
    "activity": words.ACTIVITIES,
    "reason": words.REASONS,
    "question": words.QUESTIONS,
    "role": words.ROLES,
    "field": words.FIELDS,
    "channel": words.CHANNELS,
    "news": kinds.WORDS,
    "event": {**kinds.EVENTS, kinds.TEST: kinds.WORDS[kinds.TEST]},
    "refusal": words.REFUSALS,
    "answer": words.ANSWERS,
    "outcome": words.OUTCOMES,
    "scope": words.SCOPES,
}


@register.filter
def say(code: str, kind: str) -> str:
    """The word for a code of that kind, such as `reason`."""
    return words.say(WORDS[kind], code)


@register.simple_tag
def kept(template: str, **given: Hashable) -> str:
    """A part of a page that is made of nothing but what is given here, and often of the same: written once for each."""
    return _kept(template, get_language(), **given)


@lru_cache(300)
def _kept(template: str, _language: str | None, **given: Hashable) -> str:
    return render_to_string(template, given)


@register.filter
def page_of(pk: int, name: str) -> str:
    """The address of the page of one of many, such as `lead`: for rows, where Django would look for each anew."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{pk}{after}"


@lru_cache(50)
def _around(name: str, _prefix: str) -> tuple[str, str]:
    before, _number, after = reverse(name, args=[NUMBER]).rpartition(str(NUMBER))
    return before, after


@register.simple_tag
def icon(name: str) -> str:
    """A drawing beside a word; it says nothing by itself. Names are those of `assets/icons.txt`."""
    return _icon(static("made/icons.svg"), name)


@lru_cache(200)
def _icon(address: str, name: str) -> str:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


@register.filter
def fault(code: str) -> str:
    """Why a message did not arrive."""
    return attempts.said(code)


@register.filter
def identity(kind: str) -> str:
    """The word for a kind of identity; for an external one, the system it comes from."""
    if kind.startswith("external:"):
        return _("Number in %(system)s") % {"system": kind.removeprefix("external:")}
    return words.say(words.IDENTITIES, kind)


@register.simple_tag(takes_context=True)
def stage(context: Context, code: str) -> str:
    """The chip of a stage: its id, with its name on hover; `no stage` where there is none."""
    stages: Stages = context["stages"]
    if not code:
        return format_html('<span class="chip plain">{}</span>', _("no stage"))
    return _chip(stages.css(code), stages.name(code), stages.short(code))


@lru_cache(200)
def _chip(css: str, name: str, short: str) -> str:
    return format_html('<span class="chip {}" title="{}">{}</span>', css, name, short)


@register.simple_tag(takes_context=True)
def stage_name(context: Context, code: str) -> str:
    """The name of a stage in the reader's language."""
    stages: Stages = context["stages"]
    return stages.name(code) if code else _("no stage")


@register.simple_tag(takes_context=True)
def score_name(context: Context, code: str) -> str:
    """The name of a score in the reader's language."""
    stages: Stages = context["stages"]
    return stages.score(code)


@register.simple_tag(takes_context=True)
def signal_name(context: Context, code: str) -> str:
    """The name of a signal in the reader's language."""
    stages: Stages = context["stages"]
    return stages.signal(code)


@register.simple_tag(takes_context=True)
def stage_short(context: Context, code: str) -> str:
    """What a stage is called where there is little room."""
    stages: Stages = context["stages"]
    return stages.short(code)


@register.simple_tag(takes_context=True)
def stage_class(context: Context, code: str) -> str:
    """The class that carries the stage's colour."""
    stages: Stages = context["stages"]
    return stages.css(code)


@register.filter
def day_short(instant: datetime) -> str:
    """Month and day; exact on hover."""
    return formats.time_tag(instant, formats.month_day(instant))


@register.filter
def within(service_level: str) -> str:
    """A service level in the reader's language: `2 business hours`."""
    return formats.service_level(service_level)
