"""A report as a file: the very one that comes by mail."""

from __future__ import annotations

from tasuki.server.core import audit
from tasuki.server.core.access import Actor
from tasuki.server.notify.letters import Enclosed
from tasuki.server.reports import queries
from tasuki.server.reports.letters import WHOLE, enclosed


def export_report(actor: Actor, number: int) -> Enclosed:
    """The report of last week as a PDF; `number`: of the team, or WHOLE. The audit tells who took it out.

    NotFound; NotAllowed.
    """
    file = enclosed(queries.sheet(actor, number), number)
    audit.record(actor, "numbers.export", f"team:{number}" if number != WHOLE else "", kind="pdf")
    return file
