"""A small company whose numbers can be counted by hand, and ways to edit agreements and multiply leads."""

from __future__ import annotations

import random
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tasuki.agreement import Agreement, agreement_of
from tasuki.agreement import conditions as ex
from tasuki.engine.layout import NEVER
from tests.engine.crowd import Ledgers
from tests.engine.story import fold_text, result_of
from tests.reference.records import Entry, Result
from tests.reference.stories import became, decided, did

__all__ = ["NEVER", "fold_text", "result_of"]

AGREEMENT = """
agreement: 山田電機 BtoB
timezone: Asia/Tokyo
signals: {pricing: {type: page_view, path: /pricing*}, paper: {type: download}}
traits: {boss: {title: 部長}}
scores:
  behavior:
    rules:
      - {signal: pricing, points: 10, expires: 60d, because: 検討段階の行動}
      - {signal: paper, points: 15, halves: 30d, because: 課題を調べている}
      - {silence: 10d, points: -5, because: 冷めた合図}
  fit: {rules: [{trait: boss, points: 20, because: 決められる人}]}
  person: {sum: [behavior, fit]}
stages:
  - {id: MAL, enter: [{when: has(email)}]}
  - {id: MQL, enter: [{from: [MAL], when: person >= 30}]}
  - {id: WON, enter: [{from: [MQL], by: [sales]}]}
"""


def agreement(bar: float = 30, pricing: float = 10) -> Agreement:
    text = AGREEMENT.replace("person >= 30", f"person >= {bar:g}").replace(
        "points: 10", f"points: {pricing:g}"
    )
    return agreement_of(text)


def lead(views: list[float], title: str = "主任", won: float | None = None) -> list[Entry]:
    entries = [became(0, {"email": "a@yamada.example", "title": title})]
    entries += [did(day, "page_view", path="/pricing") for day in views]
    if won is not None:
        entries.append(decided(won, "WON"))
    return [Entry(e.at, e.kind, seq, e.fields, e.answers) for seq, e in enumerate(entries)]


COMPANY: Ledgers = {
    "abe": lead([1, 2, 3], won=20),  # MQL on day 3, then won
    "baba": lead([1, 2, 3]),  # MQL on day 3, never won
    "chiba": lead([1], title="部長", won=40),  # MQL on day 1 by title, then won
    "doi": lead([1, 2], won=30),  # never MQL at 30, won all the same
    "endo": lead([1, 2]),  # never MQL at 30
    "fujita": lead([31, 32, 33], won=10),  # won before it became MQL
    "goto": lead([33, 34, 35], won=35),  # won at the very instant of the entry
}


def multiplied(leads: Ledgers, copies: int, seed: int = 0) -> Ledgers:
    """A few dozen leads out of a few: each copy lacks some of the entries."""
    chance = random.Random(seed)
    return {
        f"{name}-{copy}": [e for e in ledger if copy == 0 or chance.random() < 0.7]
        for name, ledger in leads.items()
        for copy in range(copies)
    }


def with_bar(
    agreement: Agreement, stage: str, score: str, value: float, path: int | None = None
) -> Agreement:
    """The agreement with another number wherever a path's `when` of the stage compares this score with a number."""
    stages = []
    for each in agreement.stages:
        paths = tuple(
            replace(p, when=_moved(p.when, score, value))
            if each.id == stage and path in (None, p.position)
            else p
            for p in each.paths
        )
        stages.append(replace(each, paths=paths))
    return replace(agreement, stages=tuple(stages))


def _moved(node: Any, score: str, value: float) -> Any:
    if (
        isinstance(node, ex.Compare)
        and node.left == ex.ScoreValue(score)
        and isinstance(node.right, ex.Number)
    ):
        return replace(node, right=replace(node.right, value=value))
    if isinstance(node, tuple):
        return tuple(_moved(part, score, value) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{f.name: _moved(getattr(node, f.name), score, value) for f in fields(node)})
    return node


def entered(result: Result, stage: str) -> list[int]:
    """Times of all entries into a stage."""
    return [t.at for t in result.transitions if t.to == stage]
