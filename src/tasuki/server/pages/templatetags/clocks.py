"""What templates say of clocks and loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.metrics import values
from tasuki.server.core import formats
from tasuki.server.core.access import Actor
from tasuki.server.core.words import Words, say
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.routed import WHOM
from tasuki.server.lifecycle.standing import Standing
from tasuki.server.pages.sash import may_take

if TYPE_CHECKING:
    from tasuki.server.handoffs.staff import Crew, Member
    from tasuki.server.lifecycle.flow import Measured

register = template.Library()

CAUSES: Words = {
    "given": gettext_lazy("given"),
    "transferred": gettext_lazy("given on"),
    "reassigned": gettext_lazy("not answered in time, given on"),
    "released": gettext_lazy("there was room"),
    "taken": gettext_lazy("taken"),
    "accepted": gettext_lazy("accepted"),
    "returned": gettext_lazy("sent back"),
    "expired": gettext_lazy("ran out"),
    "other": gettext_lazy("moved otherwise"),
    "merged": gettext_lazy("merged"),
    "reopened": gettext_lazy("open again"),
    "erased": gettext_lazy("erased"),
}
"""Why a clock started or stopped."""

MINUTE = timedelta(minutes=1)
HOUR, DAY = 60, 24 * 60
LONG = 4 * DAY
"""From so many minutes on days are told instead of hours."""


@register.filter
def clock(standing: Standing | None) -> str:
    """How much of a handoff's time is left, or by how much it is over; when it is due on hover."""
    if standing is None or standing.left is None or standing.due is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}" class="clock{}">{}</time>',
        standing.due.isoformat(),
        _("due %(at)s") % {"at": formats.exact(standing.due)},
        " act" if standing.is_urgent else "",
        _left(standing, abs(standing.left)),
    )


@register.filter
def ticking(standing: Standing | None) -> str:
    """The same in short, as a clock that runs in the browser: by the seconds that are left now, as the server counts them.

    `data-ticks` where its time passes now; nobody's business hours pass at night.
    """
    if standing is None or standing.left is None or standing.due is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" class="clock{}" data-left="{}"{}>{}</time>',
        standing.due.isoformat(),
        _("due %(at)s") % {"at": formats.exact(standing.due)},
        " act" if standing.is_urgent else "",
        int(standing.left.total_seconds()),
        mark_safe(" data-ticks") if standing.ticks else "",
        _in_short(standing.left),
    )


def _in_short(left: timedelta) -> str:
    text = amount(abs(left))
    return (_("%(time)s over") if left < timedelta() else _("in %(time)s")) % {"time": text}


KINDS: Words = {
    "overdue": gettext_lazy("Overdue"),
    "due": gettext_lazy("Due soon"),
    "new": gettext_lazy("New"),
    "reapproach": gettext_lazy("To approach again"),
    "call": gettext_lazy("Promised calls"),
    "contacted": gettext_lazy("Contacted, not answered yet"),
    "own": gettext_lazy("In progress"),
    "hot": gettext_lazy("Show interest now"),
    "anybody": gettext_lazy("To approach again, not yours"),
    "coming": gettext_lazy("Calls of the next seven days"),
}
"""Why a lead is in the queue."""
MEASURES: Words = {
    "": gettext_lazy("entered"),
    "acceptance": gettext_lazy("accepted of those answered"),
    "amount": gettext_lazy("amount"),
}
PERIODS: Words = {
    "week": gettext_lazy("in seven days"),
    "month": gettext_lazy("this month"),
    "quarter": gettext_lazy("this quarter"),
    "year": gettext_lazy("this year"),
    "": gettext_lazy("this month"),
}


@register.filter
def task_kind(kind: str) -> str:
    """The heading over a part of the queue."""
    return say(KINDS, kind)


@register.filter
def measure_word(key: str) -> str:
    """What a target measures: `SAL.acceptance`."""
    return say(MEASURES, key.partition(".")[2])


@register.filter
def period(per: str) -> str:
    """Over what time it is counted."""
    return say(PERIODS, per)


@register.filter
def measured(one: Measured, which: str) -> str:
    """The figure or the target, with its unit."""
    value = one.target.amount if which == "target" else one.actual
    if value is None:
        return "–"
    if one.what.endswith(".amount"):
        return formats.about(Decimal(round(value)), one.target.unit)
    is_share = one.target.unit == "%"
    return values.percent(value / 100, formats.language()) if is_share else formats.number(value)


