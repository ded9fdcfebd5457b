"""A lead while a batch is worked on: what it is, what changed, and which versions of its profile come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasuki.server.accounts.book import FILL, TRUSTED, AccountDraft
from tasuki.server.accounts.facts import PREFIX
from tasuki.server.accounts.names import folded, matching_kana
from tasuki.server.people import matching
from tasuki.server.people.facts import COLUMNS, PHONES, LeadFacts
from tasuki.server.people.identities import PHONE, Key, phone_number

STORED = (
    *COLUMNS,
    "buying_role",
    "fields",
    "account",
    "owner",
    "team",
    "search",
    "anonymous",
    "channel",
    "campaign",
    "first_touch_at",
)
READ = (
    "id",
    "merged_into",
    "erased_at",
    "fields",
    "buying_role",
    "account",
    "owner",
    "team",
    "anonymous",
    "channel",
    "campaign",
    "first_touch_at",
)


@dataclass(eq=False)
class LeadDraft:
    """One lead. `before` holds the columns that changed, as they were (`fields`: its changed keys only)."""

    id: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    buying_role: str = ""
    account: AccountDraft | None = None
    account_id: int | None = None
    owner: int | None = None
    team: int | None = None
    anonymous: bool = False
    channel: str = ""
    campaign: str = ""
    first_touch_at: datetime | None = None

    keys: list[Key] = field(default_factory=list)  # new identities
    released: list[Key] = field(default_factory=list)  # identities that it has no longer
    before: dict[str, Any] = field(default_factory=dict)
    versions: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)  # own fields from then on
    late: list[tuple[datetime, dict[str, str]]] = field(
        default_factory=list
    )  # learnt late: what was true from then on
    latest_at: datetime | None = None  # of the profiles there are
    compared: bool = False  # something by which duplicates are found has changed
    moved: bool = False  # to another account
    put: bool = False  # by this batch, with profile
    arrives_late: bool = False  # the input worked on tells of a time before the latest profile

    @classmethod
    def read(cls, row: tuple[Any, ...]) -> LeadDraft:
        """From the values of `READ`."""
        pk, _merged, _erased, fields, role, account, owner, team, anonymous, channel, campaign, touched = row
        return cls(pk, dict(fields), role, None, account, owner, team, anonymous, channel, campaign, touched)

    def row(self) -> tuple[Any, ...]:
        """The values of `STORED`."""
        fields = self.fields
        account = self.account.id if self.account else self.account_id
        return (
            *(fields.get(name, "") for name in COLUMNS[:3]),
            fields.get("phone") or fields.get("mobile", ""),
            *(fields.get(name, "") for name in COLUMNS[4:]),
            self.buying_role,
            fields,
            account,
            self.owner,
            self.team,
            search_text(fields),
            self.anonymous,
            self.channel,
            self.campaign,
            self.first_touch_at,
        )

    def snapshot(self, own: Mapping[str, str] | None = None) -> dict[str, str]:
        """A whole profile: own fields (the present ones unless given), the role in the buying group, the account's."""
        fields = dict(self.fields if own is None else own)
        if self.buying_role:
            fields["buying_role"] = self.buying_role
        if self.account is not None:
            fields.update(self.account.profile())
        return fields

    def assign(self, name: str, value: Any) -> bool:
        """Set a column; whether that changed it."""
        present = getattr(self, name)
        if present == value:
            return False
        self.before.setdefault(name, present)
        setattr(self, name, value)
        return True

    def set_field(self, name: str, value: str | None) -> bool:
        """Set or remove a field of the profile; whether that changed it."""
        if self.fields.get(name) == value:
            return False
        self.before.setdefault("fields", {}).setdefault(name, self.fields.get(name))
        if value is None:
            del self.fields[name]
        else:
            self.fields[name] = value
        self.compared |= name in COMPARED
        return True

    def apply(self, facts: LeadFacts, mode: str, now: datetime) -> bool:
        """Take fields, role and acquisition over, and note the version that comes of it; whether the profile changed."""
        at = facts.at or now
        late = self.arrives_late = self.latest_at is not None and at < self.latest_at
        filling = FILL if late or mode == FILL else TRUSTED
        changed = False
        for name, value in facts.fields.items():
            if filling == TRUSTED or not self.fields.get(name):
                changed |= self.set_field(name, value)
        if facts.buying_role and (filling == TRUSTED or not self.buying_role):
            changed |= self.assign("buying_role", facts.buying_role)
        self.acquire(facts.channel, facts.campaign, at)
        if late:
            self.late.append((at, dict(facts.fields)))
        return changed

    def note_version(self, at: datetime) -> None:
        """The present fields are in force from then on."""
        self.versions.append((at, dict(self.fields)))
        if self.latest_at is None or at > self.latest_at:
            self.latest_at = at

    def acquire(self, channel: str, campaign: str, at: datetime) -> None:
        """Keep the earliest channel: acquisition is the first touch."""
        earlier = self.first_touch_at is None or at < self.first_touch_at
        if earlier:
            self.assign("first_touch_at", at)
        if channel and (earlier or not self.channel):
            self.assign("channel", channel)
            self.assign("campaign", campaign)
        elif campaign and not self.campaign:
            self.assign("campaign", campaign)

    def phones(self) -> set[str]:
        """All numbers of the profile, as E.164."""
        return {number for name in PHONES if (number := phone_number(self.fields.get(name, ""))[0])}

    def leftover(self) -> dict[str, str]:
        """Account fields that came before there was an account to hold them."""
        return {name: value for name, value in self.fields.items() if name.startswith(PREFIX)}


COMPARED = frozenset(
    {"name", "name_kana", "email", "phone", "mobile", "city", *matching.BIRTHDAYS, *matching.ADDRESSES}
)


def search_text(fields: Mapping[str, str]) -> str:
    """What a search for the person looks into."""
    name, kana = folded(fields.get("name", "")), fields.get("name_kana", "")
    parts = [name, name.replace(" ", ""), folded(kana), matching_kana(kana) if kana else ""]
    parts.append(fields.get("email", ""))
    for each in PHONES:
        number = phone_number(fields[each])[0] if each in fields else ""
        parts += [number, "0" + number[3:] if number.startswith("+81") else ""]
    return " ".join(dict.fromkeys(part for part in parts if part))


def mobile_of(number: str) -> Key:
    """The identity of a mobile number."""
    return PHONE, number
