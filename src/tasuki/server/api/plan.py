"""The plan: from goals of revenue back to what each stage needs, and why the running quarter is where it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from tasuki.metrics.plan.told import told
from tasuki.server.api.auth import actor
from tasuki.server.api.fields import At, Given, Instant, Short
from tasuki.server.api.operations import operation
from tasuki.server.core import formats
from tasuki.server.core.errors import Invalid
from tasuki.server.insights import plans

router = Router(tags=["metrics"])
MOST = 40
EFFECT = {
    "kind": "rate",
    "source": "MQL",
    "target": "SAL",
    "planned": 0.48,
    "actual": 0.39,
    "deals": -1.4,
    "money": -4_200_000.0,
    "said": "MQL→SAL 39 % instead of 48 %",
}
GAP = {
    "quarter": "2026-Q4",
    "goal": 100_000_000.0,
    "is_projected": False,
    "target": 65_000_000.0,
    "actual": 60_800_000.0,
    "gap": -4_200_000.0,
    "said": "2026-Q4 through 29 Nov: ¥60,800,000 of ¥65,000,000; ¥4,200,000 are missing. What does most: "
    "MQL→SAL 39 % instead of 48 % (−¥4,200,000).",
    "effects": [EFFECT],
    "stages": [{"stage": "MQL", "planned": 240.0, "actual": 236.0}],
}
ANSWER = {
    "as_of": "2026-11-30T00:00:00Z",
    "currency": "JPY",
    "goals": [{"quarter": "2026-Q4", "amount": 100_000_000.0}],
    "value": {"own": 5_400_000.0, "deals": 118, "set": None},
    "steps": [
        {
            "source": "MQL",
            "target": "SAL",
            "rate": 0.48,
            "reached": 480,
            "of": 1000,
            "low": 0.449,
            "high": 0.511,
            "days": 1.6,
            "share": 0.76,
            "others": 0.0,
            "rate_set": None,
            "days_set": None,
            "share_set": None,
        }
    ],
    "months": [{"month": "2026-12", "wanted": 33_700_000.0, "won": 0.0, "coming": 21_000_000.0}],
    "stages": [
        {
            "stage": "MQL",
            "name": "Marketing qualified lead",
            "reason": None,
            "early": 290.1,
            "early_of": 301.4,
            "months": [
                {
                    "month": "2026-12",
                    "needed": 103.3,
                    "low": 81.0,
                    "high": 131.2,
                    "there": None,
                    "coming": 18.4,
                }
            ],
        }
    ],
    "notes": [],
    "gap": GAP,
    "projected": None,
}


class GoalOut(Given):
    """Revenue wanted in a quarter."""

    quarter: Annotated[str, Field(description="Like 2026-Q4; January to March is Q1.")]
    amount: float


class ValueOut(Given):
    """What a deal won brings on average."""

    own: Annotated[float | None, Field(description="Of the deals won within a year.")]
    deals: int
    set: Annotated[float | None, Field(description="Asked for instead.")]


class PlanStepOut(Given):
    """From a stage to the next; `won.deals` are the deals won."""

    source: str
    target: str
    rate: Annotated[float | None, Field(description="0 to 1, of the mature entries of a year.")]
    reached: int
    of: int
    low: Annotated[float | None, Field(description="The 95 % interval (Wilson).")]
    high: float | None
    days: Annotated[float | None, Field(description="On average, of those that got there.")]
    share: Annotated[float | None, Field(description="Which share of the entries into `target` come so.")]
    others: Annotated[
        float | None, Field(description="Which share come from no stage before: again, or otherwise.")
    ]
    rate_set: float | None
    days_set: float | None
    share_set: float | None


class RevenueOut(Given):
    """Revenue of a month."""

    month: str
    wanted: float
    won: float
    coming: Annotated[float, Field(description="Expected of what is under way.")]


class CellOut(Given):
    """A stage in a month."""

    month: str
    needed: float
    low: Annotated[
        float, Field(description="The 95 % interval: of 200 draws of rates, days, shares and value.")
    ]
    high: float
    there: Annotated[int | None, Field(description="Already; null in months to come.")]
    coming: Annotated[float, Field(description="Expected of those under way.")]


class StageOut(Given):
    """What a stage needs; without months there is a `reason`."""

    stage: str
    name: str
    reason: str | None
    early: Annotated[
        float | None, Field(description="Of `early_of`, how many the first goal needs by today.")
    ]
    early_of: float | None
    months: list[CellOut]


class EffectOut(Given):
    """One cause of a gap."""

    kind: Annotated[str, Field(description="volume, others, rate, lag, value or spread")]
    source: str | None
    target: str | None
    planned: float
    actual: float
    deals: float
    money: float
    said: str


class FlowOut(Given):
    """Entries into a stage within the time, as needed and as they were."""

    stage: str
    planned: float
    actual: float


class GapOut(Given):
    """A quarter against its goal; the effects' money adds up to `gap`, which is `actual` − `target`."""

    quarter: str
    goal: float
    is_projected: Annotated[bool, Field(description="To its end, with what is to be expected.")]
    target: float
    actual: float
    gap: float
    said: str
    effects: list[EffectOut]
    stages: list[FlowOut]


