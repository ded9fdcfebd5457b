"""Leads folded as their entries come: what is new, facts that stay, and agreement with the replay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tasuki.agreement import agreement_of
from tasuki.engine.book import DecisionShape, ShapeBook
from tasuki.engine.compile import compile_agreement
from tasuki.engine.ledger import Fact, LeadLog, LiveDecision
from tasuki.engine.live import LeadOutcome, fold_leads_live
from tasuki.history.memory import answers_text
from tests.engine.story import fold_text
from tests.reference.records import Entry, Result
from tests.reference.strategies import START, Case, cases, rule_cases

DAY = 86_400_000_000
QUICK = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def add(log: LeadLog, entry: Entry) -> None:
    """Append one entry to the lead's log."""
    text = json.dumps({name: value for name, value in entry.fields.items() if name != "type"})
    if entry.kind == "profile":
        log.profiles.append((entry.at, entry.seq, json.dumps(entry.fields)))
    elif entry.kind == "activity":
        log.activities.append((entry.at, entry.seq, (entry.fields["type"], text)))
    else:
        answers = answers_text(entry.answers) if entry.answers else ""
        shape = DecisionShape(entry.fields.get("to", ""), entry.fields.get("role", ""), answers)
        log.decisions.append(LiveDecision(entry.at, entry.seq, shape))


def log_of(ledger: Sequence[Entry]) -> LeadLog:
    log = LeadLog(1)
    for entry in ledger:
        add(log, entry)
    return log


def record(log: LeadLog, outcome: LeadOutcome) -> None:
    """Keep what is new as facts."""
    log.facts += tuple(Fact(t.to, t.at, t.cause, t.decision) for t in outcome.transitions)
    log.decisions = [one._replace(refused=outcome.refused.get(one.number, "")) for one in log.decisions]


def fold_one(book: ShapeBook, log: LeadLog, as_of: int) -> LeadOutcome:
    return fold_leads_live(book.compiled, [log], as_of, book=book)[0]


def book_of(text: str) -> ShapeBook:
    return ShapeBook(compile_agreement(agreement_of(text)))


def instants(ledger: Sequence[Entry]) -> Iterator[tuple[int, list[Entry]]]:
    for time in sorted({entry.at for entry in ledger}):
        yield time, [entry for entry in ledger if entry.at == time]


def assert_same_end(outcome: LeadOutcome, log: LeadLog, expected: Result) -> None:
    assert [(f.to, f.at, f.cause) for f in log.facts] == [(t.to, t.at, t.cause) for t in expected.transitions]
    assert (outcome.stage or None, outcome.entered) == (expected.stage, expected.entered_at)
    assert outcome.scores == pytest.approx(expected.scores, abs=1e-9, rel=1e-9)
    assert outcome.grades == {name: grade for name, grade in expected.grades.items() if grade}
    assert sorted(outcome.refused.values()) == sorted(one.why for one in expected.refused)
    assert outcome.next_check == expected.next_check_at


@QUICK
@given(st.one_of(cases(), rule_cases()), st.data())
def test_a_history_fed_live_gives_the_transitions_of_its_replay(case: Case, data: st.DataObject) -> None:
    text, leads, as_of = case
    book = book_of(text)
    known = {lead: [e for e in ledger if e.at <= as_of] for lead, ledger in leads.items()}
    expected = fold_text(text, known, as_of)
    for lead, ledger in known.items():
        if not ledger:
            continue
        log, scores = LeadLog(1), []
        for time, together in instants(ledger):
            if data.draw(st.booleans()):
                outcome = fold_one(book, log, time - 1)
                scores += [t.scores for t in outcome.transitions]
                record(log, outcome)
            for entry in together:
                add(log, entry)
            outcome = fold_one(book, log, time)
            assert not outcome.enforced
            scores += [t.scores for t in outcome.transitions]
            record(log, outcome)
        outcome = fold_one(book, log, as_of)
        scores += [t.scores for t in outcome.transitions]
        record(log, outcome)
        assert_same_end(outcome, log, expected[lead])
        for mine, one in zip(scores, expected[lead].transitions, strict=True):
            assert mine == pytest.approx(one.scores, abs=1e-9, rel=1e-9)


