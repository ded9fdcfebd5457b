"""Records into the database by the commands of the apps below, a batch at a time, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from tasuki.server.accounts import commands as accounts
from tasuki.server.accounts.inputs import PutAccount
from tasuki.server.activities import commands as activities
from tasuki.server.activities.inputs import ActivityInput, Recorded
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.deals import commands as deals
from tasuki.server.deals.inputs import PutDeal
from tasuki.server.imports.changes import Changes
from tasuki.server.imports.rows import Reader, Record, Reject, attempted
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle.inputs import DecisionInput
from tasuki.server.lifecycle.inputs import Recorded as Decided
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef

P = TypeVar("P", PutAccount, PutDeal)


@dataclass
class Tally:
    """What came of some rows. `entries` counts activities and decisions that were stored, `repeated` those of before."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    entries: int = 0
    rejects: list[Reject] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)
    leads: list[int] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        """One more created, updated or unchanged."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def reject(self, record: Record, refused: Refused, before: str = "") -> None:
        """A row that was refused."""
        reason = " ".join(filter(None, (before, str(refused.message), str(refused.cure))))
        self.rejects.append(Reject(record.line, record.cells, reason, str(refused.field or "")[:100]))
        self.lines[record.line] = "rejected"


@dataclass
class Store:
    """Stores batches of one job. `batch` must run in a transaction."""

    actor: Actor
    job: int
    reader: Reader

    @property
    def source(self) -> str:
        """Under which name entries are stored."""
        return self.reader.plan.source

    @property
    def mode(self) -> str:
        """trusted or fill."""
        return self.reader.plan.mode

    def batch(self, records: Sequence[Record | Reject], tally: Tally | None = None) -> Tally:
        """Store these rows; what is refused is in the tally's rejects."""
        tally = tally or Tally()
        tally.rows += len(records)
        tally.rejects += [record for record in records if isinstance(record, Reject)]
        by_kind = {
            "leads": self._leads,
            "accounts": self._accounts,
            "activities": self._activities,
            "decisions": self._decisions,
            "deals": self._deals,
        }
        with Changes(self.job) as changes:
            good = [record for record in records if isinstance(record, Record)]
            by_kind[self.reader.plan.kind](good, tally, changes)
        tally.rejects.sort(key=lambda reject: reject.line)
        return tally

    def _made(
        self, records: Sequence[Record], tally: Tally, make: Callable[[Record], Any]
    ) -> list[tuple[Record, Any]]:
        """What `make` gives for each record; those that it refuses are rejected."""
        made = []
        for record in records:
            found = attempted(make, record)
            if isinstance(found, Refused):
                tally.reject(record, found)
            else:
                made.append((record, found))
        return made

    def _leads(self, records: Sequence[Record], tally: Tally, changes: Changes) -> None:
        made = self._made(records, tally, self.reader.lead)
        leads = self._put(made, [given for _record, (given, _told) in made], tally, changes, counted=True)
        told = [
            (record, replace(activity, ref=LeadRef(lead=lead)))
            for (record, (_given, activities_told)), lead in zip(made, leads, strict=True)
            if lead is not None
            for activity in activities_told
        ]
        self._record(told, tally, before=_("The lead came in, but not its activity:"))

    def _put(
        self,
        made: Sequence[tuple[Record, Any]],
        inputs: Sequence[LeadInput],
        tally: Tally,
        changes: Changes,
        *,
        counted: bool = False,
    ) -> list[int | None]:
        """Put leads; the id of each, None where it was refused."""
        if not inputs:
            return []
        puts = people.put_leads(self.actor, inputs, source=self.source, mode=self.mode, job=self.job)
        found: list[int | None] = []
        for (record, _given), put in zip(made, puts, strict=True):
            if isinstance(put, Refused):
                tally.reject(record, put)
                found.append(None)
                continue
            found.append(put.lead_id)
            changes.note_lead(put)
            if counted:
                tally.count(put.outcome)
                tally.lines[record.line] = put.outcome
                tally.leads.append(put.lead_id)
        return found

    def _record(self, told: Sequence[tuple[Record, ActivityInput]], tally: Tally, before: str = "") -> None:
        if not told:
            return
        inputs = [activity for _record, activity in told]
        stored = activities.record_activities(self.actor, inputs, source=self.source, job=self.job)
        for (record, _activity), outcome in zip(told, stored, strict=True):
            self._entry(record, outcome, tally, before)

    @staticmethod
    def _entry(record: Record, outcome: Recorded | Decided | Refused, tally: Tally, before: str = "") -> None:
        """An activity or decision; `before`: the row has been counted already, by the lead it brought."""
        if isinstance(outcome, Refused):
            tally.reject(record, outcome, before)
            return
        tally.repeated += outcome.duplicate
        tally.entries += not outcome.duplicate
        if not before:
            word = "unchanged" if outcome.duplicate else "created"
            tally.count(word)
            tally.lines[record.line] = word

    def _accounts(self, records: Sequence[Record], tally: Tally, changes: Changes) -> None:
        made = self._made(records, tally, self.reader.account)
        if not made:
            return
        inputs = [given for _record, given in made]
        puts = accounts.put_accounts(self.actor, inputs, source=self.source, mode=self.mode, job=self.job)
        self._count([record for record, _given in made], puts, tally, changes.note_account)

    @staticmethod
    def _count(
        records: Sequence[Record], puts: Sequence[P | Refused], tally: Tally, note: Callable[[P], None]
    ) -> None:
        """Count what came of each record, and note what it changed."""
        for record, put in zip(records, puts, strict=True):
            if isinstance(put, Refused):
                tally.reject(record, put)
            else:
                tally.count(put.outcome)
                tally.lines[record.line] = put.outcome
                note(put)

    def _with_leads(
        self, made: Sequence[tuple[Record, Any]], tally: Tally, changes: Changes
    ) -> list[tuple[Record, Any, LeadRef | None]]:
        """Entries with their lead: put first where the row says who it is (so that undoing knows whom it created)."""
        creating = [(record, pair) for record, pair in made if pair[0] is not None]
        leads = self._put(creating, [pair[0] for _record, pair in creating], tally, changes)
        found = {id(pair): lead for (_record, pair), lead in zip(creating, leads, strict=True)}
        return [
            (record, pair[1], LeadRef(lead=found[id(pair)]) if id(pair) in found else None)
            for record, pair in made
            if found.get(id(pair), 0) is not None
        ]

    def _activities(self, records: Sequence[Record], tally: Tally, changes: Changes) -> None:
        made = self._made(records, tally, self.reader.activity)
        self._record(
            [
                (record, replace(given, ref=ref) if ref else given)
                for record, given, ref in self._with_leads(made, tally, changes)
            ],
            tally,
        )

    def _decisions(self, records: Sequence[Record], tally: Tally, changes: Changes) -> None:
        made = self._made(records, tally, self.reader.decision)
        told = [
            (record, DecisionInput(**{**given, "ref": ref or given["ref"]}))
            for record, given, ref in self._with_leads(made, tally, changes)
        ]
        if not told:
            return
        inputs = [given for _record, given in told]
        stored = lifecycle.record_decisions(self.actor, inputs, source=self.source, job=self.job)
        for (record, _given), outcome in zip(told, stored, strict=True):
            self._entry(record, outcome, tally)

    def _deals(self, records: Sequence[Record], tally: Tally, changes: Changes) -> None:
        made = self._made(records, tally, self.reader.deal)
        told = [
            (record, replace(given, ref=ref) if ref else given)
            for record, given, ref in self._with_leads(made, tally, changes)
        ]
        if not told:
            return
        puts = deals.put_deals(
            self.actor, [given for _record, given in told], source=self.source, job=self.job
        )
        self._count([record for record, _given in told], puts, tally, changes.note_deal)
