"""What stands in a cell of a list of leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tasuki.server.agreements.stages import Stages
from tasuki.server.core import formats, words
from tasuki.server.lists.columns import Column
from tasuki.server.pages.templatetags.clocks import clock
from tasuki.server.pages.templatetags.tasuki import page_of, stage
from tasuki.server.people.models import Lead

register = template.Library()


@register.simple_tag(takes_context=True)
def cells(context: Context, lead: Lead, columns: Iterable[Column]) -> str:
    """The cells of a row."""
    return format_html_join(
        "", '<td class="{}">{}</td>', ((column.kind, cell(context, lead, column)) for column in columns)
    )


@register.simple_tag(takes_context=True)
def cell(context: Context, lead: Lead, column: Column) -> str:
    """The value of a column as people read it; a dash where there is none."""
    if column.kind == "stage":
        return _stage(context, lead)
    if column.kind == "clock":
        return clock(getattr(lead, "standing", None))
    value = column.value(lead)
    if value in (None, ""):
        return "–"
    if column.kind in ("time", "day"):
        return formats.time_tag(value, formats.day(value) if column.kind == "day" else None)
    if column.kind == "number":
        return formats.number(value)
    if column.kind == "channel":
        return words.say(words.CHANNELS, value)
    if column.kind == "company" and lead.account_id:
        return format_html('<a href="{}">{}</a>', page_of(lead.account_id, "account"), value)
    if column.kind == "phone":
        return format_html('<a href="tel:{0}">{0}</a>', value)
    return str(value)


def _stage(context: Context, lead: Lead) -> str:
    shown = stage(context, lead.stage)
    to = getattr(lead, "held_to", "")
    if not to:
        return shown
    stages: Stages = context["stages"]
    text = _("to %(stage)s within ten seconds") % {"stage": stages.name(to)}
    return format_html(
        '{} <span class="held" title="{}">→ {}</span>', SafeString(shown), text, stage(context, to)
    )


@register.filter
def at_key(ways: Mapping[str, Mapping[str, str]], stage_here: str) -> Iterable[tuple[str, str]]:
    """Where a lead may go from a stage: to, and why not."""
    return ways.get(stage_here, {}).items()
