"""What the stories of this folder have in common."""

from __future__ import annotations

from datetime import datetime

from tasuki.server.core import clock
from tasuki.server.notify import courier
from tasuki.server.notify.models import Delivery
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import HOUR, START, agree, fresh, new_lead, visits, work

MQL_AT = START + 2 * HOUR


def becomes_mql(name: str = "Yamada Hanako") -> Lead:
    """A lead that is handed over at eleven o'clock on a Monday in Tokyo."""
    agree(80)
    lead = new_lead(name, title="Director")
    visits(lead, START + HOUR, MQL_AT)
    work(MQL_AT)
    return fresh(lead)


def delivers(at: datetime) -> int:
    """What the courier does at that time."""
    with clock.at(at):
        return courier.deliver()


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("state", flat=True))
