"""Entries that come later, in any order, end in the same result as if all had come at once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasuki.agreement import agreement_of
from tasuki.engine.replay import replay
from tasuki.history import open_history
from tasuki.history.importing import import_files
from tests.engine.crowd import AGREEMENT, Ledgers, crowd, stored, write_rows
from tests.engine.examples import some
from tests.engine.results import tables
from tests.engine.story import history_from
from tests.reference.records import Entry
from tests.reference.stories import at
from tests.reference.strategies import Case, cases


def in_pieces(leads: Ledgers, folder: Path, count: int, seed: int) -> Path:
    """A history to which the shuffled entries were added in so many imports."""
    flat = [(lead, entry) for lead, ledger in leads.items() for entry in ledger]
    random.Random(seed).shuffle(flat)
    for number in range(count):
        piece: dict[str, list[Entry]] = {}
        for lead, entry in flat[number::count]:
            piece.setdefault(lead, []).append(entry)
        if piece:
            files = write_rows(piece, folder, f"-{number}")
            import_files(folder / "pieces", timezone="UTC", **files)  # type: ignore[arg-type]
    return folder / "pieces"


@pytest.mark.parametrize("count", [2, 5])
def test_a_company_imported_in_pieces_replays_as_at_once(tmp_path: Path, count: int) -> None:
    leads, agreement = crowd(100), agreement_of(AGREEMENT)
    at_once = tables(replay(agreement, stored(leads, tmp_path, shards=3), at(110)))
    pieces = open_history(in_pieces(leads, tmp_path, count, seed=count))
    assert tables(replay(agreement, pieces, at(110))) == at_once
    assert tables(replay(agreement, history_from(leads), at(110))) == at_once


@some(15)
@given(case=cases(), count=st.integers(1, 3), seed=st.integers(0, 99))
def test_pieces_in_any_order_replay_as_at_once_under_any_agreement(
    tmp_path_factory: pytest.TempPathFactory, case: Case, count: int, seed: int
) -> None:
    text, leads, as_of = case
    leads = {
        lead: known for lead, ledger in leads.items() if (known := [e for e in ledger if says_something(e)])
    }
    assume(leads)
    pieces = open_history(in_pieces(leads, tmp_path_factory.mktemp("pieces"), count, seed))
    agreement = agreement_of(text)
    assert tables(replay(agreement, pieces, as_of)) == tables(replay(agreement, history_from(leads), as_of))


def says_something(entry: Entry) -> bool:
    """An import rejects a decision with neither a stage nor answers."""
    return entry.kind != "decision" or bool(entry.fields.get("to") or entry.answers)


def test_what_is_learnt_late_counts_at_its_own_time() -> None:
    """A page view of day 3 that arrives after the decision of day 10 makes the decision right after all."""
    known = {
        "L1": [
            Entry(at(0), "profile", 0, {"email": "a@yamada.example", "title": "部長"}),
            Entry(at(3), "activity", 1, {"type": "page_view", "path": "/pricing"}),
            Entry(at(10), "decision", 2, {"to": "SAL", "role": "sales"}),
        ]
    }
    late = Entry(at(3), "activity", 3, {"type": "page_view", "path": "/pricing/list"})
    agreement = agreement_of(AGREEMENT)
    _, leads, refused = tables(replay(agreement, history_from(known)))
    assert (leads[0]["stage"], refused[0]["why"]) == ("MAL", "from")
    known["L1"].append(late)
    transitions, leads, refused = tables(replay(agreement, history_from(known)))
    assert [(t["to"], t["cause"]) for t in transitions] == [
        ("MAL", "path"),
        ("MQL", "path"),
        ("SAL", "decision"),
    ]
    assert (leads[0]["stage"], refused) == ("SAL", [])
