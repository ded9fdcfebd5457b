"""One person's data: given out whole, or erased for good.

A person is a lead together with all leads that were merged into it. Every table that points at leads says in `HELD`
what becomes of its rows when the person is erased; a test fails for a table that does not say it. Tables of apps above
this one are reached through the app registry, so that nothing is imported from there.

What stays after an erasure tells of nobody: that some lead did something of a type at a time, entered a stage, was worth an
amount. So the counts of every stage and month are the same before and after.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.errors import NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import traces
from tasuki.server.people.models import Duplicate, Lead, Merge


@dataclass(frozen=True)
class Held:
    """What becomes of a table's rows: dropped, or kept with some columns blanked.

    `keyed`: the key under which it was sent may tell who it was, so it is replaced. `shared`: a text that stays only
    where it is a word of the house, that is where another person's row has it too. `private`: not given out.
    """

    drop: bool = False
    blank: Mapping[str, Any] = field(default_factory=dict)
    keyed: bool = False
    shared: str = ""
    private: bool = False


HELD: dict[str, Held] = {
    "people.Identity": Held(drop=True),
    "people.Profile": Held(drop=True),
    "people.LeadKey": Held(drop=True, private=True),
    "people.Due": Held(drop=True, private=True),
    "people.LeadText": Held(drop=True, private=True),
    "activities.Activity": Held(blank={"properties": {}, "import_job": None}, keyed=True),
    "activities.Note": Held(drop=True),
    "lifecycle.Decision": Held(
        blank={"note": "", "answers": {}, "import_job": None}, keyed=True, shared="reason"
    ),
    "lifecycle.Transition": Held(),
    "lifecycle.Held": Held(drop=True, private=True),  # within seconds it is a decision or a call
    "deals.Deal": Held(blank={"name": "", "import_job": None}, keyed=True, shared="reason"),
    "handoffs.Handoff": Held(blank={"routed": []}),
    "handoffs.Clock": Held(blank={"next_at": clock.EPOCH}),  # so that the worker stops it at once
    "handoffs.Promise": Held(drop=True),
    "notify.Notification": Held(drop=True, private=True),
    "notify.Delivery": Held(drop=True, private=True),
}
"""Every table with a row's lead, and what erasing that lead does to it."""

BLANKED: dict[str, Any] = {
    "name": "",
    "name_kana": "",
    "email": "",
    "phone": "",
    "search": "",
    "department": "",
    "title": "",
    "buying_role": "",
    "fields": {},
    "reapproach_at": None,
    "created_by_import": None,
}
"""Columns of the lead itself. Stage, scores, passes, channel, campaign, owner, team, account stay: counts need them."""


def export_person(actor: Actor, lead_id: int) -> dict[str, Any]:
    """Everything that is stored about one person, as JSON would hold it: times ISO 8601 UTC, keys the tables' names.

    NotFound: no such lead, or not one that the actor may see. NotAllowed. An audit entry tells of it.
    """
    require(actor, "export")
    with transaction.atomic():
        leads = _person(actor, lead_id)
        found: dict[str, Any] = {"leads": [_row(lead) for lead in leads]}
        for label, held in HELD.items():
            if not held.private:
                found[_table(label)] = [_row(row) for row in _rows(label, leads)]
        found["merges"] = [_row(merge) for merge in _merges(leads)]
        found["duplicates"] = [_row(duplicate) for duplicate in _duplicates(leads)]
        found["imports"] = traces.export(_marks(leads), _jobs(leads))
        found["audit"] = _audit(leads)
        rows = sum(len(part) for part in found.values())
        audit.record(actor, "person.export", f"lead:{leads[0].pk}", leads=len(leads), rows=rows)
    return found


def erase_person(actor: Actor, lead_id: int) -> None:
    """Take away for good whatever tells who this was; the counts stay. Done twice, the second time changes nothing.

    NotFound: no such lead, or not one that the actor may see. NotAllowed. Conflict: an import that holds the person is
    running. A later entry with the same mail address makes a new lead.
    """
    require(actor, "erase")
    leads = _person(actor, lead_id)
    found = traces.find(_marks(leads), _jobs(leads))  # reads whole files, so nothing is locked yet
    bulk.in_one_transaction(lambda: _erase_person(actor, lead_id, found))


def _erase_person(actor: Actor, lead_id: int, found: traces.Traces) -> None:
    leads = _person(actor, lead_id, lock=True)
    erased = {_table(label): _erase(label, held, leads) for label, held in HELD.items()}
    erased["merges"] = _merges(leads).delete()[0]
    erased["duplicates"] = _duplicates(leads).delete()[0]
    erased |= traces.erase(found, [lead.pk for lead in leads])
    ids = [lead.pk for lead in leads]
    Lead.objects.filter(pk__in=ids).update(**BLANKED)
    Lead.objects.filter(pk__in=ids, erased_at=None).update(erased_at=clock.now())
    audit.record(actor, "person.erase", f"lead:{leads[0].pk}", leads=ids, rows=erased)


def sweep(lead_ids: Collection[int]) -> None:
    """Blank what entries that were on their way during an erasure have left at these leads; others are left alone.

    Whoever looked a lead up just before it was erased may store an entry just after. Such an entry has its lead come due, so
    the worker hands the erased ones among those that are due to this function, in its transaction.
    """
    leads = list(Lead.objects.filter(pk__in=lead_ids).exclude(erased_at=None))
    if leads:
        for label, held in HELD.items():
            _erase(label, held, leads)
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(**BLANKED)


