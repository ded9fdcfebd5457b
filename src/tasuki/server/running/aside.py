"""What nobody waits for, beside a worker: search, facts, weekly reports, what is kept too long.

In a process of its own, to which the system gives a processor when nobody else wants it: in the worker's, the same work
held up those who fold leads. Each worker starts one, and it ends with its worker. See record 0025.
"""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from time import monotonic

from django.conf import settings

from tasuki.server.core import clock
from tasuki.server.insights import commands as insights
from tasuki.server.insights import opened
from tasuki.server.lifecycle.worker import repeat
from tasuki.server.notify import keeping
from tasuki.server.people import searching
from tasuki.server.reports import commands as reports
from tasuki.server.running.loops import Loop, side_by_side

FACTS_IDLE = 3.0  # seconds between two looks for new facts
FACTS_SHARE = 10.0  # what took a second is done every ten seconds
SEARCH_IDLE = 0.5  # seconds between two looks when nothing is to be read anew
REPORTS = 10.0  # seconds between two looks for a weekly report that is due
HOUR = 3600.0
MINUTE = 60.0
GIVES_WAY = 10
"""How much lower than the rest the system is to rank this process, of 19 (`nice`)."""


def work(stop: threading.Event) -> int:
    """Work until `stop`; the exit status: 0, or 1 if a loop ended by itself."""
    if hasattr(os, "nice"):
        os.nice(GIVES_WAY)
    loops = [
        Loop("search", stop, _search),
        Loop("facts", stop, _facts),
        Loop("reports", stop, _reports),
        Loop("house", stop, _house),
    ]
    return side_by_side(loops, stop, lambda: None, MINUTE)


def _search(stop: threading.Event) -> None:
    """What leads are found by, a moment after they changed."""
    repeat(stop, lambda: 0.0 if searching.read_due() else SEARCH_IDLE)


def _facts(stop: threading.Event) -> None:
    """What figures are counted in, some seconds after it happened."""

    def turn() -> float:
        begin = monotonic()
        insights.refresh()
        return min(max(FACTS_IDLE, FACTS_SHARE * (monotonic() - begin)), MINUTE)

    repeat(stop, turn)


def _reports(stop: threading.Event) -> None:
    """Weekly reports that are due; a look costs a query or two.

    What the mails were counted in stays open for as long as an hour, and no longer: it may be large.
    """
    kept_since = monotonic()

    def turn() -> float:
        nonlocal kept_since
        reports.send_due()
        if monotonic() - kept_since > HOUR:
            opened.forget()
            kept_since = monotonic()
        return REPORTS

    repeat(stop, turn)


def _house(stop: threading.Event) -> None:
    """Forget messages of long ago; once an hour is enough."""
    age = timedelta(days=settings.ENVIRONMENT.keep_messages_days)
    repeat(stop, lambda: 0.0 if keeping.forget(clock.now() - age) else HOUR)
