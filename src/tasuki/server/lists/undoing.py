"""Putting back what was done to many leads at once: it is the right of whoever did it, also where they see the leads no more."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Conflict
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lists import doing, queries
from tasuki.server.lists.models import Bulk
from tasuki.server.people import commands as people


def undo_bulk(actor: Actor, bulk_id: int) -> Bulk:
    """Put back what it changed, but for what somebody changed since.

    NotFound: there is none, or it is another's. Conflict: undone already, recorded, or all of it was changed since.
    """
    require(actor, "leads.write")
    row = queries.bulk(actor, bulk_id)
    _check(row)
    changed, kept = _taken_back(actor, row) if row.kind == doing.STAGE else _put_back(actor, row)
    if not changed:
        raise _nothing()
    with transaction.atomic():
        Bulk.objects.filter(pk=row.pk).update(state=Bulk.State.UNDONE, undone_at=clock.now(), kept=kept)
        audit.record(actor, "leads.bulk_undo", f"bulk:{row.pk}", leads=changed, left=kept)
    row.refresh_from_db()
    return row


def _check(row: Bulk) -> None:
    if row.state in (Bulk.State.WAITING, Bulk.State.RUNNING):
        raise Conflict(
            "bulk_running", _("It is still being done."), cure=_("Wait until it is done, then undo it.")
        )
    if row.state == Bulk.State.UNDONE:
        raise Conflict("bulk_undone", _("It was undone already."), cure=_("There is nothing more to do."))


def _nothing() -> Conflict:
    return Conflict(
        "bulk_changed_since",
        _("Nothing was put back: every one of these leads was changed since, or is gone."),
        cure=_("Look at the leads, and change them where needed."),
    )


def _put_back(actor: Actor, row: Bulk) -> tuple[int, int]:
    """So many leads were put back, and so many stay, for somebody changed them since."""
    before = {int(pk): was for pk, was in row.before.items()}
    did = people.reassign(actor, before, only_if=row.what, own_deed=True)
    return len(did.before), len(did.left)


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
