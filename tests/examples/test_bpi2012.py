"""13,087 loan applications: the replay is the real flow, but for decisions that the agreement refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .support import EXAMPLES, Replayed, Row, converter, import_history, replay, shared, tasuki

AGREEMENT = EXAMPLES / "bpi2012" / "agreement.yaml"
LAST_EVENT = "2012-03-14T15:04:54.681Z"
CLOSED_LATE = """
    SELECT * FROM decisions AS offer SEMI JOIN decisions AS closed
    ON closed.lead = offer.lead AND closed.i < offer.i
    AND closed.step IN ('A_CANCELLED', 'A_DECLINED') AND offer.step IN ('O_CANCELLED', 'O_DECLINED')
"""
BY_THE_SYSTEM = """
    SELECT * FROM decisions
    WHERE step IN ('A_REGISTERED', 'A_APPROVED', 'A_ACTIVATED') AND resource = '112'
"""
CALLS_BEFORE = """
    WITH events AS (
        SELECT case_id AS lead, activity AS step, lifecycle, timestamp::TIMESTAMPTZ AS moment
        FROM read_csv(?, all_varchar = true)
    ), calls AS (
        SELECT * FROM events WHERE step LIKE 'W_Nabellen%' AND lifecycle = 'START'
    )
    SELECT back.lead, strftime(back.moment, '%Y-%m-%dT%H:%M:%S.%fZ'), least(50, count(calls.moment))
    FROM events AS back LEFT JOIN calls
    ON calls.lead = back.lead AND calls.moment <= back.moment
    AND calls.moment > back.moment - INTERVAL 720 HOUR
    WHERE back.step = 'O_SENT_BACK' GROUP BY back.lead, back.moment
"""

Step = tuple[str, str, str]


@pytest.fixture(scope="module")
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    """The decisions straight from the raw file, in SQL: nothing of the example's own script."""
    log = shared("bpi2012") / "events.csv.gz"
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE decisions AS SELECT case_id AS lead, event_index::INT AS i, activity AS step, resource,"
        " strftime(timestamp::TIMESTAMPTZ, '%Y-%m-%dT%H:%M:%S.%fZ') AS moment"
        " FROM read_csv(?, all_varchar = true) WHERE left(activity, 2) IN ('A_', 'O_')",
        [str(log)],
    )
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder = tmp_path_factory.mktemp("bpi2012")
    converter("bpi2012").convert(shared("bpi2012"), folder / "inputs")
    history = import_history(folder / "inputs", folder / "history")
    return replay(AGREEMENT, history, LAST_EVENT, folder / "out")


def steps(raw: duckdb.DuckDBPyConnection, query: str) -> Counter[Step]:
    """How often each (lead, time, step) of a query over the raw file occurs."""
    return Counter(raw.sql(f"SELECT lead, moment, step FROM ({query})").fetchall())


def steps_of(rows: list[Row]) -> Counter[Step]:
    return Counter((row["lead"], row["at"], row["to"]) for row in rows)


def count(raw: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return dict(raw.sql(f"SELECT step, count(*) FROM ({query}) GROUP BY step").fetchall())


def test_the_agreement_has_no_mistake_and_no_warning() -> None:
    assert "warning[" not in tasuki("check", AGREEMENT)


def test_each_stage_is_entered_as_often_as_the_raw_file_says(raw: Any, replayed: Replayed) -> None:
    entered = Counter(row["to"] for row in replayed.transitions)
    refused = Counter(row["to"] for row in replayed.refused)
    assert entered + refused == count(raw, "SELECT * FROM decisions")
    assert set(refused) == {"O_CANCELLED", "O_DECLINED", "A_REGISTERED", "A_APPROVED", "A_ACTIVATED"}


def test_every_step_of_every_application_happens_at_its_own_microsecond(raw: Any, replayed: Replayed) -> None:
    refused = steps(raw, CLOSED_LATE) + steps(raw, BY_THE_SYSTEM)
    assert steps_of(replayed.transitions) == steps(raw, "SELECT * FROM decisions") - refused


def test_what_is_booked_on_an_offer_after_its_application_was_closed_is_refused(
    raw: Any, replayed: Replayed
) -> None:
    refused = [row for row in replayed.refused if row["why"] == "from"]
    assert steps_of(refused) == steps(raw, CLOSED_LATE)
    assert Counter(row["from"] for row in refused) == {"A_CANCELLED": 870, "A_DECLINED": 383}


def test_a_loan_that_the_system_approved_is_refused_for_its_role(raw: Any, replayed: Replayed) -> None:
    refused = [row for row in replayed.refused if row["why"] == "role"]
    assert steps_of(refused) == steps(raw, BY_THE_SYSTEM)
    assert {row["lead"] for row in refused} == {"177083", "180310", "198310"}


def test_an_application_stays_where_its_last_applied_step_left_it(raw: Any, replayed: Replayed) -> None:
    late = f"SELECT lead, i FROM ({CLOSED_LATE}) UNION ALL SELECT lead, i FROM ({BY_THE_SYSTEM})"
    applied = f"SELECT * FROM decisions ANTI JOIN ({late}) USING (lead, i)"
    last = raw.sql(f"SELECT lead, arg_max(step, i) FROM ({applied}) GROUP BY lead").fetchall()
    assert {lead: row["stage"] for lead, row in replayed.leads.items()} == dict(last)


def test_nothing_is_entered_by_itself(replayed: Replayed) -> None:
    assert {row["cause"] for row in replayed.transitions} == {"decision"}


def test_the_calls_of_the_last_thirty_days_stand_beside_each_step(replayed: Replayed, raw: Any) -> None:
    calls = calls_before(Path(shared("bpi2012")) / "events.csv.gz", raw)
    sent_back = [row for row in replayed.transitions if row["to"] == "O_SENT_BACK"]
    assert len(sent_back) == 3454
    assert all(float(row["score.contact"]) == calls[row["lead"], row["at"]] for row in sent_back)


def calls_before(log: Path, raw: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    """For each O_SENT_BACK, the calls started in the 30 days up to it, at most 50."""
    return {(lead, at): float(calls) for lead, at, calls in raw.execute(CALLS_BEFORE, [str(log)]).fetchall()}
