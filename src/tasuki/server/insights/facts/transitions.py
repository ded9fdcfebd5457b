"""Transitions as facts: they never change, so each is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from tasuki.agreement import Agreement, is_return
from tasuki.engine.kernel import TOLERANCE
from tasuki.metrics.roles import Terms, terms_of
from tasuki.server.agreements import queries as agreements
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.insights.facts.journal import text
from tasuki.server.lifecycle.models import Transition

OTHER = "other"
"""Stands for a reason that is not one of the agreement's: a text of somebody's own may tell of a person."""
COLUMNS = (
    "pk", "recorded_at", "lead_id", "ordinal", "at", "from_stage", "to_stage", "cause", "path", "decision__role",
    "decision__reason", "scores", "agreement_id", "nth",
)  # fmt: skip


def transitions() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`; with the how manieth time it is that the lead enters the stage."""
    before = Transition.objects.filter(
        lead=OuterRef("lead"), to_stage=OuterRef("to_stage"), ordinal__lte=OuterRef("ordinal")
    )
    number = before.order_by().values("lead").annotate(n=Count("pk")).values("n")
    return Transition.objects.annotate(nth=Subquery(number)).values_list(*COLUMNS)


class Versions:
    """The agreement under which each transition happened, and what it calls things."""

    def __init__(self, ids: set[int]) -> None:
        found = AgreementVersion.objects.filter(pk__in=ids)
        self.number = {version.pk: str(version.number) for version in found}
        self.agreement: Mapping[int, Agreement] = {
            version.pk: agreements.ready(version, first=False).agreement for version in found
        }
        self.terms: Mapping[int, Terms] = {
            pk: terms_of(agreement) for pk, agreement in self.agreement.items()
        }
        self._returns: dict[tuple[int, str, str], bool] = {}

    def is_return(self, pk: int, before: str, after: str) -> bool:
        """Whether a lead goes back that way."""
        key = pk, before, after
        if key not in self._returns:
            self._returns[key] = bool(before) and is_return(self.agreement[pk], before, after)
        return self._returns[key]


def transition_facts(rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows of `transitions()` as facts."""
    versions = Versions({row[COLUMNS.index("agreement_id")] for row in rows})
    return [_fact(dict(zip(COLUMNS, row, strict=True)), versions) for row in rows]


def _fact(row: dict[str, Any], versions: Versions) -> dict[str, Any]:
    under = row["agreement_id"]
    terms, scores = versions.terms[under], row["scores"]
    fit = scores.get(terms.fit)
    return {
        "lead": str(row["lead_id"]), "ordinal": row["ordinal"], "at": row["at"], "recorded_at": row["recorded_at"],
        "from_stage": text(row["from_stage"]), "to_stage": row["to_stage"], "cause": row["cause"],
        "path": text(row["path"]), "role": text(row["decision__role"]), "by_hand": row["cause"] == "decision",
        "is_return": versions.is_return(under, row["from_stage"], row["to_stage"]),
        "reason": _reason(row, versions.agreement[under]), "version": versions.number[under],
        "score": scores.get(terms.main), "engagement": scores.get(terms.engagement), "fit": fit,
        "grade": _grade(versions.agreement[under], terms.fit, fit),
        "scores": [(name, float(value)) for name, value in scores.items()], "pass": row["nth"],
    }  # fmt: skip


def _reason(row: dict[str, Any], agreement: Agreement) -> str | None:
    """One of the agreement's own words, else `other`; of a timeout that of the stage which it ended."""
    if row["cause"] == "timeout":
        left = agreement.stage.get(row["from_stage"])
        return text(left.timeout.reason) if left and left.timeout else None
    reason = text(row["decision__reason"])
    words = {word for listed in agreement.reasons.values() for word in listed}
    return reason if reason is None or reason in words else OTHER


def _grade(agreement: Agreement, fit: str | None, value: float | None) -> str | None:
    if fit is None or value is None:
        return None
    for letter, bound in agreement.scores[fit].grades:
        if value >= bound - TOLERANCE * max(1.0, abs(value), abs(bound)):
            return letter
    return None
