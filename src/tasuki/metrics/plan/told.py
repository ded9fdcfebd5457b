"""A plan in words and as plain rows, in both languages: what command line, pages, API and files show alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tasuki.history.times import format_time
from tasuki.metrics.plan.gap import Effect, Gap
from tasuki.metrics.plan.own import others_share
from tasuki.metrics.plan.plan import Plan, Row
from tasuki.metrics.plan.quarters import date_of
from tasuki.metrics.plan.way import DEALS
from tasuki.metrics.roles import Terms
from tasuki.metrics.values import percent
from tasuki.numerals import day_words
from tasuki.shares import Share

REVENUE = "revenue"
SHORT = 4
"""An id in capitals of at most so many letters is what people call the stage."""
COLUMNS = ("stage", "name", "month", "needed", "low", "high", "there", "coming", "currency", "reason")
_NAMES: Mapping[str, tuple[str, str]] = {DEALS: ("Deals won", "受注"), REVENUE: ("Revenue", "売上")}
_KINDS: Mapping[str, tuple[str, str]] = {
    "volume": ("Inflow", "流入量"),
    "others": ("Inflow otherwise", "その他の流入"),
    "rate": ("Rate", "率"),
    "lag": ("Pace", "所要日数"),
    "value": ("Deal value", "受注額"),
    "spread": ("Smoothing of the plan", "計画のならし"),
}
_EFFECTS: Mapping[str, tuple[str, str]] = {
    "volume": ("{source} came in at {share} of what is needed", "{source}の流入が必要数の{share}"),
    "others": (
        "{source} again or otherwise (not from the stage before) came at {share} of what is needed",
        "前のステージ以外から（再入など）の{source}が必要数の{share}",
    ),
    "alone": (
        "deals won that no lead on the way led to: {share} of the usual number",
        "前のステージのリードがない受注が通常の{share}",
    ),
    "rate": ("{source}→{target} {actual} instead of {planned}", "{source}→{target}の率が{actual}（計画{planned}）"),
    "lag": (
        "{source}→{target}: {share} of what is usually decided by then",
        "{source}→{target}で結果の出た件数が通常の{share}",
    ),
    "value": (
        "average deal value {actual} instead of {planned} (of {cases:,.0f} won)",
        "受注{cases:,.0f}件の平均受注額が{actual}（計画{planned}）",
    ),
    "spread": ("goals that differ between quarters, smoothed by the lags", "四半期ごとの目標の差が所要日数でならされる分"),
}  # fmt: skip
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "short": (
        "{when}: {actual} of {target}; {gap} are missing.",
        "{when}：目標{target}に対し{actual}、{gap}不足。",
    ),
    "above": (
        "{when}: {actual} of {target}; {gap} above it.",
        "{when}：目標{target}に対し{actual}、{gap}超過。",
    ),
    "even": ("{when}: {actual}, just as wanted.", "{when}：目標どおり{actual}。"),
    "cause": ("What does most: {cause} ({money}).", "最大の要因：{cause}（{money}）。"),
}
_WHEN: Mapping[bool, tuple[str, str]] = {
    False: ("{quarter} through {until}", "{quarter}（{until}まで）"),
    True: ("{quarter} to its end, as it is to be expected", "{quarter}の期末見込み"),
}
Money = Callable[[float], str]
"""How an amount is written, in units of the currency."""


def _in(texts: tuple[str, str], language: str) -> str:
    return texts[language == "ja"]


def name_of(terms: Terms, stage: str, language: str) -> str:
    """What a stage is called in a table; the deals won and revenue, too."""
    if stage in _NAMES:
        return _in(_NAMES[stage], language)
    return next((one.called(language) for one in terms.stages if one.id == stage), stage)


def short_name(stage: str, language: str, terms: Terms | None = None) -> str:
    """What a stage is called within a sentence: an abbreviation like MQL as it is, else its name; its id without `terms`."""
    is_short = len(stage) <= SHORT and stage.isupper() and stage not in ("WON", "LOST")
    if stage in _NAMES:
        return _in(_NAMES[stage], language)
    return stage if terms is None or is_short else name_of(terms, stage, language)


def kind_name(kind: str, language: str) -> str:
    """What a kind of effects is called."""
    return _in(_KINDS[kind], language)


def effect_words(effect: Effect, language: str, money: Money, terms: Terms | None = None) -> str:
    """A cause in words: what there is against what was planned. Stages by their ids without `terms`."""
    digits = 1 if effect.kind == "rate" else 0
    share = effect.actual / effect.planned if effect.planned > 1e-9 else None
    write = money if effect.kind == "value" else lambda share: percent(share, language, digits)
    alone = effect.kind == "others" and effect.source == DEALS
    return _in(_EFFECTS["alone" if alone else effect.kind], language).format(
        source=short_name(effect.source, language, terms), target=short_name(effect.target, language, terms),
        share="–" if share is None else percent(share, language, digits), actual=write(effect.actual),
        planned=write(effect.planned), cases=effect.cases or 0,
    )  # fmt: skip


def sentences(gap: Gap, language: str, money: Money, quarter: str = "", terms: Terms | None = None) -> str:
    """Where a quarter stands and what does most about it; `quarter`: what it is called, else like 2026-Q4."""
    when = _in(_WHEN[gap.is_projected], language).format(
        quarter=quarter or str(gap.goal.quarter), until=day_words(date_of(gap.until), language)
    )
    which = "short" if gap.gap < 0 else "above" if gap.gap else "even"
    found = _in(_SENTENCES[which], language).format(
        when=when, actual=money(gap.actual / 100), target=money(gap.target / 100), gap=money(abs(gap.gap) / 100)
    )  # fmt: skip
    if gap.greatest is None:
        return found
    cause = effect_words(gap.greatest, language, money, terms)
    text = _in(_SENTENCES["cause"], language).format(cause=cause, money=signed(gap.greatest.money, money))
    return f"{found}{'' if language == 'ja' else ' '}{text}"


def signed(cents: int, money: Money) -> str:
    """With a sign: +¥3,000,000."""
    return f"{'−' if cents < 0 else '+' if cents else '±'}{money(abs(cents) / 100)}"


def rows_of(plan: Plan, language: str = "en") -> Iterator[dict[str, Any]]:
    """The table of needs, a row for each stage and month, by COLUMNS; of revenue, too. `there` is None in months to come.

    A stage of which nothing can be said has one row, with the reason.
    """
    blank: dict[str, Any] = dict.fromkeys(COLUMNS)
    for one in plan.months:
        yield blank | {
            "stage": REVENUE, "name": name_of(plan.terms, REVENUE, language), "month": f"{one.month:%Y-%m}",
            "needed": one.wanted, "there": one.won if one.month <= plan.today else None, "coming": one.coming,
            "currency": plan.currency,
        }  # fmt: skip
    for stage in (DEALS, *plan.own.way.stages[::-1]):
        named = {"stage": stage, "name": name_of(plan.terms, stage, language)}
        if stage in plan.lacking:
            yield blank | named | {"reason": plan.lacking[stage].text(language)}
        for cell in row.cells if (row := plan.row(stage)) else ():
            yield blank | named | {
                "month": f"{cell.month:%Y-%m}", "needed": cell.needed, "low": cell.low, "high": cell.high,
                "there": cell.there, "coming": cell.coming,
            }  # fmt: skip


def steps_of(plan: Plan) -> list[dict[str, Any]]:
    """What the plan goes by, step by step from the first: own rate with its 95 % interval, days, share; and what is set."""
    changes = plan.assumed.changes
    return [
        {
            "source": source, "target": step.link.target, "rate": step.reached.share, "reached": step.reached.count,
            "of": step.reached.total, "low": _end(step.reached, 0), "high": _end(step.reached, 1), "days": step.days,
            "share": step.carried.share, "others": others_share(plan.own, step.link.target),
            "rate_set": changes.rates.get(source), "days_set": changes.days.get(source),
            "share_set": changes.shares.get(source),
        }
        for source in plan.own.way.stages
        for step in [plan.own.steps[source]]
    ]  # fmt: skip


def _end(share: Share, place: int) -> float | None:
    return share.interval[place] if share.interval else None


def gap_told(gap: Gap | None, language: str, money: Money, terms: Terms) -> dict[str, Any] | None:
    """A gap as plain values, money in units of the currency."""
    if gap is None:
        return None
    return {
        "quarter": str(gap.goal.quarter), "goal": gap.goal.amount, "is_projected": gap.is_projected,
        "target": gap.target / 100, "actual": gap.actual / 100, "gap": gap.gap / 100,
        "said": sentences(gap, language, money, terms=terms),
        "effects": [
            {
                "kind": one.kind, "source": one.source or None, "target": one.target or None, "planned": one.planned,
                "actual": one.actual, "deals": one.deals, "money": one.money / 100,
                "said": effect_words(one, language, money, terms),
            }
            for one in gap.effects
        ],
        "stages": [{"stage": one.stage, "planned": one.planned, "actual": one.actual} for one in gap.flows],
    }  # fmt: skip


def told(plan: Plan, language: str, money: Money) -> dict[str, Any]:
    """The whole plan as plain values, as the API and `--format json` give it. Rates from 0 to 1, times in UTC."""
    value = plan.own.value
    return {
        "as_of": format_time(plan.now), "currency": plan.currency,
        "goals": [{"quarter": str(goal.quarter), "amount": goal.amount} for goal in plan.goals],
        "value": {"own": value, "deals": len(plan.own.cents), "set": plan.assumed.changes.value},
        "steps": steps_of(plan),
        "months": [
            {"month": f"{one.month:%Y-%m}", "wanted": one.wanted, "won": one.won, "coming": one.coming}
            for one in plan.months
        ],
        "stages": [
            {
                "stage": stage, "name": name_of(plan.terms, stage, language),
                "reason": plan.lacking[stage].text(language) if stage in plan.lacking else None,
                **_stage_told(plan.row(stage)),
            }
            for stage in (*plan.own.way.stages, DEALS)
        ],
        "notes": [note.text(language) for note in plan.notes],
        "gap": gap_told(plan.gap, language, money, plan.terms),
        "projected": gap_told(plan.projected, language, money, plan.terms),
    }  # fmt: skip


def _stage_told(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"early": None, "early_of": None, "months": []}
    return {
        "early": row.early[0], "early_of": row.early[1],
        "months": [
            {
                "month": f"{cell.month:%Y-%m}", "needed": cell.needed, "low": cell.low, "high": cell.high,
                "there": cell.there, "coming": cell.coming,
            }
            for cell in row.cells
        ],
    }  # fmt: skip
