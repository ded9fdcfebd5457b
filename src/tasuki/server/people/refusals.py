"""Why an input about a lead is refused, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Conflict, NotFound
from tasuki.server.people.identities import Key, shown


def not_found() -> NotFound:
    """There is no such lead, or not for this person."""
    return NotFound(
        "lead_not_found",
        _("There is no such lead, or you may not see it."),
        cure=_("Look it up in the list."),
    )


def of_another(key: Key) -> Conflict:
    """An identity that belongs to someone else."""
    return Conflict(
        "identity_of_another",
        _("“%(value)s” already belongs to another lead (%(kind)s).")
        % {"value": key[1], "kind": shown(key[0])},
        cure=_(
            "Merge the two leads if they are the same person; else correct it. The question is among the duplicates."
        ),
        field=_field_of(key),
    )


def two_leads(one: Key, other: Key) -> Conflict:
    """Identities of two leads in one input."""
    return Conflict(
        "identities_of_two",
        _("“%(one)s” (%(one_kind)s) and “%(other)s” (%(other_kind)s) belong to two different leads.")
        % {"one": one[1], "one_kind": shown(one[0]), "other": other[1], "other_kind": shown(other[0])},
        cure=_(
            "Merge the two leads if they are the same person; else correct it. The question is among the duplicates."
        ),
        field=_field_of(other),
    )


def not_yours(key: Key) -> Conflict:
    """An identity of a lead that the actor may not see."""
    return Conflict(
        "lead_of_others",
        _("“%(value)s” belongs to a lead that you may not see.") % {"value": key[1]},
        cure=_("Ask your manager who looks after it."),
        field=_field_of(key),
    )


def _field_of(key: Key) -> str:
    kind = key[0]
    return {"mail": "email", "phone": "phone", "visitor": "visitor"}.get(kind, "external")
