"""The made-up company: figures are what its own ledger of deals and the replay's transitions say, counted plainly."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import mean, median

import pytest

from tasuki.agreement import load_agreement
from tasuki.engine.replay import Replay, replay
from tasuki.engine.tables import write_tables
from tasuki.history import open_history
from tasuki.history.importing import import_files
from tasuki.history.times import parse_time
from tasuki.metrics.asking import Question
from tasuki.metrics.compute import compute, leads_behind
from tasuki.metrics.dashboards.flows import flow
from tasuki.metrics.facts.deals import read_deals
from tasuki.metrics.facts.of_replay import facts_of
from tasuki.metrics.plan import DEALS, Goal, make_plan, running_quarter
from tasuki.metrics.plan.ahead import look_ahead
from tasuki.metrics.plan.assumed import assume
from tasuki.metrics.plan.days import DAY
from tasuki.metrics.plan.own import own_figures
from tasuki.metrics.plan.record import read_record
from tasuki.metrics.reader import Facts, open_facts
from tasuki.simulate import simulate

AGREEMENT = Path(__file__).parents[2] / "examples" / "yamada" / "agreement.yaml"
HOUR = timedelta(hours=1)
SOME_KPIS = (
    "mal.created", "mql.promotion", "sal.acceptance", "sal.follow_up", "sal.in_time", "mql.content", "won.amount",
    "sql.stock",
)  # fmt: skip
Row = dict[str, str]


@dataclass(frozen=True)
class Company:
    """The company's files, and the tables that a replay writes."""

    folder: Path
    done: Replay

    def rows(self, name: str) -> list[Row]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def ways(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("out/transitions"):
            found[row["lead"]].append(row)
        return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, 4000, 18, 11)
    files = [[folder / f"{name}.csv"] for name in ("profiles", "activities", "decisions")]
    import_files(folder / "history", *files, "Asia/Tokyo")
    done = replay(load_agreement(AGREEMENT), open_history(folder / "history"))
    write_tables(done, folder / "out", "csv")
    return Company(folder, done)


@pytest.fixture(scope="module")
def facts(company: Company) -> Iterator[Facts]:
    deals = read_deals(company.folder / "deals.csv", "Asia/Tokyo", "JPY")
    with open_facts(facts_of(company.done, deals=deals)) as opened:
        yield opened


def at(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])


def test_money_is_that_of_the_companys_own_ledger(company: Company, facts: Facts) -> None:
    won = [row for row in company.rows("deals") if row["outcome"] == "won"]
    lost = [row for row in company.rows("deals") if row["outcome"] == "lost"]
    assert compute(facts, "won.amount").total.value == sum(int(row["amount"]) for row in won)
    assert compute(facts, "won.average").total.value == pytest.approx(mean(int(row["amount"]) for row in won))
    assert compute(facts, "won.rate").total.numerator == len(won)
    assert compute(facts, "won.rate").total.denominator == len(won) + len(lost)
    assert leads_behind(facts, "won.deals") == sorted({row["lead"] for row in won})
    by_month = Counter(f"{datetime.fromisoformat(row['closed_at']) + 9 * HOUR:%Y-%m}" for row in won)
    assert {f.part: f.value for f in compute(facts, "won.deals", Question(by="month")).parts} == by_month


def test_whom_the_ledger_says_was_won_is_won(company: Company, facts: Facts) -> None:
    truth = {row["lead"] for row in company.rows("truth") if row["won_at"]}
    refused = {row["lead"] for row in company.rows("out/refused")}
    found = set(leads_behind(facts, "won.entries"))
    assert found <= truth
    assert truth - found <= refused
    assert len(found) > 20


def test_mals_by_source_are_those_of_the_transitions_and_profiles(company: Company, facts: Facts) -> None:
    source = {}
    for row in company.rows("profiles"):
        source.setdefault(row["lead"], row["source"])
    taken_in = Counter(
        source[lead] for lead, way in company.ways().items() if any(row["to"] == "MAL" for row in way)
    )
    assert {f.part: f.value for f in compute(facts, "mal.created", Question(by="source")).parts} == taken_in


