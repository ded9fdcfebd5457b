"""Which leads are to be folded, and when: the one row that the engine's worker waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from tasuki.server.core import clock


def touch(lead_ids: Iterable[int], at: datetime | None = None) -> None:
    """Have these leads folded at that instant (now when absent), or earlier if they are due earlier.

    Rows are written in the order of the ids, so that two who touch the same leads wait for each other and never lock up.
    """
    ids = sorted(set(lead_ids))
    if not ids:
        return
    when = connection.ops.adapt_datetimefield_value(at or clock.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO people_due (lead_id, at)"
                " SELECT id, %s::timestamptz FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(id, nth) ORDER BY nth"
                " ON CONFLICT (lead_id) DO UPDATE SET at = LEAST(people_due.at, EXCLUDED.at)",
                [when, ids],
            )
        else:
            cursor.execute(
                "INSERT INTO people_due (lead_id, at) SELECT value, %s FROM json_each(%s) WHERE true"
                " ON CONFLICT (lead_id) DO UPDATE SET at = min(people_due.at, excluded.at)",
                [when, json.dumps(ids)],
            )
