"""Reads about leads: only what the actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext as _

from tasuki.server.accounts.models import Account
from tasuki.server.accounts.queries import account as account_there_for
from tasuki.server.core import formats
from tasuki.server.core.access import SYSTEM, Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.prepared import prepared
from tasuki.server.people import listing, matching, searching
from tasuki.server.people.models import Duplicate, Identity, Lead, Merge, Profile

MOST = 200
HEAVY = ("fields", "passes", "search", "account__fields", "account__search")
"""What no list shows of a lead, and is most of its row."""
NOBODY = "none"


@dataclass(frozen=True)
class LeadPage:
    """Some leads; `after` asks for the next ones, empty at the end."""

    leads: list[Lead]
    after: str


@dataclass(frozen=True)
class Question:
    """Two leads, or two accounts, that may be the same. `reasons`: code, weight and text in the reader's language."""

    id: int
    kind: str
    first: int
    second: int
    score: float
    reasons: list[dict[str, Any]]
    state: str
    found_at: datetime
    one: Lead | Account
    other: Lead | Account


@dataclass(frozen=True)
class QuestionPage:
    """Some questions; `after` asks for the next ones, empty at the end."""

    duplicates: list[Question] = field(default_factory=list)
    after: str = ""


def leads(
    actor: Actor,
    *,
    search: str = "",
    stage: str | None = None,
    owner: str | None = None,
    account: int | None = None,
    sort: str = "-score",
    after: str = "",
    limit: int = 50,
) -> LeadPage:
    """Known leads that the actor may see.

    `search`: words in name, reading, company, mail or phone; `stage` (`none`: no stage yet), `owner` (a sign-in name;
    `none`: nobody's). Invalid: no such order, or a mark of a page that is none of ours.
    """
    require(actor, "leads.read")
    limit = max(1, min(limit, MOST))
    rows = listed(actor)
    if words := searching.words_of(search):
        rows = searching.narrowed(rows, words).filter(searching.having(words))
    if stage:
        rows = rows.filter(stage="" if stage == NOBODY else stage)
    if owner:
        rows = rows.filter(owner=None) if owner == NOBODY else rows.filter(owner__username=owner)
    if account is not None:
        rows = rows.filter(account=account)
    rows = rows.select_related("account", "owner", "team")
    found = listing.page(rows, listing.column(sort), limit, after=after)
    return LeadPage(found.rows, found.after)


def heavy(lead: str, *, account: bool = True) -> list[str]:
    """The same of a table from which `lead` is the way to the lead, like `lead__`; `account`: it is read, too."""
    return [f"{lead}{name}" for name in HEAVY if account or not name.startswith("account__")]


def lead(actor: Actor, lead_id: int | Lead) -> Lead:
    """One lead, with account, owner and team; of one that was merged, the one it is now. NotFound.

    A lead that this actor's request has found already is taken as it is.
    """
    require(actor, "leads.read")
    return lead_id if isinstance(lead_id, Lead) else lead_there(actor, lead_id)


def lead_there(actor: Actor, lead_id: int) -> Lead:
    """The lead as it is now, if the actor may see it. NotFound."""
    found = _lead.first(lead_id)
    while found is not None and found.merged_into_id is not None:
        found = _lead.first(found.merged_into_id)
    if found is not None and found.erased_at is not None and _seen(actor, found):
        raise NotFound(
            "lead_erased",
            _("This person's data were erased on %(day)s; only counts are left.")
            % {"day": formats.day(found.erased_at)},
            cure=_("Nothing of it can be brought back."),
        )
    if found is None or found.erased_at is not None or not _seen(actor, found):
        raise NotFound(
            "lead_not_found",
            _("There is no such lead, or you may not see it."),
            cure=_("Look it up in the list."),
        )
    return found


@prepared
def _lead(lead: int) -> QuerySet[Any, Lead]:
    return Lead.objects.filter(pk=lead).select_related("account", "owner", "team")


def account_there(account_id: int) -> Account:
    """The account as it is now. NotFound."""
    return account_there_for(SYSTEM, account_id)


def identities(actor: Actor, lead_id: int | Lead) -> list[Identity]:
    """By what a lead is recognised. NotFound."""
    return _identities(lead(actor, lead_id).pk)


@prepared
def _identities(lead: int) -> QuerySet[Any, Identity]:
    return Identity.objects.filter(lead=lead).order_by("kind", "value")


def profiles(actor: Actor, lead_id: int, *, limit: int = 100) -> list[Profile]:
    """Versions of a lead's profile, the latest first. NotFound."""
    return list(lead(actor, lead_id).profiles.order_by("-at", "-pk")[:limit])


def profile_at(actor: Actor, lead_id: int | Lead, at: datetime) -> Profile | None:
    """What was known of a lead and its account at a time; None before the first version. NotFound."""
    return lead(actor, lead_id).profiles.filter(at__lte=at).order_by("-at", "-pk").first()


