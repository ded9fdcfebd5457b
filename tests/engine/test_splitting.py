"""However the leads are split, over threads, shards or processes, the same comes out."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from tasuki.agreement import agreement_of
from tasuki.engine import layout
from tasuki.engine import replay as replay_module
from tasuki.engine.bind import bind
from tasuki.engine.compile import compile_agreement
from tasuki.engine.kernel import Output
from tasuki.engine.replay import Replay, fold_rows, replay
from tasuki.history import Shard
from tests.engine.crowd import AGREEMENT, crowd, stored
from tests.engine.examples import some
from tests.engine.results import tables
from tests.engine.story import history_from
from tests.reference.stories import at
from tests.reference.strategies import Case, cases

AS_OF = at(110)
Task = tuple[layout.Program, layout.Tables, Shard, int]


@pytest.fixture(scope="module")
def whole() -> Replay:
    done = replay(agreement_of(AGREEMENT), history_from(crowd(400)), AS_OF, threads=1)
    assert len(done.transitions) > 400
    assert len(done.refusals) > 400
    assert set(done.transitions["cause"].tolist()) == {0, 1, 2}
    return done


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_threads_change_nothing(whole: Replay, threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "LEAST_LEADS", 7)  # many tasks that end in any order
    done = replay(whole.compiled, whole.history, AS_OF, threads=threads)
    assert tables(done) == tables(whole)


@pytest.mark.parametrize("shards", [1, 3, 7])
def test_shards_change_nothing(whole: Replay, shards: int) -> None:
    done = replay(whole.compiled, history_from(crowd(400), shards), AS_OF)
    assert len(done.shards) == shards
    assert tables(done) == tables(whole)


@some(25)
@given(cases())
def test_shards_change_nothing_under_any_agreement(case: Case) -> None:
    text, leads, as_of = case
    agreement = compile_agreement(agreement_of(text))
    results = [tables(replay(agreement, history_from(leads, shards), as_of)) for shards in (1, 3, 7)]
    assert results[0] == results[1] == results[2]


def test_a_shard_sent_to_another_process_is_folded_to_the_same_there(whole: Replay, tmp_path: Path) -> None:
    """What a Spark task does: the program, the tables and a shard travel; the shard by its path."""
    history = stored(crowd(400), tmp_path, shards=3)
    program, meaning = whole.compiled.program, bind(whole.compiled, history)
    work = [(program, meaning, shard, AS_OF) for shard in history.shards]
    assert all(len(pickle.dumps(shard)) < 1000 for shard in history.shards)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        away = pool.map(fold_shard, work)
    here = [fold_shard(task) for task in work]
    for there, mine in zip(away, here, strict=True):
        for name, one, other in zip(Output._fields, there, mine, strict=True):
            assert np.array_equal(one, other), name
    assert tables(replay(whole.compiled, history, AS_OF)) == tables(whole)


def fold_shard(task: Task) -> list[np.ndarray]:
    """Every result of one shard, without the unused end of its rooms."""
    program, meaning, shard, as_of = task
    out = fold_rows(program, meaning, shard, np.arange(shard.leads), as_of)
    moved, refused = int(out.used[0]), int(out.used[1])
    cut = {"transitions": moved, "transition_scores": moved, "refusals": refused, "trace": 0}
    return [getattr(out, name)[: cut.get(name)] for name in Output._fields]


def test_the_progress_counts_every_entry_once(whole: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "LEAST_LEADS", 50)
    told: list[tuple[int, int]] = []
    replay(whole.compiled, whole.history, AS_OF, progress=lambda done, total: told.append((done, total)))
    assert len(told) == 8
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (whole.history.entries, whole.history.entries)


def test_an_error_in_the_progress_ends_the_replay(whole: Replay) -> None:
    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(whole.compiled, whole.history, AS_OF, progress=interrupt)
