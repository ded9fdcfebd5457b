"""What people decide: applied at once or refused with what would be legal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import translation

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry, Token
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle import queries
from tasuki.server.lifecycle.commands import decide, record_decisions
from tasuki.server.lifecycle.inputs import DecisionInput, Recorded
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.notify.models import Notification
from tasuki.server.people.inputs import LeadRef
from tasuki.server.people.models import Due, Lead

from .stories import DAY, HOUR, START, agree, fresh, new_lead, path_of, told, visits, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def mql() -> Lead:
    """A lead that has become MQL on the first day."""
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR, START + 2 * HOUR)
    work(START + 2 * HOUR)
    return fresh(lead)


def at(hours: float) -> object:
    return clock.at(START + hours * HOUR)


def accept(actor: Actor, lead: Lead, hours: float = 3) -> None:
    with at(hours):  # type: ignore[attr-defined]
        decide(actor, lead_id=lead.pk, to="SAL")


def test_inside_sales_accepts_and_the_transition_names_who_did(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR):
        done = decide(inside_rep, lead_id=mql.pk, to="SAL", note="called, wants a quote")
    assert told(mql)[-1] == ("MQL", "SAL", START + 3 * HOUR, "decision")
    last = Transition.objects.get(pk=done.transitions[-1].id)
    assert last.decision
    assert (last.path, last.decision.by, last.decision.note) == (
        "inside_sales",
        inside_rep.user,
        "called, wants a quote",
    )
    assert fresh(mql).stage == "SAL"
    entry = AuditEntry.objects.filter(action="decision.make").get()
    assert (entry.user, entry.subject, entry.detail["to"]) == (inside_rep.user, f"lead:{mql.pk}", "SAL")


def test_an_illegal_move_is_refused_with_what_would_be_legal(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR), pytest.raises(Conflict) as refused:
        decide(inside_rep, lead_id=mql.pk, to="SQL")
    assert refused.value.code == "illegal_move"
    assert (
        refused.value.message == "The lead stands in MQL (Marketing qualified lead); SQL is entered from SAL."
    )
    assert refused.value.cure == "Legal now: SAL, RECYCLED, DISQUALIFIED."
    assert path_of(mql) == ["MAL", "MQL"]
    assert not Decision.objects.exists()
    assert not AuditEntry.objects.filter(action="decision.make").exists()


def test_the_sentence_names_stages_in_the_language_of_the_reader(marketer: Actor, mql: Lead) -> None:
    with translation.override("ja"), clock.at(START + 3 * HOUR), pytest.raises(Conflict) as refused:
        decide(marketer, lead_id=mql.pk, to="MQL")
    assert "マーケティング認定リード" in refused.value.message


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("WON", "Marketing may not decide on WON; Sales may."),
        ("MAL", "MAL (Marketing accepted lead) is entered by itself only, by nobody's decision."),
        ("NOWHERE", "The agreement has no stage NOWHERE."),
    ],
)
def test_each_refusal_says_why(marketer: Actor, mql: Lead, to: str, message: str) -> None:
    with clock.at(START + 3 * HOUR), pytest.raises(Conflict) as refused:
        decide(marketer, lead_id=mql.pk, to=to)
    assert refused.value.message == message


def test_a_lead_becomes_sql_once_three_questions_are_answered(inside_rep: Actor, mql: Lead) -> None:
    accept(inside_rep, mql)
    with clock.at(START + 4 * HOUR):
        with pytest.raises(Conflict, match=r"at least 3 times yes to BANT \(now 2\)"):
            decide(inside_rep, lead_id=mql.pk, to="SQL", answers={"budget": True, "need": "yes"})
        decide(inside_rep, lead_id=mql.pk, to="", answers={"budget": True, "need": "yes"})
    assert queries.answers(inside_rep, mql.pk)["budget"].by == inside_rep.user
    with clock.at(START + 5 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SQL", answers={"timing": "はい"})
    assert path_of(mql)[-1] == "SQL"
    answers = queries.answers(inside_rep, mql.pk)
    assert {q: (a.answer, a.at) for q, a in answers.items()} == {
        "budget": ("yes", START + 4 * HOUR), "need": ("yes", START + 4 * HOUR), "timing": ("はい", START + 5 * HOUR),
    }  # fmt: skip


def test_reasons_are_those_of_the_agreement(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR):
        for reason, code in (("", "reason_missing"), ("bad mood", "reason_unknown")):
            with pytest.raises(Invalid) as refused:
                decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason=reason)
            assert refused.value.code == code
            assert "no_budget_now" in refused.value.cure
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing")
    assert fresh(mql).stage == "RECYCLED"


def test_a_recycled_lead_is_back_on_the_work_list_when_its_date_comes(inside_rep: Actor, mql: Lead) -> None:
    until = START + 20 * DAY
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="no_budget_now", until=until)
    assert fresh(mql).reapproach_at == until
    assert Due.objects.get(lead=mql).at <= until
    work(until - HOUR)
    with clock.at(until - HOUR):
        assert queries.work_list(inside_rep).reapproach == []
    assert not Notification.objects.filter(kind="reapproach").exists()
    assert Due.objects.get(lead=mql).at == until
    work(until)
    with clock.at(until):
        assert queries.work_list(inside_rep).reapproach == [mql]
    news = Notification.objects.get(kind="reapproach")
    assert (news.user, news.lead) == (inside_rep.user, mql)
    work(until + DAY)
    visits(mql, until + DAY)
    work(until + 2 * DAY)
    assert Notification.objects.filter(kind="reapproach").count() == 1


def test_the_date_is_gone_once_the_lead_has_moved_on(inside_rep: Actor, mql: Lead, marketer: Actor) -> None:
    with clock.at(START + 3 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="RECYCLED", reason="timing", until=START + 20 * DAY)
    with clock.at(START + DAY):
        decide(marketer, lead_id=mql.pk, to="MQL")
    assert fresh(mql).reapproach_at is None
    assert Transition.objects.filter(lead=mql).last().path == "marketing"  # type: ignore[union-attr]


def test_sales_finds_a_lead_itself_and_it_never_passes_through_mql(
    sales_rep: Actor, sales_team: object
) -> None:
    agree()
    lead = new_lead()
    Lead.objects.filter(pk=lead.pk).update(owner=sales_rep.user)
    with clock.at(START):
        decide(sales_rep, lead_id=lead.pk, to="SGL")
        decide(sales_rep, lead_id=lead.pk, to="SAL")
    assert path_of(lead) == ["MAL", "SGL", "SAL"]


def test_a_deal_is_opened_and_won_with_its_amount(manager: Actor, mql: Lead) -> None:
    accept(manager, mql)
    with clock.at(START + DAY):
        bant = dict.fromkeys(("budget", "authority", "need"), "yes")
        decide(manager, lead_id=mql.pk, to="SQL", answers=bant)
        opened = decide(manager, lead_id=mql.pk, to="OPPORTUNITY", amount=Decimal(3_000_000))
    deal = Deal.objects.get()
    assert (opened.deal_id, deal.state, deal.amount) == (deal.pk, "open", 3_000_000)
    with clock.at(START + 9 * DAY):
        decide(manager, lead_id=mql.pk, to="WON", amount=Decimal(2_500_000))
    deal.refresh_from_db()
    assert (deal.state, deal.amount, deal.closed_at) == ("won", 2_500_000, START + 9 * DAY)
    assert fresh(mql).stage == "WON"


def test_a_lead_lost_before_there_was_a_deal_makes_none(manager: Actor, mql: Lead) -> None:
    accept(manager, mql)
    with clock.at(START + DAY):
        decide(
            manager, lead_id=mql.pk, to="SQL", answers=dict.fromkeys(("budget", "authority", "need"), "yes")
        )
        decide(manager, lead_id=mql.pk, to="LOST", reason="rival")
    assert not Deal.objects.exists()
    assert fresh(mql).stage == "LOST"


def test_the_same_key_decides_once(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR):
        first = decide(inside_rep, lead_id=mql.pk, to="SAL", key="click-1")
    with clock.at(START + 4 * HOUR):
        again = decide(inside_rep, lead_id=mql.pk, to="SAL", key="click-1")
    assert (again.decision_id, again.transitions) == (first.decision_id, first.transitions)
    assert Decision.objects.count() == 1


def test_a_decision_within_the_instant_of_a_transition_comes_after_it(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 2 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL")
    assert path_of(mql) == ["MAL", "MQL", "SAL"]
    work(START + 2 * HOUR)
    assert path_of(mql) == ["MAL", "MQL", "SAL"]


def test_who_does_not_see_a_lead_is_told_that_there_is_none(outsider: Actor, mql: Lead) -> None:
    for lead in (mql.pk, 0, -1, 10**30):
        with pytest.raises(NotFound):
            decide(outsider, lead_id=lead, to="SAL")
        with pytest.raises(NotFound):
            queries.moves(outsider, lead)
        with pytest.raises(NotFound):
            queries.explanation(outsider, lead)


def test_nobody_decides_in_a_role_that_is_not_theirs(inside_rep: Actor, mql: Lead) -> None:
    with pytest.raises(NotAllowed) as refused:
        decide(inside_rep, lead_id=mql.pk, to="DISQUALIFIED", reason="student", role="sales")
    assert refused.value.code == "not_your_role"
    with pytest.raises(NotAllowed):
        decide(Actor(), lead_id=mql.pk, to="SAL")
    weak = Actor(user=inside_rep.user, token=Token(name="reader", scopes=["leads.read"]))
    with pytest.raises(NotAllowed):
        decide(weak, lead_id=mql.pk, to="SAL")


def test_a_merged_leads_id_keeps_working(inside_rep: Actor, mql: Lead) -> None:
    old = new_lead("Same Person")
    Lead.objects.filter(pk=old.pk).update(merged_into=mql)
    with clock.at(START + 3 * HOUR):
        assert decide(inside_rep, lead_id=old.pk, to="SAL").lead_id == mql.pk
    assert queries.transitions(inside_rep, old.pk)[-1].to_stage == "SAL"


def test_bad_input_is_told_beside_its_field(inside_rep: Actor, mql: Lead) -> None:
    wrongs: list[dict[str, object]] = [
        {"to": "S" * 51}, {"to": "SAL\0"}, {"to": "SAL", "note": "\0"}, {"to": "SAL", "answers": {"shoe": "42"}},
        {"to": "SAL", "until": START}, {"to": "SAL", "key": ""}, {"to": "SAL", "note": "n" * 10_001},
        {"to": "SAL", "answers": {str(n): "yes" for n in range(101)}}, {"to": "SAL", "until": START.replace(tzinfo=None)},
    ]  # fmt: skip
    for wrong in wrongs:
        with clock.at(START + 3 * HOUR), pytest.raises(Invalid) as refused:
            decide(inside_rep, lead_id=mql.pk, **wrong)  # type: ignore[arg-type]
        assert refused.value.field
    assert path_of(mql) == ["MAL", "MQL"]


def test_without_an_agreement_nothing_can_be_decided(inside_rep: Actor) -> None:
    lead = new_lead()
    with pytest.raises(Conflict) as refused:
        decide(inside_rep, lead_id=lead.pk, to="SAL")
    assert refused.value.code == "no_agreement"
    assert queries.moves(inside_rep, lead.pk) == []
    assert queries.explanation(inside_rep, lead.pk) is None


# What may be decided.


def test_moves_are_what_the_engine_would_take(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR):
        found = {move.to: move for move in queries.moves(inside_rep, mql.pk)}
    assert [to for to, move in found.items() if move.legal] == ["SAL", "RECYCLED", "DISQUALIFIED"]
    assert found["RECYCLED"].reasons == ("no_budget_now", "no_response", "timing", "no_action")
    assert found["SQL"].why_not.endswith("SQL is entered from SAL.")
    accept(inside_rep, mql)
    with clock.at(START + 4 * HOUR):
        sql = next(move for move in queries.moves(inside_rep, mql.pk) if move.to == "SQL")
    assert (sql.legal, sql.answerable, sql.questions) == (
        False,
        True,
        ("budget", "authority", "need", "timing"),
    )
    assert sql.why_not == "SQL requires at least 3 times yes to BANT (now 0)."


def test_a_manager_sees_the_moves_of_every_role(manager: Actor, mql: Lead) -> None:
    with clock.at(START + 3 * HOUR):
        legal = {move.to: move.role for move in queries.moves(manager, mql.pk) if move.legal}
    assert set(legal) == {"SAL", "RECYCLED", "DISQUALIFIED"}
    assert legal["SAL"] in ("inside_sales", "sales")


def test_the_timeline_tells_everything_once_page_by_page(inside_rep: Actor, mql: Lead) -> None:
    accept(inside_rep, mql)
    whole = queries.timeline(inside_rep, mql.pk)
    assert [item.kind for item in whole] == [
        "transition", "decision", "transition", "activity", "activity", "transition", "profile",
    ]  # fmt: skip
    pages, before = [], None
    while page := queries.timeline(inside_rep, mql.pk, before=before, limit=2):
        pages += page
        before = page[-1].at
    assert pages == whole
    early = queries.timeline(inside_rep, mql.pk, at=START + HOUR)
    assert [item.kind for item in early] == ["activity", "transition", "profile"]


# Past decisions.


def past(lead: Lead, to: str, day: float, **more: object) -> DecisionInput:
    return DecisionInput(ref=LeadRef(lead=lead.pk), at=START + day * DAY, to=to, **more)  # type: ignore[arg-type]


def test_past_decisions_come_in_with_their_dates_and_once_each(manager: Actor, mql: Lead) -> None:
    given = [
        past(mql, "SAL", 1, role="inside_sales", key="a"),
        past(mql, "RECYCLED", 2, role="sales", reason="timing", until=START + 60 * DAY, key="b"),
        past(mql, "SAL", 1, role="inside_sales", key="a"),
        past(mql, "WON", 3, role="sales", key="c"),
    ]
    with clock.at(START + 10 * DAY):
        first = record_decisions(manager, given, source="crm")
        again = record_decisions(manager, given, source="crm")
    assert [(r.lead_id, r.duplicate) for r in first if isinstance(r, Recorded)] == [
        (mql.pk, False), (mql.pk, False), (mql.pk, True), (mql.pk, False),
    ]  # fmt: skip
    assert all(isinstance(r, Recorded) and r.duplicate for r in again)
    work(START + 10 * DAY)
    assert [t[1:3] for t in told(mql)][2:] == [("SAL", START + DAY), ("RECYCLED", START + 2 * DAY)]
    assert Decision.objects.get(key="c").refused == "from"
    assert fresh(mql).reapproach_at == START + 60 * DAY


def test_each_wrong_decision_is_refused_by_itself(inside_rep: Actor, mql: Lead) -> None:
    with clock.at(START + 10 * DAY):
        done = record_decisions(
            inside_rep,
            [
                past(mql, "SAL", 1, role="sales"),
                past(mql, "SAL", 30),
                past(mql, "S" * 60, 1),
                DecisionInput(ref=LeadRef(lead=10**9), at=START, to="SAL"),
                past(mql, "SAL", 2),
            ],
            source="crm",
        )
    assert [type(one).__name__ for one in done] == [
        "NotAllowed",
        "Invalid",
        "Invalid",
        "NotFound",
        "Recorded",
    ]
    work(START + 10 * DAY)
    assert Transition.objects.get(lead=mql, to_stage="SAL").path == "inside_sales"


# Handoffs and news.


def test_a_handoff_is_opened_for_the_team_and_answered_by_the_decision(
    inside_rep: Actor, marketer: Actor, mql: Lead
) -> None:
    agree_team = inside_rep.user.team  # type: ignore[union-attr]
    handoff = Handoff.objects.get(lead=mql)
    assert (handoff.team_role, handoff.within, handoff.outcome) == (
        "inside_sales",
        "2 business hours",
        "open",
    )
    assert agree_team
    accept(inside_rep, mql)
    handoff.refresh_from_db()
    assert (handoff.outcome, handoff.closed_at) == ("accepted", START + 3 * HOUR)
    assert Notification.objects.get(kind="accepted").user == marketer.user


def test_a_decision_on_a_stage_that_the_lead_has_left_is_refused_with_where_it_stands(
    inside_rep: Actor, mql: Lead
) -> None:
    with clock.at(START + 3 * HOUR), pytest.raises(Conflict) as refused:
        decide(inside_rep, lead_id=mql.pk, to="DISQUALIFIED", reason="student", seen="MAL")
    assert refused.value.code == "moved_meanwhile"
    assert "it stands in MQL (Marketing qualified lead) now" in refused.value.message
    assert path_of(mql) == ["MAL", "MQL"]
    with clock.at(START + 4 * HOUR):
        decide(inside_rep, lead_id=mql.pk, to="SAL", seen="MQL")
    assert fresh(mql).stage == "SAL"


def test_a_lead_that_moves_by_what_was_due_in_the_very_moment_of_the_decision_has_moved_meanwhile(
    inside_rep: Actor,
) -> None:
    agree(80)
    lead = new_lead()
    visits(lead, START + HOUR)
    work(START + HOUR)
    visits(lead, START + 2 * HOUR)  # an MQL by this, but not folded yet
    with clock.at(START + 3 * HOUR), pytest.raises(Conflict) as refused:
        decide(inside_rep, lead_id=lead.pk, to="DISQUALIFIED", reason="student", seen="MAL")
    assert refused.value.code == "moved_meanwhile"
    assert "it stands in MQL" in refused.value.message
    assert not Decision.objects.exists()
    work(START + 3 * HOUR)
    assert path_of(lead) == ["MAL", "MQL"]


def test_who_accepts_a_lead_that_nobody_owns_has_it(inside_rep: Actor, mql: Lead) -> None:
    accept(inside_rep, mql)
    assert fresh(mql).owner == inside_rep.user


def test_a_manager_who_accepts_for_inside_sales_does_not_become_the_owner(manager: Actor, mql: Lead) -> None:
    owner = fresh(mql).owner
    accept(manager, mql)
    assert fresh(mql).owner == owner