@register.filter
def bars(trend: Sequence[int]) -> str:
    """A small picture of some counts, with the counts for who does not see it."""
    most = max([*trend, 1])
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="5" height="{}"></rect>',
        (
            (n * 7, 20 - high, high)
            for n, one in enumerate(trend)
            for high in [max(round(20 * one / most), 1)]
        ),
    )
    told = _(", ").join(formats.number(one) for one in trend)
    said = _("The last eight weeks, each: %(counts)s") % {"counts": told}
    return format_html(
        '<svg class="bars" viewBox="0 0 {} 20" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        len(trend) * 7 - 2, said, said, drawn,
    )  # fmt: skip


@register.filter
def named(username: str, names: Mapping[str, str]) -> str:
    """The name of who signs in under this one."""
    return names.get(username, username)


@register.filter
def work_of(person: Member, team: Crew) -> str:
    """How long what somebody has takes."""
    return of_minutes(person.open * team.minutes_a_lead)


@register.filter
def share_of(person: Member, team: Crew) -> str:
    """The same against what they have time for."""
    return percent(person.open * team.minutes_a_lead / person.minutes if person.minutes else None)


@register.simple_tag
def clock_words() -> dict[str, str]:
    """The words by which the browser tells the clocks that run: `%d`, `%h`, `%m` stand for numbers."""
    return {
        "over": _("%(time)s over") % {"time": "%t"},
        "left": _("in %(time)s") % {"time": "%t"},
        "minute": _("under 1 m"),
        "minutes": _("%(m)s m") % {"m": "%m"},
        "full": _("%(h)s h") % {"h": "%h"},
        "hours": _("%(h)s h %(m)s m") % {"h": "%h", "m": "%m"},
        "days": _("%(n)s d") % {"n": "%d"},
    }


@register.filter
def lately(instant: datetime | None) -> str:
    """Today and yesterday by their time, else month and day; exact on hover."""
    return formats.time_tag(instant, formats.lately(instant) if instant else None)


def _left(standing: Standing, time: timedelta) -> str:
    if standing.is_over and time < MINUTE:
        return _("overdue")
    if standing.is_over:
        text = _("%(time)s over")
    else:
        text = _("%(time)s of working time left") if standing.in_hours else _("due in %(time)s")
    return text % {"time": amount(time)}


@register.filter
def amount(time: timedelta | int | None) -> str:
    """An amount of time: `1 h 20 m`, `45 m`, `6 d`; µs where it is a number. A dash where there is none."""
    if time is None:
        return "–"
    time = timedelta(microseconds=time) if isinstance(time, int) else time
    minutes = time // MINUTE
    if minutes < 1:
        return _("under 1 m")
    if minutes >= LONG:
        return _("%(n)s d") % {"n": minutes // DAY}
    named = {"h": minutes // HOUR, "m": minutes % HOUR}
    if not named["h"]:
        return _("%(m)s m") % named
    return (_("%(h)s h %(m)s m") if named["m"] else _("%(h)s h")) % named


@register.filter
def of_minutes(minutes: float | None) -> str:
    """The same of minutes."""
    return (
        amount(None if minutes is None else timedelta(minutes=minutes))
        if minutes
        else _("%(m)s m") % {"m": 0}
    )


@register.filter
def percent(share: float | None) -> str:
    """A share: `85 %`."""
    return "–" if share is None else values.percent(share, formats.language())


@register.filter
def hundredths(share: float | None) -> int:
    """A share as a bar shows it: 0 to 100."""
    return min(100, round((share or 0.0) * 100))


@register.filter
def holder(standing: Standing) -> str:
    """Who has it: the person, with the team; or whose queue it is in."""
    handoff = standing.handoff
    team = handoff.team.name if handoff.team else str(WHOM.get(handoff.team_role, handoff.team_role))
    if handoff.person is None:
        return format_html('<span class="act">{}</span>', _("queue of %(team)s") % {"team": team})
    return format_html('{} <span class="sub">{}</span>', handoff.person.shown_name, team)


@register.filter
def takeable(handoff: Handoff, actor: Actor) -> bool:
    """Whether to offer the actor to take it out of its queue."""
    return handoff.outcome == Handoff.Outcome.OPEN and may_take(actor, handoff)


@register.filter
def began(code: str) -> str:
    """Why a clock started."""
    return _("not answered in time, from the one before") if code == "reassigned" else say(CAUSES, code)


@register.filter
def because(code: str) -> str:
    """Why a clock started or stopped."""
    return say(CAUSES, code)
