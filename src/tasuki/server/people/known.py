"""The leads that a batch may mean, read and locked with few statements."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max

from tasuki.server.accounts.book import AccountBook
from tasuki.server.accounts.commands import owners
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, sight
from tasuki.server.people.drafts import READ, LeadDraft
from tasuki.server.people.facts import LeadFacts
from tasuki.server.people.identities import Key
from tasuki.server.people.lookup import owners_of
from tasuki.server.people.models import Identity, Lead, Profile


class KnownLeads:
    """Leads by id and by identity, their accounts, and which of them the actor may not see."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.now = clock.now()
        self.book = AccountBook()
        self._by_id: dict[int, LeadDraft] = {}
        self._merged: dict[int, int] = {}
        self._by_key: dict[Key, LeadDraft] = {}
        self._hidden: set[int] = set()
        self._owners: dict[str, int] = {}
        self._replaced: dict[
            int, LeadDraft
        ] = {}  # anonymous ones that turned out to be others, by id of the object

    def _read(self, facts: Sequence[LeadFacts]) -> None:
        found = owners_of({key for each in facts for key in each.keys})
        ids = {each.lead for each in facts if each.lead is not None}
        self._read_leads(ids | set(found.values()))
        self.now = clock.now()  # only now: whoever had the leads before has written earlier versions
        gone = [key for key, lead in found.items() if self._get(lead) is None]
        for key in gone:  # of an erased lead: free again
            Identity.objects.filter(kind=key[0], value=key[1]).delete()
        self._by_key = {key: draft for key, lead in found.items() if (draft := self._get(lead)) is not None}
        self._read_hidden()
        self._owners = owners({each.owner for each in facts if each.owner})
        accounts = [each.account for each in facts if each.account]
        self.book.load(accounts, {draft.account_id for draft in self._by_id.values() if draft.account_id})
        for draft in self._by_id.values():
            if draft.account_id is not None:
                draft.account = self.book.get(draft.account_id)
        self._read_latest([each for each in facts if each.at is not None])

    def _read_leads(self, ids: set[int]) -> None:
        """Read and lock the leads, and those they were merged into; in the order of their ids, so that nobody locks up."""
        while ids:
            rows = (
                Lead.objects.filter(pk__in=ids)
                .order_by("pk")
                .select_for_update(no_key=True)
                .values_list(*READ)
            )
            ids = set()
            for row in rows:
                pk, merged, erased = row[:3]
                if merged is not None:
                    self._merged[pk] = merged
                    ids.add(merged)
                elif erased is None:
                    self._by_id[pk] = LeadDraft.read(row)
            ids -= self._by_id.keys() | self._merged.keys()

    def _read_hidden(self) -> None:
        condition = sight(self.actor)
        if condition and self._by_id:
            seen = Lead.objects.filter(condition, pk__in=self._by_id).values_list("pk", flat=True)
            self._hidden = self._by_id.keys() - set(seen)

    def _read_latest(self, dated: Sequence[LeadFacts]) -> None:
        """When the latest profile came into force, of leads for which a time was given."""
        if not dated or not self._by_id:
            return
        found = Profile.objects.filter(lead__in=self._by_id).values_list("lead_id").annotate(latest=Max("at"))
        for lead, latest in found:
            self._by_id[lead].latest_at = latest

    def _get(self, lead: int) -> LeadDraft | None:
        while lead in self._merged:
            lead = self._merged[lead]
        draft = self._by_id.get(lead)
        return self._replaced.get(id(draft), draft) if draft else None
