"""Whose identities these are, in one statement."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection

from django.db import connection

from tasuki.server.core import bulk
from tasuki.server.people.identities import Key

_BY_ARRAYS = (
    "SELECT kind, value, lead_id FROM people_identity"
    " WHERE (kind, value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
)


def owners_of(keys: Collection[Key]) -> dict[Key, int]:
    """Identity → lead, of those that are somebody's; the lead may be a merged or an erased one."""
    if not keys:
        return {}
    if connection.vendor == "postgresql":
        kinds, values = zip(*keys, strict=True)
        found = bulk.recurring(_BY_ARRAYS, [list(kinds), list(values)])
    else:
        by_kind: dict[str, list[str]] = defaultdict(list)
        for kind, value in keys:
            by_kind[kind].append(value)
        one = (
            "SELECT kind, value, lead_id FROM people_identity"
            " WHERE kind = %s AND value IN (SELECT value FROM json_each(%s))"
        )
        parameters = [each for kind, values in by_kind.items() for each in (kind, json.dumps(values))]
        found = bulk.straight(" UNION ALL ".join([one] * len(by_kind)), parameters)
    return {(kind, value): lead for kind, value, lead in found}
