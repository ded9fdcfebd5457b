"""What the page of a lead shows: now, or as it was at the end of an earlier day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from tasuki.server.activities import queries as activities
from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import clock
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.company import the_company
from tasuki.server.core.models import User
from tasuki.server.deals import queries as deals
from tasuki.server.deals.changing import seen as seen_deal
from tasuki.server.deals.models import Deal
from tasuki.server.lifecycle import queries as lifecycle
from tasuki.server.pages import forms, lead_forms
from tasuki.server.pages.curve import curve
from tasuki.server.pages.deciding import as_forms_say, offers, questions_form, seen
from tasuki.server.pages.desk import pending
from tasuki.server.pages.facts import part_in_group, who_now, who_then
from tasuki.server.pages.sash import Forms, held_then, sash
from tasuki.server.pages.story import ONLY, told
from tasuki.server.pages.views.duplicates import pairs
from tasuki.server.pages.why import why
from tasuki.server.people import queries
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from django.forms import Form

    from tasuki.server.lifecycle.models import Held, Transition

PASSES = 50


@dataclass(frozen=True)
class Stop:
    """One stage of the path: whether the lead has been there, is there, since when, how often."""

    id: str
    here: bool
    passed: bool
    latest: datetime | None
    times: int


@dataclass(frozen=True)
class Pass:
    """One stay in a stage: the transition into it, and when it was left."""

    transition: Transition
    left_at: datetime | None


@dataclass(frozen=True)
class DealShown:
    """A deal, its state at the time that is shown, and its form where it may be changed."""

    deal: Deal
    is_open: bool
    closed_at: datetime | None
    form: Form | None = None


def whole(
    actor: Actor, found: Lead, at: datetime | None, query: Mapping[str, str], came_back: Forms | None = None
) -> dict[str, Any]:
    """Everything on the page; forms that `came_back` stay as they were typed."""
    came_back = came_back or {}
    context = {
        "title": str(found),
        **live(actor, found, at, came_back),
        "at": at,
        **_days(found, at),
    }
    context |= story_part(actor, found, at, query, context["stages"])
    context |= curve_of(context)
    return context | (_then(actor, found, at) if at else _now(actor, found, context, came_back))


def curve_of(live: Mapping[str, Any]) -> dict[str, Any]:
    """The curve of what `live` found."""
    return {"curve": curve(live["dossier"].stretches, live["transitions"], live["stages"])}


def _days(found: Lead, at: datetime | None) -> dict[str, Any]:
    """For the slider: the first day, today, and the day shown, as dates and as days since the first."""
    today = timezone.localtime(clock.now()).date()
    begin = min(found.created_at, found.first_touch_at or found.created_at)
    first = min(timezone.localtime(begin).date(), today)
    day = min(max(timezone.localtime(at).date() if at else today, first), today)
    return {
        "first_day": first,
        "today": today,
        "day": day,
        "days": (today - first).days,
        "day_at": (day - first).days,
    }


def _now(actor: Actor, found: Lead, live: Mapping[str, Any], came_back: Forms) -> dict[str, Any]:
    return {
        "facts": who_now(found),
        "buying_role": found.get_buying_role_display() if found.buying_role else "",
        "identities": queries.identities(actor, found),
        "colleagues": queries.colleagues(actor, found),
        "duplicates": pairs(queries.questions_about(actor, found), found.pk),
        "merges": queries.merges(actor, found),
        "owner_form": owner_form(found, live["people"]),
        "note_form": came_back.get("note") or lead_forms.Note(auto_id="id_note_%s"),
        "new_deal": came_back.get("new-deal") or new_deal_form(),
        "may_export": actor.may("export"),
        "may_erase": actor.may("erase"),
        "unsubscribed": activities.latest(actor, found.pk, "unsubscribe"),
        "deals": _deals(actor, found, live["stages"], came_back),
        "deal_moves": {offer.to for offer in live["offers"] if offer.legal or offer.is_open},
    }


def _then(actor: Actor, found: Lead, at: datetime) -> dict[str, Any]:
    profile = queries.profile_at(actor, found, at)
    fields = profile.fields if profile else {}
    known = [one for one in deals.deals(actor, lead_id=found.pk) if one.opened_at <= at]
    return {
        "facts": who_then(fields),
        "buying_role": part_in_group(fields.get("buying_role", "")),
        "held": held_then(actor, found, at),
        "unsubscribed": activities.latest(actor, found.pk, "unsubscribe", at),
        "deals": [_deal_at(one, at) for one in known],
        "is_known": profile is not None,
    }


def _deal_at(deal: Deal, at: datetime) -> DealShown:
    closed = deal.closed_at if deal.closed_at and deal.closed_at <= at else None
    return DealShown(deal, closed is None, closed)


def _deals(actor: Actor, found: Lead, stages: Stages, came_back: Forms) -> list[DealShown]:
    return [
        DealShown(
            one,
            one.state == Deal.State.OPEN,
            one.closed_at,
            came_back.get(f"deal-{one.pk}") or deal_form(one, stages),
        )
        for one in deals.deals(actor, lead_id=found.pk)
    ]


def new_deal_form(data: Any = None) -> lead_forms.Deal:
    """The form of a deal to be opened, in the currency of the company."""
    return lead_forms.Deal(data, currency=the_company().currency, auto_id="id_new_deal_%s")


def deal_form(deal: Deal, stages: Stages, data: Any = None) -> lead_forms.ChangeDeal:
    """The form of one deal, as it stands there."""
    start = {name: getattr(deal, name) for name in ("name", "amount", "expected_at", "state", "reason")}
    reasons = list(stages.agreement.reasons.get("LOST", ())) if stages.agreement else []
    known = [*reasons, deal.reason] if deal.reason and deal.reason not in reasons else reasons
    return lead_forms.ChangeDeal(
        data,
        initial={**start, "seen": seen_deal(deal)},
        reasons=known,
        currency=deal.currency,
        auto_id=f"id_deal{deal.pk}_%s",
    )


def owner_form(lead: Lead, people: Sequence[User]) -> forms.Owner:
    """To whom the lead may be given."""
    start = {"owner": lead.owner.username if lead.owner else ""}
    return forms.Owner(people=people, initial=start, auto_id="id_owner_%s")


# What moves.


def state(found: Lead, held: Sequence[Held]) -> str:
    """What changes when the lead is folded or something is about to be, and every minute, for the page tells how long ago
    things were."""
    about = " ".join(f"{one.pk}{one.state}" for one in held)
    return f"{seen(found)} {found.score:.3f} {found.folded_at} {found.owner_id} {clock.now():%H:%M} {about}"


def live(actor: Actor, found: Lead, at: datetime | None, came_back: Forms | None = None) -> dict[str, Any]:
    """What moves: stage, score, why, decisions. The lead is folded once for all of it."""
    stages = stages_now()
    dossier = lifecycle.dossier(actor, found, at)
    held = [] if at else lifecycle.held(actor, found)
    transitions = [one for one in lifecycle.transitions(actor, found) if at is None or one.at <= at]
    given = lifecycle.answers(actor, found, at)
    context = {
        "lead": found,
        "at": at,
        "stages": stages,
        "dossier": dossier,
        "transitions": transitions,
        "stage_shown": (transitions[-1].to_stage if transitions else "") if at else found.stage,
        "path": _path(transitions, stages),
        "passes": _passes(transitions),
        "latest": transitions[-1] if transitions else None,
        "why": why(dossier.explanation, stages) if dossier.explanation else None,
        "answered": given,
        "version": state(found, held),
        "pending": pending(held, stages),
        "curve_version": f"{seen(found)} {found.folded_at}",
    }
    return context if at else context | _open(actor, found, dossier, stages, given, came_back or {})


def _open(
    actor: Actor,
    found: Lead,
    dossier: lifecycle.Dossier,
    stages: Stages,
    given: Mapping[str, lifecycle.Answer],
    came_back: Forms,
) -> dict[str, Any]:
    """What may be done now."""
    answers, people = as_forms_say(given), core.colleagues(actor)
    refused = cast("forms.Decide | None", came_back.get("decide"))
    offered = offers(found, dossier.moves, stages, answers, refused)
    questions = questions_form(stages, answers)
    amounts = [offer.form.initial["amount"] for offer in offered]
    return {
        "moves_version": f"{seen(found)} {sorted(answers.items())} {amounts}",
        "people": people,
        **sash(actor, found, came_back, people),
        "offers": offered,
        "has_illegal": any(not offer.legal and not offer.is_open for offer in offered),
        "questions": questions,
        "asked": [(field, given.get(field.name.removeprefix(forms.ANSWER))) for field in questions]
        if questions
        else [],
    }


def _path(transitions: Sequence[Transition], stages: Stages) -> list[Stop]:
    """The stages in funnel order, with the lead's passes through each."""
    here = transitions[-1].to_stage if transitions else ""
    entered: dict[str, list[datetime]] = {}
    for one in transitions:
        entered.setdefault(one.to_stage, []).append(one.at)
    unknown = [code for code in entered if code not in stages.places]
    return [
        Stop(
            code,
            code == here,
            code in entered,
            max(entered.get(code, []), default=None),
            len(entered.get(code, [])),
        )
        for code in [*stages.ids, *unknown]
    ]


