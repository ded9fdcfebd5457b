"""From a row of cells to what the commands take: by the plan, value by value; a row that does not fit is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tasuki.server.accounts.inputs import AccountInput
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.core import clock
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.models import User
from tasuki.server.deals.inputs import DealInput
from tasuki.server.imports.formats import ActivityRule, Fields, folded
from tasuki.server.imports.plan import Plan
from tasuki.server.imports.reading import Row
from tasuki.server.imports.times import parse_time
from tasuki.server.imports.values import currency_in, parse_amount, parse_answers, parse_yes
from tasuki.server.people.inputs import LeadInput, LeadRef

Given = TypeVar("Given")
AHEAD: Final = timedelta(days=1)
NAMING: Final = frozenset({"lead", "visitor", "external"})
OF_LEADS: Final = frozenset({"at", "channel", "campaign", "owner", "buying_role"})
OF_PEOPLE: Final = frozenset(
    [
        "name",
        "family_name",
        "given_name",
        "name_kana",
        "family_name_kana",
        "given_name_kana",
        "email",
        "phone",
        "mobile",
        "department",
        "title",
        "country",
    ]
)


@dataclass(frozen=True)
class Record:
    """One row, mapped: its line, the row as it stood, field → text."""

    line: int
    cells: list[str]
    fields: Fields


@dataclass(frozen=True)
class Reject:
    """A row that does not come in, and why; `field`: whose value is at fault, empty where it is the whole row."""

    line: int
    cells: list[str]
    reason: str
    field: str = ""


@dataclass
class Reader:
    """Reads the rows of one job: the plan, made ready. `created_at` is the time of what has none."""

    plan: Plan
    created_at: datetime
    _columns: list[tuple[int, str]] = field(init=False)
    _users: dict[str, str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        places = {header: place for place, header in enumerate(self.plan.headers)}
        self._columns = [(places[h], name) for h, name in self.plan.columns.items() if name and h in places]

    def records(self, rows: Iterator[Row]) -> Iterator[Record | Reject]:
        """Each row as a record or a reject; rows that tell of one person are gathered where the format says so."""
        gather = self.plan.declared.gather
        if gather is None:
            for row in rows:
                yield self._record(row)
            return
        whole: dict[int, Row] = {}
        rejects: list[Reject] = []
        for line, fields in gather(self._fields_of(rows, whole, rejects)):
            yield Record(line, whole[line].cells, fields)
        yield from rejects

    def _fields_of(
        self, rows: Iterator[Row], whole: dict[int, Row], rejects: list[Reject]
    ) -> Iterator[tuple[int, Fields]]:
        for row in rows:
            record = self._record(row)
            if isinstance(record, Reject):
                rejects.append(record)
            else:
                whole[row.line] = row
                yield row.line, record.fields

    def _record(self, row: Row) -> Record | Reject:
        if row.fault:
            return Reject(row.line, row.cells, row.fault)
        fields = self.mapped(row.cells)
        passed_over = self.plan.declared.passed_over
        if passed_over and (reason := passed_over(fields)):
            return Reject(row.line, row.cells, str(reason))
        return Record(row.line, row.cells, fields)

    def mapped(self, cells: Sequence[str]) -> Fields:
        """Field → text; where several columns go to one field the first that says something counts."""
        nothing, values = self.plan.declared.nothing, self.plan.declared.values
        fields: Fields = {}
        for place, name in self._columns:
            if place >= len(cells) or not (text := cells[place].strip()) or text in nothing or name in fields:
                continue
            if name in values:
                text = values[name].get(folded(text), "open" if name == "state" else text)
            fields[name] = text
        return fields

    # what each kind makes of a record; Refused where it does not fit

    def lead(self, record: Record) -> tuple[LeadInput, list[ActivityInput]]:
        """A lead, and the activities that its row tells of (their `ref` is still empty)."""
        fields = record.fields
        activities = [made for rule in self._rules(fields) for made in self._told(rule, record)]
        profile = {
            k: v for k, v in fields.items() if not k.startswith("activity.") and k not in NAMING | OF_LEADS
        }
        at = self.time(fields, "at") or min((a.at for a in activities if a.at), default=None)
        given = LeadInput(
            ref=self.ref(fields, profile),
            fields=profile,
            at=at,
            channel=fields.get("channel") or self.plan.channel,
            campaign=fields.get("campaign") or self.plan.campaign,
            owner=self.owner(fields, profile, "crm_owner"),
            buying_role=fields.get("buying_role", ""),
            line=record.line,
        )
        return given, activities

    def _rules(self, fields: Fields) -> Sequence[ActivityRule]:
        if "activity.type" in fields or (self.plan.type and "activity.at" in fields):
            return (ActivityRule(fields.get("activity.type") or self.plan.type, undated=True),)
        return [rule for rule in self.plan.declared.activities if rule.type]

    def _told(self, rule: ActivityRule, record: Record) -> Iterator[ActivityInput]:
        fields = {**self.plan.context, **record.fields}
        if any(folded(fields.get(name, "")) not in map(folded, among) for name, among in rule.where.items()):
            return
        at = next((found for name in rule.at if (found := self.time(fields, name))), None)
        if at is None and not rule.undated:
            return
        properties = {name: fields[told] for name, told in rule.properties.items() if told in fields}
        if not rule.properties:
            properties = {k.removeprefix("activity."): v for k, v in fields.items() if _is_property(k, rule)}
        if rule.channel:
            properties.setdefault("channel", rule.channel)
        yield ActivityInput(LeadRef(), rule.type, at or self.created_at, properties, line=record.line)

    def account(self, record: Record) -> AccountInput:
        """An account."""
        fields = {
            k.removeprefix("account."): v
            for k, v in record.fields.items()
            if k not in ("external", "at", "owner")
        }
        if not fields.get("address"):
            address = "".join(fields.get(part, "") for part in ("prefecture", "city", "street"))
            fields.update({"address": address} if address else {})
        owner = self.owner(record.fields, fields, "crm_owner")
        key = record.fields.get("external", "")
        external = (self.plan.source, key) if key else None
        return AccountInput(
            fields, self.time(record.fields, "at"), external=external, owner=owner, line=record.line
        )

    def activity(self, record: Record) -> tuple[LeadInput | None, ActivityInput]:
        """An activity, and its lead where the row says who that is by more than an id."""
        fields = record.fields
        about = {k: v for k, v in fields.items() if k in OF_PEOPLE or k.startswith("account.")}
        ref = self.ref(fields, about)
        properties = {
            k.removeprefix("activity."): v
            for k, v in fields.items()
            if k not in about and k not in NAMING and k not in ("type", "at", "key")
        }
        if self.plan.channel:
            properties.setdefault("channel", self.plan.channel)
        if not (kind := fields.get("type") or self.plan.type):
            raise _missing("type")
        at = self.time(fields, "at")
        if at is None:
            raise _missing("at")
        lead = LeadInput(ref=ref, fields=about, at=at, channel=self.plan.channel, campaign=self.plan.campaign)
        return (lead if _creates(ref) else None), ActivityInput(
            ref, kind, at, properties, fields.get("key"), record.line
        )

    def decision(self, record: Record) -> tuple[LeadInput | None, dict[str, Any]]:
        """What `DecisionInput` takes, without its `ref`."""
        fields = record.fields
        about = {k: v for k, v in fields.items() if k in OF_PEOPLE or k.startswith("account.")}
        ref = self.ref(fields, about)
        at = self.time(fields, "at")
        if at is None:
            raise _missing("at")
        answers = parse_answers(fields.get("answers", ""))
        answers |= {
            k.removeprefix("answers."): parse_yes(v) for k, v in fields.items() if k.startswith("answers.")
        }
        given = {
            "at": at,
            "to": fields.get("to", ""),
            "role": fields.get("role", ""),
            "reason": fields.get("reason", ""),
            "note": fields.get("note", ""),
            "until": self.time(fields, "until", past=False),
            "answers": answers,
            "key": fields.get("key"),
            "line": record.line,
        }
        lead = LeadInput(ref=ref, fields=about, at=at, channel=self.plan.channel, campaign=self.plan.campaign)
        return (lead if _creates(ref) else None), {**given, "ref": ref}

    def deal(self, record: Record) -> tuple[LeadInput | None, DealInput]:
        """A deal, and its lead. The name is the deal's, not the person's."""
        fields = record.fields
        about = {
            k: v for k, v in fields.items() if (k in OF_PEOPLE or k.startswith("account.")) and k != "name"
        }
        first = {**fields, "external": fields.get("external", "").split(";")[0].strip()}
        ref = self.ref(first, about)
        expected = self.time(fields, "expected_at", past=False)
        closed = self.time(fields, "closed_at", past=False)
        if closed and (fields.get("state", "open") == "open" or closed > clock.now() + AHEAD):
            expected, closed = expected or closed, None  # a close date to come is a hope
        given = DealInput(
            ref=ref,
            name=fields.get("name"),
            amount=self.amount(fields),
            currency=fields.get("currency") or currency_in(fields.get("amount", "")) or None,
            state=fields.get("state"),
            opened_at=self.time(fields, "opened_at"),
            closed_at=closed,
            expected_at=expected.astimezone(ZoneInfo(self.plan.time_zone)).date() if expected else None,
            reason=fields.get("reason"),
            owner=self.owner(fields, {}, ""),
            key=fields.get("key") or _digest(ref, fields),
            line=record.line,
        )
        lead = LeadInput(ref=ref, fields=about, at=given.opened_at, channel=self.plan.channel)
        return (lead if _creates(ref) else None), given

    # values

    def time(self, fields: Fields, name: str, *, past: bool = True) -> datetime | None:
        """The instant of a field, None where it is empty. Invalid: no time, or (`past`) more than a day ahead."""
        text = fields.get(name, "")
        if not text:
            return None
        found = parse_time(text, self.plan.time_zone, self.plan.day_first)
        if found is None:
            raise Invalid(
                "time_unreadable",
                _("%(field)s: %(text)s is no date or time.") % {"field": name, "text": text[:40]},
                cure=_("Write it like 2026-02-03, 2026/2/3 9:05 or 令和8年2月3日."),
                field=name,
            )
        if past and found > clock.now() + AHEAD:
            raise Invalid(
                "time_ahead",
                _("%(field)s: %(text)s lies in the future.") % {"field": name, "text": text[:40]},
                cure=_("Check the date, and whether day and month are read in the right order."),
                field=name,
            )
        return found

    def amount(self, fields: Fields) -> Any:
        """The amount, None where it is empty. Invalid if it is none."""
        if not (text := fields.get("amount", "")):
            return None
        if (found := parse_amount(text)) is None:
            raise Invalid(
                "amount_unreadable",
                _("amount: %(text)s is no amount of money.") % {"text": text[:40]},
                cure=_("Write it like 1200000, ¥1,200,000 or 120万円."),
                field="amount",
            )
        return found

    def owner(self, fields: Fields, profile: dict[str, str], otherwise: str) -> str | None:
        """The sign-in name of an owner named by sign-in name, mail address or full name; an unknown one is kept as text."""
        text = fields.get("owner", "")
        if not text:
            return None
        if self._users is None:
            self._users = _users()
        found = self._users.get(folded(text))
        if found is None and otherwise:
            profile[otherwise] = text
        return found

    def ref(self, fields: Fields, profile: dict[str, str]) -> LeadRef:
        """How the row names its lead. One who has nothing of its own is known by a digest of name and company."""
        number = fields.get("lead", "")
        if number and not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Invalid(
                "lead_unreadable",
                _("lead: %(text)s is no number of a lead.") % {"text": number[:40]},
                cure=_("Give the number that its page shows, or map the column to external."),
                field="lead",
            )
        email, phone = profile.get("email", ""), profile.get("mobile") or profile.get("phone", "")
        key = fields.get("external", "")
        if not (key or email or number or fields.get("visitor") or profile.get("mobile")):
            key = _row_key(profile)
        external = (self.plan.source, key) if key else None
        return LeadRef(int(number) if number else None, email, phone, fields.get("visitor", ""), external)


def _is_property(name: str, rule: ActivityRule) -> bool:
    return name.startswith("activity.") and name not in (*rule.at, "activity.type", "activity.key")


def _creates(ref: LeadRef) -> bool:
    """Whether the row says enough for a lead to be made from it."""
    return ref.lead is None and bool(ref.email or ref.external)


def _row_key(profile: dict[str, str]) -> str:
    name = profile.get("name") or profile.get("family_name", "") + profile.get("given_name", "")
    if not name:
        return ""
    parts = [name, *(profile.get(each, "") for each in ("name_kana", "account.name", "department", "phone"))]
    return "row:" + hashlib.sha256("\x1f".join(map(folded, parts)).encode()).hexdigest()[:40]


def _digest(ref: LeadRef, fields: Fields) -> str:
    told = [ref.email or "", str(ref.external), fields.get("name", ""), fields.get("opened_at", "")]
    return "row:" + hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:40]


def _missing(name: str) -> Invalid:
    return Invalid(
        "field_missing",
        _("The row has no %(field)s.") % {"field": name},
        cure=_("Map a column to %(field)s, or fill it.") % {"field": name},
        field=name,
    )


def _users() -> dict[str, str]:
    """Folded name, mail address or sign-in name → sign-in name; a name that two people have is none's."""
    found: dict[str, str | None] = {}
    for user in User.objects.filter(is_active=True):
        names = {user.username, user.email, user.shown_name, f"{user.first_name} {user.last_name}"}
        for name in {folded(name) for name in names} - {""}:
            found[name] = None if name in found else user.username
    return {name: username for name, username in found.items() if username}


def attempted(make: Callable[[Record], Given], record: Record) -> Given | Refused:
    """What is made of a record, or why not."""
    try:
        return make(record)
    except Refused as refused:
        return refused
