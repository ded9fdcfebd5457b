"""The compiled kernel: made once for each machine and version, loaded in a second or so from then on."""

from __future__ import annotations

from time import perf_counter

SMALLEST = """
agreement: warm
signals: {any: {type: "*"}}
scores: {s: {rules: [{signal: any, points: 1}]}}
stages: [{id: MAL, enter: [{when: s >= 1}]}]
"""


def warm() -> float:
    """Fold one lead, so that the kernel is compiled and loaded; the seconds it took."""
    from tasuki.agreement import agreement_of
    from tasuki.engine.compile import compile_agreement
    from tasuki.engine.ledger import LeadLog
    from tasuki.engine.live import fold_leads_live

    begin = perf_counter()
    compiled = compile_agreement(agreement_of(SMALLEST))
    (outcome,) = fold_leads_live(compiled, [LeadLog(1, activities=[(0, 0, ("page_view", "{}"))])], 1)
    if outcome.stage != "MAL":
        raise AssertionError("the kernel folds wrongly")
    return perf_counter() - begin
