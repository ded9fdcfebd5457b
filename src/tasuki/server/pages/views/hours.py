"""Working time: one's own hours and absences; for those who lead, everybody's, and days off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.calendars import Hours
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.pages import away, hours_forms
from tasuki.server.pages.forms import Form
from tasuki.server.pages.frame import done, not_there, on_form, page, show
from tasuki.server.worktime import commands, queries

OWN, MANAGE = "worktime.own", "worktime.manage"
RENAMED = {"begins_at": "first_day", "ends_at": "last_day"}
"""What a command calls it → the field of the form."""


@dataclass(frozen=True)
class Subject:
    """Whose page it is: a team's, a person's, or, with neither, one's own."""

    title: str
    user: int | None = None
    team: int | None = None

    @property
    def place(self) -> tuple[Any, ...]:
        """Name of the page and what stands in its address."""
        if self.team:
            return ("team-hours", self.team)
        return ("person-hours", self.user) if self.user else ("hours",)

    @property
    def whose(self) -> dict[str, Any]:
        """As commands and queries take it."""
        return {"user": self.user, "team": self.team}


def _oneself() -> Subject:
    return Subject(_("My hours"))


def _person(actor: Actor, user_id: int) -> Subject:
    found = next((user for user in core.colleagues(actor) if user.pk == user_id), None)
    if found is None:
        raise not_there()
    return Subject(found.shown_name, user=user_id)


def _team(actor: Actor, team_id: int) -> Subject:
    found = next((team for team in core.teams(actor) if team.pk == team_id), None)
    if found is None:
        raise not_there()
    return Subject(found.name, team=team_id)


def _agreed() -> Hours | None:
    in_force = agreements.in_force()
    return queries.default_hours(in_force.agreement if in_force else None)


