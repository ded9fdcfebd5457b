"""Undoing an import: what it created goes, what it changed is put back, as far as nothing else has come to depend on it.

Leads are taken in portions, each in a transaction of its own, so that an undoing that was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tasuki.server.accounts.models import Account
from tasuki.server.activities.models import Activity, Note
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Promise
from tasuki.server.imports import files
from tasuki.server.imports.models import Change, ImportJob
from tasuki.server.imports.restoring import restore_account, restore_deal, restore_lead
from tasuki.server.lifecycle.models import Decision, Held, Transition
from tasuki.server.people import commands as people
from tasuki.server.people import searching
from tasuki.server.people.models import Duplicate, Lead, Merge, Profile

PORTION: Final = 500
MOST_TOLD: Final = 200
"""So many of those that stay are named in the report; the others are counted."""
ENTRIES: Final[dict[str, type[models.Model]]] = {
    "activities": Activity,
    "decisions": Decision,
    "deals": Deal,
    "profiles": Profile,
}


@dataclass
class Undoing:
    """The undoing of one job."""

    job: ImportJob
    began: datetime = field(default_factory=clock.now)
    counts: Counter[str] = field(default_factory=Counter)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def to_the_end(self) -> None:
        """Undo all of it and say so in the job."""
        self._load()
        for portion in portions(sorted(self._leads()), PORTION):
            self._in_turn(partial(self._undo_leads, portion))
        for portion in portions(sorted(self._accounts()), PORTION):
            self._in_turn(partial(self._undo_accounts, portion))
        with transaction.atomic():
            self._finish()

    def _load(self) -> None:
        """What an undoing that was cut off has counted."""
        told = self.job.report.get("undo", {})
        self.began = datetime.fromisoformat(told["began"]) if "began" in told else self.began
        self.counts.update(told.get("counts", {}))
        self.kept = list(told.get("kept", []))

    def _in_turn(self, undo: Callable[[], None]) -> None:
        counts, kept = Counter(self.counts), list(self.kept)

        def turn() -> None:
            self.counts, self.kept = Counter(counts), list(kept)  # a turn that lost a race is done again
            job = ImportJob.objects.select_for_update().get(pk=self.job.pk)
            undo()
            job.progress_at = clock.now()
            job.report = {**job.report, "undo": self._told()}
            job.save(update_fields=["progress_at", "report"])

        bulk.in_one_transaction(turn)

    def _told(self) -> dict[str, Any]:
        return {"began": self.began.isoformat(), "counts": dict(self.counts), "kept": self.kept[:MOST_TOLD]}

    def _leads(self) -> set[int]:
        """Every lead that the import has to do with."""
        entries = (
            model._default_manager.filter(import_job=self.job.pk).values_list("lead_id", flat=True).distinct()
            for model in ENTRIES.values()
        )
        created = Lead.objects.filter(created_by_import=self.job.pk).values_list("pk", flat=True)
        return {*chain.from_iterable(entries), *created, *self._changed("lead"), *self._leads_of_deals()}

    def _leads_of_deals(self) -> Iterable[int]:
        return Deal.objects.filter(pk__in=self._changed("deal")).values_list("lead_id", flat=True)

    def _accounts(self) -> set[int]:
        created = Account.objects.filter(created_by_import=self.job.pk).values_list("pk", flat=True)
        return {*created, *self._changed("account")}

    def _changed(self, kind: str) -> set[int]:
        changes = Change.objects.filter(job=self.job.pk, kind=kind)
        return set(changes.values_list("subject", flat=True))

    # leads

    def _undo_leads(self, ids: Sequence[int]) -> None:
        leads = list(Lead.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        for name, model in ENTRIES.items():
            deleted, _by_model = model._default_manager.filter(lead__in=ids, import_job=self.job.pk).delete()
            self.counts[name] += deleted
        self._restore_deals(ids)
        created = [lead.pk for lead in leads if lead.created_by_import_id == self.job.pk]
        used = self._used(created)
        self._keep("lead", used)
        self._remove_leads([pk for pk in created if pk not in used])
        self._restore_leads({lead.pk: lead for lead in leads if lead.pk not in created})
        there = sorted(Lead.objects.filter(pk__in=ids, erased_at=None).values_list("pk", flat=True))
        self.counts["transitions_kept"] += Transition.objects.filter(
            lead__in=there, recorded_at__gte=self.job.started_at or self.began
        ).count()
        people.touch(there)
        searching.note(there)

    def _used(self, created: Sequence[int]) -> dict[int, str]:
        """Lead → why it stays: something else has happened to it since."""
        reasons: dict[int, str] = {}
        for lead, reason in chain(
            self._with_entries(created), self._merged(created), self._otherwise(created)
        ):
            reasons.setdefault(lead, reason)
        return reasons

    def _with_entries(self, created: Sequence[int]) -> Iterable[tuple[int, str]]:
        words = {
            "activities": _("It has activities that this import did not bring."),
            "decisions": _("Somebody has decided about it since."),
            "deals": _("It has a deal."),
            "profiles": _("Its profile was changed since."),
        }
        for name, model in ENTRIES.items():
            for lead in (
                model._default_manager.filter(lead__in=created).values_list("lead_id", flat=True).distinct()
            ):
                yield lead, words[name]
        for model, reason in (
            (Note, _("Somebody has noted something about it since.")),
            (Promise, _("A call was promised to it.")),
            (Held, _("Somebody has decided about it since.")),
        ):
            for lead in (
                model._default_manager.filter(lead__in=created).values_list("lead_id", flat=True).distinct()
            ):
                yield lead, reason

    def _merged(self, created: Sequence[int]) -> Iterable[tuple[int, str]]:
        reason = _("It was merged with another lead.")
        open_merges = Merge.objects.filter(kind="lead", undone_at=None)
        for winner, loser in open_merges.filter(Q(winner__in=created) | Q(loser__in=created)).values_list(
            "winner", "loser"
        ):
            yield winner, reason
            yield loser, reason
        for lead in Lead.objects.filter(merged_into__in=created).values_list("merged_into_id", flat=True):
            yield lead, reason

    def _otherwise(self, created: Sequence[int]) -> Iterable[tuple[int, str]]:
        later = Change.objects.filter(kind="lead", subject__in=created).exclude(job=self.job.pk)
        for lead in later.values_list("subject", flat=True):
            yield lead, _("A later import has changed it.")
        for lead in Lead.objects.filter(pk__in=created).exclude(erased_at=None).values_list("pk", flat=True):
            yield lead, _("Its personal data were erased; the counts stay.")

    def _remove_leads(self, ids: Sequence[int]) -> None:
        Duplicate.objects.filter(Q(first__in=ids) | Q(second__in=ids), kind="lead").delete()
        Lead.objects.filter(pk__in=ids).delete()
        self.counts["leads"] += len(ids)

    def _restore_leads(self, leads: dict[int, Lead]) -> None:
        for change in Change.objects.filter(job=self.job.pk, kind="lead", subject__in=leads):
            lead = leads[change.subject]
            if lead.erased_at is None:
                self._restored("lead", change, restore_lead(SYSTEM, lead, change, self.began))

    def _restore_deals(self, leads: Sequence[int]) -> None:
        deals = Deal.objects.filter(lead__in=leads, pk__in=self._changed("deal")).in_bulk()
        for change in Change.objects.filter(job=self.job.pk, kind="deal", subject__in=deals):
            self._restored("deal", change, restore_deal(deals[change.subject], change))

    def _restored(self, kind: str, change: Change, left: Sequence[str]) -> None:
        self.counts[f"{kind}s_put_back"] += 1
        if left:
            reason = _("Changed since, and so left as it is: %(fields)s.") % {
                "fields": _(", ").join(sorted(left))
            }
            self._keep(kind, {change.subject: reason})
        change.delete()

    def _keep(self, kind: str, reasons: dict[int, str]) -> None:
        told = {(kept["kind"], kept["id"]) for kept in self.kept}
        for subject, reason in reasons.items():
            if (kind, subject) not in told:
                self.counts[f"{kind}s_kept"] += 1
                self.kept.append({"kind": kind, "id": subject, kind: subject, "reason": reason})

    # accounts

    def _undo_accounts(self, ids: Sequence[int]) -> None:
        accounts = {
            account.pk: account
            for account in Account.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        }
        created = [pk for pk, account in accounts.items() if account.created_by_import_id == self.job.pk]
        used = self._used_accounts(created)
        self._keep("account", used)
        gone = [pk for pk in created if pk not in used]
        Duplicate.objects.filter(Q(first__in=gone) | Q(second__in=gone), kind="account").delete()
        Account.objects.filter(pk__in=gone).delete()
        self.counts["accounts"] += len(gone)
        for change in Change.objects.filter(job=self.job.pk, kind="account", subject__in=accounts):
            account = accounts[change.subject]
            self._restored("account", change, restore_account(SYSTEM, account, change, self.began))

    def _used_accounts(self, created: Sequence[int]) -> dict[int, str]:
        reasons: dict[int, str] = {}
        told = (
            (
                Lead.objects.filter(account__in=created).values_list("account_id", flat=True),
                _("It has leads."),
            ),
            (
                Deal.objects.filter(account__in=created).values_list("account_id", flat=True),
                _("It has deals."),
            ),
            (
                Account.objects.filter(merged_into__in=created).values_list("merged_into_id", flat=True),
                _("Another account was merged into it."),
            ),
            (
                Change.objects.filter(kind="account", subject__in=created)
                .exclude(job=self.job.pk)
                .values_list("subject", flat=True),
                _("A later import has changed it."),
            ),
        )
        for subjects, reason in told:
            for subject in subjects.distinct():
                reasons.setdefault(subject, reason)
        return reasons

    def _finish(self) -> None:
        job = ImportJob.objects.select_for_update().get(pk=self.job.pk)
        file, job.file = job.file, ""
        job.state, job.undone_at, job.report = (
            ImportJob.State.UNDONE,
            clock.now(),
            {**job.report, "undo": self._told()},
        )
        job.message = self._sentence()
        job.save(update_fields=["state", "undone_at", "report", "file", "message"])
        Change.objects.filter(job=job.pk).delete()
        audit.record(Actor(user=job.by), "imports.undone", f"import:{job.pk}", **dict(self.counts))
        transaction.on_commit(lambda: files.forget(file))

    def _sentence(self) -> str:
        count = self.counts
        said = [
            _(
                "Removed: %(leads)s leads, %(accounts)s accounts, %(entries)s entries and deals. Put back: %(changed)s."
            )
            % {
                "leads": count["leads"],
                "accounts": count["accounts"],
                "entries": count["activities"] + count["decisions"] + count["deals"],
                "changed": count["leads_put_back"] + count["accounts_put_back"] + count["deals_put_back"],
            }
        ]
        if kept := count["leads_kept"] + count["accounts_kept"] + count["deals_kept"]:
            said.append(_("%(kept)s stay, in part or whole; the report says which and why.") % {"kept": kept})
        if count["transitions_kept"]:
            said.append(
                _("%(count)s recorded transitions of leads that remain stay: they are facts.")
                % {"count": count["transitions_kept"]}
            )
        return " ".join(said)


def portions(items: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    """The items, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
