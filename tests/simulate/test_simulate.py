"""The made-up company: the same every time, whole, and true to life where it matters."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tasuki.agreement import load_agreement
from tasuki.errors import UsageError
from tasuki.simulate import SimulationReport, simulate
from tasuki.simulate import company as company_module
from tasuki.simulate import forms as forms_module
from tasuki.simulate.forms import Looks

TABLES = ("profiles", "activities", "decisions", "deals", "truth")
AGREEMENT = Path(__file__).parents[2] / "examples" / "yamada" / "agreement.yaml"
TOKYO = ZoneInfo("Asia/Tokyo")
Row = dict[str, str]


def bytes_of(report: SimulationReport) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in report.files.items()}


def rows_of(report: SimulationReport, table: str) -> list[Row]:
    with report.files[table].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def per_lead(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["lead"]].append(row)
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate(tmp_path_factory.mktemp("company"), leads=4000, months=18, seed=3)


@pytest.fixture(scope="module")
def truth(company: SimulationReport) -> dict[str, Row]:
    return {row["lead"]: row for row in rows_of(company, "truth")}


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, format_: str) -> None:
    first = simulate(tmp_path / "a", leads=300, months=6, seed=5, format=format_)
    second = simulate(tmp_path / "b", leads=300, months=6, seed=5, format=format_)
    assert bytes_of(first) == bytes_of(second)


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    first = simulate(tmp_path / "a", leads=600, months=12, seed=5)
    second = simulate(tmp_path / "b", leads=600, months=12, seed=6)
    assert all(a != b for a, b in zip(bytes_of(first).values(), bytes_of(second).values(), strict=True))


def test_how_many_blocks_are_made_at_once_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = company_module.BLOCK + 100
    side_by_side = simulate(tmp_path / "a", leads=leads, months=3, seed=5)
    monkeypatch.setattr(company_module, "THREADS", 1)
    one_by_one = simulate(tmp_path / "b", leads=leads, months=3, seed=5)
    assert bytes_of(side_by_side) == bytes_of(one_by_one)


def test_a_larger_company_contains_the_smaller_one(tmp_path: Path) -> None:
    small = simulate(tmp_path / "small", leads=100, months=6, seed=5)
    large = simulate(tmp_path / "large", leads=company_module.BLOCK + 1, months=6, seed=5)
    for table in TABLES:
        first = [row for row in rows_of(large, table) if row["lead"] <= "L00000100"]
        assert rows_of(small, table) == first


def test_csv_and_parquet_tell_the_same(tmp_path: Path) -> None:
    text = simulate(tmp_path, leads=200, months=6, seed=5, format="csv")
    columns = simulate(tmp_path, leads=200, months=6, seed=5, format="parquet")
    assert text.rows == columns.rows
    for table in TABLES:
        read = pq.read_table(columns.files[table])
        lines = rows_of(text, table)
        assert read.column_names == list(lines[0])
        assert pc.cast(read["lead"], "string").to_pylist() == [row["lead"] for row in lines]
    at = pq.read_table(columns.files["activities"])["at"]
    assert str(at.type) == "timestamp[us, tz=UTC]"


def test_no_lead_at_all_still_gives_five_tables_with_their_columns(tmp_path: Path) -> None:
    report = simulate(tmp_path, leads=0, months=1, seed=1)
    assert set(report.rows.values()) == {0}
    header = report.files["decisions"].read_text(encoding="utf-8")
    assert header.strip().replace('"', "") == "lead,at,to,role,reason,until,answers"


def test_one_lead_has_one_truth(tmp_path: Path) -> None:
    report = simulate(tmp_path, leads=1, months=1, seed=1)
    assert report.rows["truth"] == 1
    assert report.rows["profiles"] >= 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"leads": -1}, "--leads -1"),
        ({"months": 0}, "--months 0"),
        ({"months": 121}, "--months 121"),
        ({"seed": -4}, "--seed -4"),
        ({"format": "xlsx"}, "--format xlsx"),
    ],
)
def test_a_bad_argument_is_named_and_nothing_is_written(
    tmp_path: Path, arguments: dict[str, int | str], named: str
) -> None:
    good: dict[str, int | str] = {"leads": 1, "months": 1, "seed": 1}
    with pytest.raises(UsageError, match=named):
        simulate(tmp_path / "out", **(good | arguments))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("taken")
    with pytest.raises(UsageError, match="is a file"):
        simulate(tmp_path / "out", leads=1, months=1, seed=1)


def test_an_interrupted_run_leaves_what_was_there(tmp_path: Path) -> None:
    before = bytes_of(simulate(tmp_path, leads=10, months=1, seed=1))

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, leads=10, months=1, seed=2, progress=interrupt)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.csv" for name in TABLES}
    assert {name: (tmp_path / f"{name}.csv").read_bytes() for name in TABLES} == before


def test_progress_goes_up_to_all_leads(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    leads = company_module.BLOCK + 7
    simulate(tmp_path, leads=leads, months=1, seed=1, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(company_module.BLOCK, leads), (leads, leads)]


def test_all_times_lie_inside_the_span(company: SimulationReport) -> None:
    start = datetime(2024, 4, 1, tzinfo=TOKYO).astimezone(UTC)
    end = datetime(2025, 10, 1, tzinfo=TOKYO).astimezone(UTC)
    assert (company.start, company.end) == (int(start.timestamp()) * 10**6, int(end.timestamp()) * 10**6)
    for table in ("profiles", "activities", "decisions"):
        times = [row["at"] for row in rows_of(company, table)]
        assert start.strftime("%Y-%m-%dT%H:%M:%S.%fZ") <= min(times)
        assert max(times) < end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_people_work_by_day_and_rest_on_sundays_and_at_new_year(company: SimulationReport) -> None:
    local = [datetime.fromisoformat(row["at"]).astimezone(TOKYO) for row in rows_of(company, "activities")]
    night = sum(at.hour < 6 for at in local) / len(local)
    sunday = sum(at.weekday() == 6 for at in local) / len(local)
    new_year = sum((at.month, at.day) <= (1, 3) for at in local) / len(local)
    assert night < 0.03
    assert sunday < 0.04
    assert new_year < 0.001


def test_sales_decides_in_office_hours(company: SimulationReport) -> None:
    for row in rows_of(company, "decisions"):
        at = datetime.fromisoformat(row["at"]).astimezone(TOKYO)
        if row["to"] != "SGL":
            assert at.weekday() < 5
            assert 9 <= at.hour < 18


def test_every_stage_role_and_reason_stands_in_the_agreement(company: SimulationReport) -> None:
    agreement = load_agreement(AGREEMENT)
    stages = {stage.id: stage for stage in agreement.stages}
    for row in rows_of(company, "decisions"):
        if row["to"]:
            assert row["to"] in stages
            assert any(row["role"] in path.by for path in stages[row["to"]].paths)
        if row["reason"]:
            assert row["reason"] in agreement.reasons[row["to"]]
        if row["to"] in ("RECYCLED", "DISQUALIFIED", "LOST"):
            assert row["reason"]


def test_the_decisions_of_a_lead_follow_each_other(company: SimulationReport) -> None:
    before = {
        "SAL": {"MQL", "SGL", "RECYCLED", "DISQUALIFIED", "SAL", None},
        "OPPORTUNITY": {"SQL", "SAL"},  # straight from SAL when a trial made it SQL
        "WON": {"OPPORTUNITY"},
    }
    for rows in per_lead(rows_of(company, "decisions")).values():
        last: str | None = None
        times = [row["at"] for row in rows]
        assert times == sorted(times)
        for row in rows:
            if row["to"] in before:
                assert last in before[row["to"]] or (row["to"] == "SAL" and last == "LOST")
            last = row["to"] or last


def test_a_re_approach_day_comes_after_its_decision(company: SimulationReport) -> None:
    promised = [row for row in rows_of(company, "decisions") if row["until"]]
    assert promised
    for row in promised:
        assert row["to"] == "RECYCLED"
        decided = datetime.fromisoformat(row["at"]).astimezone(TOKYO).date()
        assert decided + timedelta(days=20) < datetime.fromisoformat(row["until"]).date()


def test_sql_by_hand_comes_with_answers_and_mostly_three_of_them(company: SimulationReport) -> None:
    asked = [json.loads(row["answers"]) for row in rows_of(company, "decisions") if row["to"] == "SQL"]
    assert all(set(answers) == {"authority", "budget", "need", "timing"} for answers in asked)
    enough = [sum(answer == "yes" for answer in answers.values()) >= 3 for answers in asked]
    assert 0.8 < sum(enough) / len(enough) <= 1.0


def test_winners_wanted_to_buy(truth: dict[str, Row]) -> None:
    def mean(field: str, won: bool) -> float:
        values = [float(row[field]) for row in truth.values() if bool(row["won_at"]) == won]
        return sum(values) / len(values)

    assert mean("intent", won=True) > mean("intent", won=False) + 0.3
    assert mean("fit", won=True) > mean("fit", won=False) + 0.1


def test_what_leads_do_tells_something_but_not_all_about_their_intent(
    company: SimulationReport, truth: dict[str, Row]
) -> None:
    saw_price = {row["lead"] for row in rows_of(company, "activities") if row["path"].startswith("/pricing")}
    with_intent = [lead for lead, row in truth.items() if float(row["intent"]) > 0.6]
    without = [lead for lead, row in truth.items() if float(row["intent"]) < 0.3]
    share = sum(lead in saw_price for lead in with_intent) / len(with_intent)
    noise = sum(lead in saw_price for lead in without) / len(without)
    assert share > 3 * noise > 0.01


def test_truth_and_deals_agree_with_the_decisions(company: SimulationReport, truth: dict[str, Row]) -> None:
    first: dict[tuple[str, str], str] = {}
    for row in rows_of(company, "decisions"):
        first.setdefault((row["lead"], row["to"]), row["at"])
    for lead, row in truth.items():
        assert row["won_at"] == first.get((lead, "WON"), "")
        assert row["accepted_at"] == first.get((lead, "SAL"), "")
    deals = rows_of(company, "deals")
    opened = [row for row in rows_of(company, "decisions") if row["to"] == "OPPORTUNITY"]
    assert len(deals) == len(opened)
    assert {d["lead"] for d in deals if d["outcome"] == "won"} == {n for n, r in truth.items() if r["won_at"]}
    assert all(int(deal["amount"]) > 0 and int(deal["amount"]) % 10_000 == 0 for deal in deals)
    assert all(bool(deal["closed_at"]) == (deal["outcome"] != "open") for deal in deals)


def test_each_lead_begins_with_a_profile_and_acts_a_dozen_times(company: SimulationReport) -> None:
    first = {lead: rows[0]["at"] for lead, rows in per_lead(rows_of(company, "profiles")).items()}
    activities = rows_of(company, "activities")
    assert len(first) == company.leads
    assert all(first[row["lead"]] <= row["at"] for row in activities)
    assert 6 < len(activities) / company.leads < 20


# Looks at forms.


def test_without_looks_at_forms_the_company_is_the_very_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = simulate(tmp_path / "seen", leads=1500, months=12, seed=7)

    def nobody_looks(*given: Any) -> Looks:
        looks = forms_module.looks_of(*given)
        none = looks.views.take(slice(0, 0))  # type: ignore[arg-type]
        return Looks(none, looks.seen, looks.sent)

    monkeypatch.setattr(company_module, "looks_of", nobody_looks)
    unseen = simulate(tmp_path / "unseen", leads=1500, months=12, seed=7)
    for table in TABLES:
        rows = [row for row in rows_of(seen, table) if row.get("type") != "form_view"]
        assert rows == rows_of(unseen, table), table


def test_whoever_sends_a_form_has_looked_at_it_shortly_before(company: SimulationReport) -> None:
    for rows in per_lead(rows_of(company, "activities")).values():
        looked: dict[str, datetime] = {}
        for row in rows:
            at = datetime.fromisoformat(row["at"])
            if row["type"] == "form_view":
                looked[row["path"]] = at
            if row["type"] == "form_submit":
                assert at - looked[row["path"]] < timedelta(hours=1)


def test_many_turn_away_from_a_form_and_more_of_those_whom_advertisements_brought(
    truth: dict[str, Row],
) -> None:
    def completion(source: str) -> float:
        here = [row for row in truth.values() if row["source"] == source]
        return sum(int(row["forms_sent"]) for row in here) / sum(int(row["forms_seen"]) for row in here)

    assert 0.05 < completion("ads") < completion("webinar") < 0.9
    assert completion("ads") < completion("organic")


def test_nobody_is_known_by_a_look_alone(company: SimulationReport) -> None:
    for rows in per_lead(rows_of(company, "activities")).values():
        others = [row["at"] for row in rows if row["type"] != "form_view"]
        looks = [row["at"] for row in rows if row["type"] == "form_view"]
        assert all(others[0] <= at <= others[-1] for at in looks)
