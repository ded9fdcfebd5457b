"""A small agreement and a few leads: what the stories of this folder are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tasuki.server.activities.models import Activity
from tasuki.server.agreements.commands import publish
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people.due import touch
from tasuki.server.people.models import Lead, Profile

START = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)  # a Monday, nine o'clock in Tokyo
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

AGREEMENT = """
agreement: Story
signals:
  pricing: {type: page_view, path: /pricing*}
  trial: {type: trial_start}
  gone: {type: unsubscribe}
traits:
  decision_maker: {title: {contains: [Director]}}
  rival: {account.domain: rival.example}
excluded: trait(rival)
scores:
  behavior:
    range: [0, 200]
    rules:
      - {signal: pricing, points: 40, expires: 90d, because: they compare}
      - {signal: gone, resets: true, because: they left}
      - {silence: 30d, points: -10, because: it cools}
  fit:
    range: [0, 70]
    rules:
      - {trait: decision_maker, points: 30, because: decides}
    grades: {A: 60, B: 20, C: 0}
  person: {sum: [behavior, fit]}
stages:
  - id: MAL
    name: {ja: マーケティング受入リード, en: Marketing accepted lead}
    enter: [{when: has(email)}]
  - id: MQL
    name: {ja: マーケティング認定リード, en: Marketing qualified lead}
    enter:
      - {from: [MAL, RECYCLED], when: person >= BAR, because: the bar}
      - {from: [MAL, RECYCLED], by: [marketing]}
    timeout: {after: 30d, to: RECYCLED, reason: no_action}
    handoff: {to: inside_sales, within: 2 business hours}
  - id: SGL
    enter: [{from: [none, MAL], by: [sales, inside_sales]}]
  - id: SAL
    enter: [{from: [MQL, SGL], by: [inside_sales, sales]}]
  - id: SQL
    enter:
      - {from: [SAL], by: [inside_sales, sales], requires: bant >= 3}
      - {from: [SAL], when: happened(trial)}
    handoff: {to: sales, within: 8 business hours}
  - id: OPPORTUNITY
    enter: [{from: [SQL], by: [sales]}]
  - id: WON
    enter: [{from: [OPPORTUNITY], by: [sales]}]
  - id: LOST
    enter: [{from: [OPPORTUNITY, SQL], by: [sales]}]
  - id: RECYCLED
    enter: [{from: [MQL, SAL, SQL, LOST], by: [inside_sales, sales]}]
    resets: [behavior]
  - id: DISQUALIFIED
    enter: [{from: any, by: [marketing, inside_sales, sales]}]
reasons:
  RECYCLED: [no_budget_now, no_response, timing, no_action]
  DISQUALIFIED: [competitor, student, bad_data]
"""


def text(bar: int = 100) -> str:
    return AGREEMENT.replace("BAR", str(bar))


def agree(bar: int = 100, *, at: datetime = START, actor: Actor = SYSTEM) -> AgreementVersion:
    with clock.at(at):
        return publish(actor, text=text(bar))


def new_lead(name: str = "Yamada Hanako", *, at: datetime = START, **fields: str) -> Lead:
    """A lead with a mail address, and its profile; due."""
    fields = {"name": name, "email": f"{name.split()[-1].lower()}@yamada.example", **fields}
    lead = Lead.objects.create(name=name, email=fields["email"], fields=fields, created_at=at)
    Profile.objects.create(lead=lead, at=at, fields=fields, recorded_at=at)
    touch([lead.pk], at)
    return lead


_number = iter(range(10**9))


def does(lead: Lead, type: str, at: datetime, **properties: str) -> None:
    """The lead does something; it is due."""
    Activity.objects.create(
        lead=lead,
        at=at,
        type=type,
        properties=properties,
        source="test",
        key=str(next(_number)),
        recorded_at=at,
    )
    touch([lead.pk], START)


def visits(lead: Lead, *times: datetime) -> None:
    for at in times:
        does(lead, "page_view", at, path="/pricing")


def decided(lead: Lead, to: str, at: datetime, role: str, **more: object) -> Decision:
    """A decision from elsewhere; the lead is due."""
    decision = Decision.objects.create(
        lead=lead, to=to, at=at, role=role, source="crm", key=str(next(_number)), recorded_at=at, **more
    )
    touch([lead.pk], START)
    return decision


def work(at: datetime) -> int:
    """What the worker does at that time, until nothing is due; how many transitions."""
    from tasuki.server.lifecycle.commands import roll_out

    made = 0
    with clock.at(at):
        while True:
            done = fold_due()
            made += done.transitions
            if not done.leads and not done.failed and not roll_out():
                return made


def path_of(lead: Lead) -> list[str]:
    return list(Transition.objects.filter(lead=lead).order_by("ordinal").values_list("to_stage", flat=True))


def told(lead: Lead) -> list[tuple[str, str, datetime, str]]:
    rows = Transition.objects.filter(lead=lead).order_by("ordinal")
    return list(rows.values_list("from_stage", "to_stage", "at", "cause"))


def fresh(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)
