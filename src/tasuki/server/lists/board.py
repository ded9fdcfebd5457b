"""Leads by stage: the first ones of each, how many there are, and which moves a person may make at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from tasuki.server.agreements.stages import Stages
from tasuki.server.core.access import Actor, decision_roles, require, sight
from tasuki.server.lifecycle import telling
from tasuki.server.lifecycle.models import Held
from tasuki.server.lists import asking, columns, queries
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.limits import for_a_while
from tasuki.server.people import listing
from tasuki.server.people.models import Lead

CARDS = 20
COUNTED = 200
MOST_HELD = 200
_SHOWN = [one for one in columns.known(Stages()).values() if one.id == "handoff"]


@dataclass(frozen=True)
class Lane:
    """One stage: its first leads, the mark of the next ones, how many there are (at most one more than 200)."""

    stage: str
    leads: Sequence[Lead]
    after: str = ""
    count: int = 0
    held: Sequence[Lead] = field(default=())

    @property
    def is_counted(self) -> bool:
        """Whether the count is exact."""
        return self.count <= COUNTED

    @property
    def shown_count(self) -> int:
        """The count, or what it is above of."""
        return min(self.count, COUNTED)


def board(actor: Actor, asked: Asked, stages: Stages) -> list[Lane]:
    """A lane for each stage of the agreement in its order; one for leads without a stage where there are any.

    What was decided within the last seconds, and can still be taken back, stands where it was decided to.
    """
    require(actor, "leads.read")
    held = _held(actor, asked)
    moved = {pk for leads in held.values() for pk in (lead.pk for lead in leads)}
    wanted = asked.given("stage")
    codes = [code for code in ("", *stages.ids) if not wanted or (code or "none") in wanted]
    rows = asking.rows(actor, asked, "-score")
    lanes = [_lane(rows, code, moved, held.get(code, [])) for code in codes]
    queries.with_further(actor, [lead for lane in lanes for lead in lane.leads], _SHOWN)
    return [lane for lane in lanes if lane.stage or lane.leads or lane.held]


def more(actor: Actor, asked: Asked, stage: str, after: str) -> Lane:
    """The next leads of one stage. Invalid: a mark that is none of ours."""
    require(actor, "leads.read")
    with for_a_while():
        page = listing.page(_of_stage(asking.rows(actor, asked), stage), "-score", CARDS, after=after)
    queries.with_further(actor, page.rows, _SHOWN)
    return Lane(stage, page.rows, page.after)


def _lane(rows: QuerySet[Lead], stage: str, moved: set[int], held: list[Lead]) -> Lane:
    with for_a_while():
        own = _of_stage(rows, stage)
        page = listing.page(own, "-score", CARDS)
        count = own.order_by()[: COUNTED + 1].count() if page.after else len(page.rows)
    left = [lead for lead in page.rows if lead.pk not in moved]
    gone = len(page.rows) - len(left)
    return Lane(stage, left, page.after, count - gone + len(held), held)


def _of_stage(rows: QuerySet[Lead], stage: str) -> QuerySet[Lead]:
    return queries.light(rows.filter(stage=stage))


def _held(actor: Actor, asked: Asked) -> dict[str, list[Lead]]:
    """Stage → leads that somebody decided to move there within the last seconds."""
    waiting = Held.objects.filter(sight(actor, "lead__"), state=Held.State.WAITING, kind=Held.Kind.DECISION)
    to = {lead: what.get("to", "") for lead, what in waiting.values_list("lead_id", "what")[:MOST_HELD]}
    to = {lead: stage for lead, stage in to.items() if stage}
    found: dict[str, list[Lead]] = {}
    if to:
        rows = queries.light(asking.rows(actor, asked).filter(pk__in=to))
        for lead in rows:
            lead.is_held = True  # type: ignore[attr-defined]
            found.setdefault(to[lead.pk], []).append(lead)
    return found


def ways(actor: Actor, stages: Stages) -> dict[str, dict[str, str]]:
    """From stage → to stage → why none of the actor's roles may move a lead so; empty where one may, if the lead allows it.

    What the lead itself must have, such as answers, is not looked at.
    """
    require(actor, "leads.read")
    if stages.agreement is None:
        return {}
    return {stage: _ways_from(actor, stages, stage) for stage in ("", *stages.ids)}


def _ways_from(actor: Actor, stages: Stages, stage: str) -> dict[str, str]:
    assert stages.agreement is not None
    roles = decision_roles(actor)
    open_now = set(telling.stages_open_to(stages.agreement, stage, roles))
    found: dict[str, str] = {}
    for to in stages.ids:
        if to == stage:
            continue
        by_hand = {role for path in stages.agreement.stage[to].paths for role in path.by}
        mine = [role for role in roles if role in by_hand]
        role, why = (mine[0], "from") if mine else ((*roles, "")[0], "role")
        told = telling.why_refused(stages.agreement, stage=stage, to=to, role=role, why=why)
        found[to] = "" if to in open_now else told
    return found
