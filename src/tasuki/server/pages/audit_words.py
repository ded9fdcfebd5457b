"""The audit in the reader's words: what was done, about what, and with which details."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.core import formats
from tasuki.server.core.models import AuditEntry, Role, Sight
from tasuki.server.core.words import FIELDS, REASONS, Words, say

ACTIONS: Words = {
    "absence.add": gettext_lazy("entered an absence"),
    "absence.end": gettext_lazy("ended an absence"),
    "accounts.merge": gettext_lazy("merged companies"),
    "accounts.put": gettext_lazy("entered or changed companies"),
    "action.hold": gettext_lazy("decided or called, and could still take it back"),
    "action.take_back": gettext_lazy("took back what they had just done"),
    "activities.record": gettext_lazy("recorded activities"),
    "agreement.publish": gettext_lazy("published an agreement"),
    "capacity.set": gettext_lazy("set how much somebody can take"),
    "channel.add": gettext_lazy("added a chat"),
    "channel.change": gettext_lazy("changed what a chat is told"),
    "channel.choose": gettext_lazy("chose how to be told"),
    "channel.remove": gettext_lazy("removed a chat"),
    "channel.test": gettext_lazy("sent a test"),
    "company.put": gettext_lazy("changed the company"),
    "company.setup": gettext_lazy("went through a step of the setup"),
    "day_off.add": gettext_lazy("entered a day off"),
    "day_off.remove": gettext_lazy("removed a day off"),
    "deals.put": gettext_lazy("opened or changed deals"),
    "decision.make": gettext_lazy("decided about a lead"),
    "decisions.record": gettext_lazy("recorded decisions"),
    "delivery.again": gettext_lazy("had something sent again"),
    "duplicates.decide": gettext_lazy("answered whether two are the same"),
    "duplicates.reopen": gettext_lazy("took an answer about duplicates back"),
    "endpoint.add": gettext_lazy("added a webhook"),
    "endpoint.change": gettext_lazy("changed a webhook"),
    "endpoint.gone": gettext_lazy("switched a webhook off, as its receiver is gone"),
    "endpoint.remove": gettext_lazy("removed a webhook"),
    "endpoint.rotate": gettext_lazy("made a new secret for a webhook"),
    "endpoint.test": gettext_lazy("sent a test to a webhook"),
    "handoff.take": gettext_lazy("took a handoff"),
    "handoff.transfer": gettext_lazy("gave a handoff on"),
    "hours.clear": gettext_lazy("took hours of their own away"),
    "hours.set": gettext_lazy("set working hours"),
    "imports.finish": gettext_lazy("finished an import"),
    "imports.plan": gettext_lazy("changed how a file is read"),
    "imports.rejects": gettext_lazy("downloaded rejected rows"),
    "imports.remove": gettext_lazy("gave a file up"),
    "imports.start": gettext_lazy("started an import"),
    "imports.undo": gettext_lazy("asked to undo an import"),
    "imports.undone": gettext_lazy("undid an import"),
    "imports.upload": gettext_lazy("uploaded a file"),
    "leads.bulk": gettext_lazy("changed many leads at once"),
    "leads.bulk_undo": gettext_lazy("undid a change of many leads"),
    "leads.export": gettext_lazy("exported a list of leads"),
    "leads.merge": gettext_lazy("merged leads"),
    "leads.put": gettext_lazy("entered or changed leads"),
    "leads.reassign": gettext_lazy("gave leads to somebody else"),
    "lists.columns": gettext_lazy("chose the columns of their list"),
    "merge.undo": gettext_lazy("undid a merge"),
    "note.remove": gettext_lazy("removed a note"),
    "note.write": gettext_lazy("wrote a note"),
    "numbers.export": gettext_lazy("took figures out as a file"),
    "person.erase": gettext_lazy("erased a person's data"),
    "person.export": gettext_lazy("exported a person's data"),
    "promise.cancel": gettext_lazy("cancelled a promised call"),
    "report.decline": gettext_lazy("declined a weekly report, or wants it again"),
    "report.mail": gettext_lazy("had a weekly report sent to themselves"),
    "report.put": gettext_lazy("changed a weekly report"),
    "report.sent": gettext_lazy("sent a weekly report"),
    "promise.make": gettext_lazy("promised a call"),
    "promise.move": gettext_lazy("moved a promised call"),
    "session.close": gettext_lazy("signed out"),
    "session.open": gettext_lazy("signed in"),
    "session.refuse": gettext_lazy("was refused at the sign-in"),
    "team.change": gettext_lazy("changed a team"),
    "team.create": gettext_lazy("made a team"),
    "team.delete": gettext_lazy("deleted a team"),
    "token.issue": gettext_lazy("issued a token"),
    "token.revoke": gettext_lazy("revoked a token"),
    "user.activate": gettext_lazy("let somebody sign in again"),
    "user.change": gettext_lazy("changed a person"),
    "user.create": gettext_lazy("made a person"),
    "user.deactivate": gettext_lazy("deactivated a person"),
    "user.invite": gettext_lazy("made a link to get in"),
    "user.password": gettext_lazy("set a password"),
    "user.preferences": gettext_lazy("changed language or time zone"),
    "views.begin": gettext_lazy("chose the view to begin with"),
    "views.change": gettext_lazy("changed a view"),
    "views.remove": gettext_lazy("removed a view"),
    "views.restore": gettext_lazy("brought a view back"),
    "views.save": gettext_lazy("saved a view"),
}
"""Action → what its doer did, after the name."""

SUBJECTS: dict[str, tuple[Any, str]] = {
    "lead": (gettext_lazy("Lead"), "lead"),
    "account": (gettext_lazy("Company"), "account"),
    "import": (gettext_lazy("Import"), "import"),
    "user": (gettext_lazy("Person"), "person"),
    "team": (gettext_lazy("Team"), "team"),
    "agreement": (gettext_lazy("Agreement"), "agreement-version"),
    "handoff": (gettext_lazy("Handoff"), ""),
    "merge": (gettext_lazy("Merge"), ""),
    "deal": (gettext_lazy("Deal"), ""),
    "token": (gettext_lazy("Token"), ""),
    "channel": (gettext_lazy("Chat"), ""),
    "endpoint": (gettext_lazy("Webhook"), ""),
    "delivery": (gettext_lazy("Delivery"), ""),
    "absence": (gettext_lazy("Absence"), ""),
    "day_off": (gettext_lazy("Day off"), ""),
    "promise": (gettext_lazy("Promised call"), ""),
    "company": (gettext_lazy("Our company"), "company"),
    "bulk": (gettext_lazy("Change of many leads"), "many-one"),
    "view": (gettext_lazy("View"), ""),
    "note": (gettext_lazy("Note"), ""),
}
"""What stands before the number → its word and its page, if it has one."""

DETAILS: Words = {
    "created": gettext_lazy("created"),
    "updated": gettext_lazy("changed"),
    "unchanged": gettext_lazy("unchanged"),
    "refused": gettext_lazy("refused"),
    "rejected": gettext_lazy("rejected"),
    "rows": gettext_lazy("rows"),
    "source": gettext_lazy("source"),
    "role": gettext_lazy("role"),
    "sight": gettext_lazy("sees"),
    "team": gettext_lazy("team"),
    "fields": gettext_lazy("fields"),
    "changed": gettext_lazy("changed"),
    "to": gettext_lazy("to"),
    "from": gettext_lazy("from"),
    "reason": gettext_lazy("reason"),
    "stored": gettext_lazy("stored"),
    "count": gettext_lazy("how many"),
    "kind": gettext_lazy("kind"),
    "kinds": gettext_lazy("news"),
    "format": gettext_lazy("format"),
    "mode": gettext_lazy("way"),
    "scopes": gettext_lazy("may"),
    "effective_from": gettext_lazy("in force from"),
    "digest": gettext_lazy("fingerprint"),
    "minutes_a_day": gettext_lazy("minutes a day"),
    "minutes_a_lead": gettext_lazy("minutes a lead"),
    "weight": gettext_lazy("weight"),
    "same": gettext_lazy("the same"),
    "enabled": gettext_lazy("switched on"),
    "tokens": gettext_lazy("tokens revoked"),
    "winner": gettext_lazy("kept"),
    "loser": gettext_lazy("merged into it"),
    "cause": gettext_lazy("cause"),
    "medium": gettext_lazy("way"),
    "step": gettext_lazy("step"),
    "how": gettext_lazy("how"),
    "currency": gettext_lazy("currency"),
    "time_zone": gettext_lazy("time zone"),
    "outcome": gettext_lazy("outcome"),
    "user": gettext_lazy("person"),
    "person": gettext_lazy("person"),
    "day": gettext_lazy("day"),
}
STEPS: Words = {
    "company": gettext_lazy("Company and calendar"),
    "people": gettext_lazy("People"),
    "agreement": gettext_lazy("Agreement"),
    "import": gettext_lazy("First leads"),
    "telling": gettext_lazy("Who is told, and how"),
    "setup": gettext_lazy("Set up Tasuki"),
}
VALUES: Words = {
    "done": gettext_lazy("done"),
    "skipped": gettext_lazy("skipped"),
    "closed": gettext_lazy("finished"),
    "leads": gettext_lazy("leads"),
    "accounts": gettext_lazy("companies"),
    "activities": gettext_lazy("activities"),
    "decisions": gettext_lazy("decisions"),
    "deals": gettext_lazy("deals"),
    "trusted": gettext_lazy("the file is right"),
    "fill": gettext_lazy("fill what is empty"),
    "columns": gettext_lazy("where columns go"),
    "app": gettext_lazy("Here"),
    "mail": gettext_lazy("Mail"),
    "apprise": gettext_lazy("Chat"),
    "page": gettext_lazy("page"),
}
"""Values that are codes of ours."""
TYPED = re.compile(r"(?P<kind>[^\d:]+?)\s*[:#]?\s*(?P<key>\d{1,18})")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
LONGEST = 60


@dataclass(frozen=True)
class Told:
    """An entry in words. `address`: the page of what it is about, if it has one."""

    entry: AuditEntry
    says: str
    subject: str
    address: str
    details: str


def told(entry: AuditEntry) -> Told:
    """One entry."""
    subject, address = _subject(entry.subject)
    return Told(entry, say(ACTIONS, entry.action), subject, address, _details(entry.detail))


def choices(actions: Iterable[str]) -> list[tuple[str, str]]:
    """Actions to choose from, by their words."""
    return sorted(((action, say(ACTIONS, action)) for action in actions), key=lambda one: one[1])


def subject_of(typed: str) -> str:
    """What somebody typed to name a subject, as it is stored: `Lead 17`, `リード17` and `lead:17` are the same."""
    found = TYPED.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if found is None:
        return typed
    by_word = {str(word).casefold(): kind for kind, (word, _page) in reversed(SUBJECTS.items())}
    kind = found["kind"].strip().casefold()
    return f"{by_word.get(kind, kind)}:{found['key']}"


def _subject(text: str) -> tuple[str, str]:
    kind, _colon, key = text.partition(":")
    if kind not in SUBJECTS:
        return text, ""
    word, page = SUBJECTS[kind]
    if kind == "company":
        return str(word), reverse(page)
    return _("%(what)s %(key)s") % {"what": word, "key": key}, _address(page, key)


def _address(page: str, key: str) -> str:
    if not page or not key.isdigit():
        return ""
    try:
        return reverse(page, args=(int(key),))
    except NoReverseMatch:
        return ""


def _details(detail: Any) -> str:
    if not isinstance(detail, dict):
        return str(detail)[:LONGEST]
    parts = [
        _("%(name)s: %(value)s") % {"name": say(DETAILS, name), "value": _of(name, value)}
        for name, value in detail.items()
        if (value or value is False) and name != "digest"
    ]
    return " · ".join(parts)


def _of(name: str, value: Any) -> str:
    return say(STEPS, value) if name == "step" else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _(", ").join(_value(one) for one in value[:8]) + (" …" if len(value) > 8 else "")
    if isinstance(value, dict):
        return _(", ").join(f"{say(DETAILS, str(name))} {_value(one)}" for name, one in value.items())[
            :LONGEST
        ]
    text = str(value)
    for words in (VALUES, dict(Role.choices), dict(Sight.choices), FIELDS, REASONS):
        if text in words:
            return str(words[text])
    return _time(text) if INSTANT.match(text) else text[:LONGEST]


def _time(text: str) -> str:
    try:
        return formats.short(datetime.fromisoformat(text))
    except ValueError:
        return text[:LONGEST]
