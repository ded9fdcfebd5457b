"""13,087 loan applications: funnel, velocity and follow-up are those that plain counting of the raw log gives."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import pytest

from tasuki.agreement import load_agreement
from tasuki.engine.replay import replay
from tasuki.history import open_history
from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.dashboards.flows import flow, velocity
from tasuki.metrics.dashboards.funnels import cohort_funnel, snapshot_funnel
from tasuki.metrics.facts.of_replay import facts_of
from tasuki.metrics.reader import Facts, open_facts

from .support import EXAMPLES, converter, import_history, shared

ROLES = {"MQL": "A_PREACCEPTED", "SAL": "A_ACCEPTED", "SQL": "O_SENT_BACK", "WON": "A_APPROVED"}
WAY = ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED", "O_SENT", "O_SENT_BACK", "A_APPROVED"]
STEPS = [*pairwise(WAY), ("A_SUBMITTED", "A_DECLINED"), ("O_SENT", "O_CANCELLED")]
SYSTEM = "112"
ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Event:
    """One row of the log."""

    at: datetime
    what: str
    resource: str


Log = dict[str, list[Event]]


@pytest.fixture(scope="module")
def log() -> Log:
    """The raw file, read by nothing but the csv module; each application's events in the order of the file."""
    cases: Log = {}
    with gzip.open(shared("bpi2012") / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            event = Event(datetime.fromisoformat(row["timestamp"]), row["activity"], row["resource"])
            cases.setdefault(row["case_id"], []).append(event)
    return cases


@pytest.fixture(scope="module")
def steps(log: Log) -> Log:
    """The steps that the agreement lets pass: no offer after its application was closed, no approval by the system."""
    return {case: list(_passed(events)) for case, events in log.items()}


def _passed(events: list[Event]) -> Iterator[Event]:
    closed = False
    for event in events:
        by_system = event.what in ("A_REGISTERED", "A_APPROVED", "A_ACTIVATED") and event.resource == SYSTEM
        if (
            event.what[:2] in ("A_", "O_")
            and not by_system
            and not (closed and event.what in ("O_CANCELLED", "O_DECLINED"))
        ):
            closed = closed or event.what in ("A_CANCELLED", "A_DECLINED")
            yield event


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    folder = tmp_path_factory.mktemp("bpi2012")
    converter("bpi2012").convert(shared("bpi2012"), folder / "inputs")
    history = open_history(import_history(folder / "inputs", Path(folder / "history")))
    done = replay(load_agreement(EXAMPLES / "bpi2012" / "agreement.yaml"), history)
    with open_facts(facts_of(done, roles=ROLES)) as opened:
        yield opened


def quantile(values: list[float], of: float) -> float:
    """Between the two nearest, by their distance."""
    ordered = sorted(values)
    place = of * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spans(steps: Log, before: str, after: str) -> list[float]:
    """Days from each entry into one step to the next entry into the other, unless the first comes again before it."""
    found = []
    for events in steps.values():
        for place, event in enumerate(events):
            if event.what != before:
                continue
            for later in events[place + 1 :]:
                if later.what == after:
                    found.append((later.at - event.at) / timedelta(days=1))
                if later.what in (before, after):
                    break
    return found


def test_every_stage_is_entered_as_often_and_by_as_many_as_the_log_says(steps: Log, facts: Facts) -> None:
    entries = Counter(event.what for events in steps.values() for event in events)
    leads = Counter(what for events in steps.values() for what in {event.what for event in events})
    for stage in facts.terms.stages:
        part = stage.role.lower() if stage.role else stage.id
        assert compute(facts, f"{part}.entries").total.value == entries[stage.id]
        assert compute(facts, f"{part}.leads").total.value == leads[stage.id]


def test_the_cohort_funnel_of_all_who_applied(steps: Log, facts: Facts) -> None:
    found = cohort_funnel(facts, stages=WAY)
    assert found.entries == 13_087
    assert {step.stage: step.reached for step in found.steps[1:]} == {
        stage: len(spans(steps, "A_SUBMITTED", stage)) for stage in WAY[1:]
    }


def test_the_snapshot_is_where_the_last_step_left_each_application(steps: Log, facts: Facts) -> None:
    last = Counter(events[-1].what for events in steps.values())
    assert {one.stage: one.leads for one in snapshot_funnel(facts) if one.leads} == last


def test_flows_are_the_pairs_of_steps_that_follow_each_other(steps: Log, facts: Facts) -> None:
    pairs = Counter(
        pair for events in steps.values() for pair in pairwise([None, *(event.what for event in events)])
    )
    assert {(link.source, link.target): link.moves for link in flow(facts)} == pairs


def test_velocity_has_the_quantiles_of_the_log(steps: Log, facts: Facts) -> None:
    for pace in velocity(facts, steps=STEPS):
        direct = spans(steps, pace.source, pace.target)
        assert pace.reached == len(direct)
        for ours, of in (
            (pace.quarter, 0.25),
            (pace.median, 0.5),
            (pace.three_quarters, 0.75),
            (pace.nine_tenths, 0.9),
        ):
            assert ours == pytest.approx(quantile(direct, of), abs=1e-9)


def test_time_in_stage_is_the_time_to_the_next_step(steps: Log, facts: Facts) -> None:
    for stage in ("A_FINALIZED", "O_SENT"):
        stays = [
            (after.at - event.at) / timedelta(days=1)
            for events in steps.values() for event, after in pairwise(events) if event.what == stage
        ]  # fmt: skip
        found = compute(facts, f"{stage}.time").total
        assert found.denominator == len(stays)
        assert found.value == pytest.approx(quantile(stays, 0.5), abs=1e-9)


def business(begin: datetime, end: datetime) -> float:
    """Hours from Monday to Saturday, 8 to 20, but for Dutch holidays: day by day."""
    free, total, day = holidays.country_holidays("NL"), timedelta(), begin.astimezone(ZONE).date()
    while day <= end.astimezone(ZONE).date():
        if day.weekday() < 6 and day not in free:
            opens, closes = (datetime.combine(day, time(hour), ZONE) for hour in (8, 20))
            total += max(min(end, closes) - max(begin, opens), timedelta())
        day += timedelta(days=1)
    return total / timedelta(hours=1)


@dataclass(frozen=True)
class Handed:
    """A handoff as the log has it."""

    case: str
    opened: datetime
    touched: datetime | None
    answered: datetime | None


def handed(log: Log, steps: Log) -> list[Handed]:
    """Pre-accepted applications: until the next step, and the first call before it, else that step, which a person took."""
    found = []
    for case, events in steps.items():
        for place, event in enumerate(events):
            if event.what == "A_PREACCEPTED":
                answered = events[place + 1].at if place + 1 < len(events) else None
                calls = [
                    each.at for each in log[case] if each.what.startswith("W_Nabellen") and each.at > event.at
                ]
                first = min(calls, default=None)
                touched = first if first and (not answered or first <= answered) else answered
                found.append(Handed(case, event.at, touched, answered))
    return found


def test_follow_up_times_are_those_of_the_log_by_both_clocks(log: Log, steps: Log, facts: Facts) -> None:
    given = handed(log, steps)
    touched = [one for one in given if one.touched]
    wall = [(one.touched - one.opened) / timedelta(hours=1) for one in touched if one.touched]
    worked = [business(one.opened, one.touched) for one in touched if one.touched]
    for kpi, hours, of in (
        ("sal.follow_up_wall", wall, 0.5), ("sal.follow_up_wall_90", wall, 0.9),
        ("sal.follow_up", worked, 0.5), ("sal.follow_up_90", worked, 0.9),
    ):  # fmt: skip
        found = compute(facts, kpi).total
        assert (found.denominator, found.unknown) == (len(touched), len(given) - len(touched))
        assert found.value == pytest.approx(quantile(hours, of), abs=1e-9)


def test_what_was_answered_within_eight_business_hours(log: Log, steps: Log, facts: Facts) -> None:
    last = max(event.at for events in log.values() for event in events)
    spent = {one.case: business(one.opened, one.answered or last) for one in handed(log, steps)}
    met = {one.case for one in handed(log, steps) if one.answered and spent[one.case] <= 8}
    missed = {case for case, hours in spent.items() if hours > 8}
    found = compute(facts, "sal.in_time").total
    assert (found.numerator, found.denominator) == (len(met), len(met | missed))
    assert set(leads_behind(facts, "sal.in_time", side="numerator")) == met


def test_acceptance_by_month_leaves_out_whoever_is_too_young(steps: Log, facts: Facts) -> None:
    found = compute(facts, "sal.acceptance", Question(by="month"))
    assert found.lag == pytest.approx(quantile(spans(steps, "A_PREACCEPTED", "A_ACCEPTED"), 0.9), abs=1e-9)
    until = facts.as_of - round(found.lag * 86_400e6)
    direct: dict[str, list[bool]] = {}
    for events in steps.values():
        for place, event in enumerate(events):
            if event.what == "A_PREACCEPTED" and _micros(event.at) <= until:
                reached = "A_ACCEPTED" in [later.what for later in events[place + 1 :]]
                direct.setdefault(f"{event.at.astimezone(ZONE):%Y-%m}", []).append(reached)
    assert {f.part: (f.numerator, f.denominator) for f in found.parts if f.denominator} == {
        month: (sum(reached), len(reached)) for month, reached in direct.items()
    }


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))) // timedelta(microseconds=1)


def test_the_calendar_of_the_test_is_awake() -> None:
    friday = datetime.combine(date(2011, 10, 7), time(19), ZONE)
    assert business(friday, friday + timedelta(days=3)) == 1 + 12 + 11
