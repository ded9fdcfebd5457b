"""Which leads are to be folded, and when: the one row that the engine's worker waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from tasuki.server.core import clock
from tasuki.server.core.together import Together

_ON_POSTGRESQL = (
    "INSERT INTO people_due (lead_id, at)"
    " SELECT id::bigint, %s::timestamptz FROM json_array_elements_text(%s::json) WITH ORDINALITY AS t(id, nth) ORDER BY nth"
    " ON CONFLICT (lead_id) DO UPDATE SET at = LEAST(people_due.at, EXCLUDED.at)"
)
_ON_SQLITE = (
    "INSERT INTO people_due (lead_id, at) SELECT value, %s FROM json_each(%s) WHERE true"
    " ON CONFLICT (lead_id) DO UPDATE SET at = min(people_due.at, excluded.at)"
)


def touch(lead_ids: Iterable[int], at: datetime | None = None) -> None:
    """Have these leads folded at that instant (now when absent), or earlier if they are due earlier.

    Rows are written in the order of the ids, so that two who touch the same leads wait for each other and never lock up.
    """
    together = Together()
    touch_with(together, lead_ids, at or clock.now())
    together.send()


def touch_with(together: Together, lead_ids: Iterable[int], at: datetime) -> None:
    """The same among other things."""
    ids = sorted(set(lead_ids))
    if ids:
        when = connection.ops.adapt_datetimefield_value(at)
        on_postgresql = connection.vendor == "postgresql"
        together.write(_ON_POSTGRESQL if on_postgresql else _ON_SQLITE, [when, json.dumps(ids)])
