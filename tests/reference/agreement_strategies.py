"""A strategy for valid agreements, as YAML text. Plain functions draw: composed strategies were slow."""

from __future__ import annotations

import io
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

from .condition_strategies import (
    Names,
    chance,
    condition,
    one_or_some,
    pick,
    qualified,
    some_of,
    who_condition,
)
from .vocabulary import (
    DURATIONS,
    FAVOURITE_SIGNAL,
    PREDICATE_TESTS,
    QUALIFICATION,
    ROLES,
    SIGNALS,
    STAGES,
    TRAITS,
    WINDOWS,
)

GRADES: list[dict[str, float]] = [{"A": 30, "B": 15, "C": 0}, {"hot": 20, "warm": 10}, {"A": 12.5}]
RANGES = [[0, 50], [0, 200], [-20, 30], [5, 25]]
POINTS = [5, 8, 10, 12.5, 20, 30, -5, -10, -20]
DECAYS: list[list[str]] = [[], ["expires"], ["expires"], ["halves"], ["fades"], ["expires", "halves"]]


@st.composite
def agreements(draw: st.DrawFn) -> str:
    """A valid agreement with a random mix of everything of the language."""
    signals = named_signals(draw)
    traits = {name: TRAITS[name] for name in some_of(draw, list(TRAITS), 4)}
    sets = {name: QUALIFICATION[name] for name in some_of(draw, list(QUALIFICATION), 2)}
    stage_ids = STAGES[: draw(st.integers(2, len(STAGES)))]
    names = Names(list(signals), list(traits), stage_ids, list(sets))
    scores = all_scores(draw, names)
    tree: dict[str, Any] = {"agreement": "山田電機 BtoB", "timezone": "Asia/Tokyo"}
    tree |= {"signals": signals, "traits": traits}
    if chance(draw, 4):
        tree["excluded"] = condition(draw, names)
    tree |= {"scores": scores, "stages": [a_stage(draw, names, stage) for stage in stage_ids]}
    tree |= {"qualification": sets}
    if draw(st.booleans()):
        tree["reasons"] = {stage_ids[-1]: ["timing", "no_response"]}
    return as_yaml(tree)


@st.composite
def rule_agreements(draw: st.DrawFn) -> str:
    """One score of one to three rules over activities a, b, c; two stages entered by hand."""
    names = Names(["a", "b", "c"], ["big"], ["MAL", "MQL"], [])
    by_hand = {"from": "any", "by": ["sales"]}
    stages = [{"id": stage, "enter": [by_hand]} for stage in names.stages]
    stages[0]["resets"] = ["s"]
    tree = {
        "agreement": "rules",
        "signals": {name: {"type": name} for name in names.signals},
        "traits": {"big": {"account.employees": {"gte": 100}}},
        "scores": {"s": {"rules": [a_rule(draw, names) for _ in range(draw(st.integers(1, 3)))]}},
        "stages": stages,
    }
    return as_yaml(tree)


def as_yaml(tree: dict[str, Any]) -> str:
    writer = YAML()
    writer.default_flow_style = None
    writer.width = 1000
    writer.representer.ignore_aliases = lambda data: True
    out = io.StringIO()
    writer.dump(tree, out)
    return out.getvalue()


# Signals


def named_signals(draw: st.DrawFn) -> dict[str, Any]:
    """Always the one that matches the ledgers' favourite activity, and a few more."""
    signals = {name: SIGNALS[name] for name in [FAVOURITE_SIGNAL, *some_of(draw, list(SIGNALS), 5)]}
    if draw(st.booleans()):
        signals["made_up"] = a_predicate(draw, depth=2)
    return signals


