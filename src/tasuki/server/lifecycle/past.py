"""Decisions made elsewhere or earlier: stored with their dates, applied by the engine at their own time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.server.activities.checks import problem_of_source
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, decision_roles, require
from tasuki.server.core.errors import NotAllowed, Refused
from tasuki.server.core.measures import ENTRIES
from tasuki.server.lifecycle import checks, telling
from tasuki.server.lifecycle.inputs import DecisionInput, Recorded
from tasuki.server.lifecycle.models import Decision
from tasuki.server.people.due import touch

Outcome = Recorded | Refused

COLUMNS = (
    "lead", "at", "to", "role", "reason", "note", "until", "answers", "by", "source", "key", "recorded_at", "import_job",
)  # fmt: skip


def record_decisions(
    actor: Actor, inputs: Sequence[DecisionInput], *, source: str = "", job: int | None = None
) -> list[Outcome]:
    """Store decisions, each once by (source, key), and have their leads folded; one answer each, in the order given.

    Whether one is legal says the agreement, at the decision's own time, once the lead is folded: see `Decision.refused`. Who
    records decisions one by one may do so as their own roles only; an import (`job`) brings the roles of others.
    All in one transaction. NotAllowed; Invalid for the source; all else refuses the one decision.
    """
    require(actor, "decisions.write")
    source = source or actor.source
    if wrong := problem_of_source(source):
        raise wrong
    done = bulk.in_one_transaction(lambda: _record(actor, inputs, source, job))
    for outcome in done:
        is_stored = isinstance(outcome, Recorded) and not outcome.duplicate
        kind = "stored" if is_stored else "duplicate" if isinstance(outcome, Recorded) else "refused"
        ENTRIES.labels("decision", kind).inc()
    return done


def _record(actor: Actor, inputs: Sequence[DecisionInput], source: str, job: int | None) -> list[Outcome]:
    now = clock.now()
    roles = decision_roles(actor)
    outcomes: list[Outcome | None] = [_problem(given, roles, job, now) for given in inputs]
    leads = _leads(actor, inputs, outcomes, source, now)
    _store(actor, inputs, outcomes, leads, source=source, job=job, now=now)
    done = [outcome for outcome in outcomes if outcome is not None]
    _note(actor, done, source)
    return done


def _problem(given: DecisionInput, roles: tuple[str, ...], job: int | None, now: datetime) -> Refused | None:
    wrong = (
        checks.problem_of_said(
            to=given.to, role=given.role, reason=given.reason, note=given.note, key=given.key
        )
        or checks.problem_of_answers(given.answers or {})
        or checks.problem_of_times(given.at, given.until, now)
    )
    if wrong is None and given.role and job is None and given.role not in roles:
        return NotAllowed(
            "not_your_role",
            _("You may not decide as %(role)s.") % {"role": telling.role_name(given.role)},
            cure=_("Leave the role out, or import the decisions of others as a file."),
            field="role",
        )
    return wrong


def _leads(
    actor: Actor,
    inputs: Sequence[DecisionInput],
    outcomes: list[Outcome | None],
    source: str,
    now: datetime,
) -> dict[int, int]:
    """Place in `inputs` → lead, for all that are sound."""
    from tasuki.server.people import commands as people

    places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    resolved = people.resolve_leads(actor, [inputs[place].ref for place in places], source=source, at=now)
    found: dict[int, int] = {}
    for place, lead in zip(places, resolved, strict=True):
        if isinstance(lead, Refused):
            outcomes[place] = lead
        else:
            found[place] = lead
    return found


def _store(
    actor: Actor,
    inputs: Sequence[DecisionInput],
    outcomes: list[Outcome | None],
    leads: dict[int, int],
    *,
    source: str,
    job: int | None,
    now: datetime,
) -> None:
    """Insert what is new, answer every open place, and have the leads of what was stored folded."""
    first: dict[str, int] = {}  # key → the first place that has it
    keys = {place: inputs[place].key or _digest(inputs[place], lead) for place, lead in leads.items()}
    for place, key in keys.items():
        first.setdefault(key, place)
    own = (*decision_roles(actor), "")[0]
    rows = [
        (
            leads[place], given.at, given.to.strip(), given.role or own, given.reason, given.note, given.until,
            dict(given.answers or {}), actor.user.pk if actor.user else None, source, key, now, job,
        )
        for key, place in sorted(first.items())
        if (given := inputs[place])
    ]  # fmt: skip
    stored = dict(bulk.insert(Decision, COLUMNS, rows, returning=["key", "pk"], or_ignore=True))
    lacking = [key for key in first if key not in stored]
    known = Decision.objects.filter(source=source, key__in=lacking).values_list("key", "pk", "lead_id")
    there = {key: (pk, lead) for key, pk, lead in known} if lacking else {}
    for place, lead in leads.items():
        key = keys[place]
        if key in stored:
            outcomes[place] = Recorded(lead, first[key] != place, stored[key])
        else:
            pk, lead_id = there.get(key, (None, lead))
            outcomes[place] = Recorded(lead_id, True, pk)
    touch(sorted({leads[first[key]] for key in stored}))


def _digest(given: DecisionInput, lead: int) -> str:
    what = [
        lead, clock.microseconds(given.at), given.to.strip(), given.role, given.reason, dict(given.answers or {}),
        given.until.isoformat() if given.until else "",
    ]  # fmt: skip
    return f"sha256:{hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()}"


def _note(actor: Actor, outcomes: Sequence[Outcome], source: str) -> None:
    recorded = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    stored = [outcome for outcome in recorded if not outcome.duplicate]
    if stored:
        subject = f"lead:{stored[0].lead_id}" if len(stored) == 1 else ""
        counts = {"stored": len(stored), "duplicate": len(recorded) - len(stored)}
        audit.record(
            actor, "decisions.record", subject, source=source, refused=len(outcomes) - len(recorded), **counts
        )
