"""Recording what leads did."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tasuki.server.activities import checks
from tasuki.server.activities.inputs import ActivityInput, Recorded
from tasuki.server.activities.models import Activity
from tasuki.server.activities.notes import remove_note, write_note
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Refused
from tasuki.server.core.measures import ENTRIES
from tasuki.server.people import commands as people

__all__ = ["ActivityInput", "Recorded", "record_activities", "remove_note", "write_note"]

Outcome = Recorded | Refused


def record_activities(
    actor: Actor, inputs: Sequence[ActivityInput], *, source: str = "", job: int | None = None
) -> list[Outcome]:
    """Store activities, each once by (source, key), and have their leads folded; one answer each, in the order given.

    All in one transaction: what is answered as stored is stored together. `source` is the actor's own when empty. A lead
    that is not there yet is created from what names it. NotAllowed; Invalid for the source; all else refuses the one
    activity.
    """
    require(actor, "activities.write")
    source = source or actor.source
    if wrong := checks.problem_of_source(source):
        raise wrong
    outcomes = bulk.in_one_transaction(lambda: _record(actor, inputs, source, job))
    _count(outcomes)
    return outcomes


def _record(actor: Actor, inputs: Sequence[ActivityInput], source: str, job: int | None) -> list[Outcome]:
    now = clock.now()
    outcomes: list[Outcome | None] = [checks.problem(given, now) for given in inputs]
    leads = _leads(actor, inputs, outcomes, source=source, now=now, job=job)
    _store(inputs, outcomes, leads, source=source, now=now, job=job)
    done = [outcome for outcome in outcomes if outcome is not None]
    _note(actor, done, source)
    return done


def _leads(
    actor: Actor,
    inputs: Sequence[ActivityInput],
    outcomes: list[Outcome | None],
    *,
    source: str,
    now: datetime,
    job: int | None,
) -> dict[int, int]:
    """Place in `inputs` → lead, for all that are sound; a profile that came with an activity is put first."""
    open_places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    found: dict[int, int] = {}
    profiles = [(place, lead) for place in open_places if (lead := inputs[place].lead) is not None]
    if profiles:
        puts = people.put_leads(actor, [lead for _place, lead in profiles], source=source, job=job)
        for (place, _lead), put in zip(profiles, puts, strict=True):
            if isinstance(put, Refused):
                outcomes[place] = put
            else:
                found[place] = put.lead_id
    named = [place for place in open_places if inputs[place].lead is None]
    if named:
        leads = people.resolve_leads(actor, [inputs[place].ref for place in named], source=source, at=now)
        for place, lead_id in zip(named, leads, strict=True):
            if isinstance(lead_id, Refused):
                outcomes[place] = lead_id
            else:
                found[place] = lead_id
    return found


def _store(
    inputs: Sequence[ActivityInput],
    outcomes: list[Outcome | None],
    leads: dict[int, int],
    *,
    source: str,
    now: datetime,
    job: int | None,
) -> None:
    """Insert what is new, answer every open place, and have the leads of what was stored folded."""
    first: dict[str, int] = {}  # key → the first place that has it
    keys: dict[int, str] = {}
    for place, lead_id in leads.items():
        keys[place] = _key(inputs[place], lead_id)
        first.setdefault(keys[place], place)
    stored = _insert(
        [
            (leads[place], given.at or now, given.type.strip(), given.properties, source, key, now, job)
            for key, place in sorted(first.items())
            if (given := inputs[place])
        ]
    )
    there = _leads_of(source, [key for key in first if key not in stored])
    for place, lead_id in leads.items():
        key = keys[place]
        duplicate = key not in stored or first[key] != place
        outcomes[place] = Recorded(there.get(key, lead_id), duplicate)
    if stored:
        people.touch(sorted({leads[first[key]] for key in stored}))


COLUMNS = ("lead", "at", "type", "properties", "source", "key", "recorded_at", "import_job")


def _insert(rows: list[tuple[Any, ...]]) -> set[str]:
    """Store the rows that are not there yet; their keys.

    The rows come in the order of their keys, so that two callers with the same ones wait instead of locking each other out.
    """
    return {key for (key,) in bulk.insert(Activity, COLUMNS, rows, returning=["key"], or_ignore=True)}


def _leads_of(source: str, keys: list[str]) -> dict[str, int]:
    """To which leads activities belong that were there before."""
    if not keys:
        return {}
    return dict(Activity.objects.filter(source=source, key__in=keys).values_list("key", "lead_id"))


def _key(given: ActivityInput, lead_id: int) -> str:
    """The caller's own; else a digest of what it is; without a time it is now, and so never the same as another."""
    if given.key is not None:
        return given.key
    if given.at is None:
        return f"once:{uuid.uuid4().hex}"
    what = json.dumps(
        [lead_id, clock.microseconds(given.at), given.type.strip(), given.properties], sort_keys=True
    )
    return f"sha256:{hashlib.sha256(what.encode()).hexdigest()}"


def _note(actor: Actor, outcomes: Sequence[Outcome], source: str) -> None:
    """One entry of the audit for all of them; none where nothing was stored."""
    recorded = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    stored = [outcome for outcome in recorded if not outcome.duplicate]
    if stored:
        subject = f"lead:{stored[0].lead_id}" if len(stored) == 1 else ""
        audit.record(
            actor,
            "activities.record",
            subject,
            source=source,
            stored=len(stored),
            duplicate=len(recorded) - len(stored),
            refused=len(outcomes) - len(recorded),
        )


def _count(outcomes: Sequence[Outcome]) -> None:
    for kind, count in Counter(map(_kind, outcomes)).items():
        ENTRIES.labels("activity", kind).inc(count)


def _kind(outcome: Outcome) -> str:
    return "refused" if isinstance(outcome, Refused) else "duplicate" if outcome.duplicate else "stored"