def test_acceptance_is_counted_lead_by_lead(company: Company, facts: Facts) -> None:
    accepted, given = [], []
    lag = compute(facts, "sal.acceptance").lag
    begin = datetime.fromisoformat("1970-01-01T00:00:00Z")
    until = begin + timedelta(microseconds=facts.as_of - round(lag * 86_400e6))
    for lead, way in company.ways().items():
        for place, row in enumerate(way):
            if row["to"] == "MQL" and at(row) <= until:
                given.append(lead)
                after = [later["to"] for later in way[place + 1 :]]
                ends = min(
                    (after.index(stage) for stage in ("MQL", "SGL") if stage in after), default=len(after)
                )
                if "SAL" in after[:ends]:
                    accepted.append(lead)
    found = compute(facts, "sal.acceptance").total
    assert (found.numerator, found.denominator) == (len(accepted), len(given))
    assert leads_behind(facts, "sal.acceptance", side="numerator") == sorted(set(accepted))


def test_visits_to_forms_are_those_of_the_ledger_and_end_in_sending_as_often(
    company: Company, facts: Facts
) -> None:
    ledger = company.rows("truth")
    seen: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    for row in ledger:
        seen[row["source"]] += int(row["forms_seen"])
        sent[row["source"]] += int(row["forms_sent"])
    found = compute(facts, "mal.form_completion", Question(by="source"))
    assert (found.total.numerator, found.total.denominator) == (sent.total(), seen.total())
    assert {f.part: (f.numerator, f.denominator) for f in found.parts} == {
        source: (sent[source], count) for source, count in seen.items() if count
    }
    assert leads_behind(facts, "mal.form_completion") == sorted(
        row["lead"] for row in ledger if int(row["forms_seen"])
    )
    by_form = compute(facts, "mal.form_completion", Question(by="form"))
    assert {f.part for f in by_form.parts} == {"/contact", "/estimate", "/newsletter"}


def test_what_becomes_of_the_leads_is_the_same_as_if_nobody_had_looked_at_a_form(
    company: Company, tmp_path: Path
) -> None:
    with (tmp_path / "activities.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [row for row in company.rows("activities") if row["type"] != "form_view"]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    files = [
        [company.folder / "profiles.csv"],
        [tmp_path / "activities.csv"],
        [company.folder / "decisions.csv"],
    ]
    import_files(tmp_path / "history", *files, "Asia/Tokyo")
    done = replay(load_agreement(AGREEMENT), open_history(tmp_path / "history"))
    write_tables(done, tmp_path / "out", "csv")
    for name in ("transitions", "refused"):
        told = (tmp_path / "out" / f"{name}.csv").read_bytes()
        assert told == (company.folder / "out" / f"{name}.csv").read_bytes(), name


def test_scores_are_those_that_the_replay_wrote_beside_each_entry(company: Company, facts: Facts) -> None:
    rows = [row for way in company.ways().values() for row in way]
    fit = [float(row["score.fit"]) for row in rows if row["to"] == "MAL"]
    behavior = [float(row["score.behavior"]) for row in rows if row["to"] == "MQL"]
    assert compute(facts, "mal.quality").total.value == pytest.approx(mean(fit))
    assert compute(facts, "mql.engagement").total.value == pytest.approx(mean(behavior))


def test_contents_before_an_mql_are_those_of_the_file_of_activities(company: Company, facts: Facts) -> None:
    touched: dict[str, list[datetime]] = defaultdict(list)
    for row in company.rows("activities"):
        if row["content.kind"]:
            touched[row["lead"]].append(at(row))
    counts = [
        sum(at(row) - timedelta(days=90) < each <= at(row) for each in touched[lead])
        for lead, way in company.ways().items() for row in way if row["to"] == "MQL"
    ]  # fmt: skip
    assert compute(facts, "mql.content").total.value == pytest.approx(mean(counts))


def test_follow_up_is_the_first_call_or_answer_after_each_handoff(company: Company, facts: Facts) -> None:
    calls: dict[str, list[datetime]] = defaultdict(list)
    for row in company.rows("activities"):
        if row["type"] in ("call", "meeting"):
            calls[row["lead"]].append(at(row))
    hours = []
    for lead, way in company.ways().items():
        for place, row in enumerate(way):
            if row["to"] != "MQL":
                continue
            end = way[place + 1] if place + 1 < len(way) else None
            first = min(
                (each for each in calls[lead] if each > at(row) and (not end or each <= at(end))),
                default=None,
            )
            first = first or (at(end) if end and end["cause"] == "decision" else None)
            hours += [(first - at(row)) / HOUR] if first else []
    found = compute(facts, "sal.follow_up_wall").total
    assert found.denominator == len(hours)
    assert found.value == pytest.approx(median(hours))


def test_flows_are_the_rows_of_the_replay(company: Company, facts: Facts) -> None:
    rows = Counter((row["from"] or None, row["to"]) for way in company.ways().values() for row in way)
    assert {(link.source, link.target): link.moves for link in flow(facts)} == rows


