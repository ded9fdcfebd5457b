"""People, teams and the audit: for those who manage them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core import commands, company, entrance, queries
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.core.models import User
from tasuki.server.pages import audit_words, forms
from tasuki.server.pages.frame import done, not_there, on_form, page, show
from tasuki.server.pages.paging import PAGE, a_number, following
from tasuki.server.pages.views import beginning

MANAGE = "people.manage"


@page(MANAGE)
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody who can sign in."""
    search = request.GET.get("who", "")
    context = {"title": _("People"), "people": queries.users(actor, search=search), "who": search}
    return show(request, actor, "people.html", context)


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def person_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Someone new."""
    form = forms.NewPerson(request.POST or None, teams=queries.teams(actor))
    if request.method == "POST" and form.is_valid():
        try:
            given = {**form.cleaned_data, "password": form.cleaned_data["password"] or None}
            user = commands.create_user(actor, **given)
            company.note_step(actor, "people")
            if given["password"] is None:
                return _with_link(request, actor, user)
            return done(request, _("%(name)s can sign in now.") % {"name": user.shown_name}, "people")
        except Refused as refused:
            on_form(form, refused)
    context = {"title": _("New person"), "form": form}
    return show(request, actor, "person.html", context, 422 if form.errors else 200)


def _with_link(request: HttpRequest, actor: Actor, user: User) -> HttpResponse:
    """Their page, with the link by which they get in; it is shown this once."""
    guests = beginning.guests_of(actor, [(user, entrance.link(actor, user.pk))])
    context = {
        "title": user.shown_name, "person": user, "guests": guests, "password": forms.NewPassword(),
        "form": forms.Person(teams=queries.teams(actor), initial=_as_form(user)),
    }  # fmt: skip
    return show(request, actor, "person.html", context, 201)


@never_cache
@require_POST
@page(MANAGE)
def person_link(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """A link by which somebody chooses a password anew, without anybody else knowing it."""
    return _with_link(request, actor, queries.user(actor, user_id))


@never_cache
@require_http_methods(["GET", "POST"])
@page(MANAGE)
def people_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Several people at once, each with a link to get in."""
    form, guests, wrong = beginning.invite(request, actor)
    context = {"title": _("New people"), "guests": guests, **beginning.people_context(actor, form)}
    return show(request, actor, "people_new.html", context, 422 if wrong else 201 if guests else 200)


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def person(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """One of them, to change."""
    user = queries.user(actor, user_id)
    form = forms.Person(request.POST or None, teams=queries.teams(actor), initial=_as_form(user))
    if request.method == "POST" and form.is_valid():
        try:
            user = commands.change_user(actor, user_id, changes=form.cleaned_data)
            return done(request, _("Saved."), "people")
        except Refused as refused:
            on_form(form, refused)
    context = {"title": user.shown_name, "person": user, "form": form, "password": forms.NewPassword()}
    return show(request, actor, "person.html", context, 422 if form.errors else 200)


def _as_form(user: User) -> dict[str, Any]:
    return {
        "family_name": user.last_name,
        "given_name": user.first_name,
        "reading": user.reading,
        "email": user.email,
        "role": user.role,
        "team": user.team_id,
        "sight": user.sight,
    }


@require_POST
@page(MANAGE)
def person_password(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """A new password for someone."""
    user = queries.user(actor, user_id)
    form = forms.NewPassword(request.POST)
    if form.is_valid():
        try:
            commands.set_password(actor, user_id, password=form.cleaned_data["password"])
            return done(request, _("The password was changed; their sessions have ended."), "person", user_id)
        except Refused as refused:
            on_form(form, refused)
    context = {"title": user.shown_name, "person": user, "password": form}
    main = forms.Person(teams=queries.teams(actor), initial=_as_form(user))
    return show(request, actor, "person.html", {**context, "form": main}, 422)


@require_POST
@page(MANAGE)
def person_active(request: HttpRequest, actor: Actor, user_id: int) -> HttpResponse:
    """Let someone sign in no more, or again."""
    if request.POST.get("active") == "yes":
        user = commands.activate_user(actor, user_id)
        return done(request, _("%(name)s can sign in again.") % {"name": user.shown_name}, "person", user_id)
    user = commands.deactivate_user(actor, user_id)
    return done(request, _("%(name)s can no longer sign in.") % {"name": user.shown_name}, "person", user_id)


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def teams(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The teams, and a form for another."""
    form = forms.TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            commands.create_team(actor, **form.cleaned_data)
            return done(request, _("Saved."), "teams")
        except Refused as refused:
            on_form(form, refused)
    context = {"title": _("Teams"), "teams": queries.teams(actor), "form": form}
    return show(request, actor, "teams.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@page(MANAGE)
def team(request: HttpRequest, actor: Actor, team_id: int) -> HttpResponse:
    """One team, to change."""
    found = next((team for team in queries.teams(actor) if team.pk == team_id), None)
    if found is None:
        raise not_there()
    form = forms.TeamForm(request.POST or None, initial={"name": found.name, "role": found.role})
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_team(actor, team_id, **form.cleaned_data)
            return done(request, _("Saved."), "teams")
        except Refused as refused:
            on_form(form, refused)
    context = {"title": found.name, "team": found, "form": form}
    return show(request, actor, "team.html", context, 422 if form.errors else 200)


@require_POST
@page(MANAGE)
def team_delete(request: HttpRequest, actor: Actor, team_id: int) -> HttpResponse:
    """A team without members goes."""
    commands.delete_team(actor, team_id)
    return done(request, _("The team was deleted."), "teams")


@page("audit.read")
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who did what, latest first."""
    form = forms.AuditFilter(request.GET or None)
    form.fields["by"].choices = [("", _("Everybody")), *_names(actor)]  # type: ignore[attr-defined]
    form.fields["action"].choices = [("", _("Everything")), *_actions(actor)]  # type: ignore[attr-defined]
    wanted = form.cleaned_data if form.is_valid() else {}
    after = a_number(request.GET.get("after"))
    entries = queries.audit(
        actor,
        by=wanted.get("by"),
        action=wanted.get("action", ""),
        subject=audit_words.subject_of(wanted.get("subject", "")),
        after=after,
        limit=PAGE + 1,
    )
    told = [audit_words.told(entry) for entry in entries[:PAGE]]
    context = {"title": _("Audit"), "form": form, "entries": told, "is_filtered": bool(request.GET)}
    more = following(request, entries[PAGE - 1].pk if len(entries) > PAGE else None)
    return show(request, actor, "audit.html", {**context, **more})


def _names(actor: Actor) -> list[tuple[int, str]]:
    return [(user.pk, user.shown_name) for user in queries.colleagues(actor)]


def _actions(actor: Actor) -> list[tuple[str, str]]:
    return audit_words.choices(queries.audit_actions(actor))