def colleagues(actor: Actor, lead_id: int | Lead, *, limit: int = 6) -> list[Lead]:
    """Others of the lead's company, those with a part in the buying group first, then the highest score. NotFound."""
    found = lead(actor, lead_id)
    if found.account_id is None:
        return []
    require(actor, "leads.read")
    return _others(actor, found.account_id, found.pk, limit=limit)


@prepared
def _others(actor: Actor, account: int, lead: int, *, limit: int) -> QuerySet[Any, Lead]:
    others = _listed(actor).filter(account=account, anonymous=False).exclude(pk=lead)
    has_part = Case(When(buying_role="", then=1), default=0)
    return others.order_by(has_part, "-score", "-pk")[:limit]


def merges(actor: Actor, lead_id: int | Lead) -> list[Merge]:
    """What was merged into a lead, the latest first, undone ones too. NotFound."""
    found = lead(actor, lead_id)
    return _merges(found.pk)


@prepared
def _merges(winner: int) -> QuerySet[Any, Merge]:
    return Merge.objects.filter(kind="lead", winner=winner).select_related("by").order_by("-pk")


def duplicates(
    actor: Actor,
    *,
    kind: str = "",
    lead: int | None = None,
    account: int | None = None,
    after: str = "",
    limit: int = 50,
) -> QuestionPage:
    """Open questions, the likeliest first; about leads where the actor may see both. Invalid: a mark not of ours."""
    require(actor, "leads.read")
    limit = max(1, min(limit, MOST))
    rows = Duplicate.objects.filter(state=Duplicate.State.OPEN)
    if kind:
        rows = rows.filter(kind=kind)
    for named, subject in (("lead", lead), ("account", account)):
        if subject is not None:
            rows = rows.filter(Q(first=subject) | Q(second=subject), kind=named)
    seen, present = listed(actor, anonymous=True), Account.objects.filter(merged_into=None)
    rows = rows.filter(Q(_both_in(seen), kind="lead") | Q(_both_in(present), kind="account"))
    found = listing.page(rows, "-score", limit, after=after)
    return QuestionPage(_questions(found.rows), found.after)


def questions_about(actor: Actor, subject: Lead | Account) -> list[Question]:
    """Open questions about one lead or one account, the likeliest first, at most 50."""
    require(actor, "leads.read")
    return _questions(_about(actor, subject.pk, kind="lead" if isinstance(subject, Lead) else "account"))


@prepared
def _about(actor: Actor, subject: int, *, kind: str) -> QuerySet[Any, Duplicate]:
    there: QuerySet[Any] = _listed(actor) if kind == "lead" else Account.objects.filter(merged_into=None)
    either = Q(first=subject) | Q(second=subject)
    rows = Duplicate.objects.filter(either, _both_in(there), kind=kind, state=Duplicate.State.OPEN)
    return rows.order_by("-score", "-pk")[:50]


def _both_in(rows: QuerySet[Any]) -> Q:
    """That both of a pair are there: asked of each pair, for a list of all that are there is a million long."""
    return Q(Exists(rows.filter(pk=OuterRef("first")))) & Q(Exists(rows.filter(pk=OuterRef("second"))))


def _questions(rows: Sequence[Duplicate]) -> list[Question]:
    if not rows:
        return []
    people = Lead.objects.select_related("account").in_bulk(_subjects(rows, "lead"))
    companies = Account.objects.in_bulk(_subjects(rows, "account"))
    found = []
    for row in rows:
        of: dict[int, Any] = people if row.kind == "lead" else companies
        reasons = [
            {**each, "text": str(matching.REASONS.get(each["code"], each["code"]))} for each in row.reasons
        ]
        found.append(
            Question(
                row.pk,
                row.kind,
                row.first,
                row.second,
                row.score,
                reasons,
                row.state,
                row.found_at,
                of[row.first],
                of[row.second],
            )
        )
    return found


def _subjects(rows: Iterable[Duplicate], kind: str) -> set[int]:
    return {subject for row in rows if row.kind == kind for subject in (row.first, row.second)}


def listed(actor: Actor, *, anonymous: bool = False) -> QuerySet[Lead]:
    """The leads that the actor may see, for lists. NotAllowed."""
    require(actor, "leads.read")
    return _listed(actor) if anonymous else _listed(actor).filter(anonymous=False)


def _listed(actor: Actor) -> QuerySet[Lead]:
    return Lead.objects.filter(sight(actor), merged_into=None, erased_at=None)


def _seen(actor: Actor, found: Lead) -> bool:
    return not sight(actor) or bool(_seen_by(actor, found.pk))


@prepared
def _seen_by(actor: Actor, lead: int) -> QuerySet[Any, int]:
    return Lead.objects.filter(sight(actor), pk=lead).values_list("pk", flat=True)
