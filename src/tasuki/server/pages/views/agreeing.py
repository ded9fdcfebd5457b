"""The agreement: the one in force, its versions, and publishing another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tasuki.agreement import agreement_of
from tasuki.server.agreements import commands, drafting, queries
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.agreements.starters import BY_ID, STARTERS
from tasuki.server.core import clock, company
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.formats import language
from tasuki.server.lifecycle import lately
from tasuki.server.pages import clauses, forms
from tasuki.server.pages.frame import done, on_form, page, sentence, show

COMPARED = 5


@page("agreement.read")
def agreement(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The agreement in force, in words, and its versions."""
    found = queries.in_force(clock.now())
    context: dict[str, Any] = {
        "title": _("Agreement"),
        "versions": _versions(actor),
        "now": clock.now(),
    }
    context |= {"may_publish": actor.may("agreement.publish"), "starters": STARTERS}
    if found is not None:
        told = clauses.told(found.agreement, lately.lately(actor, found.version, list(found.agreement.stage)))
        context |= {"version": queries.version(actor, found.version.number), **told}
    return show(request, actor, "agreement.html", context)


@dataclass(frozen=True)
class VersionShown:
    """A version with what it changed, a line each; None where that stands on its own page only, or it is the first."""

    row: AgreementVersion
    changes: Sequence[str] | None


def _versions(actor: Actor) -> list[VersionShown]:
    """The latest first; the changes of the latest few, for they have to be read to be compared."""
    rows = queries.versions(actor)
    return [
        VersionShown(row, drafting.changes(actor, row.number) if place < COMPARED else None)
        for place, row in enumerate(rows)
    ]


@page("agreement.read")
def version(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One version, with its text."""
    found = queries.version(actor, number)
    title = _("%(name)s, version %(number)s") % {"name": found.name, "number": number}
    context = {
        "title": title, "version": found, "changes": drafting.changes(actor, number),
        "warnings": drafting.warnings(actor, number), **clauses.told(agreement_of(found.text)),
    }  # fmt: skip
    return show(request, actor, "agreement_version.html", context)


@require_http_methods(["GET", "POST"])
@page("agreement.publish")
def publish(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A form for the next version; it starts with the text in force. Mistakes are listed by line."""
    form = forms.AgreementText(request.POST or None, initial={"text": _begins_with(request, actor)})
    problems: list[str] = []
    draft: drafting.Draft | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("look"):
                draft = drafting.look(actor, form.cleaned_data["text"])
                return publishing(request, actor, form, problems, draft)
            made = commands.publish(actor, **form.cleaned_data)
            company.note_step(actor, "agreement")
            return done(request, _published(made), "agreement-version", made.number)
        except Refused as refused:
            problems = _problems(form, refused)
    return publishing(request, actor, form, problems, draft)


def publishing(
    request: HttpRequest,
    actor: Actor,
    form: forms.AgreementText,
    problems: list[str],
    draft: drafting.Draft | None,
) -> HttpResponse:
    """The form for the next version, with what it would change once it was looked at."""
    context = {
        "title": _("Publish an agreement"), "form": form, "problems": problems, "draft": draft, "starters": STARTERS,
    }  # fmt: skip
    return show(request, actor, "agreement_publish.html", context, 422 if form.errors else 200)


def _published(version: AgreementVersion) -> str:
    at = timezone.localtime(version.effective_from)
    if version.effective_from <= clock.now():
        return _("Version %(number)s is in force.") % {"number": version.number}
    return _("Version %(number)s will be in force from %(at)s.") % {
        "number": version.number,
        "at": f"{at:%Y-%m-%d %H:%M}",
    }


def _begins_with(request: HttpRequest, actor: Actor) -> str:
    """One of the agreements to begin with, if it was asked for; else what is in force."""
    starter = BY_ID.get(request.GET.get("starter", ""))
    if starter is None:
        return _text_now(actor)
    return starter.text(language(), head=company.agreement_head(company.company(actor)))


def _text_now(actor: Actor) -> str:
    """What is in force, to be changed."""
    found = queries.in_force(clock.now())
    return queries.version(actor, found.version.number).text if found else ""


def _problems(form: forms.AgreementText, refused: Refused) -> list[str]:
    """The mistakes of the text, a line each; any other refusal goes beside its field."""
    if not isinstance(refused, Invalid) or not refused.details:
        on_form(form, refused)
        return []
    form.add_error("text", sentence(refused))
    return [detail.message for detail in refused.details]
