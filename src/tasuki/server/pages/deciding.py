"""The decisions that somebody may take on a lead, as forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.agreement.predicates import fold as folded
from tasuki.engine.bind import YES
from tasuki.server.agreements.stages import Stages
from tasuki.server.core.company import the_company
from tasuki.server.deals import queries as deals
from tasuki.server.pages.forms import ANSWER, Answers, Decide
from tasuki.server.people.models import Lead

if TYPE_CHECKING:
    from tasuki.server.lifecycle.inputs import Move
    from tasuki.server.lifecycle.queries import Answer

VERBS: Mapping[str, str | Promise] = {
    "MQL": gettext_lazy("Hand over as MQL"),
    "SGL": gettext_lazy("Take as found by sales"),
    "SAL": gettext_lazy("Accept"),
    "SQL": gettext_lazy("Qualify as SQL"),
    "OPPORTUNITY": gettext_lazy("Open a deal"),
    "WON": gettext_lazy("Deal won"),
    "LOST": gettext_lazy("Deal lost"),
    "RECYCLED": gettext_lazy("Send back to marketing"),
    "DISQUALIFIED": gettext_lazy("Disqualify"),
}
"""What people say they do; for stages of a company's own: move to its name."""

WITH_AMOUNT = {"OPPORTUNITY", "WON"}
FIRST = {"SAL", "SQL", "OPPORTUNITY", "WON"}
"""What one does when all goes well stands out."""


@dataclass(frozen=True)
class Offer:
    """One decision: where it leads, what it is called, its form, or why it is not possible now."""

    to: str
    verb: str
    legal: bool
    why_not: str
    form: Decide
    is_open: bool = False

    @property
    def is_first(self) -> bool:
        """Whether it is what one does when all goes well."""
        return self.to in FIRST


def seen(lead: Lead) -> str:
    """What the forms were made for: the stage, and since when. Another one means that somebody was quicker."""
    return f"{lead.stage}@{lead.stage_entered_at.isoformat() if lead.stage_entered_at else ''}"


def offers(
    lead: Lead,
    moves: Iterable[Move],
    stages: Stages,
    answers: Mapping[str, str],
    refused: Decide | None = None,
) -> list[Offer]:
    """What may be decided, in funnel order; `refused` is the form that came back, which stays as it was typed."""
    order = {code: place for place, code in enumerate(stages.ids)}
    by_stage = sorted(moves, key=lambda move: order.get(move.to, len(order)))
    found = []
    for to, group in groupby(by_stage, key=lambda move: move.to):
        mine = list(group)
        mine = possible(mine)
        form = decide_form(lead, mine, stages, answers)
        came_back = refused is not None and refused["to"].value() == to
        shown = refused if refused is not None and came_back else form
        found.append(Offer(to, verb(to, stages), _is_open(mine[0]), mine[0].why_not, shown, came_back))
    return sorted(found, key=lambda offer: not offer.legal)


def possible(moves: list[Move]) -> list[Move]:
    """Those that can be taken now; all of them where none can."""
    return [move for move in moves if _is_open(move)] or moves


def _is_open(move: Move) -> bool:
    """Legal now, or once the questions are answered that its form asks."""
    return move.legal or move.answerable


def verb(to: str, stages: Stages) -> str:
    """What this decision is called."""
    return str(VERBS.get(to) or _("Move to %(stage)s") % {"stage": stages.name(to)})


def as_forms_say(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Question → its latest answer, as the forms say it."""
    return {question: "yes" if folded(one.answer) in YES else "no" for question, one in answers.items()}


def decide_form(
    lead: Lead,
    moves: list[Move],
    stages: Stages,
    answers: Mapping[str, str],
    data: Mapping[str, Any] | None = None,
) -> Decide:
    """The form of one decision, which several roles may take."""
    to = moves[0].to
    questions = list(dict.fromkeys(question for move in moves for question in move.questions))
    amount, currency = _worth(lead) if to in WITH_AMOUNT and _is_open(moves[0]) else (None, "")
    return Decide(
        data,
        auto_id=f"id_{to}_%s",
        initial={"to": to, "seen": lead.stage, "amount": amount, **_as_initial(answers)},
        currency=currency,
        roles=dict.fromkeys(move.role for move in moves),
        reasons=dict.fromkeys(reason for move in moves for reason in move.reasons),
        questions=questions,
        asks=_asks(to, stages),
    )


def _worth(lead: Lead) -> tuple[Decimal | None, str]:
    """Amount and currency of the deal that the decision is about; else that of the company."""
    deal = deals.open_deal(lead)
    if deal is None:
        return None, the_company().currency
    cents = deal.amount is not None and deal.amount % 1
    return deal.amount if cents or deal.amount is None else deal.amount.quantize(Decimal(1)), deal.currency


def _asks(to: str, stages: Stages) -> list[str]:
    asked = ["amount"] if to in WITH_AMOUNT else []
    return [*asked, "until"] if to in _returning(stages) else asked


def _returning(stages: Stages) -> set[str]:
    """Stages from which leads come back later: RECYCLED, and wherever a timeout leads."""
    found = {"RECYCLED"}
    if stages.agreement is not None:
        found |= {stage.timeout.to for stage in stages.agreement.stages if stage.timeout}
    return found


def asking_stages(stages: Stages) -> list[str]:
    """Those that a decision asks something for: a reason, answers, a date, an amount."""
    if stages.agreement is None:
        return []
    reasons, returning = stages.agreement.reasons, _returning(stages)
    asking = {path.stage for path in stages.agreement.paths if path.requires}
    return [one for one in stages.ids if reasons.get(one) or one in (*asking, *returning, *WITH_AMOUNT)]


def questions_form(
    stages: Stages, answers: Mapping[str, str], data: Mapping[str, Any] | None = None
) -> Answers | None:
    """All questions of the agreement; None where it has none."""
    sets = stages.agreement.qualification.values() if stages.agreement else ()
    questions = list(dict.fromkeys(question for questions in sets for question in questions))
    if not questions:
        return None
    return Answers(data, auto_id="id_answers_%s", initial=_as_initial(answers), questions=questions)


def _as_initial(answers: Mapping[str, str]) -> dict[str, str]:
    return {ANSWER + question: answer for question, answer in answers.items()}
