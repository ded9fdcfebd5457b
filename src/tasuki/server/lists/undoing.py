"""Putting back what was done to many leads at once: the right of whoever did it, also where they see the leads no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict
from tasuki.server.core.models import Team, User
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lists import doing, queries
from tasuki.server.lists.models import Bulk
from tasuki.server.people import commands as people

GIVEN_UP = timedelta(minutes=5)
"""An undo that takes so long has died, and may be begun again: what it had put back stays so."""


def undo_bulk(actor: Actor, bulk_id: int) -> Bulk:
    """Put back what it changed, but for what somebody changed since.

    NotFound: there is none, or it is another's. Conflict: undone already, recorded, or all of it was changed since.
    """
    require(actor, "leads.write")
    row = _claimed(actor, bulk_id)
    try:
        changed, kept = _taken_back(actor, row) if row.kind == doing.STAGE else _put_back(actor, row)
        if not changed:
            raise _nothing()
    except Exception:
        _given_up(row)
        raise
    with transaction.atomic():
        Bulk.objects.filter(pk=row.pk).update(state=Bulk.State.UNDONE, undone_at=clock.now(), kept=kept)
        audit.record(actor, "leads.bulk_undo", f"bulk:{row.pk}", leads=changed, left=kept)
    row.refresh_from_db()
    return row


def _claimed(actor: Actor, bulk_id: int) -> Bulk:
    """The row, from now on this one's to undo: who clicks twice undoes once."""
    pk = queries.bulk(actor, bulk_id).pk
    with transaction.atomic():
        row = Bulk.objects.select_for_update().get(pk=pk)
        _check(row)
        row.state, row.undone_at = Bulk.State.UNDOING, clock.now()
        row.save(update_fields=["state", "undone_at"])
    return row


def _given_up(row: Bulk) -> None:
    """It stands as it did before."""
    state = Bulk.State.DONE if row.done >= len(row.leads) else Bulk.State.FAILED
    Bulk.objects.filter(pk=row.pk, state=Bulk.State.UNDOING).update(state=state, undone_at=None)


def _check(row: Bulk) -> None:
    if row.state in doing.UNDER_WAY:
        raise Conflict(
            "bulk_running", _("It is still being done."), cure=_("Wait until it is done, then undo it.")
        )
    if row.state == Bulk.State.UNDONE:
        raise Conflict("bulk_undone", _("It was undone already."), cure=_("There is nothing more to do."))
    if row.state == Bulk.State.UNDOING and row.undone_at and row.undone_at > clock.now() - GIVEN_UP:
        raise Conflict(
            "bulk_undoing", _("It is being undone just now."), cure=_("Wait a moment, then look again.")
        )


def _nothing() -> Conflict:
    return Conflict(
        "bulk_changed_since",
        _("Nothing was put back: every one of these leads was changed since, or is gone."),
        cure=_("Look at the leads, and change them where needed."),
    )


def _put_back(actor: Actor, row: Bulk) -> tuple[int, int]:
    """So many leads were put back, and so many stay, for somebody changed them since."""
    before = {int(pk): was for pk, was in row.before.items()}
    _forget(before, "owner", User)
    _forget(before, "team", Team)
    did = people.reassign(actor, before, only_if=row.what, own_deed=True)
    return len(did.before), len(did.left)


def _forget(before: dict[int, dict[str, Any]], name: str, model: type[Model]) -> None:
    """Whose they were may be gone by now: then they are nobody's."""
    ids = {was[name] for was in before.values() if was.get(name) is not None}
    there = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
    for was in before.values():
        if was.get(name) is not None and was[name] not in there:
            was[name] = None


def _taken_back(actor: Actor, row: Bulk) -> tuple[int, int]:
    """So many decisions were taken back, and so many are recorded. Conflict: all of them are."""
    back, recorded, late = 0, 0, None
    for group in row.before.get("groups", ()):
        try:
            did = lifecycle.take_back(actor, group)
            back, recorded = back + len(did.leads), recorded + len(did.recorded)
        except Conflict as conflict:
            late = conflict
    if not back and late is not None:
        raise late
    return back, row.changed - back if late else recorded
