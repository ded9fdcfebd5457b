"""Views that people keep: saving, changing, removing and bringing back, and which one to begin with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tasuki.server.core.access import Actor
from tasuki.server.lists import commands, queries
from tasuki.server.lists.models import View
from tasuki.server.pages.frame import page, undo_at
from tasuki.server.pages.listing import posted


def _to(view: View | None) -> HttpResponse:
    return redirect(f"{reverse('leads')}?view={view.pk if view else 'all'}")


@require_POST
@page()
def view_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep what the list shows now under a name."""
    work = posted(actor, request)
    shown = [column.id for column in work.shown[1:]] if "with_columns" in request.POST else []
    view = commands.save_view(
        actor, name=request.POST.get("name", ""), asked=work.asked, sort=work.sort, shown=shown,
        shared=request.POST.get("shared", View.Shared.ME),
    )  # fmt: skip
    if "begin" in request.POST:
        commands.begin_with(actor, view.pk)
    messages.success(request, _("Saved: “%(view)s”.") % {"view": view.name})
    return _to(view)


@require_POST
@page()
def view_change(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Another name, other people, or the question that the list shows now."""
    given = request.POST
    work = posted(actor, request) if "again" in given else None
    view = commands.change_view(
        actor, view_id, name=given.get("name"), shared=given.get("shared"),
        asked=work.asked if work else None, sort=work.sort if work else None,
    )  # fmt: skip
    messages.success(request, _("Saved: “%(view)s”.") % {"view": view.name})
    return _to(view)


@require_POST
@page()
def view_remove(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Take it away, with undo."""
    view = commands.remove_view(actor, view_id)
    text = _("The view “%(view)s” was removed.") % {"view": view.name}
    messages.success(request, text, extra_tags=undo_at("view-restore", view.pk))
    return _to(None)


@require_POST
@page()
def view_restore(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Bring it back."""
    view = commands.bring_view_back(actor, view_id)
    messages.success(request, _("“%(view)s” is there again.") % {"view": view.name})
    return _to(view)


@require_POST
@page()
def view_begin(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Which view the list begins with."""
    number = request.POST.get("view", "")
    view = (
        queries.view(actor, int(number))
        if number.isascii() and number.isdigit() and len(number) < 18
        else None
    )
    commands.begin_with(actor, view.pk if view else None)
    said = (
        _("Leads begins with “%(view)s” now.") % {"view": view.name}
        if view
        else _("Leads begins with all now.")
    )
    messages.success(request, said)
    return _to(view)
