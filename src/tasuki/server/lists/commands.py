"""Writes of lists: views, columns, and one thing done to many leads, with its undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tasuki.server.agreements.stages import stages_now
from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from tasuki.server.core.models import Team, User
from tasuki.server.lists import columns, doing, exporting, queries
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.models import Bulk, Choice, View
from tasuki.server.lists.tasks import run_bulk
from tasuki.server.lists.undoing import undo_bulk
from tasuki.server.people import listing

__all__ = [
    "act",
    "begin_with",
    "bring_view_back",
    "change_view",
    "choose_columns",
    "export_leads",
    "remove_view",
    "save_view",
    "undo_bulk",
]

MOST = 10_000
AT_ONCE = 200
"""So many leads are changed while one waits; more are the worker's."""
LONGEST_NAME = 100
MOST_OWN = 200


# Views.


def save_view(
    actor: Actor,
    *,
    name: str,
    asked: Asked,
    sort: str = "-score",
    shown: Sequence[str] = (),
    shared: str = View.Shared.ME,
) -> View:
    """Keep a question under a name. `shared`: me, team or all. Invalid, NotAllowed; TooLarge: one has too many."""
    require(actor, "leads.read")
    user = _somebody(actor)
    _check_answerable(asked)
    listing.column(sort)
    with transaction.atomic():
        if View.objects.filter(owner=user, removed_at=None).count() >= MOST_OWN:
            raise TooLarge(
                "too_many_views",
                _("There is room for %(most)s views of one's own.") % {"most": MOST_OWN},
                cure=_("Remove one that is not used any more."),
            )
        now = clock.now()
        view = View(owner=user, query=asked.query(), sort=sort, created_at=now, changed_at=now)
        view.columns = columns.checked(list(shown), stages_now())
        _name(view, name)
        _share(view, user, shared)
        view.save()
        audit.record(actor, "views.save", f"view:{view.pk}", shared=view.shared)
    return view


def change_view(
    actor: Actor,
    view_id: int,
    *,
    name: str | None = None,
    shared: str | None = None,
    asked: Asked | None = None,
    sort: str | None = None,
    shown: Sequence[str] | None = None,
) -> View:
    """Change what is given of a view. NotFound; NotAllowed: it is another's, and one does not lead; Invalid."""
    require(actor, "leads.read")
    with transaction.atomic():
        view = _mine(actor, view_id)
        if name is not None:
            _name(view, name)
        if shared is not None:
            _share(view, view.owner, shared)
        if asked is not None:
            _check_answerable(asked)
            view.query = asked.query()
        if sort is not None:
            listing.column(sort)
            view.sort = sort
        if shown is not None:
            view.columns = columns.checked(list(shown), stages_now())
        view.changed_at = clock.now()
        view.save()
        audit.record(actor, "views.change", f"view:{view.pk}", shared=view.shared)
    return view


def remove_view(actor: Actor, view_id: int) -> View:
    """Take a view away; it can be brought back. NotFound, NotAllowed."""
    require(actor, "leads.read")
    with transaction.atomic():
        view = _mine(actor, view_id)
        view.removed_at = clock.now()
        view.save(update_fields=["removed_at"])
        audit.record(actor, "views.remove", f"view:{view.pk}")
    return view


def bring_view_back(actor: Actor, view_id: int) -> View:
    """Undo the removal. NotFound, NotAllowed."""
    require(actor, "leads.read")
    with transaction.atomic():
        gone = View.objects.filter(pk=view_id if 0 < view_id < 2**63 else 0).exclude(removed_at=None).first()
        if gone is None or not queries.may_change(actor, gone):
            raise NotFound("view_unknown", _("There is no such view to bring back."))
        gone.removed_at = None
        gone.save(update_fields=["removed_at"])
        audit.record(actor, "views.restore", f"view:{gone.pk}")
    return gone


def begin_with(actor: Actor, view_id: int | None) -> None:
    """The list begins with this view for oneself; None: with all leads. NotFound."""
    require(actor, "leads.read")
    user = _somebody(actor)
    view = queries.view(actor, view_id) if view_id is not None else None
    with transaction.atomic():
        Choice.objects.update_or_create(user=user, defaults={"view": view})
        audit.record(actor, "views.begin", f"view:{view.pk}" if view else "")


