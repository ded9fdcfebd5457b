"""Making one lead of two, so that it can be undone: every row that moves, and every value that changes, is noted.

Entries move to the winner. Transitions are facts about the loser and stay with it; its id goes on working.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import F, Q
from django.utils.translation import gettext as _

from tasuki.server.accounts.facts import COLUMNS as ACCOUNT_COLUMNS
from tasuki.server.accounts.facts import PREFIX, as_profile
from tasuki.server.core import bulk
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict
from tasuki.server.people import searching
from tasuki.server.people.drafts import search_text
from tasuki.server.people.due import touch
from tasuki.server.people.facts import COLUMNS
from tasuki.server.people.models import Duplicate, Lead, Merge, Profile
from tasuki.server.people.profiles import whole

ENTRIES = (
    "people.Identity",
    "people.Profile",
    "activities.Activity",
    "activities.Note",
    "lifecycle.Decision",
    "lifecycle.Held",
    "deals.Deal",
    "handoffs.Handoff",
    "handoffs.Clock",
    "handoffs.Promise",
    "notify.Notification",
    "notify.Delivery",
)
"""What moves to the winner: by label, for these apps are above this one."""
STAYING = ("people.Lead", "people.Due", "people.LeadKey", "people.LeadText", "lifecycle.Transition")
"""What refers to a lead and stays with it."""
FILLED = ("buying_role", "account_id", "owner_id", "team_id", "channel", "campaign")
LEAD = "lead"


def absorb(actor: Actor, *, winner: int, loser: int, now: datetime) -> Merge:
    """Join what an unknown visitor did to the lead that the visitor turned out to be."""
    return merge(actor, winner=winner, loser=loser, cause="identity", now=now)


def merge(actor: Actor, *, winner: int, loser: int, cause: str, now: datetime) -> Merge:
    """Move everything of the loser to the winner and fill what the winner lacks. Both must be there and not merged."""
    rows = Lead.objects.filter(pk__in=(winner, loser)).order_by("pk").select_for_update(no_key=True)
    locked = {each.pk: each for each in rows}
    kept, gone = locked[winner], locked[loser]
    before: dict[str, Any] = {"profiles": _weave(kept, gone)}
    before["handoffs"] = _close_second_handoff(winner, loser, now)
    moved = {label: _move(label, loser, winner) for label in ENTRIES}
    before |= _fill(kept, gone, now, _holder(moved["handoffs.Handoff"]))
    Lead.objects.filter(pk=loser).update(merged_into=winner)
    settle_question(winner, loser, Duplicate.State.OPEN, Duplicate.State.MERGED, actor, now)
    touch((winner, loser))
    searching.note((winner, loser))
    return Merge.objects.create(
        kind=LEAD,
        winner=winner,
        loser=loser,
        at=now,
        by=actor.user,
        cause=cause,
        moved={label: ids for label, ids in moved.items() if ids},
        before=before,
    )


def undo(actor: Actor, done: Merge, now: datetime) -> None:
    """Put back what the merge moved and changed, but for what was changed since. Conflict: a later merge builds on it."""
    check_undoable(done)
    winner = Lead.objects.select_for_update(no_key=True).get(pk=done.winner)
    for label, ids in done.moved.items():
        apps.get_model(label)._default_manager.filter(pk__in=ids, lead=done.winner).update(lead=done.loser)
    bulk.update(Profile, ["fields"], [(int(pk), fields) for pk, fields in done.before["profiles"].items()])
    for pk in done.before["handoffs"]:
        apps.get_model("handoffs.Handoff")._default_manager.filter(pk=pk, outcome="other").update(
            outcome="open", closed_at=None
        )
    _look_at_clocks(done.before["handoffs"], now)
    _unfill(winner, done, now)
    Lead.objects.filter(pk=done.loser).update(merged_into=None)
    settle_question(done.winner, done.loser, Duplicate.State.MERGED, Duplicate.State.OPEN, actor, now)
    Merge.objects.filter(pk=done.pk).update(undone_at=now)
    touch((done.winner, done.loser))
    searching.note((done.winner, done.loser))


def check_undoable(done: Merge) -> None:
    """Conflict: it was undone, or a later merge must be undone first."""
    if done.undone_at is not None:
        raise Conflict("merge_undone", _("This merge has been undone already."))
    later = Merge.objects.filter(kind=done.kind, pk__gt=done.pk, undone_at=None).order_by("-pk")
    blocking = later.filter(loser=done.winner).first() or next(
        (each for each in later.filter(winner=done.winner) if each.before.get("profiles")), None
    )
    if blocking is not None:
        raise Conflict(
            "later_merge",
            _("A later merge builds on this one."),
            cure=_("Undo merge %(id)s first.") % {"id": blocking.pk},
            field="merge",
        )


def _move(label: str, loser: int, winner: int) -> list[int]:
    rows = apps.get_model(label)._default_manager.filter(lead=loser)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if ids:
        rows.update(lead=winner)
    return ids


def _close_second_handoff(winner: int, loser: int, now: datetime) -> list[int]:
    """A lead has one open handoff: the loser's ends where both have one."""
    open_ones = apps.get_model("handoffs.Handoff")._default_manager.filter(outcome="open")
    if not open_ones.filter(lead=winner).exists():
        return []
    ids = list(open_ones.filter(lead=loser).values_list("pk", flat=True))
    open_ones.filter(pk__in=ids).update(outcome="other", closed_at=now)
    _look_at_clocks(ids, now)
    return ids


def _look_at_clocks(handoffs: Sequence[int], now: datetime) -> None:
    """Have the worker stop the clocks of what was closed here, and start one for what was opened again."""
    apps.get_model("handoffs.Clock")._default_manager.filter(handoff__in=handoffs).update(next_at=now)