class PlanOut(Given):
    """A plan, with money in units of `currency`."""

    as_of: At
    currency: str
    goals: list[GoalOut]
    value: ValueOut
    steps: list[PlanStepOut]
    months: list[RevenueOut]
    stages: list[StageOut]
    notes: list[str]
    gap: Annotated[GapOut | None, Field(description="Of the running quarter so far; null without a goal.")]
    projected: Annotated[GapOut | None, Field(description="The same to its end.")]


def _pairs(texts: list[str] | None, field: str) -> dict[str, float]:
    """`MQL:0.5` each."""
    found = {}
    for text in texts or ():
        name, colon, value = text.rpartition(":")
        if not colon or not name:
            raise Invalid(
                "pair_invalid",
                _("This does not say which number is whose."),
                cure=_("Write it like MQL:0.5, or 2026-Q4:100000000."),
                field=field,
            )
        found[name] = value
    return plans.numbers_of(found, dict.fromkeys(found, field))


Texts = list[Short] | None
Goals = Annotated[
    Texts,
    Query(max_length=MOST, description="Revenue wanted, like `2026-Q4:100000000`; as agreed when absent."),
]
Rates = Annotated[
    Texts,
    Query(max_length=MOST, description="Which share goes on from a stage, like `MQL:0.5`, for the own one."),
]
Days = Annotated[Texts, Query(max_length=MOST, description="How long that takes on average, like `SQL:20`.")]
Shares = Annotated[
    Texts,
    Query(max_length=MOST, description="Which share of the next stage comes from this one, like `SGL:0.3`."),
]


@operation(
    router,
    "GET",
    "/metrics/plan",
    gives=PlanOut,
    errors=(404,),
    answer=ANSWER,
    summary="From goals of revenue back to the leads needed",
)
def get_plan(
    request: HttpRequest,
    goal: Goals = None,
    rate: Rates = None,
    days: Days = None,
    share: Shares = None,
    value: Annotated[float | None, Query(description="What a deal won brings.")] = None,
    currency: Annotated[str, Query(pattern="^([A-Za-z]{3})?$", description="Of the goals.")] = "",
    as_of: Annotated[Instant | None, Query(description="As it was known then; now when absent.")] = None,
) -> dict[str, Any]:
    """By figures of the leads and deals that you may see. The same numbers as the page and `tasuki plan`."""
    asked = plans.PlanAsked(
        _pairs(goal, "goal"), _pairs(rate, "rate"), _pairs(days, "days"), _pairs(share, "share"), value, currency,
        as_of,
    )  # fmt: skip
    found = plans.plan(actor(request), asked).plan
    return told(
        found,
        formats.language(),
        lambda amount: formats.about(Decimal(round(amount)), found.currency or "JPY"),
    )