def test_a_report_as_of_last_year_is_the_one_of_a_replay_that_ended_then(
    company: Company, facts: Facts
) -> None:
    then = 1_735_657_200_000_000  # 2025-01-01 in Tokyo
    agreement, history = company.done.compiled.agreement, company.done.history
    deals = read_deals(company.folder / "deals.csv", "Asia/Tokyo", "JPY")
    at_that_time = open_facts(facts_of(replay(agreement, history, then), deals=deals))
    with open_facts(facts.source, then) as looked_back, at_that_time:
        for kpi, by in product(SOME_KPIS, ("", "month", "source", "persona", "content")):
            found, direct = (compute(each, kpi, Question(by=by)) for each in (looked_back, at_that_time))
            assert found.parts == direct.parts, (kpi, by)
            assert found.total == direct.total


def test_the_stock_at_the_end_of_a_month_is_the_one_that_was_seen_then(facts: Facts) -> None:
    by_month = {
        stage: compute(facts, f"{stage}.stock", Question(by="month"))
        for stage in ("mal", "mql", "recycled", "won")
    }
    for month, after in (("2024-08", "2024-09-01"), ("2024-12", "2025-01-01"), ("2025-05", "2025-06-01")):
        end = parse_time(after, "Asia/Tokyo")
        assert end is not None
        with open_facts(facts.source, end - 1) as then:
            for stage, found in by_month.items():
                assert compute(then, f"{stage}.stock").total.value == found.part(month).value


# The plan.


def test_a_plan_goes_by_what_the_ledger_says_of_the_last_year(company: Company, facts: Facts) -> None:
    plan = make_plan(facts, currency="JPY")
    begin = facts.as_of - 365 * DAY
    won = [
        int(row["amount"])
        for row in company.rows("deals")
        if row["outcome"] == "won" and datetime.fromisoformat(row["closed_at"]).timestamp() * 1e6 > begin
    ]
    assert plan.own.value == pytest.approx(mean(won))
    assert len(plan.own.cents) == len(won)


def test_rates_of_a_plan_are_those_of_the_kpis(facts: Facts) -> None:
    own = make_plan(facts).own
    for stage, kpi in (
        ("MAL", "mql.promotion"),
        ("MQL", "sal.acceptance"),
        ("SAL", "sal.qualification"),
        ("SQL", "sql.deal_rate"),
    ):
        lag = compute(facts, kpi).lag
        assert lag is not None
        until = facts.as_of - round(lag * DAY)
        figure = compute(facts, kpi, Question(since=until - 365 * DAY + 1, until=until + 1)).total
        reached = own.steps[stage].reached
        assert (reached.count, reached.total) == (figure.numerator, figure.denominator)


def test_what_was_expected_of_those_under_way_is_about_what_the_ledger_says_became_of_them(
    facts: Facts,
) -> None:
    """As of half a year before the end: deals of the ninety days after, of opportunities that were there by then."""
    then = facts.as_of - 180 * DAY
    with open_facts(facts.source, then) as earlier:
        record = read_record(earlier, "JPY")
        ahead = look_ahead(record, assume(own_figures(record)), record.today - 400, 491)
        entered = sum(map(len, record.entries("OPPORTUNITY")))
    expected = ahead.passing["OPPORTUNITY"].reached[401:].sum()
    moves = read_record(facts, "JPY").moves["OPPORTUNITY"]
    became = ((moves.at <= then) & (moves.reached > then) & (moves.reached <= then + 90 * DAY)).sum()
    assert entered > 50
    assert abs(became - expected) < 2 * expected**0.5 + 2
    assert became > 0


def test_the_gap_of_the_company_adds_up_to_its_ledger(company: Company, facts: Facts) -> None:
    with open_facts(facts.source, facts.as_of - 45 * DAY) as earlier:
        goal = Goal(running_quarter(earlier), 30_000_000)
        plan = make_plan(earlier, [goal], currency="JPY")
    assert plan.gap is not None
    begin, until = f"{goal.quarter.begin}", plan.today.isoformat()
    won = [
        int(row["amount"])
        for row in company.rows("deals")
        if row["outcome"] == "won"
        and begin <= f"{datetime.fromisoformat(row['closed_at']) + 9 * HOUR:%Y-%m-%d}" < until
    ]
    assert plan.gap.actual / 100 == sum(won)
    assert sum(effect.money for effect in plan.gap.effects) / 100 == sum(won) - plan.gap.target / 100
    assert plan.row(DEALS) is not None
