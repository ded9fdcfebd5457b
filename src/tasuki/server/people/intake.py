"""Taking leads in: who is meant, what changes, and writing it, for a batch with few statements.

Reading comes first, then every input is worked on in the order given against what was read and what earlier ones made of it,
then all is written at once. If somebody else writes the same identity or account meanwhile, the database says so and the
batch is worked on again from what is there then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tasuki.server.accounts.book import FILL, TRUSTED, AccountDraft
from tasuki.server.accounts.commands import no_such_owner
from tasuki.server.accounts.facts import PREFIX, AccountFacts, account_facts
from tasuki.server.accounts.models import Account
from tasuki.server.accounts.names import person_name
from tasuki.server.core import audit, bulk
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Refused
from tasuki.server.core.models import AuditEntry, Sight
from tasuki.server.core.together import Together, new_ids
from tasuki.server.people import duplicates, matching, merging, profiles, searching
from tasuki.server.people.drafts import STORED, LeadDraft
from tasuki.server.people.due import touch_with
from tasuki.server.people.facts import LeadFacts
from tasuki.server.people.identities import MAIL, Key
from tasuki.server.people.inputs import Before, Put
from tasuki.server.people.known import KnownLeads
from tasuki.server.people.models import Identity, Lead
from tasuki.server.people.refusals import not_found, not_yours, of_another, two_leads


@dataclass
class Worked:
    """What became of one input."""

    draft: LeadDraft
    outcome: str
    before: dict[str, Any] = field(default_factory=dict)
    account: AccountDraft | None = None
    account_before: dict[str, Any] = field(default_factory=dict)


class Intake(KnownLeads):
    """One batch on its way in."""

    def __init__(self, actor: Actor, *, source: str, mode: str, job: int | None) -> None:
        super().__init__(actor)
        self.source, self.mode, self.job = source, mode, job
        self.account_mode = mode if actor.may("accounts.write") else FILL
        self._new: list[LeadDraft] = []
        self._absorbed: list[tuple[LeadDraft, LeadDraft]] = []  # anonymous one, whose it turned out to be
        self._questions: list[tuple[LeadDraft, LeadDraft]] = []

    def take(self, given: Sequence[LeadFacts | Refused]) -> list[Put | Refused]:
        """Work on all inputs and write what comes of them; one answer each, in the order given."""
        sound = [each for each in given if isinstance(each, LeadFacts)]
        self._read(sound)
        worked = [each if isinstance(each, Refused) else self._work(each) for each in given]
        self._write(worked)
        return [each if isinstance(each, Refused) else self._answer(each) for each in worked]

    # --- one input ---

    def _work(self, facts: LeadFacts) -> Worked | Refused:
        try:
            owner = self._owner(facts)
            draft = self._meant(facts)
            account = self._account(facts, draft)
        except Refused as refused:
            return refused
        if draft is None:
            worked = Worked(self._create(facts), "created")
            self._apply(facts, worked, account, owner)
            return worked
        worked = Worked(draft, "unchanged")
        earlier = _shallow(draft.before)
        changed = self._apply(facts, worked, account, owner)
        worked.before = _since(draft.before, earlier)
        if changed or worked.before or worked.account_before:
            worked.outcome = "updated"
        return worked

    def _owner(self, facts: LeadFacts) -> int | None:
        if facts.owner is None:
            return None
        if facts.owner not in self._owners:
            raise no_such_owner(facts.owner)
        return self._owners[facts.owner]

    def _meant(self, facts: LeadFacts) -> LeadDraft | None:
        """The lead that is meant, None for a new one. Refused: nobody, two of them, or one that the actor does not see."""
        if facts.lead is not None:
            found = self._get(facts.lead)
            if found is None or found.id in self._hidden:
                raise not_found()
            self._check_others(facts, found)
            return found
        known = self._known(facts.strong)
        if len(known) > 1:
            self._questions.append((known[0][1], known[1][1]))
            raise two_leads(known[0][0], known[1][0])
        meant = known[0][1] if known else self._weakly_meant(facts)
        if meant is not None and meant.id in self._hidden:
            raise not_yours(known[0][0] if known else facts.keys[0])
        return meant

    def _known(self, keys: Sequence[Key]) -> list[tuple[Key, LeadDraft]]:
        """The leads of these identities, each once."""
        found: dict[int, tuple[Key, LeadDraft]] = {}
        for key in keys:
            if key in self._by_key:
                found.setdefault(id(self._by_key[key]), (key, self._by_key[key]))
        return list(found.values())

    def _check_others(self, facts: LeadFacts, draft: LeadDraft) -> None:
        for key, other in self._known(facts.strong):
            if other is not draft:
                self._questions.append((draft, other))
                raise of_another(key)

    def _weakly_meant(self, facts: LeadFacts) -> LeadDraft | None:
        """By a mobile number, unless name and mail differ; by the browser, unless the mail differs."""
        for key in facts.mobiles:
            found = self._by_key.get(key)
            if found is not None and not found.anonymous and not _someone_else(facts, found):
                return found
        found = self._by_key.get(facts.visitor) if facts.visitor else None
        if found is None or (facts.mails and found.fields.get("email")):
            return None
        return None if _other_name(facts, found) else found

    def _account(self, facts: LeadFacts, draft: LeadDraft | None) -> AccountDraft | None:
        """The account there is that is meant; Conflict before anything has been changed."""
        if facts.account is None:
            return None
        current = draft.account if draft else None
        found = self.book.find(facts.account, current)
        return current if current and self.mode == FILL else found

    def _create(self, facts: LeadFacts) -> LeadDraft:
        draft = LeadDraft(anonymous=not facts.strong and not facts.mobiles and not facts.fields)
        user = self.actor.user
        if user is not None and user.sight != Sight.ALL:  # else they would not see what they have just made
            draft.owner, draft.team = user.pk, user.team_id
        self._new.append(draft)
        return draft

    def _apply(
        self,
        facts: LeadFacts,
        worked: Worked,
        account: AccountDraft | None,
        owner: int | None,
    ) -> bool:
        """Take everything over; whether anything but columns changed."""
        draft = worked.draft
        changed = draft.apply(facts, self.mode, self.now) | (worked.outcome == "created")
        if draft.anonymous and (facts.strong or facts.mobiles or facts.fields):
            changed |= draft.assign("anonymous", False)
        if facts.account is not None:
            changed |= self._apply_account(facts.account, worked, account)
        if facts.cleared and not draft.arrives_late:
            changed |= self._clear(facts.cleared, worked)
        if changed and not draft.anonymous:
            draft.put = True
            if not draft.arrives_late:
                draft.note_version(facts.at or self.now)
        if owner is not None and (self.mode == TRUSTED or draft.owner is None):
            draft.assign("owner", owner)
        return self._claim(facts, draft) | changed

    def _apply_account(
        self,
        facts: AccountFacts,
        worked: Worked,
        account: AccountDraft | None,
    ) -> bool:
        """Join the lead to its account and take over what is said of that; whether the lead's profile changes by it."""
        draft = worked.draft
        mode = FILL if draft.arrives_late else self.account_mode
        if mode == FILL and draft.account is not None:
            account = draft.account
            if self.book.find(facts, draft.account) is not draft.account:
                return False
        account = account or self.book.create(facts)
        if account is None:
            return self._keep_for_later(facts, draft)
        earlier = _shallow(account.before)
        by_id = bool(facts.external or (facts.number and facts.number == account.columns["number"]))
        changed = account.apply(facts, mode, rename=by_id)
        self.book.learn_key(account, facts)
        self.book.learn_number(account)
        if account.read:
            worked.account, worked.account_before = account, _since(account.before, earlier)
        if draft.arrives_late:
            draft.late[-1][1].update(account.profile())
        if account is draft.account:
            return changed
        self._join(draft, account)
        return True

    def _clear(self, names: frozenset[str], worked: Worked) -> bool:
        """Remove fields; without account.name the lead has no account."""
        draft, account = worked.draft, worked.draft.account
        changed = False
        for name in sorted(names):
            own = name.removeprefix(PREFIX)
            if name == "buying_role":
                changed |= draft.assign("buying_role", "")
            elif name == PREFIX + "name":
                if account is not None:
                    draft.before.setdefault("account", draft.account_id)
                    draft.account, draft.account_id, draft.moved, changed = None, None, True, True
            elif account is not None and own != name and draft.account is account:
                changed |= account.clear(own)
            else:
                if name == "email" and "email" in draft.fields:
                    draft.released.append((MAIL, draft.fields["email"]))
                changed |= draft.set_field(name, None)
        return changed

    def _join(self, draft: LeadDraft, account: AccountDraft) -> None:
        left = draft.leftover()
        for name in left:
            draft.set_field(name, None)
        if left:
            given = {name.removeprefix(PREFIX): value for name, value in left.items()}
            account.apply(account_facts(given), FILL, rename=False)
        draft.before.setdefault("account", draft.account_id)
        draft.account, draft.moved = account, True

    def _keep_for_later(self, facts: AccountFacts, draft: LeadDraft) -> bool:
        """What is said of an account without a name stays with the lead until it has one."""
        said = {**{name: str(value) for name, value in facts.columns.items()}, **facts.extra}
        changed = False
        for name, value in said.items():
            changed |= draft.set_field(PREFIX + name, value)
        return changed

    def _claim(self, facts: LeadFacts, draft: LeadDraft) -> bool:
        """Give the lead the identities that are nobody's; join what an unknown visitor did; whether any was new."""
        new = False
        for key in facts.keys:
            owner = self._by_key.get(key)
            if owner is None:
                self._by_key[key] = draft
                draft.keys.append(key)
                new = True
            elif owner is not draft and owner.anonymous:
                self._absorb(owner, draft)
                new = True
            elif owner is not draft and key in facts.mobiles:
                self._questions.append((draft, owner))
        return new

    def _absorb(self, anonymous: LeadDraft, draft: LeadDraft) -> None:
        for key, owner in list(self._by_key.items()):
            if owner is anonymous:
                self._by_key[key] = draft
        self._replaced[id(anonymous)] = draft
        if anonymous.id is not None:
            self._absorbed.append((anonymous, draft))
            return
        self._new.remove(anonymous)  # it came with this very batch
        draft.keys += anonymous.keys
        draft.acquire(anonymous.channel, anonymous.campaign, anonymous.first_touch_at or self.now)

    # --- writing ---

    def _write(self, worked: Sequence[Worked | Refused]) -> None:
        together = Together()
        account_ids, lead_ids = new_ids({Account: len(self.book.new), Lead: len(self._new)})
        for draft, pk in zip(self._new, lead_ids, strict=True):
            draft.id = pk
        stored = self.book.store_with(together, account_ids, self.now, self.job)
        changed = [each.id for each in stored if each.id is not None]
        drafts = [*self._new, *self._by_id.values()]
        self._store_leads(together)
        self._store_identities(together)
        self._store_versions(together, drafts)
        comparison = self._comparison(drafts, changed)
        comparison.note(together)
        touch_with(together, [each.id for each in drafts if each.id and (each.put or each.late)], self.now)
        searching.note_with(together, [each.id for each in drafts if each.id and _is_read_anew(each)])
        self._note(together, worked)
        together.send()
        self._follow(drafts, changed)
        comparison.finish()
        self._ask()
        self.book.settle()

    def _store_leads(self, together: Together) -> None:
        rows = [(draft.id, *draft.row(), self.now, self.job) for draft in self._new]
        together.insert(Lead, ("id", *STORED, "created_at", "created_by_import"), rows)
        touched = sorted(
            (draft for draft in self._by_id.values() if draft.before), key=lambda draft: draft.id or 0
        )
        bulk.update(Lead, STORED, [(draft.id, *draft.row()) for draft in touched])

    def _store_identities(self, together: Together) -> None:
        for draft in self._by_id.values():
            for kind, value in draft.released:
                Identity.objects.filter(kind=kind, value=value, lead=draft.id).delete()
        rows = sorted(
            (kind, value, draft.id or 0, self.now, self.job)
            for draft in (*self._new, *self._by_id.values())
            for kind, value in draft.keys
        )
        together.insert(Identity, ("kind", "value", "lead", "created_at", "import_job"), rows)

    def _store_versions(self, together: Together, drafts: Sequence[LeadDraft]) -> None:
        versions = [
            profiles.Version(draft.id or 0, at, draft.snapshot(own))
            for draft in drafts
            for at, own in draft.versions
        ]
        profiles.store(versions, source=self.source, now=self.now, job=self.job, together=together)

    def _follow(self, drafts: Sequence[LeadDraft], changed_accounts: list[int]) -> None:
        """What needs to find written what has come before."""
        late = [(draft.id or 0, at, fields) for draft in drafts for at, fields in draft.late]
        if late:
            profiles.learn_late(late, source=self.source, now=self.now, job=self.job)
        if changed_accounts:
            fresh = {draft.id for draft in drafts if draft.id is not None and draft.versions}
            profiles.follow_accounts(
                changed_accounts, source=self.source, now=self.now, job=self.job, besides=fresh
            )
        for anonymous, draft in self._absorbed:
            assert anonymous.id is not None
            assert draft.id is not None
            merging.absorb(self.actor, winner=draft.id, loser=anonymous.id, now=self.now)

    def _comparison(self, drafts: Sequence[LeadDraft], changed_accounts: list[int]) -> duplicates.Comparison:
        accounts = [each.id for each in self.book.new if each.id is not None] + changed_accounts
        known = {id(each): each for each in (*self.book.new, *self.book.by_id.values())}
        wanted = set(accounts)
        companies = [
            matching.company(each.id, each.columns, each.extra, each.name)
            for each in known.values()
            if each.id is not None and each.id in wanted
        ]
        people = [
            matching.person(
                draft.id,
                draft.fields,
                draft.account.id if draft.account else None,
                draft.account.name.matching if draft.account else "",
            )
            for draft in drafts
            if draft.id is not None and (draft.compared or draft.moved) and not draft.anonymous
        ]
        return duplicates.Comparison(
            people,
            companies,
            self.now,
            new_leads=[draft.id for draft in self._new if draft.id is not None],
            new_accounts=[each.id for each in self.book.new if each.id is not None],
        )

    def _ask(self) -> None:
        asked = {
            (min(one.id, other.id), max(one.id, other.id)): (1.0, [("identity", 10.0)])
            for one, other in self._questions
            if one.id is not None and other.id is not None
        }
        duplicates.ask(duplicates.LEAD, asked, self.now)

    # --- answers ---

    def _answer(self, worked: Worked) -> Put:
        draft = self._replaced.get(id(worked.draft), worked.draft)
        before: list[Before] = []
        if self.job is not None:
            if worked.before and worked.outcome != "created" and draft.id is not None:
                before.append(Before("lead", draft.id, worked.before))
            if worked.account_before and worked.account is not None and worked.account.id is not None:
                before.append(Before("account", worked.account.id, worked.account_before))
        return Put(draft.id or 0, worked.outcome, tuple(before))

    def _note(self, together: Together, worked: Sequence[Worked | Refused]) -> None:
        outcomes = [each.outcome for each in worked if isinstance(each, Worked)]
        counts = {name: outcomes.count(name) for name in ("created", "updated")}
        if not any(counts.values()):
            return
        only = worked[0] if len(worked) == 1 else None
        subject = f"lead:{self._answer(only).lead_id}" if isinstance(only, Worked) else ""
        refused = len(worked) - len(outcomes)
        row = audit.entry(self.actor, "leads.put", subject, source=self.source, refused=refused, **counts)
        together.insert(AuditEntry, audit.FIELDS, [row])


def _other_name(facts: LeadFacts, draft: LeadDraft) -> bool:
    mine, theirs = facts.fields.get("name"), draft.fields.get("name")
    return bool(mine and theirs and person_name(mine) != person_name(theirs))


def _someone_else(facts: LeadFacts, draft: LeadDraft) -> bool:
    """A number that two people share: name and mail both differ."""
    return _other_name(facts, draft) and bool(facts.mails and draft.fields.get("email"))


def _is_read_anew(draft: LeadDraft) -> bool:
    """Whether what people search it by may be another now."""
    return not draft.anonymous and (draft.put or draft.moved)


def _shallow(before: dict[str, Any]) -> dict[str, Any]:
    return {**before, "fields": dict(before.get("fields", {}))}


def _since(before: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """What was added to `before` after `earlier`."""
    found = {name: value for name, value in before.items() if name != "fields" and name not in earlier}
    fields = {k: v for k, v in before.get("fields", {}).items() if k not in earlier["fields"]}
    return {**found, "fields": fields} if fields else found
