"""Calls: what came of one, and the next one that was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.activities import commands as activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import Conflict, Invalid, NotFound, Refused
from tasuki.server.core.texts import problem_of_texts
from tasuki.server.handoffs import commands as handoffs
from tasuki.server.handoffs import promises
from tasuki.server.handoffs.models import Promise
from tasuki.server.notify.commands import News, Readers
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.models import Lead
from tasuki.server.people.queries import lead_there

LONGEST = {"note": 10_000, "key": 200}


class CallOutcome(TextChoices):
    """What came of a call: the property `outcome` of the activity `call`, which an agreement's signals may ask for."""

    REACHED = "reached", gettext_lazy("Reached")
    NOT_REACHED = "not_reached", gettext_lazy("Not reached")
    VOICEMAIL = "voicemail", gettext_lazy("Voicemail")
    CALL_BACK = "call_back", gettext_lazy("Wants to be called back")
    WRONG_NUMBER = "wrong_number", gettext_lazy("Wrong number")


@dataclass(frozen=True, slots=True)
class Called:
    """A call that is stored: now, or already (`duplicate`); `promise` is the next one, where one was promised."""

    lead_id: int
    duplicate: bool
    promise: Promise | None = None


def log_call(
    actor: Actor,
    lead_id: int,
    outcome: str,
    note: str = "",
    promised_at: datetime | None = None,
    key: str | None = None,
    at: datetime | None = None,
) -> Called:
    """Record a call made just now, or `at` a moment ago, as an activity `call` with `outcome`, `by` and `note`.

    It is a touch of the lead's open handoff, and keeps what was promised for this time. `promised_at` (aware) promises the
    next call, with the same note. The same `key` of the same source is the same call. NotAllowed; NotFound; Invalid.
    """
    require(actor, "activities.write")
    lead = lead_there(actor, lead_id).pk
    check_call(outcome, note, promised_at, key, at=at)
    return bulk.in_one_transaction(lambda: _log(actor, lead, outcome, note, promised_at, key, at))


def check_call(
    outcome: str,
    note: str,
    promised_at: datetime | None,
    key: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Invalid: nothing that can come of a call, a text that cannot be stored, no time for a call to come."""
    wrong = _problem_of_outcome(outcome) or problem_of_texts({"note": note, "key": key}, LONGEST)
    if wrong is None and promised_at is not None:
        wrong = promises.problem(promised_at, "", at or clock.now())
    if wrong:
        raise wrong


def _problem_of_outcome(outcome: str) -> Refused | None:
    if outcome in CallOutcome.values:
        return None
    return Invalid(
        "outcome_unknown",
        _("This is nothing that can come of a call."),
        cure=_("Possible: %(known)s.") % {"known": ", ".join(CallOutcome.values)},
        field="outcome",
    )


def _log(
    actor: Actor,
    lead_id: int,
    outcome: str,
    note: str,
    promised_at: datetime | None,
    key: str | None,
    at: datetime | None,
) -> Called:
    _hold(lead_id)
    by = {"by": actor.user.username} if actor.user else {}
    properties = {"outcome": outcome, **by, **({"note": note} if note.strip() else {})}
    given = ActivityInput(LeadRef(lead=lead_id), "call", at, properties, key)
    (recorded,) = activities.record_activities(actor, [given])
    if isinstance(recorded, Refused):
        raise recorded
    if recorded.duplicate:
        return Called(recorded.lead_id, True)
    now = at or clock.now()
    promises.keep(lead_id, now)
    if actor.user is not None:
        handoffs.touched(lead_id, by=actor.user, at=now)
    promise = (
        _promised(actor, lead_id, promised_at, note[: promises.LONGEST_NOTE], now) if promised_at else None
    )
    return Called(lead_id, False, promise)


def _hold(lead_id: int) -> None:
    """Hold the lead before anything of it is written, as everybody does who changes its handoff."""
    Lead.objects.filter(pk=lead_id).select_for_update(no_key=True).first()


# Promises.


def promise_call(actor: Actor, lead_id: int, at: datetime, note: str = "") -> Promise:
    """Promise the lead a call; what was promised before is replaced. NotAllowed; NotFound; Invalid."""
    require(actor, "activities.write")
    lead, now = lead_there(actor, lead_id).pk, clock.now()
    if wrong := promises.problem(at, note, now, field="at"):
        raise wrong

    def promised() -> Promise:
        _hold(lead)
        return _promised(actor, lead, at, note, now)

    return bulk.in_one_transaction(promised)


def _promised(actor: Actor, lead_id: int, at: datetime, note: str, now: datetime) -> Promise:
    promise = promises.make(lead_id, at=at, note=note, by=actor.user, now=now)
    audit.record(actor, "promise.make", f"lead:{lead_id}", promise=promise.pk)
    return promise


def move_promise(actor: Actor, promise_id: int, at: datetime, note: str | None = None) -> Promise:
    """To another time; the note stays where none is given. NotAllowed; NotFound; Conflict: it is kept; Invalid."""
    require(actor, "activities.write")

    def moved() -> Promise:
        promise = _waiting(actor, promise_id)
        if wrong := promises.problem(at, note or "", clock.now(), field="at"):
            raise wrong
        promises.move(promise, at, promise.note if note is None else note)
        audit.record(actor, "promise.move", f"lead:{promise.lead_id}", promise=promise.pk)
        return promise

    return bulk.in_one_transaction(moved)


def cancel_promise(actor: Actor, promise_id: int) -> Promise:
    """Take the promise back. NotAllowed; NotFound; Conflict: it is kept or taken back already."""
    require(actor, "activities.write")

    def cancelled() -> Promise:
        promise = _waiting(actor, promise_id)
        promise.done_at = clock.now()
        promise.save(update_fields=["done_at"])
        audit.record(actor, "promise.cancel", f"lead:{promise.lead_id}", promise=promise.pk)
        return promise

    return bulk.in_one_transaction(cancelled)


def _waiting(actor: Actor, promise_id: int) -> Promise:
    """The promise, held against others, within a transaction."""
    seen = Promise.objects.filter(sight(actor, "lead__"), lead__erased_at=None, pk=promise_id)
    promise = seen.select_related("lead", "person").select_for_update(of=("self",), no_key=True).first()
    if promise is None:
        raise NotFound(
            "promise_unknown",
            _("There is no such promised call, or you may not see its lead."),
            cure=_("Look at the page of the lead."),
        )
    if promise.done_at is not None:
        raise Conflict(
            "promise_done",
            _("This call was made, or taken back, already."),
            cure=_("Promise another one."),
        )
    return promise


def due_news(now: datetime, limit: int = 200) -> list[News]:
    """Promised calls whose time has come, as news for who promised them; who is gone: for those who look after the lead.

    Within the caller's transaction, which tells them; of what is long past nobody is told.
    """
    from tasuki.server.lifecycle.news import NEWS_AGE

    due = [
        one
        for one in promises.claim_due(now, limit)
        if one.at > now - NEWS_AGE and one.lead.erased_at is None
    ]
    if not due:
        return []
    readers = Readers()
    return [_news(one, readers) for one in due]


def _news(promise: Promise, readers: Readers) -> News:
    lead, person = promise.lead, promise.person
    kept_by = (person.pk,) if person and person.is_active else readers.keepers(lead.owner_id, lead.team_id)
    cause = f"promise:{promise.pk}:{int(promise.at.timestamp())}"  # moved, it is told again
    return News("call", lead.pk, kept_by, cause=cause, at=promise.at, detail={"promise": promise.pk})