def _passes(transitions: Sequence[Transition]) -> list[Pass]:
    """Every stay, the latest first."""
    left = [*(one.at for one in transitions[1:]), *([None] if transitions else [])]
    return [Pass(one, end) for one, end in zip(transitions, left, strict=True)][: -PASSES - 1 : -1]


# The story.


def story_part(
    actor: Actor, found: Lead, at: datetime | None, query: Mapping[str, str], stages: Stages | None = None
) -> dict[str, Any]:
    """A part of the story: `show` one kind, `before` a time, or back to `since` with what came meanwhile."""
    only = query.get("show", "")
    only = only if only in ONLY else ""
    part = told(
        actor, found, stages or stages_now(), at=at, before=moment(query.get("before", "")),
        since=moment(query.get("since", "")),
        only=only,
    )  # fmt: skip
    address = reverse("lead-story", args=[found.pk])
    return {
        "lead": found,
        "at": at,
        "story": part,
        "only": only,
        "kinds": ONLY.items(),
        "is_later": "before" in query,
        "story_version": story_state(actor, found),
        "story_address": f"{address}?{_asked(only, at, since=part.since)}",
        "older_address": f"{address}?{_asked(only, at, before=part.older)}" if part.older else "",
        "older_page": f"?{_asked(only, at, before=part.older)}#story" if part.older else "",
        "day_asked": _asked("", at),
    }


def story_state(actor: Actor, found: Lead) -> str:
    """What changes when the story does."""
    return f"{seen(found)} {found.folded_at} {activities.notes_state(actor, found.pk)}"


def _asked(only: str, at: datetime | None, **times: datetime | None) -> str:
    asked = {"show": only, "at": timezone.localtime(at).date().isoformat() if at else ""}
    asked |= {name: time.isoformat() if time else "" for name, time in times.items()}
    return urlencode({name: value for name, value in asked.items() if value})


def moment(text: str) -> datetime | None:
    """An instant of an address that a page made; None for anything else."""
    try:
        found = datetime.fromisoformat(text[:40]) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo and 1900 <= found.year <= 2200 else None