def a_predicate(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    kind = pick(draw, ["tests", "tests", "any", "all", "not"]) if depth else "tests"
    if kind == "tests":
        return dict(draw(st.lists(st.sampled_from(PREDICATE_TESTS), min_size=1, max_size=2)))
    if kind == "not":
        return {"not": a_predicate(draw, depth - 1)}
    return {kind: [a_predicate(draw, depth - 1) for _ in range(draw(st.integers(1, 3)))]}


# Scores


def all_scores(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    """Up to three scores of rules, then up to two sums, the second perhaps of the first; adds to `names`."""
    found: dict[str, Any] = {}
    for name in ["behavior", "fit", "interest_security"][: draw(st.sampled_from([0, 1, 1, 2, 2, 2, 3]))]:
        rules = [a_rule(draw, names) for _ in range(draw(st.integers(1, 5)))]
        found[name] = {**bounds(draw, names, name), "rules": rules}
        names.scores.append(name)
    for name in ["person", "total"][: draw(st.integers(0, 2)) if found else 0]:
        parts = some_of(draw, names.scores)
        found[name] = {"sum": parts, **bounds(draw, names, name)}
        names.scores.append(name)
    return found


def bounds(draw: st.DrawFn, names: Names, score: str) -> dict[str, Any]:
    """Perhaps a range, perhaps grades; adds the grades to `names`."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["range"] = pick(draw, RANGES)
    if draw(st.booleans()):
        grades = pick(draw, GRADES)
        found["grades"] = dict(grades)
        names.grades[score] = list(grades)
    return found


def a_rule(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    kind = pick(draw, ["signal", "signal", "every", "silence", "silence", "trait"])
    if kind == "trait":
        return {"trait": pick(draw, names.traits), "points": pick(draw, POINTS), "because": "役割と規模"}
    if kind == "silence":
        return {**a_silence(draw, names), **what_a_hit_does(draw, names)}
    rule: dict[str, Any] = {"signal": pick(draw, [*[names.signals[0]] * 3, *names.signals])}
    if kind == "every":
        rule["every"] = f"{pick(draw, [2, 2, 3, 1, 4])} within {pick(draw, WINDOWS)}"
    return {**rule, **what_a_hit_does(draw, names)}


def a_silence(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    rule: dict[str, Any] = {"silence": pick(draw, DURATIONS)}
    if draw(st.booleans()):
        rule["of"] = one_or_some(draw, names.signals)
    if chance(draw, 3):
        rule["after"] = one_or_some(draw, names.signals, 2)
    if draw(st.booleans()):
        rule["repeats"] = draw(st.sampled_from([True, True, False, 1, 2, 3]))
    return rule


def what_a_hit_does(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    """Points with a decay and caps; one rule in six resets its score, with or without points."""
    if chance(draw, 16):
        return {"resets": True, **a_while(draw, names), "because": "仕切り直し"}
    rule: dict[str, Any] = {
        "points": pick(draw, POINTS),
        **a_decay(draw),
        **a_cap(draw),
        **a_while(draw, names),
    }
    if chance(draw, 4):
        rule["max"] = pick(draw, [10, 15, 25])
    if chance(draw, 10):
        rule |= {"resets": True, **a_cap(draw, one_in=2)}
    return {**rule, "because": "検討段階の行動"}


def a_decay(draw: st.DrawFn) -> dict[str, Any]:
    return {word: pick(draw, DURATIONS) for word in pick(draw, DECAYS)}


def a_cap(draw: st.DrawFn, one_in: int = 3) -> dict[str, Any]:
    if not chance(draw, one_in):
        return {}
    most = pick(draw, [1, 1, 2, 3])
    return {"at_most": most if chance(draw, 4) else f"{most} per {pick(draw, WINDOWS)}"}


def a_while(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    return {"while": some_of(draw, [*names.stages, "none"])} if chance(draw, 5) else {}


# Stages


def a_stage(draw: st.DrawFn, names: Names, stage: str) -> dict[str, Any]:
    first = stage == names.stages[0]
    found: dict[str, Any] = {"id": stage, "name": {"ja": "段階", "en": f"Stage {stage}"}}
    found["enter"] = [a_path(draw, names, first=first) for _ in range(draw(st.integers(1, 3)))]
    if first and draw(st.booleans()):
        found["enter"].append({"when": "has(email) or has(account.name)"})
    if chance(draw, 3):
        to = pick(draw, names.stages)
        found["timeout"] = {"after": pick(draw, DURATIONS), "to": to, "reason": "no_action"}
    if chance(draw, 4):
        found["recheck"] = pick(draw, DURATIONS)
    if names.scores and chance(draw, 3):
        found["resets"] = some_of(draw, names.scores, 2)
    if chance(draw, 4):
        found["handoff"] = a_handoff(draw, names)
    return found


def a_handoff(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    """To sales; every other time with routes and all that follows the due time."""
    found: dict[str, Any] = {"to": "sales", "within": "2 business hours"}
    if draw(st.booleans()):
        found |= {"remind": "30 business minutes", "reassign": "1 hour", "escalate": "sales", "full": "hold"}
        found |= {
            "route": [a_route(draw, names) for _ in range(draw(st.integers(1, 3)))],
            "fallback": "manager",
        }
    return found


def a_route(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    to = pick(draw, ["former_owner", "account_owner", "same_account", "sales", "大阪チーム", "user:sato"])
    route = {"to": to, "because": "担当を決める"}
    if to in ("sales", "大阪チーム") and draw(st.booleans()):
        route["by"] = pick(draw, ["turn", "load"])
    return {**route, "when": who_condition(draw, names)} if draw(st.booleans()) else route


def a_path(draw: st.DrawFn, names: Names, *, first: bool) -> dict[str, Any]:
    """An automatic path or one by hand; the first stage's paths start often where there is no stage yet."""
    path: dict[str, Any] = {} if first and draw(st.booleans()) else {"from": a_from(draw, names)}
    if pick(draw, ["when", "when", "by", "by", "by"]) == "when":
        return {**path, "when": condition(draw, names)}
    path["by"] = some_of(draw, ROLES)
    if chance(draw, 3):
        path["requires"] = qualified(draw, names) if draw(st.booleans()) else condition(draw, names)
    return path


def a_from(draw: st.DrawFn, names: Names) -> str | list[str]:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return "any"
    if kind == 1:
        return "none"
    return one_or_some(draw, [*names.stages, "none"], 4)
