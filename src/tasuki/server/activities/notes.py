"""Notes: what people write about a lead for each other."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from tasuki.server.activities.models import Note
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import LEADING, Actor, require, sight
from tasuki.server.core.errors import Conflict, NotAllowed, NotFound
from tasuki.server.core.texts import problem_of_text, problem_of_texts
from tasuki.server.people.models import Lead
from tasuki.server.people.queries import lead_there

LONGEST = 10_000


def write_note(actor: Actor, lead_id: int, text: str, key: str | None = None) -> Note:
    """Note something about a lead, now. The same `key` of the same source notes it once.

    NotAllowed; NotFound; Invalid;
    Conflict: the key is that of another lead's note.
    """
    require(actor, "activities.write")
    lead = lead_there(actor, lead_id).pk
    wrong = problem_of_text(text, "text", LONGEST, needed=True) or problem_of_texts(
        {"key": key}, {"key": 200}
    )
    if wrong:
        raise wrong
    return bulk.in_one_transaction(lambda: _written(actor, lead, text.strip(), key))


def _written(actor: Actor, lead_id: int, text: str, key: str | None) -> Note:
    Lead.objects.filter(pk=lead_id).select_for_update(no_key=True).first()
    lead_id = lead_there(actor, lead_id).pk  # an erasure or a merge may have been quicker
    made, is_new = Note.objects.get_or_create(
        source=actor.source, key=key or f"once:{uuid.uuid4().hex}",
        defaults={"lead_id": lead_id, "at": clock.now(), "text": text, "by": actor.user},
    )  # fmt: skip
    if made.lead_id != lead_id:
        raise Conflict(
            "note_elsewhere",
            _("This source's note of that key belongs to another lead."),
            cure=_("Give the note a key of its own."),
            field="key",
        )
    if is_new:
        audit.record(actor, "note.write", f"lead:{lead_id}", note=made.pk)
    return made


def remove_note(actor: Actor, note_id: int) -> Note:
    """Take a note away: whoever wrote it may, and whoever leads. NotAllowed; NotFound."""
    require(actor, "activities.write")
    return bulk.in_one_transaction(lambda: _removed(actor, note_id))


def _removed(actor: Actor, note_id: int) -> Note:
    key = note_id if 0 < note_id < 2**63 else 0
    seen = Note.objects.filter(sight(actor, "lead__"), lead__erased_at=None, pk=key)
    note = seen.select_for_update(of=("self",), no_key=True).first()
    if note is None:
        raise NotFound(
            "note_unknown",
            _("There is no such note, or you may not see its lead."),
            cure=_("Look at the page of the lead."),
        )
    if not may_remove(actor, note):
        raise NotAllowed(
            "note_of_another",
            _("Somebody else wrote this note."),
            cure=_("Ask whoever wrote it, or someone who leads."),
        )
    Note.objects.filter(pk=note.pk).delete()
    audit.record(actor, "note.remove", f"lead:{note.lead_id}", note=note.pk)
    return note


def may_remove(actor: Actor, note: Note) -> bool:
    """Whether this note is the actor's to take away."""
    user = actor.user
    return actor.system or (user is not None and (note.by_id == user.pk or user.role in LEADING))
