"""Two leads, or two companies, that may be the same: a person decides; a merge can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tasuki.server.core.access import Actor
from tasuki.server.pages.frame import done, is_partial, page, part, show, undo_at
from tasuki.server.pages.paging import a_number, following
from tasuki.server.people import commands, queries
from tasuki.server.people.queries import Question

SHOWN = 20
SHOWN_OF = {
    "lead": (
        (gettext_lazy("Company"), "account"),
        (gettext_lazy("Reading"), "name_kana"),
        (gettext_lazy("Mail"), "email"),
        (gettext_lazy("Phone"), "phone"),
        (gettext_lazy("Department"), "department"),
        (gettext_lazy("Title"), "title"),
    ),
    "account": (
        (gettext_lazy("Reading"), "name_kana"),
        (gettext_lazy("Company number"), "number"),
        (gettext_lazy("Domain"), "domain"),
        (gettext_lazy("Industry"), "industry"),
        (gettext_lazy("Address"), "address"),
    ),
}
"""What is compared of the two: its word, and the attribute."""
KINDS = ("lead", "account")


@dataclass(frozen=True)
class Compared:
    """One thing of both: marked where they differ in it."""

    word: str
    values: tuple[Any, Any]

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        one, other = self._texts()
        return bool(one and other and one != other)

    @property
    def is_same(self) -> bool:
        """Whether both say the same."""
        one, other = self._texts()
        return one == other

    def _texts(self) -> list[str]:
        return [str(value or "").strip() for value in self.values]


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
    def rows(self) -> list[Compared]:
        """What there is to compare; what neither has is left out."""
        found = (
            Compared(str(word), (getattr(self.one, name, None), getattr(self.other, name, None)))
            for word, name in SHOWN_OF[self.kind]
        )
        return [row for row in found if any(row.values)]

    @property
    def unlike(self) -> list[Compared]:
        """What differs, or only one of the two has."""
        return [row for row in self.rows if not row.is_same]

    @property
    def alike(self) -> list[Compared]:
        """What both have alike."""
        return [row for row in self.rows if row.is_same]

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
        said = _("Noted: these are not the same. Nobody will be asked again.")
        messages.success(request, said, extra_tags=undo_at("duplicate-reopen", duplicate_id))
        return _answered(request, actor, back)
    merge = commands.decide_duplicate(actor, duplicate_id, same=True, winner=winner)
    if merge is None:
        messages.success(request, _("Merged."))
        return _answered(request, actor, back)
    messages.success(request, _("Merged."), extra_tags=undo_at("merge-undo", merge.pk))
    return _answered(request, actor, (merge.kind, merge.winner))


def _answered(request: HttpRequest, actor: Actor, back: tuple[Any, ...]) -> HttpResponse:
    """In the list the question goes and a toast says what was done; elsewhere the page named."""
    if is_partial(request):
        return part(request, actor, "nothing.html", {})
    return redirect(*back)


@require_POST
@page("duplicates.decide")
def reopen(request: HttpRequest, actor: Actor, duplicate_id: int) -> HttpResponse:
    """Take back that two are not the same."""
    commands.reopen_duplicate(actor, duplicate_id)
    messages.success(request, _("The question is open again."))
    return _renewed(redirect("duplicates"), request)


def _renewed(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Undone from a toast: the page that one is on is loaded anew, and says so."""
    return HttpResponse(status=200, headers={"HX-Refresh": "true"}) if is_partial(request) else answer


@require_POST
@page("duplicates.decide")
def undo(request: HttpRequest, actor: Actor, merge_id: int) -> HttpResponse:
    """Put a merge back."""
    merge = commands.undo_merge(actor, merge_id)
    said = _("The merge was undone; both leads are as they were.")
    if merge.kind == "account":
        said = _("The merge was undone; both companies are as they were.")
    return _renewed(done(request, said, merge.kind, merge.loser), request)
