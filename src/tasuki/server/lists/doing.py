"""Doing one thing to many leads, some at a time, each time saying how far it is; what a worker took twice goes on there."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from tasuki.server.core import clock, formats
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lists.models import Bulk
from tasuki.server.lists.tasks import run_bulk
from tasuki.server.people import commands as people

STAGE = "stage"
AT_ONCE = 200
NAMED = 20
"""So many leads are named beside the reason why they were refused."""
STANDS_STILL = timedelta(minutes=10)
UNDER_WAY = (Bulk.State.WAITING, Bulk.State.RUNNING)
log = logging.getLogger(__name__)


def run(bulk_id: int) -> None:
    """Go through the leads that are left; in the language of who asked for it."""
    row = Bulk.objects.select_related("by__team").get(pk=bulk_id)
    actor = Actor(user=row.by)
    with translation.override(formats.wanted_language(row.language, row.by.language)):
        try:
            while _some(actor, bulk_id):
                pass
        except Exception:
            log.exception("a change of many leads broke off", extra={"bulk": bulk_id})
            _fail(bulk_id)


def _fail(bulk_id: int) -> None:
    with transaction.atomic():
        row = Bulk.objects.select_for_update().filter(pk=bulk_id, state__in=UNDER_WAY).first()
        if row is not None:
            row.state, row.finished_at = Bulk.State.FAILED, clock.now()
            _forget_note(row)
            row.save(update_fields=["state", "finished_at", "what"])


def _forget_note(row: Bulk) -> None:
    """It stands with the decisions by now, where the erasure of a person finds it."""
    if row.what.get("note"):
        row.what = {**row.what, "note": ""}


def resume_stale() -> int:
    """Enqueue again what stands still, for whoever did it died; how many. Called now and then by every worker."""
    now = clock.now()
    still = Bulk.objects.filter(
        Q(progress_at__lt=now - STANDS_STILL) | Q(progress_at=None, created_at__lt=now - STANDS_STILL),
        state__in=UNDER_WAY,
    )
    found = 0
    for pk in list(still.values_list("pk", flat=True)):
        with transaction.atomic():
            if still.filter(pk=pk).update(progress_at=now):
                run_bulk.enqueue(pk)
                found += 1
    return found


def _some(actor: Actor, bulk_id: int) -> bool:
    """The next leads; False once there are none. Their change and how far it is are one transaction."""
    with transaction.atomic():
        row = Bulk.objects.select_for_update().get(pk=bulk_id)
        if row.state not in UNDER_WAY:
            return False
        ids = row.leads[row.done : row.done + AT_ONCE]
        if ids:
            _decide(actor, row, ids) if row.kind == STAGE else _reassign(actor, row, ids)
        row.done += len(ids)
        row.state, row.progress_at = Bulk.State.RUNNING, clock.now()
        if row.done >= len(row.leads):
            row.state, row.finished_at = Bulk.State.DONE, clock.now()
            _forget_note(row)
        row.save()
        return row.state == Bulk.State.RUNNING


def _reassign(actor: Actor, row: Bulk, ids: Sequence[int]) -> None:
    did = people.reassign(actor, dict.fromkeys(ids, row.what))
    row.before |= {str(pk): before for pk, before in did.before.items()}
    row.changed += len(did.before)
    row.unchanged += len(did.unchanged)
    _refuse(row, {_("It is gone, or you do not see it any more."): did.left})


def _decide(actor: Actor, row: Bulk, ids: Sequence[int]) -> None:
    """Held for ten seconds, as one group: that is what an undo takes back."""
    until = row.what.get("until")
    why: dict[str, list[int]] = defaultdict(list)
    try:
        group = lifecycle.decide_soon(
            actor, lead_ids=ids, to=row.what["to"], reason=row.what["reason"], note=row.what["note"],
            until=datetime.fromisoformat(until) if until else None,
        )  # fmt: skip
    except Refused as refused:
        why[refused.message] += ids
    else:
        for pk, reason in group.refused.items():
            why[reason.message].append(pk)
        if group.leads:
            row.before = {"groups": [*row.before.get("groups", ()), group.id]}
            row.changed += len(group.leads)
    _refuse(row, why)


def _refuse(row: Bulk, why: dict[str, list[int]]) -> None:
    """Add to the tally of reasons."""
    known: dict[str, dict[str, Any]] = {each["why"]: each for each in row.refused}
    for reason, ids in why.items():
        if ids:
            one = known.setdefault(reason, {"why": reason, "count": 0, "leads": []})
            one["count"] += len(ids)
            one["leads"] = [*one["leads"], *ids][:NAMED]
    row.refused = list(known.values())