@require_http_methods(["GET", "POST"])
@page(OWN)
def hours(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own working hours and absences."""
    return _hours_page(request, actor, _oneself())


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def person_hours(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """Somebody's working hours and absences."""
    return _hours_page(request, actor, _person(actor, user_id))


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def team_hours(request: HttpRequest, actor: Actor, team_id: int) -> HttpResponse:
    """The hours of a team."""
    return _hours_page(request, actor, _team(actor, team_id))


def _hours_page(request: HttpRequest, actor: Actor, of: Subject) -> HttpResponse:
    form = hours_forms.HoursForm(request.POST or None, initial=_as_form(actor, of))
    saved = form.is_bound and form.is_valid() and _tried(
        form, lambda: commands.set_hours(actor, **of.whose, **form.given())
    )  # fmt: skip
    if saved:
        return done(request, _("Saved. Clocks that run keep the hours they started with."), *of.place)
    return _show_hours(request, actor, of, form=form)


def _as_form(actor: Actor, of: Subject) -> dict[str, Any]:
    now = queries.hours(actor, default=_agreed(), **of.whose)
    known = now.source != "always"
    week = now.hours.spec()["week"] if known else {}
    zone = now.hours.zone if now.source == "agreement" else now.time_zone
    return {**week, "time_zone": zone, "holidays": now.hours.holidays if known else "JP"}


def _show_hours(
    request: HttpRequest, actor: Actor, of: Subject, *, form: Form | None = None, absence: Form | None = None
) -> HttpResponse:
    context = {
        "title": of.title,
        "of": of,
        "now": queries.hours(actor, default=_agreed(), **of.whose),
        "form": form or hours_forms.HoursForm(initial=_as_form(actor, of)),
        "absence_form": absence or hours_forms.AbsenceForm(),
        "at": clock.now(),
        "absences": [] if of.team else away.spells(queries.absences(actor, user=of.user)),
        "countries": hours_forms.countries(),
    }
    wrong = any(one is not None and one.errors for one in (form, absence))
    return show(request, actor, "hours.html", context, 422 if wrong else 200)


def _tried(form: Form, write: Callable[[], Any]) -> bool:
    """Whether it was written; else the form says why not."""
    try:
        write()
    except Refused as refused:
        refused.field = RENAMED.get(refused.field, refused.field.removeprefix("week."))
        on_form(form, refused)
        return False
    return True


@require_POST
@page(OWN)
def hours_clear(request: HttpRequest, actor: Actor) -> HttpResponse:
    """By the team's hours again."""
    return _cleared(request, actor, _oneself())


@require_POST
@page(MANAGE)
def person_hours_clear(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """Somebody works by the team's hours again."""
    return _cleared(request, actor, _person(actor, user_id))


@require_POST
@page(MANAGE)
def team_hours_clear(request: HttpRequest, actor: Actor, team_id: int) -> HttpResponse:
    """A team works by the hours of the agreement again."""
    return _cleared(request, actor, _team(actor, team_id))


def _cleared(request: HttpRequest, actor: Actor, of: Subject) -> HttpResponse:
    commands.clear_hours(actor, **of.whose)
    return done(request, _("Done: no hours of their own are kept any more."), *of.place)


@require_POST
@page(OWN)
def absence_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One is away."""
    return _absent(request, actor, _oneself())


@require_POST
@page(MANAGE)
def person_absence_new(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """Somebody is away."""
    return _absent(request, actor, _person(actor, user_id))


def _absent(request: HttpRequest, actor: Actor, of: Subject) -> HttpResponse:
    form = hours_forms.AbsenceForm(request.POST)
    zone = queries.hours(actor, default=_agreed(), **of.whose).hours.zone
    if form.is_valid():
        given = form.given(zone)
        known = [(one.begins_at, one.ends_at) for one in queries.absences(actor, user=of.user)]
        if form.check(given, known) and _tried(
            form, lambda: commands.add_absence(actor, user=of.user, **given)
        ):
            return done(request, _("The absence was entered. No lead is given to them meanwhile."), *of.place)
    return _show_hours(request, actor, of, absence=form)


@require_POST
@page(OWN)
def absence_end(request: HttpRequest, actor: Actor, absence_id: int) -> HttpResponse:
    """Back again, or not going."""
    commands.end_absence(actor, absence_id)
    whose = request.POST.get("user", "")
    to = ("person-hours", int(whose)) if whose.isdecimal() and len(whose) < 10 else ("hours",)
    return done(request, _("The absence has ended."), *to)


@page(MANAGE)
def working_time(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is away in a week; days off; hours of teams and people."""
    return _show_working_time(request, actor)


@require_POST
@page(MANAGE)
def day_off_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A day on which nobody works."""
    form = hours_forms.DayOffForm(request.POST, teams=_teams(actor))
    if form.is_valid() and _tried(form, lambda: commands.add_day_off(actor, **form.cleaned_data)):
        return done(request, _("The day off was entered."), "working-time")
    return _show_working_time(request, actor, form)


@require_POST
@page(MANAGE)
def day_off_remove(request: HttpRequest, actor: Actor, day_off_id: int) -> HttpResponse:
    """A working day again."""
    commands.remove_day_off(actor, day_off_id)
    return done(request, _("It is a working day again."), "working-time")


def _teams(actor: Actor) -> list[tuple[int, str]]:
    return [(team.pk, team.name) for team in core.teams(actor)]


def _show_working_time(request: HttpRequest, actor: Actor, form: Form | None = None) -> HttpResponse:
    today = timezone.localtime(clock.now()).date()
    monday = _week(request, today)
    sunday = monday + timedelta(days=6)
    absences = queries.away_between(actor, away.midnight(monday), away.midnight(sunday + away.A_DAY))
    off = queries.days_off(actor, since=min(monday, today))
    context = {
        "title": _("Working time"),
        "monday": monday,
        "sunday": sunday,
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "columns": away.columns(monday, today, off),
        "away": away.rows(absences, monday),
        "days_off": [one for one in off if one.day >= today],
        "form": form or hours_forms.DayOffForm(teams=_teams(actor)),
        "groups": _groups(actor),
    }
    return show(request, actor, "working_time.html", context, 422 if form is not None else 200)


def _week(request: HttpRequest, today: date) -> date:
    """The Monday asked for, or this week's."""
    try:
        asked = date.fromisoformat(request.GET.get("week", "")[:10])
    except ValueError:
        return away.monday_of(today)
    return away.monday_of(asked) if hours_forms.FIRST < asked < hours_forms.LAST else away.monday_of(today)


@dataclass(frozen=True)
class Group:
    """A team with its hours in a line and its people; without a team those of none."""

    team: Any
    hours: str
    source: str
    people: list[Any]


def _groups(actor: Actor) -> list[Group]:
    teams, people = core.teams(actor), core.colleagues(actor)
    known = queries.hours_of_teams(actor, [team.pk for team in teams], default=_agreed())
    found = [
        Group(
            team,
            _in_a_line(known[team.pk]),
            known[team.pk].source,
            [one for one in people if one.team_id == team.pk],
        )
        for team in teams
    ]
    rest = [one for one in people if one.team_id is None]
    return [*found, Group(None, "", "", rest)] if rest else found


def _in_a_line(now: queries.HoursNow) -> str:
    if now.source == "always":
        return _("around the clock")
    return hours_forms.week_text(now.hours.spec()["week"])
