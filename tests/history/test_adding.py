"""A history grows import by import, in any order, and is never seen half-written."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasuki.errors import HistoryDamaged, HistoryMissing, HistoryTooNew, InputUnreadable, UsageError
from tasuki.history import Activity, Decision, Profile, history_of, open_history
from tasuki.history import change as change_module
from tasuki.history.importing import import_files
from tasuki.history.times import format_time
from tests.history.support import ledgers_of

Write = Callable[..., Path]
HEADER = "lead,at,type\n"
GOOD = HEADER + "a,2024-05-01,t\nb,2024-05-02,u\n"

LEADS = st.sampled_from(["a", "b", "c", "d", "山"])
TIMES = st.integers(1_700_000_000, 1_700_000_004).map(lambda second: second * 1_000_000 + 5)
VALUES = st.sampled_from(["", "x", "y", "z"])
PROFILES = st.builds(
    Profile,
    LEADS,
    TIMES,
    st.fixed_dictionaries({"title": VALUES, "account.name": VALUES}),
    st.integers(0, 10**6),
)
ACTIVITIES = st.builds(
    Activity,
    LEADS,
    TIMES,
    st.fixed_dictionaries({"type": st.sampled_from(["p", "q"]), "path": VALUES}),
    st.integers(0, 10**6),
)
DECISIONS = st.builds(
    Decision,
    LEADS,
    TIMES,
    st.sampled_from(["MQL", "SAL"]),
    role=st.just("sales"),
    answers=st.none() | st.just({"n": "yes"}),
    seq=st.integers(0, 10**6),
)
Made = Profile | Activity | Decision
ENTRIES = st.lists(PROFILES | ACTIVITIES | DECISIONS, max_size=30, unique_by=lambda entry: entry.seq)


def rows_of(entries: Sequence[Made], kind: type[Made]) -> list[dict[str, str]]:
    rows = []
    for entry in entries:
        if not isinstance(entry, kind):
            continue
        row = {"lead": entry.lead, "at": format_time(entry.at), "seq": str(entry.seq)}
        if isinstance(entry, Decision):
            row |= {"to": entry.to or "", "role": entry.role or ""}
            row |= {"answers": json.dumps(entry.answers) if entry.answers else ""}
        else:
            row |= entry.fields
        rows.append(row)
    return rows


def add(out: Path, entries: Sequence[Made], shards: int | None = None) -> None:
    """Imports entries through CSV files."""
    files: dict[str, list[Path]] = {}
    for name, kind in (("profiles", Profile), ("activities", Activity), ("decisions", Decision)):
        rows = rows_of(entries, kind)
        if rows:
            path = out.parent / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            files[name] = [path]
    if files:
        import_files(out, timezone="UTC", shards=shards, **files)  # type: ignore[arg-type]


def in_memory(entries: Sequence[Made], shards: int = 1) -> dict[str, list[tuple[int, int, dict[str, str]]]]:
    parts = [
        [entry for entry in entries if isinstance(entry, kind)] for kind in (Profile, Activity, Decision)
    ]
    return ledgers_of(history_of(*parts, shards=shards))  # type: ignore[arg-type]


@given(st.data(), st.sampled_from([1, 7]))
@settings(max_examples=40, deadline=None)
def test_pieces_in_any_order_make_the_same_history(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, shards: int
) -> None:
    entries = data.draw(ENTRIES)
    shuffled = data.draw(st.permutations(entries))
    place = data.draw(st.integers(0, len(entries)))
    folder = tmp_path_factory.mktemp("pieces")
    expected = in_memory(entries)
    assert in_memory(shuffled, shards) == expected
    for name, pieces in {"at once": [entries], "pieces": [shuffled[:place], shuffled[place:]]}.items():
        out = folder / name / "h"
        out.parent.mkdir()
        for piece in pieces:
            add(out, piece, shards if not out.exists() else None)
        if entries:
            history = open_history(out)
            assert ledgers_of(history) == expected
            assert len(history.shards) == shards
            assert history.entries == len(entries)
            assert history.leads == len(expected)
            assert (history.first_at, history.last_at) == (
                min(e.at for e in entries),
                max(e.at for e in entries),
            )


def test_without_seq_later_imports_come_after_earlier_ones(out: Path, write: Write) -> None:
    for name in ("one", "two", "three"):
        import_files(out, activities=[write(f"{name}.csv", HEADER + f"a,2024-05-01,{name}\n")])
    assert [fields["type"] for _, _, fields in ledgers_of(open_history(out))["a"]] == ["one", "two", "three"]


def test_a_lead_with_very_many_entries_is_sorted(out: Path, write: Write) -> None:
    rows = [f"a,2024-05-01T{i % 24:02}:{i % 60:02}:{i % 59:02},t{i % 7}\n" for i in range(50_000)]
    import_files(out, activities=[write("a.csv", HEADER + "".join(rows))])
    shard = open_history(out).shards[0]
    pairs = list(zip(shard.at.tolist(), shard.seq.tolist(), strict=True))
    assert pairs == sorted(pairs)
    assert len(pairs) == 50_000


def test_shapes_keep_their_codes_and_new_fields_are_absent_in_old_shapes(out: Path, write: Write) -> None:
    import_files(out, activities=[write("a.csv", GOOD)])
    before = open_history(out)
    old = [before.activities.row(i) for i in range(2)]
    import_files(
        out, activities=[write("b.csv", "lead,at,type,channel\na,2024-06-01,t,web\na,2024-06-02,t,\n")]
    )
    after = open_history(out)
    assert after.activities.codes.tolist() == [0, 1, 2]
    assert [after.activities.row(i) for i in range(3)] == [*old, {"type": "t", "channel": "web"}]
    assert after.codes == 3


def test_an_import_rewrites_only_the_shards_it_touches(out: Path, write: Write) -> None:
    import_files(
        out,
        activities=[write("a.csv", HEADER + "".join(f"L{i},2024-05-01,t\n" for i in range(99)))],
        shards=7,
    )
    before = {path.name for path in (out / "entries").iterdir()}
    import_files(out, activities=[write("b.csv", HEADER + "L1,2024-05-02,t\n")])
    after = {path.name for path in (out / "entries").iterdir()}
    assert len(after) == 7
    assert len(after - before) == 1
    assert len(list((out / "activities").iterdir())) == 1


def test_the_number_of_shards_stays_what_it_was(out: Path, write: Write) -> None:
    file = write("a.csv", GOOD)
    import_files(out, activities=[file], shards=3)
    with pytest.raises(UsageError, match="has 3 shards"):
        import_files(out, activities=[file], shards=4)


def folder_content(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def test_an_import_that_fails_leaves_the_history_as_it_was(out: Path, write: Write) -> None:
    good = write("a.csv", GOOD)
    import_files(out, activities=[good])
    before = folder_content(out)
    with pytest.raises(InputUnreadable):
        import_files(out, activities=[good, write("b.jsonl", '{"x": 1}')])
    assert folder_content(out) == before
    assert not (out / ".scratch").exists()


def test_ctrl_c_leaves_the_history_as_it_was(
    out: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write("a.csv", GOOD + "broken\n")
    import_files(out, activities=[good])
    before = folder_content(out)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(out, activities=[good], progress=interrupt)
    assert folder_content(out) == before
    monkeypatch.setattr(change_module, "write_manifest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        import_files(out, activities=[good])
    assert folder_content(out) == before


def test_what_a_killed_import_left_is_swept_away(out: Path, write: Write) -> None:
    good = write("a.csv", GOOD)
    import_files(out, activities=[good])
    (out / "entries" / "00000-9.parquet").write_bytes(b"half")
    (out / ".scratch").mkdir()
    (out / ".scratch" / "entries").write_bytes(b"half")
    assert open_history(out).entries == 2
    import_files(out, activities=[good])
    assert [path.name for path in (out / "entries").iterdir()] == ["00000-2.parquet"]
    assert not (out / ".scratch").exists()


def test_of_two_imports_at_once_the_second_is_refused(out: Path, write: Write) -> None:
    good = write("a.csv", GOOD)
    inside, leave = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        inside.set()
        leave.wait(20)

    first = threading.Thread(
        target=import_files, args=(out,), kwargs={"activities": [good], "progress": wait}
    )
    first.start()
    assert inside.wait(20)
    with pytest.raises(UsageError, match="another import"):
        import_files(out, activities=[good])
    leave.set()
    first.join()
    assert open_history(out).entries == 2


@pytest.fixture
def stored(out: Path, write: Write) -> Path:
    import_files(out, activities=[write("a.csv", GOOD)])
    return out


def test_no_history_is_said_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(HistoryMissing, match="tasuki history import"):
        open_history(tmp_path)


def test_a_history_of_a_later_version_is_refused(stored: Path) -> None:
    manifest = json.loads((stored / "history.json").read_text(encoding="utf-8"))
    (stored / "history.json").write_text(json.dumps(manifest | {"version": 99}), encoding="utf-8")
    with pytest.raises(HistoryTooNew, match="upgrade"):
        open_history(stored)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": "other"}', '{"format": "tasuki-history", "version": 1}']
)
def test_a_broken_manifest_is_refused(stored: Path, text: str) -> None:
    (stored / "history.json").write_text(text, encoding="utf-8")
    with pytest.raises(HistoryDamaged, match=r"history\.json"):
        open_history(stored)


@pytest.mark.parametrize("folder", ["entries", "leads", "activities"])
def test_a_file_that_is_missing_or_cut_short_is_refused(stored: Path, folder: str) -> None:
    (path,) = (stored / folder).iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(HistoryDamaged, match=path.name):
        open_history(stored)
    path.unlink()
    with pytest.raises(HistoryDamaged, match="missing"):
        open_history(stored)


def test_a_file_of_the_right_size_and_the_wrong_content_is_refused(stored: Path) -> None:
    for folder, read in (("entries", lambda h: h.shards[0].at), ("leads", lambda h: h.shards[0].ids)):
        (path,) = (stored / folder).iterdir()
        path.write_bytes(b"x" * path.stat().st_size)
        with pytest.raises(HistoryDamaged, match=path.name):
            read(open_history(stored))
