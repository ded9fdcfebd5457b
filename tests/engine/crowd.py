"""A small company for the tests of the engine: its agreement, and a crowd of leads with a bit of everything."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tasuki.history import open_history
from tasuki.history.importing import import_files
from tasuki.history.store import History
from tasuki.history.times import format_time
from tests.reference.records import Entry
from tests.reference.stories import at

AGREEMENT = """
agreement: 山田電機 BtoB
timezone: UTC
signals:
  pricing: {type: page_view, path: /pricing*}
  paper: {type: download}
  login: {type: login}
  stop: {type: unsubscribe}
traits:
  boss: {title: [部長, Director]}
  rival: {email: "*@rival.example"}
excluded: trait(rival)
scores:
  behavior:
    range: [0, 200]
    rules:
      - {signal: pricing, points: 10, at_most: 3 per 7d, expires: 30d, because: 検討段階の行動}
      - {signal: paper, points: 15, halves: 30d, because: 課題を調べている}
      - {signal: login, points: 8, fades: 20d, because: 触っている}
      - {signal: pricing, every: 3 within 1d, points: 20, because: 比較中}
      - {silence: 14d, points: -5, repeats: 3, because: 冷めた合図}
      - {signal: stop, resets: true, because: 配信停止}
  fit:
    rules: [{trait: boss, points: 30, because: 決められる人}]
    grades: {A: 30, B: 10}
  person: {sum: [behavior, fit]}
stages:
  - {id: MAL, enter: [{when: has(email)}]}
  - id: MQL
    enter: [{from: [MAL, RECYCLED], when: person >= 50 and behavior > 0}]
    timeout: {after: 20d, to: RECYCLED, reason: no_action}
  - {id: SAL, enter: [{from: [MQL], by: [sales]}]}
  - {id: SQL, enter: [{from: [SAL], by: [sales], requires: bant >= 2}]}
  - {id: WON, enter: [{from: [SQL], by: [sales]}]}
  - {id: RECYCLED, enter: [{from: [MQL, SAL, SQL], by: [sales]}], resets: [behavior]}
qualification: {bant: [budget, authority, need, timing]}
"""

ACTIVITIES = [
    *[{"type": "page_view", "path": "/pricing/a"}] * 3,
    {"type": "page_view", "path": "/blog"},
    *[{"type": "download", "name": "paper"}] * 2,
    *[{"type": "login"}] * 2,
    {"type": "unsubscribe"},
]
PROFILES = [
    {"email": "a@yamada.example", "title": "部長"},
    {"email": "b@yamada.example", "title": "主任"},
    {"email": "c@rival.example", "title": "Director"},
    {"title": "部長"},
]
STEPS = ["SAL", "SAL", "SQL", "SQL", "WON", "RECYCLED", "NOWHERE"]

Ledgers = dict[str, list[Entry]]


def crowd(leads: int, seed: int = 7, entries: int = 40) -> Ledgers:
    """Ledgers over some hundred days, the same for the same seed."""
    random = np.random.default_rng(seed)
    return {f"L{i:04}": ledger(random, int(random.integers(0, entries))) for i in range(leads)}


def ledger(random: np.random.Generator, size: int) -> list[Entry]:
    made = [Entry(at(0), "profile", 0, PROFILES[random.choice(4, p=[0.5, 0.3, 0.1, 0.1])])]
    for seq in range(1, size):
        when = at(float(random.integers(0, 400)) / 4)
        if random.random() < 0.25:
            answers = {"budget": "yes", "need": "yes"} if random.random() < 0.5 else {}
            to = STEPS[random.integers(len(STEPS))]
            made.append(Entry(when, "decision", seq, {"to": to, "role": "sales"}, answers))
        else:
            made.append(Entry(when, "activity", seq, ACTIVITIES[random.integers(len(ACTIVITIES))]))
    return made


def write_rows(leads: Ledgers, folder: Path, part: str = "") -> dict[str, list[Path]]:
    """The entries as JSON Lines, a file for each kind there is; what `import_files` takes."""
    files: dict[str, list[Path]] = {}
    for kind, name in (("profile", "profiles"), ("activity", "activities"), ("decision", "decisions")):
        rows = [row_of(lead, e) for lead, ledger in leads.items() for e in ledger if e.kind == kind]
        if rows:
            path = folder / f"{name}{part}.jsonl"
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
            files[name] = [path]
    return files


def row_of(lead: str, entry: Entry) -> dict[str, object]:
    row: dict[str, object] = {"lead": lead, "at": format_time(entry.at), "seq": entry.seq, **entry.fields}
    return row | ({"answers": entry.answers} if entry.answers else {})


def stored(leads: Ledgers, folder: Path, shards: int = 1) -> History:
    """The ledgers imported into a history on disk."""
    import_files(folder / "history", timezone="UTC", shards=shards, **write_rows(leads, folder))  # type: ignore[arg-type]
    return open_history(folder / "history")