def choose_columns(actor: Actor, shown: Sequence[str]) -> list[str]:
    """One's own columns, in this order; none: the standard ones. Invalid."""
    require(actor, "leads.read")
    user = _somebody(actor)
    ids = columns.checked(list(shown), stages_now())
    with transaction.atomic():
        Choice.objects.update_or_create(user=user, defaults={"columns": ids})
        audit.record(actor, "lists.columns", "", columns=ids)
    return ids


def _somebody(actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed("not_a_person", _("Only people have views and columns of their own."))
    return actor.user


def _check_answerable(asked: Asked) -> None:
    if asked.problems:
        raise asked.problems[0]


def _mine(actor: Actor, view_id: int) -> View:
    """The view, held. NotFound: one does not see it; NotAllowed: one may not change it."""
    view = queries.view(actor, view_id)
    if not queries.may_change(actor, view):
        raise NotAllowed(
            "view_of_another",
            _("This view is %(name)s's.") % {"name": view.owner.shown_name},
            cure=_("Save it as one of your own, or ask them, or somebody who leads."),
        )
    return View.objects.select_related("owner").select_for_update(of=("self",)).get(pk=view.pk)


def _name(view: View, name: str) -> None:
    view.name = _clean_name(name)


def _clean_name(name: str) -> str:
    text = " ".join(name.replace("\0", "").split())
    if not text or len(text) > LONGEST_NAME or any("\ud800" <= each <= "\udfff" for each in text):
        raise Invalid(
            "view_name",
            _("A view needs a name of at most %(most)s characters.") % {"most": LONGEST_NAME},
            cure=_("Say what one finds there, like: MQLs without owner."),
            field="name",
        )
    return text


def _share(view: View, owner: User, shared: str) -> None:
    if shared not in View.Shared.values:
        raise Invalid(
            "view_shared",
            _("A view is for oneself, for one's team, or for everybody."),
            cure=_("Possible: %(known)s.") % {"known": ", ".join(View.Shared.values)},
            field="shared",
        )
    if shared == View.Shared.TEAM and owner.team_id is None:
        raise Invalid(
            "view_without_team",
            _("You belong to no team that it could be shared with."),
            cure=_("Share it with everybody, or keep it for yourself."),
            field="shared",
        )
    view.shared, view.team_id = shared, owner.team_id if shared == View.Shared.TEAM else None


# Out of the house.


def export_leads(
    actor: Actor,
    *,
    asked: Asked,
    sort: str,
    shown: Sequence[columns.Column],
    kind: str = exporting.CSV,
    lead_ids: Sequence[int] | None = None,
) -> Iterator[bytes]:
    """The leads that fit, or these, as a file in pieces: the number and the columns shown. `kind`: csv, plain or xlsx.

    The audit tells who took what out before the first piece is given. Invalid; NotAllowed.
    """
    require(actor, "export")
    exporting.check_kind(kind)
    _check_answerable(asked)
    listing.column(sort)
    ids = None if lead_ids is None else queries.visible(actor, lead_ids)
    if ids is not None and not ids:
        raise Invalid("no_leads", _("No lead was chosen."), cure=_("Tick some in the list."), field="leads")
    with transaction.atomic():
        audit.record(
            actor, "leads.export", "", kind=kind, sort=sort, columns=[column.id for column in shown],
            filters=sorted({clause.name for clause in asked.clauses}), words=bool(asked.search),
            leads=len(ids) if ids is not None else None,
        )  # fmt: skip
    pages = queries.each_page(actor, asked, sort, ids)
    return exporting.written(actor, kind, shown, stages_now(), pages)


# One thing, many leads.


def act(
    actor: Actor,
    *,
    kind: str,
    to: Mapping[str, Any],
    lead_ids: Sequence[int] | None = None,
    asked: Asked | None = None,
    sort: str = "-score",
) -> Bulk:
    """Do one thing to these leads, or to all that fit: at most 10,000; up to 200 at once, more by the worker.

    `kind` owner (`owner`: a sign-in name, empty for nobody), team (`team`: its name), campaign (`campaign`), or stage
    (`to`, `reason`, `note`, `until`, aware). Invalid, NotAllowed; TooLarge: they are more.
    """
    require(actor, "decisions.write" if kind == doing.STAGE else "leads.write")
    user = _somebody(actor)
    what = _what(kind, to)
    ids = _meant(actor, lead_ids, asked or Asked(), sort)
    with transaction.atomic():
        now = clock.now()
        row = Bulk.objects.create(
            kind=kind,
            what=what,
            by=user,
            language=get_language() or "",
            leads=ids,
            created_at=now,
            progress_at=now,
        )
        audit.record(actor, "leads.bulk", f"bulk:{row.pk}", kind=kind, leads=len(ids), columns=sorted(what))
        if len(ids) > AT_ONCE:
            run_bulk.enqueue(row.pk)
    if len(ids) <= AT_ONCE:
        doing.run(row.pk)
        row.refresh_from_db()
    return row


def _meant(actor: Actor, lead_ids: Sequence[int] | None, asked: Asked, sort: str) -> list[int]:
    """The leads, which the actor sees. Invalid: none; TooLarge."""
    _check_answerable(asked)
    found = (
        queries.chosen_ids(actor, asked, sort, MOST) if lead_ids is None else queries.visible(actor, lead_ids)
    )
    if not found:
        raise Invalid("no_leads", _("No lead was chosen."), cure=_("Tick some in the list."), field="leads")
    if len(found) > MOST:
        raise TooLarge(
            "too_many_leads",
            _("These are more than %(most)s leads.") % {"most": f"{MOST:,}"},
            cure=_("Add a filter, and do it in parts."),
        )
    return found


def _what(kind: str, to: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "owner":
        return {"owner": _owner_id(str(to.get("owner", "")))}
    if kind == "team":
        return {"team": _team_id(str(to.get("team", "")))}
    if kind == "campaign":
        text = str(to.get("campaign", "")).replace("\0", "").strip()
        if len(text) > 200:
            raise Invalid("too_long", _("A campaign has at most 200 characters."), field="campaign")
        return {"campaign": text}
    if kind == doing.STAGE:
        return _decision(to)
    raise Invalid(
        "bulk_kind",
        _("That is nothing that can be done to many leads."),
        cure=_("Possible: %(known)s.") % {"known": "owner, team, campaign, stage"},
        field="kind",
    )


def _owner_id(username: str) -> int | None:
    if not username:
        return None
    found = User.objects.filter(username=username, is_active=True).values_list("pk", flat=True).first()
    if found is None:
        raise Invalid(
            "owner_unknown", _("Nobody here is called “%(value)s”.") % {"value": username[:60]}, field="owner"
        )
    return found


def _team_id(name: str) -> int | None:
    if not name:
        return None
    found = Team.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise Invalid("team_unknown", _("There is no team “%(value)s”.") % {"value": name[:60]}, field="team")
    return found


def _decision(to: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON. Invalid: no stage of the agreement, or a reason is missing that it asks for."""
    stages, stage = stages_now(), str(to.get("to", ""))
    if stages.agreement is None or stage not in stages.places:
        raise Invalid("stage_unknown", _("Choose a stage."), field="to")
    reason, until = str(to.get("reason", "")), to.get("until")
    reasons = stages.agreement.reasons.get(stage, ())
    if reasons and reason not in reasons:
        raise Invalid(
            "reason_needed",
            _("%(stage)s needs one of its reasons.") % {"stage": stages.short(stage)},
            cure=_("Choose one."),
            field="reason",
        )
    if isinstance(until, datetime) and until <= clock.now():
        raise Invalid(
            "until_past", _("The re-approach date is over."), cure=_("Choose a later day."), field="until"
        )
    return {
        "to": stage,
        "reason": reason if reasons else "",
        "note": str(to.get("note", ""))[:2_000],
        "until": until.isoformat() if isinstance(until, datetime) else None,
    }
