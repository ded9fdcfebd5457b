"""Two agreements over one history: gained and lost, precision and recall, counted by hand and by brute force."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given

from tasuki.agreement import Agreement, agreement_of
from tasuki.backtest.compare import Comparison, compare
from tasuki.cli.what_if import share_text
from tasuki.errors import UsageError
from tasuki.shares import Share
from tests.backtest.story import AGREEMENT, COMPANY, agreement, entered, multiplied
from tests.engine.examples import some
from tests.engine.story import fold_text, history_from
from tests.reference.records import Entry
from tests.reference.stories import at
from tests.reference.strategies import Case, cases


def compared(before: Agreement, after: Agreement, as_of: float = 60) -> Comparison:
    return compare(before, after, history_from(COMPANY, shards=3), "WON", as_of=at(as_of))


def test_a_lower_bar_gains_the_leads_between_the_bars() -> None:
    found = compared(agreement(30), agreement(20))
    assert (found.gained, found.lost) == (("doi", "endo"), ())
    found = compared(agreement(20), agreement(30))
    assert (found.gained, found.lost) == ((), ("doi", "endo"))


def test_precision_and_recall_are_those_counted_by_hand() -> None:
    """At 30: of abe, baba, chiba, goto three are won; fujita was won before and is not asked.

    Of the five that were won, abe, chiba and goto were MQL before or at that instant.
    """
    at_30, at_20 = compared(agreement(30), agreement(20)).judged
    assert (at_30.entered, at_30.precision, at_30.recall) == (5, Share(3, 4), Share(3, 5))
    assert (at_20.entered, at_20.precision, at_20.recall) == (7, Share(4, 6), Share(4, 5))


def test_what_happens_after_as_of_is_not_known_yet() -> None:
    """On day 25 chiba and doi are still open, goto has done nothing, abe and fujita are won."""
    (judged, _) = compared(agreement(), agreement(), as_of=25).judged
    assert (judged.entered, judged.precision, judged.recall) == (3, Share(1, 3), Share(1, 2))


def test_months_are_those_of_the_agreements_time_zone() -> None:
    """Day 33, 0:00 UTC, is 3 February in Tokyo; 31 January 20:00 UTC would already be February there."""
    found = compared(agreement(30), agreement(20))
    mql = {m.month: (m.before, m.after, m.gained, m.lost) for m in found.months if m.stage == "MQL"}
    assert mql == {"2024-01": (3, 5, 2, 0), "2024-02": (2, 2, 0, 0)}
    late = {
        "a": [Entry(at(30) + 20 * 3_600_000_000, "profile", 0, {"email": "a@x.example"}), COMPANY["abe"][-1]]
    }
    found = compare(agreement(), agreement(), history_from(late), "WON")
    assert [m.month for m in found.months if m.stage == "MAL"] == ["2024-02"]


def test_a_stage_that_only_one_agreement_has_is_all_gain_or_all_loss() -> None:
    more = agreement_of(AGREEMENT + "  - {id: HOT, enter: [{from: [MQL], when: person >= 30}]}\n")
    found = compared(agreement(), more)
    hot = [m for m in found.months if m.stage == "HOT"]
    assert sum(m.gained for m in hot) == sum(m.after for m in hot) == 5
    assert sum(m.before for m in hot) == 0


def test_an_agreement_compared_with_itself_changes_nothing() -> None:
    found = compared(agreement(), agreement())
    assert (found.gained, found.lost) == ((), ())
    assert found.judged[0] == found.judged[1]
    assert all(m.before == m.after and not m.gained and not m.lost for m in found.months)


@some(15)
@given(cases(), cases())
def test_comparisons_of_any_two_agreements_equal_brute_force(one: Case, other: Case) -> None:
    (text, leads, as_of), (second, *_) = one, other
    leads = {lead: ledger for lead, ledger in multiplied(leads, 6).items() if ledger}
    decided = sorted({e.fields["to"] for ledger in leads.values() for e in ledger if e.fields.get("to")})
    assume(decided)
    found = compare(
        agreement_of(text),
        agreement_of(second),
        history_from(leads, shards=2),
        decided[0],
        measure="MAL",
        as_of=as_of,
    )
    folded = [fold_text(each, leads, as_of) for each in (text, second)]
    first = [
        {lead: entered(r, "MAL")[0] for lead, r in results.items() if entered(r, "MAL")} for results in folded
    ]
    assert found.gained == tuple(sorted(first[1].keys() - first[0].keys()))
    assert found.lost == tuple(sorted(first[0].keys() - first[1].keys()))
    won = {
        lead: min(times)
        for lead, ledger in leads.items()
        if (times := [e.at for e in ledger if e.fields.get("to") == decided[0] and e.at <= as_of])
    }
    for judged, mine in zip(found.judged, first, strict=True):
        asked = [lead for lead, when in mine.items() if won.get(lead, when) >= when]
        assert judged.entered == len(mine)
        assert judged.precision == Share(sum(lead in won for lead in asked), len(asked))
        assert judged.recall == Share(
            sum(lead in mine and mine[lead] <= when for lead, when in won.items()), len(won)
        )


def wilson(count: int, total: int) -> tuple[float, float]:
    """As in the textbooks, z = 1.96."""
    z, share = 1.959963984540054, count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return middle - half, middle + half


@pytest.mark.parametrize(
    ("count", "total"), [(0, 1), (1, 1), (3, 10), (30, 100), (0, 50), (50, 50), (123, 4567)]
)
def test_the_interval_is_wilsons(count: int, total: int) -> None:
    assert Share(count, total).interval == pytest.approx(wilson(count, total), abs=1e-12)


def test_few_cases_are_said_to_be_too_few() -> None:
    assert share_text(Share(3, 4)) == "too few to say (3 of 4)"
    assert share_text(Share(0, 29)) == "too few to say (0 of 29)"
    assert share_text(Share(15, 30)).startswith("50.0% (")
    assert share_text(Share(0, 0)) == "– (none)"
    assert (Share(0, 0).share, Share(0, 0).interval) == (None, None)


def test_unknown_stages_are_answered_with_those_there_are() -> None:
    history = history_from(COMPANY)
    with pytest.raises(UsageError, match="no stage `SQL`: there is MAL, MQL, WON"):
        compare(agreement(), agreement(), history, "WON", measure="SQL")
    with pytest.raises(UsageError, match="no decision of this history leads to `LOST`: there is WON"):
        compare(agreement(), agreement(), history, "LOST")
