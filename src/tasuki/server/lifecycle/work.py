"""What the worker does: fold the leads that are due, and queue all leads when an agreement comes into force."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import OperationalError, transaction

from tasuki.server.agreements import commands as agreement_commands
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import bulk, clock
from tasuki.server.lifecycle import measures, storing
from tasuki.server.lifecycle.folding import LeadFold, fold
from tasuki.server.lifecycle.inputs import Entered, Folded
from tasuki.server.people import privacy
from tasuki.server.people.due import touch
from tasuki.server.people.models import Due, Lead

log = logging.getLogger(__name__)

ASIDE = timedelta(minutes=10)
"""How long a lead waits whose fold failed, unless something new comes."""
CHUNK = 400
"""Leads queued at a time when a new agreement is rolled out: few, so that fresh entries do not wait behind them."""
SURELY = timedelta(minutes=1)
"""So long after an agreement came into force every worker knows it, whatever their clocks say."""


def fold_due(*, limit: int = 200) -> Folded:
    """Fold up to `limit` leads that are due; their transitions, handoffs and news are stored in one transaction.

    Several workers may do so at a time: each takes leads that nobody holds. A touch of a lead that is being folded waits
    until the fold is committed, and then counts; nothing is lost. Nothing is done while no agreement is in force.
    """
    due = _candidates(limit)
    if not due or agreements.in_force() is None:
        return Folded()
    began = time.perf_counter()
    done = _together(due)
    measures.SECONDS.observe(time.perf_counter() - began)
    return _counted(done)


@dataclass
class _Done:
    """What was committed: leads folded, transitions, when each lead was due, and how many leads failed."""

    folded: int = 0
    entered: list[Entered] = field(default_factory=list)
    dues: list[datetime] = field(default_factory=list)
    failed: int = 0


def _together(due: Sequence[int]) -> _Done:
    """All in one transaction; where that fails for a reason that lies in a lead, each in its own, that one put aside."""
    try:
        return bulk.in_one_transaction(lambda: _fold(due))
    except OperationalError:
        raise
    except Exception:
        log.warning("a batch could not be stored: each lead alone", exc_info=True)
    done = _Done()
    for lead in due:
        one = _by_itself(lead)
        done.folded += one.folded
        done.entered += one.entered
        done.dues += one.dues
        done.failed += one.failed
    return done


def _by_itself(lead: int) -> _Done:
    try:
        return bulk.in_one_transaction(lambda: _fold([lead]))
    except OperationalError:
        raise
    except Exception:
        log.exception("lead %s could not be stored", lead)
        Due.objects.filter(pk=lead, at__lte=clock.now()).update(at=clock.now() + ASIDE)
        return _Done(failed=1)


def _counted(done: _Done) -> Folded:
    now = clock.now()
    measures.FOLDED.inc(done.folded)
    measures.FAILED.inc(done.failed)
    for t in done.entered:
        measures.TRANSITIONS.labels(t.to_stage).inc()
    for due in done.dues:
        measures.LAG.observe(max((now - due).total_seconds(), 0.0))
    return Folded(done.folded, len(done.entered), done.failed)


def _candidates(limit: int) -> list[int]:
    """Leads that are due: half of them those that wait longest, half the freshest, so that neither waits for the other."""
    due = Due.objects.filter(at__lte=clock.now()).values_list("pk", flat=True)
    oldest = list(due.order_by("at")[:limit])
    if len(oldest) < limit:
        return oldest
    return list(dict.fromkeys([*oldest[: limit // 2], *due.order_by("-at")[: limit - limit // 2]]))


def _fold(due: Sequence[int]) -> _Done:
    """Within a transaction: hold those of the leads that are still due and nobody else holds, fold, store."""
    now = clock.now()
    leads = _held(due, now)
    privacy.sweep([lead.pk for lead in leads if lead.erased_at is not None])
    folds = fold([lead for lead in leads if _is_folded(lead)], now)
    entered = storing.store(folds, now)
    _look_again([lead.pk for lead in leads], folds, now)
    failed = sum(one.outcome is None for one in folds)
    return _Done(len(folds) - failed, entered, list(leads.values()), failed)


def _held(due: Sequence[int], now: datetime) -> dict[Lead, datetime]:
    """Leads that are due and nobody else holds, by their ids, with when; first they are held, then when they are due.

    So the due times of leads that somebody else holds are left to whoever touches them.
    """
    free = Lead.objects.defer("fields", "search").filter(pk__in=due, due__at__lte=now).order_by("pk")
    free = free.select_for_update(of=("self",), skip_locked=True, no_key=True)
    leads = {lead.pk: lead for lead in free}
    rows = Due.objects.filter(pk__in=leads, at__lte=now).order_by("pk")
    rows = rows.select_for_update(skip_locked=True, no_key=True)
    return {leads[one.pk]: one.at for one in rows}


def _is_folded(lead: Lead) -> bool:
    return not lead.anonymous and lead.erased_at is None and lead.merged_into_id is None


def _look_again(leads: Sequence[int], folds: Sequence[LeadFold], now: datetime) -> None:
    """Set when each lead is due next. The rows are ours until commit: a touch that waits for them comes after this."""
    times: dict[int, datetime] = {}
    for one in folds:
        look = storing.next_look(one, now) if one.outcome else now + ASIDE
        if look is not None:
            times[one.lead.pk] = look
    bulk.update(Due, ["at"], sorted(times.items()))
    Due.objects.filter(pk__in=[lead for lead in leads if lead not in times]).delete()


def roll_out() -> int:
    """Queue the next leads to be folded under an agreement that has come into force; how many were looked at, 0 at the end.

    Those that were folded since are under it already.
    """
    now = clock.now()
    with transaction.atomic():
        version = agreement_commands.next_to_roll_out(now)
        if version is None:
            return 0
        waiting = Lead.objects.filter(
            pk__gt=version.rolled_out_to, merged_into=None, erased_at=None, anonymous=False
        )
        leads = list(waiting.order_by("pk").values_list("pk", "folded_at")[:CHUNK])
        sure = version.effective_from + SURELY
        touch([pk for pk, folded_at in leads if folded_at is None or folded_at < sure], now)
        last = leads[-1][0] if leads else version.rolled_out_to
        agreement_commands.mark_rolled_out(version, to=last, done=len(leads) < CHUNK)
        return len(leads)
