"""The agreement: the one in force, its versions, and publishing another."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tasuki.agreement import agreement_of
from tasuki.server.agreements import commands, queries
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.pages import clauses, forms
from tasuki.server.pages.frame import done, on_form, page, sentence, show


@page("agreement.read")
def agreement(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The agreement in force, in words, and its versions."""
    found = queries.in_force(clock.now())
    context: dict[str, Any] = {
        "title": _("Agreement"),
        "versions": queries.versions(actor),
        "now": clock.now(),
    }
    context["may_publish"] = actor.may("agreement.publish")
    if found is not None:
        context |= {"version": queries.version(actor, found.version.number), **clauses.told(found.agreement)}
    return show(request, actor, "agreement.html", context)


@page("agreement.read")
def version(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One version, with its text."""
    found = queries.version(actor, number)
    title = _("%(name)s, version %(number)s") % {"name": found.name, "number": number}
    context = {"title": title, "version": found, **clauses.told(agreement_of(found.text))}
    return show(request, actor, "agreement_version.html", context)


@require_http_methods(["GET", "POST"])
@page("agreement.publish")
def publish(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A form for the next version; it starts with the text in force. Mistakes are listed by line."""
    form = forms.AgreementText(request.POST or None, initial={"text": _text_now(actor)})
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.publish(actor, **form.cleaned_data)
            return done(request, _published(made), "agreement-version", made.number)
        except Refused as refused:
            problems = _problems(form, refused)
    context = {"title": _("Publish an agreement"), "form": form, "problems": problems}
    return show(request, actor, "agreement_publish.html", context, 422 if form.errors else 200)


def _published(version: AgreementVersion) -> str:
    at = timezone.localtime(version.effective_from)
    if version.effective_from <= clock.now():
        return _("Version %(number)s is in force.") % {"number": version.number}
    return _("Version %(number)s will be in force from %(at)s.") % {
        "number": version.number,
        "at": f"{at:%Y-%m-%d %H:%M}",
    }


def _text_now(actor: Actor) -> str:
    found = queries.in_force(clock.now())
    return queries.version(actor, found.version.number).text if found else ""


def _problems(form: forms.AgreementText, refused: Refused) -> list[str]:
    """The mistakes of the text, a line each; any other refusal goes beside its field."""
    if not isinstance(refused, Invalid) or not refused.details:
        on_form(form, refused)
        return []
    form.add_error("text", sentence(refused))
    return [detail.message for detail in refused.details]
