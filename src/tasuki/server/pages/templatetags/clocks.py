"""What templates say of clocks and loads."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.core import formats
from tasuki.server.core.access import Actor
from tasuki.server.core.words import Words, say
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.routed import WHOM
from tasuki.server.lifecycle.standing import Standing
from tasuki.server.pages.sash import may_take

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
    return "–" if share is None else f"{formats.number(share * 100)} %"


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