@QUICK
@given(st.one_of(cases(), rule_cases()))
def test_facts_that_agree_with_the_agreement_change_nothing_when_they_are_enforced(case: Case) -> None:
    text, leads, as_of = case
    book = book_of(text)
    known = {lead: [e for e in ledger if e.at <= as_of] for lead, ledger in leads.items()}
    expected = fold_text(text, known, as_of)
    for lead, ledger in known.items():
        if not ledger:
            continue
        log = log_of(ledger)
        free = fold_one(book, log, as_of)
        cut = len(free.transitions)
        while cut >= 0:
            facts = [Fact(t.to, t.at, t.cause, t.decision) for t in free.transitions[:cut]]
            log = log_of(ledger)
            log.facts, log.same_agreement = tuple(facts), False
            last = facts[-1].at if facts else None
            whole_instant = cut == len(free.transitions) or free.transitions[cut].at != last
            before = {n for n, why in free.refused.items()}
            log.decisions = [
                d._replace(refused=free.refused[d.number]) if d.number in before else d for d in log.decisions
            ]
            if whole_instant:
                forced = fold_one(book, log, as_of)
                assert forced.enforced
                assert forced.transitions == free.transitions[cut:] or _near(forced, free, cut)
                record(log, forced)
                assert_same_end(forced, log, expected[lead])
            cut -= 1 + cut // 3


def _near(forced: LeadOutcome, free: LeadOutcome, cut: int) -> bool:
    for mine, other in zip(forced.transitions, free.transitions[cut:], strict=True):
        assert mine.scores == pytest.approx(other.scores, abs=1e-9, rel=1e-9)
        assert (mine.from_, mine.to, mine.at, mine.cause, mine.path, mine.decision) == (
            other.from_, other.to, other.at, other.cause, other.path, other.decision,
        )  # fmt: skip
    return True


@QUICK
@given(st.one_of(cases(), rule_cases()))
def test_contributions_at_each_transition_add_up_to_its_scores(case: Case) -> None:
    text, leads, as_of = case
    book = book_of(text)
    agreement = book.compiled.agreement
    for ledger in leads.values():
        for t in fold_one(book, log_of(ledger), as_of).transitions:
            for score in agreement.scores.values():
                raw = sum(t.scores[part] for part in score.parts)
                raw += sum(c.worth for c in t.contributions if c.score == score.id)
                value = min(max(raw, score.low), score.high)
                assert value == pytest.approx(t.scores[score.id], abs=1e-6, rel=1e-9)


@QUICK
@given(st.one_of(cases(), rule_cases()), st.randoms(use_true_random=False))
def test_late_entries_never_change_a_fact_and_the_transitions_still_link_up(
    case: Case, random: object
) -> None:
    text, leads, as_of = case
    book = book_of(text)
    for ledger in leads.values():
        shuffled = list(ledger)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        log, stage, now = LeadLog(1), "", as_of
        for entry in shuffled:
            now = max(now, entry.at) + 1
            add(log, entry)
            before = log.facts
            outcome = fold_one(book, log, now)
            record(log, outcome)
            assert log.facts[: len(before)] == before
            for t in outcome.transitions:
                assert t.from_ == stage
                stage = t.to
            assert outcome.stage == stage
            assert [f.at for f in log.facts] == sorted(f.at for f in log.facts)
            again = fold_one(book, log, now)
            assert (again.transitions, again.refused) == ((), outcome.refused)


STAGES = """
agreement: small
signals: {{visit: {{type: visit}}, gone: {{type: gone}}}}
scores:
  interest: {{rules: [{{signal: visit, points: 10}}, {{signal: gone, resets: true, points: 0}}]}}
stages:
  - id: MAL
    enter: [{{when: interest >= 10}}]
  - id: MQL
    enter: [{{from: [MAL], when: "interest >= {bar}"}}]
    timeout: {{after: {after}, to: RECYCLED}}
  - id: SAL
    enter: [{{from: [MQL], by: [sales]}}]
  - id: RECYCLED
    enter: [{{from: [MQL, SAL], by: [sales]}}]
"""


def visits(*days: float) -> list[Entry]:
    return [Entry(START + int(day * DAY), "activity", n, {"type": "visit"}) for n, day in enumerate(days)]


def told(outcome: LeadOutcome) -> list[tuple[str, str, float]]:
    return [(t.from_, t.to, (t.at - START) / DAY) for t in outcome.transitions]


def under(bar: int, after: str = "30d") -> ShapeBook:
    return book_of(STAGES.format(bar=bar, after=after))


def test_a_new_agreement_acts_from_its_effective_time_on() -> None:
    log = log_of(visits(0, 1, 2))
    record(log, fold_one(under(50), log, START + 5 * DAY))
    assert [f.to for f in log.facts] == ["MAL"]
    log.same_agreement, log.acts_from = False, START + 10 * DAY
    outcome = fold_one(under(30), log, START + 10 * DAY)
    assert told(outcome) == [("MAL", "MQL", 10)]
    assert outcome.transitions[0].scores == {"interest": 30}


