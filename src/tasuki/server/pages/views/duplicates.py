"""Two leads, or two companies, that may be the same: a person decides; a merge can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tasuki.server.core.access import Actor
from tasuki.server.pages.frame import done, page, show, undo_at
from tasuki.server.pages.paging import a_number, following
from tasuki.server.people import commands, queries
from tasuki.server.people.queries import Question

SHOWN = 20
KINDS = ("lead", "account")


@dataclass(frozen=True)
class Pair:
    """A question as a page shows it; `against` is the other one where the page is about one of the two."""

    id: int
    kind: str
    reasons: list[dict[str, Any]]
    percent: int
    both: tuple[Any, Any]
    against: Any = None

    @property
    def one(self) -> Any:
        """The elder."""
        return self.both[0]

    @property
    def other(self) -> Any:
        """The younger."""
        return self.both[1]


def pairs(questions: Iterable[Question], about: int = 0) -> list[Pair]:
    """Questions as pages show them; `about` the lead whose page it is."""
    return [
        Pair(
            one.id, one.kind, one.reasons, round(100 * one.score), (one.one, one.other),
            one.other if one.first == about else one.one,
        )
        for one in questions
    ]  # fmt: skip


@page("duplicates.decide")
def duplicates(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open questions, the likeliest first."""
    kind = request.GET.get("kind", "lead")
    kind = kind if kind in KINDS else "lead"
    found = queries.duplicates(actor, kind=kind, after=request.GET.get("after", "")[:200], limit=SHOWN)
    context = {"title": _("Duplicates"), "kind": kind, "pairs": pairs(found.duplicates)}
    return show(request, actor, "duplicates.html", {**context, **following(request, found.after or None)})


@require_POST
@page("duplicates.decide")
def duplicate(request: HttpRequest, actor: Actor, duplicate_id: int) -> HttpResponse:
    """Answer one: the same, with the one to keep, or not."""
    lead = a_number(request.POST.get("lead"))
    account = a_number(request.POST.get("account"))
    back = ("lead", lead) if lead else ("account", account) if account else ("duplicates",)
    winner = a_number(request.POST.get("winner"))
    if winner is None:
        commands.decide_duplicate(actor, duplicate_id, same=False)
        return done(request, _("Noted: these are not the same. Nobody will be asked again."), *back)
    merge = commands.decide_duplicate(actor, duplicate_id, same=True, winner=winner)
    if merge is None:
        return done(request, _("Merged."), *back)
    text = _("Merged. It can be undone on this page.") if merge.kind == "lead" else _("Merged.")
    messages.success(request, text, extra_tags=undo_at("merge-undo", merge.pk))
    return redirect(merge.kind, merge.winner)


@require_POST
@page("duplicates.decide")
def undo(request: HttpRequest, actor: Actor, merge_id: int) -> HttpResponse:
    """Put a merge back."""
    merge = commands.undo_merge(actor, merge_id)
    if merge.kind == "account":
        return done(
            request, _("The merge was undone; both companies are as they were."), "account", merge.loser
        )
    return done(request, _("The merge was undone; both leads are as they were."), "lead", merge.loser)
