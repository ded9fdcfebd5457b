from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from tasuki.errors import UsageError
from tasuki.history import (
    Activity,
    Column,
    Decision,
    History,
    Profile,
    Shard,
    history_of,
    open_history,
    shapes_of,
    shapes_of_columns,
    shard_of,
    write_history,
)
from tasuki.history.describe import describe
from tests.history.support import ledgers_of


def yamada(shards: int = 1) -> History:
    return history_of(
        [Profile("tanaka", 5, {"title": "部長", "account.name": "山田電機", "code": "X1", "phone": ""})],
        [
            Activity("suzuki", 7, {"type": "page_view", "content.kind": "whitepaper"}),
            Activity("tanaka", 3, {"type": "download"}),
            Activity("tanaka", 5, {"type": "page_view", "content.kind": "whitepaper"}),
        ],
        [Decision("tanaka", 5, "MQL", "marketing", answers={"need": "yes", "budget": "no"})],
        shards=shards,
    )


def save(history: History, path: Path) -> None:
    shapes = history.shapes
    write_history(path, history.shards, *shapes, shard_count=len(history.shards))


def test_entries_of_one_time_come_as_profile_activity_decision() -> None:
    kinds = [kind for _, kind, _ in ledgers_of(yamada())["tanaka"]]
    assert kinds == [1, 0, 1, 2]


def test_a_shape_is_kept_once_and_an_empty_field_is_absent() -> None:
    history = yamada()
    assert len(history.activities) == 2
    assert history.profiles.row(0) == {"title": "部長", "account.name": "山田電機", "code": "X1"}
    assert history.profiles.column("phone") is None
    assert history.decisions.row(0)["answers"] == '{"budget": "no", "need": "yes"}'


def test_a_column_tells_the_place_of_each_shapes_value() -> None:
    column = yamada().activities.column("content.kind")
    assert column is not None
    assert column.values == ["whitepaper"]
    assert column.index.tolist() == [0, -1]


def test_codes_of_all_kinds_share_one_space() -> None:
    history = yamada()
    assert history.codes == 4
    assert history.kinds().tolist() == [0, 1, 1, 2]


def test_the_order_given_decides_between_equals_and_seq_overrules_it() -> None:
    first, second = {"type": "first"}, {"type": "second"}
    given = history_of(activities=[Activity("a", 1, first), Activity("a", 1, second)])
    turned = history_of(activities=[Activity("a", 1, first, seq=9), Activity("a", 1, second, seq=2)])
    assert [fields["type"] for _, _, fields in ledgers_of(given)["a"]] == ["first", "second"]
    assert [fields["type"] for _, _, fields in ledgers_of(turned)["a"]] == ["second", "first"]


@pytest.mark.parametrize("shards", [1, 3])
def test_what_is_written_is_what_is_read(tmp_path: Path, shards: int) -> None:
    history = yamada(shards)
    save(history, tmp_path / "h")
    again = pickle.loads(pickle.dumps(open_history(tmp_path / "h")))
    assert ledgers_of(again) == ledgers_of(history)
    assert (again.leads, again.entries, again.first_at, again.last_at) == (2, 5, 3, 7)
    assert all(np.array_equal(a.seq, b.seq) for a, b in zip(again.shards, history.shards, strict=True))
    assert describe(again).kinds == describe(history).kinds
    assert describe(again).activity_types == {"page_view": 2, "download": 1}


def test_a_mapped_column_cannot_be_changed(tmp_path: Path) -> None:
    save(yamada(), tmp_path / "h")
    at = open_history(tmp_path / "h").shards[0].at
    with pytest.raises(ValueError, match="read-only"):
        at[0] = 0


@pytest.mark.parametrize("shards", [1, 7])
def test_a_lead_is_found_by_its_id(tmp_path: Path, shards: int) -> None:
    save(yamada(shards), tmp_path / "h")
    history = open_history(tmp_path / "h")
    found = history.find("suzuki")
    assert found is not None
    assert history.shards[found[0]].ids[found[1]] == "suzuki"
    assert history.find("nobody") is None


def test_an_empty_history_is_a_history(tmp_path: Path) -> None:
    save(history_of(shards=2), tmp_path / "h")
    history = open_history(tmp_path / "h")
    assert (history.leads, history.entries, history.first_at, history.codes) == (0, 0, None, 0)
    assert history.shards[1].at.tolist() == []
    assert history.find("a") is None


def test_the_shard_of_a_lead_never_changes() -> None:
    assert [shard_of(lead, 256) for lead in ("L000001", "山田", "")] == [160, 126, 0]


def test_large_histories_are_written_from_arrays(tmp_path: Path) -> None:
    column = Column(np.array([0, 1], np.int32), ["page_view", "download"])
    activities = shapes_of_columns(np.array([0, 1], np.int32), {"type": column})
    ids = sorted(f"L{i}" for i in range(50) if shard_of(f"L{i}", 2) == 1)
    offsets = np.arange(len(ids) + 1, dtype=np.int64) * 2
    shard = Shard.of(ids, offsets, np.arange(len(ids) * 2), np.tile(np.array([0, 1], np.int32), len(ids)))
    empty = Shard.of([], np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))
    none = shapes_of(0, [])
    write_history(tmp_path / "h", iter([empty, shard]), none, activities, none, shard_count=2)
    history = open_history(tmp_path / "h")
    assert history.entries == len(ids) * 2
    assert ledgers_of(history)[ids[1]] == [(2, 1, {"type": "page_view"}), (3, 1, {"type": "download"})]


def test_arrays_that_do_not_fit_are_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    none = shapes_of(0, [])
    activities = shapes_of(0, [{"type": "a"}])
    offsets = np.array([0, 2], np.int64)
    code = np.zeros(2, np.int32)
    wrong = {
        "another shard": (["L1"], offsets, np.arange(2), code, 2),
        "sorted by time": (["L1"], offsets, np.array([2, 1]), code, 1),
        "no shape has": (["L1"], offsets, np.arange(2), code + 1, 1),
        "offsets": (["L1"], offsets + 1, np.arange(2), code, 1),
        "ascending": (["b", "a"], np.array([0, 1, 2]), np.arange(2), code, 1),
    }
    for reason, (ids, bounds, at, codes, shards) in wrong.items():
        number = 1 - shard_of(ids[0], 2) if shards == 2 else 0
        empty = Shard.of([], np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))
        given = [empty] * number + [Shard.of(ids, bounds, at, codes)]
        with pytest.raises(UsageError, match=reason):
            write_history(tmp_path / "h", given, none, activities, none, shard_count=shards)
        assert not (tmp_path / "h").exists()