def _person(actor: Actor, lead_id: int, *, lock: bool = False) -> list[Lead]:
    """The lead that stands for the person, then those merged into it, by id.

    `lock`: held against changes, in order of ids; not against rows that point at it, as an activity that comes in now: that
    one holds what we are about to delete, and would wait for us while we wait for it.
    """
    key = lead_id if 0 < lead_id < 2**63 else 0
    first = Lead.objects.filter(pk=key).first()
    while first is not None and first.merged_into_id is not None:
        first = Lead.objects.get(pk=first.merged_into_id)
    if first is None or not Lead.objects.filter(sight(actor), pk=first.pk).exists():
        raise NotFound(
            "lead_unknown", _("There is no such lead."), cure=_("Look for it in the list of leads.")
        )
    ids, latest = {first.pk}, {first.pk}
    while latest:
        latest = set(Lead.objects.filter(merged_into__in=latest).values_list("pk", flat=True)) - ids
        ids |= latest
    found = Lead.objects.filter(pk__in=ids).order_by("pk")
    leads = list(found.select_for_update(no_key=True) if lock else found)
    return sorted(leads, key=lambda lead: (lead.pk != first.pk, lead.pk))


def _model(label: str) -> type[models.Model]:
    return apps.get_model(label)


def _table(label: str) -> str:
    """`activities.Activity` → `activities`, as people say it."""
    name = label.rsplit(".", 1)[1].lower()
    return name.removesuffix("y") + "ies" if name.endswith("y") else name + "s"


def _rows(label: str, leads: Sequence[Lead]) -> models.QuerySet[Any]:
    model = _model(label)
    order = [name for name in ("at", "recorded_at", "pk") if name == "pk" or _has(model, name)]
    return model._default_manager.filter(lead__in=leads).order_by(*order)


def _has(model: type[models.Model], name: str) -> bool:
    return any(column.name == name for column in model._meta.concrete_fields)


def _row(row: models.Model) -> dict[str, Any]:
    """All columns of a row under their names; texts, numbers, times and what JSON columns hold stay as they are."""
    return {
        column.attname: _plain(column.value_from_object(row))
        for column in row._meta.concrete_fields
        if column.name not in {"moved"}
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _merges(leads: Sequence[Lead]) -> models.QuerySet[Merge]:
    ids = [lead.pk for lead in leads]
    either = models.Q(winner__in=ids) | models.Q(loser__in=ids)
    return Merge.objects.filter(either, kind="lead").order_by("pk")


def _duplicates(leads: Sequence[Lead]) -> models.QuerySet[Duplicate]:
    ids = [lead.pk for lead in leads]
    either = models.Q(first__in=ids) | models.Q(second__in=ids)
    return Duplicate.objects.filter(either, kind="lead").order_by("pk")


def _audit(leads: Sequence[Lead]) -> list[dict[str, Any]]:
    """What was done with the person's data, and when; by whom is the business of those who work here."""
    entries = AuditEntry.objects.filter(subject__in=[f"lead:{lead.pk}" for lead in leads]).order_by("pk")
    return [
        {"at": at.isoformat(), "action": action, "subject": subject}
        for at, action, subject in entries.values_list("at", "action", "subject")
    ]


def _marks(leads: Sequence[Lead]) -> traces.Marks:
    """By what the person would be recognised in the rows of a file."""
    identities = _rows("people.Identity", leads).exclude(kind="visitor").values_list("kind", "value")
    profiles = _rows("people.Profile", leads).values_list("fields", flat=True)
    told = [lead.fields for lead in leads] + list(profiles)
    values = {value for kind, value in identities if kind in {"mail", "phone"}}
    values |= {lead.email for lead in leads}  # not the phone: it may be the company's
    values |= {str(each.get(name) or "") for each in told for name in ("email", "mobile")}
    names = {(lead.name, lead.account.name if lead.account else "") for lead in leads}
    names |= {(str(each.get("name") or ""), str(each.get("account.name") or "")) for each in told}
    keys = {value for kind, value in identities if kind.startswith("external:")}
    alone = {name for name, _company in names} | {lead.name_kana for lead in leads}
    return traces.Marks.of(values, names, keys, alone)


def _jobs(leads: Sequence[Lead]) -> set[int]:
    """The imports that are known to have brought something of the person."""
    found = {lead.created_by_import_id for lead in leads}
    for label in HELD:
        if _has(_model(label), "import_job"):
            found |= set(_rows(label, leads).order_by().values_list("import_job", flat=True).distinct())
    return {job for job in found if job is not None}


def _erase(label: str, held: Held, leads: Sequence[Lead]) -> int:
    """How many rows were dropped or blanked."""
    rows = _rows(label, leads).order_by()
    if held.drop:
        return int(rows.delete()[0])
    if held.shared:
        _blank_unshared(label, held.shared, leads)
    changes = dict(held.blank)
    if held.keyed:
        changes["key"] = Concat(models.Value("erased:"), Cast("pk", models.CharField()))
    return int(rows.update(**changes)) if changes else 0


def _blank_unshared(label: str, column: str, leads: Sequence[Lead]) -> None:
    """A reason that nobody else was given may be a sentence about this person."""
    rows = _rows(label, leads).order_by()
    used = set(rows.exclude(**{column: ""}).values_list(column, flat=True))
    others = _model(label)._default_manager.exclude(lead__in=leads).filter(**{f"{column}__in": used})
    alone = used - set(others.values_list(column, flat=True).distinct())
    rows.filter(**{f"{column}__in": alone}).update(**{column: ""})