def test_what_one_agreement_has_entered_stays_under_the_next() -> None:
    log = log_of(visits(0, 1))
    record(log, fold_one(under(20), log, START + DAY))
    log.same_agreement, log.acts_from = False, START + 2 * DAY
    outcome = fold_one(under(500), log, START + 3 * DAY)
    assert (outcome.stage, outcome.entered) == ("MQL", START + DAY)
    assert outcome.next_check == START + 31 * DAY


def test_a_timeout_that_fell_due_before_the_new_agreement_comes_with_it() -> None:
    log = log_of(visits(0, 1))
    record(log, fold_one(under(20), log, START + DAY))
    log.same_agreement, log.acts_from = False, START + 10 * DAY
    outcome = fold_one(under(20, "3d"), log, START + 12 * DAY)
    assert told(outcome) == [("MQL", "RECYCLED", 10)]
    assert outcome.transitions[0].cause == "timeout"


def test_a_late_entry_counts_at_its_own_time_but_rewrites_nothing() -> None:
    log = log_of(visits(5, 6))
    book = under(20)
    record(log, fold_one(book, log, START + 6 * DAY))
    add(log, Entry(START, "activity", 9, {"type": "visit"}))
    outcome = fold_one(book, log, START + 7 * DAY)
    assert outcome.enforced
    assert (told(outcome), outcome.scores) == ([], {"interest": 30})
    assert (outcome.stage, outcome.entered) == ("MQL", START + 6 * DAY)


def test_a_late_reset_takes_points_back_and_the_stage_stays() -> None:
    log = log_of(visits(5, 6))
    book = under(20)
    record(log, fold_one(book, log, START + 6 * DAY))
    add(log, Entry(START + 5 * DAY + 1, "activity", 9, {"type": "gone"}))
    outcome = fold_one(book, log, START + 7 * DAY)
    assert (outcome.stage, outcome.scores) == ("MQL", {"interest": 10})


def test_a_decision_that_comes_too_late_to_move_the_lead_is_kept_as_such() -> None:
    log = log_of(visits(0, 1))
    book = under(20)
    sal = Entry(START + 2 * DAY, "decision", 10, {"to": "SAL", "role": "sales"})
    add(log, sal)
    record(log, fold_one(book, log, START + 3 * DAY))
    add(log, Entry(START + int(1.5 * DAY), "decision", 11, {"to": "RECYCLED", "role": "sales"}))
    outcome = fold_one(book, log, START + 4 * DAY)
    assert (outcome.stage, outcome.refused) == ("SAL", {11: "late"})


def test_a_lead_in_a_stage_that_the_agreement_no_longer_knows_stands_in_none_of_it() -> None:
    log = log_of(visits(0, 1))
    log.facts = (Fact("PROSPECT", START + DAY, "path"),)
    log.same_agreement, log.acts_from = False, START + 2 * DAY
    outcome = fold_one(under(500), log, START + 3 * DAY)
    assert told(outcome) == [("PROSPECT", "MAL", 2)]
    log.acts_from = START + 4 * DAY
    log.activities.clear()
    assert fold_one(under(500), log, START + 5 * DAY).stage == ""


def test_an_entry_of_the_future_waits_for_its_time() -> None:
    log = log_of(visits(0, 3))
    outcome = fold_one(under(20), log, START + DAY)
    assert (outcome.stage, outcome.next_check) == ("MAL", START + 3 * DAY)


def test_new_shapes_are_learnt_beside_known_ones() -> None:
    book = under(20)
    for day in range(3):
        log = LeadLog(
            day, activities=[(START, 0, ("visit", json.dumps({"page": f"/{day}"}))), (START, 1, ("x", "{}"))]
        )
        assert fold_one(book, log, START).scores == {"interest": 10}
    assert len(book._known.tables.codes) == 2  # pages are not read by this agreement


def test_when_there_is_no_room_for_more_shapes_all_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasuki.engine.book.ROOM", 3)
    book = under(20)
    for n in range(10):
        log = LeadLog(
            1, activities=[(START + n, n, ("visit", json.dumps({"page": str(i)}))) for i in range(n)]
        )
        assert fold_one(book, log, START + 99).scores == {"interest": 10 * n}


def test_many_leads_at_once_and_each_alone_come_to_the_same() -> None:
    book = under(30)
    logs = [LeadLog(n, activities=log_of(visits(*range(n % 5))).activities) for n in range(60)]
    together = fold_leads_live(book.compiled, logs, START + 9 * DAY, book=book)
    assert [one.lead for one in together] == list(range(60))
    assert together == [fold_one(book, log, START + 9 * DAY) for log in logs]
