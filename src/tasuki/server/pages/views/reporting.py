"""Weekly reports: which there are, when they come and to whom, and the report itself on a page and as a PDF."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import NotFound, Refused
from tasuki.server.notify import attempts, mail
from tasuki.server.notify.models import Delivery
from tasuki.server.pages import report_forms as forms
from tasuki.server.pages.drawing import HIGH, WIDE, drawn
from tasuki.server.pages.frame import done, on_form, page, show
from tasuki.server.reports import commands, files, queries
from tasuki.server.reports.links import alert_links, figure_link
from tasuki.server.reports.queries import Planned


@page("numbers.read")
def reports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The reports whose figures one may see."""
    context = {
        "title": _("Weekly reports"), "reports": queries.reports(actor), "mail_works": mail.is_set_up(),
        "may_change": actor.may("reports.manage"),
    }  # fmt: skip
    return show(request, actor, "reports.html", context)


@require_http_methods(["GET", "POST"])
@page("numbers.read")
def report(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One of them: when it is sent, whom it reaches, and one to oneself now."""
    if request.method == "POST":
        require(actor, "reports.manage")
    found = queries.report(actor, number)
    form = _form(request, actor, found) if actor.may("reports.manage") else None
    if request.method == "POST" and _stored(actor, found, form):
        return done(request, _("Saved."), "report", number)
    context = {
        "title": found.name, "report": found, "form": form, "mail_works": mail.is_set_up(),
    }  # fmt: skip
    return show(request, actor, "report.html", context, 422 if form and form.errors else 200)


def _form(request: HttpRequest, actor: Actor, found: Planned) -> forms.Report:
    row = found.row
    named = [user.pk for user in row.receivers.all()] if row.pk else []
    team, people = found.team, queries.people(actor)
    if request.method == "POST":
        return forms.Report(request.POST, team=team, people=people)
    initial = {
        "enabled": row.enabled, "weekday": row.weekday, "hour": row.hour, "everyone": row.everyone, "receivers": named,
    }  # fmt: skip
    return forms.Report(initial=initial, team=team, people=people)


def _stored(actor: Actor, found: Planned, form: forms.Report | None) -> bool:
    """Whether what was typed was taken; else the form says why not."""
    if form is None or not form.is_valid():
        return False
    try:
        commands.put_report(actor, found.number, **form.cleaned_data)
    except Refused as refused:
        on_form(form, refused)
        return False
    return True


@never_cache
@page("numbers.read")
def read(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The report of last week as it is now."""
    found = queries.report(actor, number)
    try:
        sheet = queries.sheet(actor, number)
    except NotFound as missing:
        if missing.code != "numbers_not_yet":
            raise
        return show(request, actor, "numbers_empty.html", {"title": found.name, "missing": missing})
    links = alert_links(sheet)
    context = {
        "title": _("%(title)s: %(name)s") % {"title": sheet.title, "name": sheet.name}, "report": found, "sheet": sheet,
        "alerts": [(alert, links[alert.code]) for alert in sheet.alerts],
        "cells": [(cell, figure_link(sheet, cell.kpi)) for cell in sheet.cells],
        "drawn": drawn(sheet.curves), "wide": WIDE, "high": HIGH,
    }  # fmt: skip
    return show(request, actor, "report_read.html", context)


@never_cache
@page("numbers.read")
def pdf(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The same as a PDF."""
    file = files.export_report(actor, number)
    given = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.kind, headers=given)


@require_POST
@page("numbers.read")
def send_to_me(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One to oneself, now."""
    delivery = commands.send_to_me(actor, number)
    if delivery.state == Delivery.State.SENT:
        messages.success(request, _("The report was sent to you."))
    else:
        told = {"fault": attempts.said(delivery.fault)}
        messages.error(request, _("The report could not be sent. %(fault)s") % told)
    return redirect("report", number)


@require_POST
@page("channels.own")
def decline(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One does not want it any more, or again."""
    wanted = request.POST.get("wanted") == "yes"
    commands.decline(actor, number, wanted=wanted)
    said = _("You will get this report again.") if wanted else _("You will not get this report any more.")
    return done(request, said, "reports")
