"""Four leads of last week: two from an exhibition, two from the web; three are MQL, one of them is Ishii's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute
from tasuki.metrics.figures import Answer
from tasuki.metrics.reader import open_facts
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.deals.commands import put_deals
from tasuki.server.deals.inputs import DealInput
from tasuki.server.insights import commands
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.people.models import Lead
from tests.server.lifecycle.stories import DAY, HOUR, agree, does, new_lead, visits, work


@dataclass(frozen=True)
class Company:
    """`ready` and `web` are MQL and handed over, `quiet` is MAL, `late` is MQL of the web."""

    ready: Lead
    quiet: Lead
    web: Lead
    late: Lead
    rep: Actor


def set_up(rep: Actor, seller: Actor) -> Company:
    """Everything was recorded when it happened, last week."""
    begin = clock.now() - 6 * DAY
    agree(80, at=begin)
    leads = []
    for place, channel in enumerate(("exhibition", "exhibition", "web", "web")):
        lead = new_lead(f"Lead {'ABCD'[place]}", at=begin + place * HOUR)
        Lead.objects.filter(pk=lead.pk).update(channel=channel)
        leads.append(lead)
    ready, quiet, web, late = leads
    does(ready, "download", begin + DAY, **{"content.kind": "whitepaper", "path": "/paper?mail=a@b.example"})
    visits(ready, begin + DAY + HOUR, begin + DAY + 2 * HOUR)
    visits(web, begin + 2 * DAY, begin + 2 * DAY + HOUR)
    visits(late, begin + 3 * DAY, begin + 3 * DAY + HOUR)
    for day in range(5):
        work(begin + day * DAY + 12 * HOUR)
    return Company(ready, quiet, web, late, rep)


def facts_of(
    folder: Path | None = None, as_of: datetime | None = None, kpi: str = "mql.entries", **asked: Any
) -> Answer:
    """A figure of the facts in the folder."""
    with open_facts(folder or commands.facts_folder(), clock.microseconds(as_of or clock.now())) as facts:
        return compute(facts, kpi, Question(**asked))


def told(answer: Answer) -> dict[str, float | None]:
    """Part → value."""
    return {str(figure.part): figure.value for figure in answer.parts}


def accept(company: Company, lead: Lead, to: str = "SAL", **more: Any) -> None:
    """The rep takes the lead, now."""
    assert company.rep.user is not None
    lifecycle.decide(company.rep, lead_id=lead.pk, to=to, role="inside_sales", **more)


def deal(lead: Lead, amount: int, key: str = "d1", **more: Any) -> None:
    """A deal is put, or changed."""
    (outcome,) = put_deals(
        SYSTEM, [DealInput(lead_id=lead.pk, amount=Decimal(amount), key=key, **more)], source="crm"
    )
    assert not isinstance(outcome, Exception), outcome
