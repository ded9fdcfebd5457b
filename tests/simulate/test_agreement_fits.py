"""The agreement in examples/yamada and the made-up company belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tasuki.agreement import inspect_agreement, load_agreement
from tasuki.engine.replay import Replay, replay
from tasuki.history import open_history
from tasuki.history.importing import import_files
from tasuki.simulate import SimulationReport, simulate

AGREEMENT = Path(__file__).parents[2] / "examples" / "yamada" / "agreement.yaml"
STAGES = ["", *(stage.id for stage in load_agreement(AGREEMENT).stages)]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate(tmp_path_factory.mktemp("company"), leads=8000, months=24, seed=7, format="parquet")


@pytest.fixture(scope="module")
def replayed(company: SimulationReport, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    out = tmp_path_factory.mktemp("history")
    files = company.files
    import_files(out, [files["profiles"]], [files["activities"]], [files["decisions"]])
    return replay(load_agreement(AGREEMENT), open_history(out), as_of=company.end)


def leads_entering(replayed: Replay, stage: str) -> set[str]:
    transitions = replayed.transitions
    rows = transitions["lead"][transitions["to"] == STAGES.index(stage)]
    ids: list[str] = replayed.lead_ids.to_pylist()
    return {ids[row] for row in np.unique(rows)}


def test_the_agreement_has_neither_errors_nor_warnings() -> None:
    _, problems = inspect_agreement(AGREEMENT)
    assert [str(problem) for problem in problems] == []


def test_hardly_any_decision_is_refused(company: SimulationReport, replayed: Replay) -> None:
    assert 0 < len(replayed.refusals) < 0.03 * company.rows["decisions"]


def test_every_stage_is_reached(replayed: Replay) -> None:
    for stage in STAGES[1:]:
        assert leads_entering(replayed, stage), stage


def test_an_mql_wins_more_often_than_any_lead_but_is_no_sure_thing(
    company: SimulationReport, replayed: Replay
) -> None:
    truth = pq.read_table(company.files["truth"], columns=["lead", "source", "won_at"]).to_pylist()
    marketed = [row for row in truth if row["source"] not in ("referral", "cold_call")]
    won = {row["lead"] for row in marketed if row["won_at"] is not None}
    mql = leads_entering(replayed, "MQL") & {row["lead"] for row in marketed}
    precision, base = len(mql & won) / len(mql), len(won) / len(marketed)
    assert 0.03 < precision < 0.2
    assert precision > 4 * base


def test_a_rival_is_never_handed_over_by_itself(company: SimulationReport, replayed: Replay) -> None:
    profiles = pq.read_table(company.files["profiles"], columns=["lead", "account.domain"]).to_pylist()
    rivals = {row["lead"] for row in profiles if (row["account.domain"] or "").endswith("rival.example")}
    first = {row["lead"]: row["account.domain"] for row in reversed(profiles)}
    always_known = {lead for lead in rivals if first[lead]}
    assert always_known
    transitions = replayed.transitions
    by_itself = transitions[(transitions["to"] == STAGES.index("MQL")) & (transitions["cause"] == 0)]
    ids = replayed.lead_ids.to_pylist()
    assert not always_known & {ids[row] for row in by_itself["lead"]}