def look_at_new_owners(leads: Collection[int], now: datetime) -> None:
    """Have the worker look at open handoffs that are not with the owner of their lead."""
    running = apps.get_model("handoffs.Clock")._default_manager.filter(lead__in=leads, stopped_at=None)
    torn = running.filter(Q(person=None) | ~Q(person=F("lead__owner")), lead__owner__isnull=False)
    torn.update(next_at=now)


def _holder(moved: Sequence[int]) -> dict[str, Any]:
    """Who has the lead by an open handoff that came with the merge: the lead is theirs."""
    open_ones = apps.get_model("handoffs.Handoff")._default_manager.filter(pk__in=moved, outcome="open")
    found = open_ones.values_list("person_id", "team_id").first()
    return dict(zip(("owner_id", "team_id"), found, strict=True)) if found and found[0] else {}


def _weave(kept: Lead, gone: Lead) -> dict[str, dict[str, str]]:
    """Make each version of either profile say what was known of both then; the changed ones as they were, by id."""
    mine, theirs = _versions(kept.pk), _versions(gone.pk)
    if not theirs:
        return {}
    before: dict[str, dict[str, str]] = {}
    rows = []
    for at, pk, fields in (*mine, *theirs):
        woven = _woven(_in_force(mine, at, pk), _in_force(theirs, at, pk))
        if woven != fields:
            before[str(pk)] = fields
            rows.append((pk, woven))
    bulk.update(Profile, ["fields"], rows)
    return before


def _versions(lead: int) -> list[tuple[datetime, int, dict[str, str]]]:
    return list(Profile.objects.filter(lead=lead).order_by("at", "pk").values_list("at", "pk", "fields"))


def _in_force(
    versions: Sequence[tuple[datetime, int, dict[str, str]]], at: datetime, pk: int
) -> dict[str, str]:
    found: dict[str, str] = {}
    for since, own, fields in versions:
        if (since, own) > (at, pk):
            break
        found = fields
    return found


def _woven(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """The first one's fields, and what it lacks of the second's; two companies are never mixed."""
    if PREFIX + "name" in first:
        second = {name: value for name, value in second.items() if not name.startswith(PREFIX)}
    elif PREFIX + "name" in second:
        first = {name: value for name, value in first.items() if not name.startswith(PREFIX)}
    return {**second, **first}


def _fill(kept: Lead, gone: Lead, now: datetime, holder: Mapping[str, Any]) -> dict[str, Any]:
    """Fill what the winner lacks; what that changed, with the values before and after."""
    added = {name: value for name, value in gone.fields.items() if not kept.fields.get(name)}
    changed: dict[str, Any] = {name: getattr(gone, name) for name in FILLED if not getattr(kept, name)}
    changed |= holder
    earlier = gone.first_touch_at and (not kept.first_touch_at or gone.first_touch_at < kept.first_touch_at)
    if earlier:
        changed["first_touch_at"] = gone.first_touch_at
        if gone.channel:
            changed |= {"channel": gone.channel, "campaign": gone.campaign}
    changed["anonymous"] = kept.anonymous and gone.anonymous
    changed = {name: value for name, value in changed.items() if value != getattr(kept, name)}
    before = {name: getattr(kept, name) for name in changed}
    profile = bool(added or changed.keys() & {"buying_role", "account_id", "anonymous"})
    _set(kept, changed, {**kept.fields, **added})
    version = _new_version(kept, now) if profile and not kept.anonymous else None
    return {
        "winner": _plain(before),
        "after": _plain(changed),
        "added": added,
        "version": version,
    }


def _unfill(winner: Lead, done: Merge, now: datetime) -> None:
    noted = done.before
    present = _plain({name: getattr(winner, name) for name in noted["after"]})
    back = {
        name: _from_plain(name, value)
        for name, value in noted["winner"].items()
        if present[name] == noted["after"][name]
    }
    fields = {
        name: value
        for name, value in winner.fields.items()
        if name not in noted["added"] or noted["added"][name] != value
    }
    _set(winner, back, fields)
    if noted["version"] is not None:
        later = Profile.objects.filter(lead=winner.pk, pk__gt=int(noted["version"])).exists()
        Profile.objects.filter(pk=int(noted["version"]), lead=winner.pk).delete()
        if later:
            _new_version(winner, now)


def _set(lead: Lead, columns: Mapping[str, Any], fields: dict[str, str]) -> None:
    for name, value in columns.items():
        setattr(lead, name, value)
    lead.fields = fields
    for name in COLUMNS:
        setattr(lead, name, fields.get(name, ""))
    lead.phone = fields.get("phone") or fields.get("mobile", "")
    lead.search = search_text(fields)
    names = {name.removesuffix("_id") for name in columns}
    lead.save(update_fields=[*names, *COLUMNS, "fields", "search"])


def _new_version(lead: Lead, now: datetime) -> int:
    account = lead.account if lead.account_id is not None else None
    shown = (
        as_profile({name: getattr(account, name) for name in ACCOUNT_COLUMNS}, account.fields)
        if account
        else {}
    )
    fields = whole(lead.fields, lead.buying_role, shown)
    made = Profile.objects.create(lead=lead, at=now, fields=fields, source="merge", recorded_at=now)
    return int(made.pk)


def _plain(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in columns.items()
    }


def _from_plain(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_at") and value else value


def settle_question(
    one: int, other: int, present: str, then: str, actor: Actor, now: datetime, kind: str = LEAD
) -> None:
    """Answer the question about the two, or open it again."""
    answered = then != Duplicate.State.OPEN
    Duplicate.objects.filter(kind=kind, first=min(one, other), second=max(one, other), state=present).update(
        state=then, decided_at=now if answered else None, decided_by=actor.user if answered else None
    )
