"""GitLab's published model: the worked cases G1 to G11, each equal or different for a reason written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .support import EXAMPLES, Replayed, Row, converter, import_history, replay, tasuki

AGREEMENT = EXAMPLES / "gitlab" / "agreement.yaml"

AsOf = Callable[[str], Replayed]


@pytest.fixture(scope="module")
def as_of(tmp_path_factory: pytest.TempPathFactory) -> AsOf:
    folder = tmp_path_factory.mktemp("gitlab")
    converter("gitlab").convert(folder / "inputs")
    history = import_history(folder / "inputs", folder / "history")
    done: dict[str, Replayed] = {}

    def replayed(day: str) -> Replayed:
        if day not in done:
            done[day] = replay(AGREEMENT, history, f"{day}T12:00:00Z", folder / day)
        return done[day]

    return replayed


def scores(row: Row) -> tuple[float, float, float]:
    return (float(row["score.demographic"]), float(row["score.behavior"]), float(row["score.person"]))


def entries(replayed: Replayed, lead: str, stage: str) -> list[Row]:
    return [row for row in replayed.transitions if row["lead"] == lead and row["to"] == stage]


def test_the_agreement_has_no_mistake_and_no_warning() -> None:
    assert "warning[" not in tasuki("check", AGREEMENT)


def test_g1_perfect_fit_is_capped_at_70_and_is_no_mql_without_behaviour(as_of: AsOf) -> None:
    now = as_of("2024-03-06")
    assert scores(now.leads["G1"]) == (70, 0, 70)
    assert now.way("G1") == ["RAW"]


def test_g2_a_webcast_makes_it_an_mql_and_the_scores_of_that_moment_are_kept(as_of: AsOf) -> None:
    (entry,) = entries(as_of("2024-03-06"), "G2", "MQL")
    assert scores(entry) == (70, 40, 110)
    assert entry["at"] == "2024-03-05T10:00:00.000000Z"
    assert entry["path"] == "MQL.0"


def test_g3_the_pricing_page_counts_once_a_week(as_of: AsOf) -> None:
    now = as_of("2024-03-10")
    assert scores(now.leads["G3"]) == (70, 25, 95)
    assert "MQL" not in now.way("G3")


def test_g4_thirty_days_of_silence_cost_ten_points_at_that_instant_not_at_night(as_of: AsOf) -> None:
    assert as_of("2024-03-10").leads["G4"]["next_check_at"] == "2024-04-07T10:00:00.000000Z"
    assert scores(as_of("2024-04-08").leads["G4"]) == (70, 15, 85)


def test_g5_a_negative_fit_is_lifted_to_zero_at_once_so_the_contact_request_is_an_mql_the_same_day(
    as_of: AsOf,
) -> None:
    (entry,) = entries(as_of("2024-03-06"), "G5", "MQL")
    assert scores(entry) == (0, 100, 100)
    assert entry["at"] == "2024-03-05T10:00:00.000000Z"


def test_g6_a_recycled_mql_comes_back_with_the_booster(as_of: AsOf) -> None:
    now = as_of("2024-03-21")
    first, second = entries(now, "G6", "MQL")
    assert now.way("G6") == ["RAW", "INQUIRY", "MQL", "RECYCLED", "MQL"]
    assert first["at"] == "2024-03-05T10:00:00.000000Z"
    assert scores(second) == (70, 45, 115)


def test_g6_while_recycled_the_person_score_is_the_demographic_score(as_of: AsOf) -> None:
    assert scores(as_of("2024-03-13").leads["G6"]) == (70, 0, 70)


def test_g7_accepted_before_the_bar_and_given_back_keeps_its_behaviour_score(as_of: AsOf) -> None:
    (back,) = entries(as_of("2024-03-26"), "G7", "RECYCLED_EARLY")
    assert scores(back) == (50, 30, 80)
    assert scores(as_of("2024-03-23").leads["G7"]) == (50, 30, 80)
    assert scores(as_of("2024-03-26").leads["G7"]) == (50, 45, 95)


def test_g8_a_no_show_earns_points_only_for_an_earlier_registration(as_of: AsOf) -> None:
    now = as_of("2024-03-10")
    assert scores(now.leads["G8a"]) == (50, 0, 50)
    assert scores(now.leads["G8b"]) == (50, 20, 70)


@pytest.mark.parametrize("lead", ["G9", "G10"])
def test_g9_g10_the_answer_ends_the_mql_while_its_clock_belongs_to_the_handoff(
    as_of: AsOf, lead: str
) -> None:
    assert as_of("2024-03-12").way(lead)[-2:] == ["MQL", "ACCEPTED"]


def test_g11_an_untouched_mql_is_recycled_for_no_action(as_of: AsOf) -> None:
    (entry,) = entries(as_of("2024-04-05"), "G11", "RECYCLED")
    assert entry["cause"] == "timeout"
    assert entry["at"] == "2024-04-04T10:00:00.000000Z"
    assert scores(as_of("2024-04-05").leads["G11"]) == (70, 0, 70)


def test_no_case_has_a_refused_decision(as_of: AsOf) -> None:
    assert as_of("2024-04-08").refused == []


# Clauses without a numbered case.

gitlab = converter("gitlab")
DISQUALIFIED = {"to": "DISQUALIFIED", "role": "xdr", "reason": "No Authority"}
STORIES = (
    gitlab.Case(
        "ruled-out",
        gitlab.FULL_FIT,
        (
            ("2024-03-06T10:00:00Z", gitlab.WEBCAST),
            ("2024-03-07T10:00:00Z", gitlab.PRICING),
            ("2024-03-20T10:00:00Z", gitlab.CONTACT),
        ),
        (("2024-03-05T10:00:00Z", DISQUALIFIED),),
    ),
    gitlab.Case(
        "rival",
        {**gitlab.FULL_FIT, "account.competitor": "true"},
        ((gitlab.FIRST_ACTION, gitlab.WEBCAST),),
        (("2024-03-12T10:00:00Z", DISQUALIFIED),),
    ),
    gitlab.Case(
        "leaver",
        gitlab.FIT_OF_50,
        ((gitlab.FIRST_ACTION, gitlab.WEBCAST), ("2024-03-06T10:00:00Z", {"type": "unsubscribe"})),
    ),
    gitlab.Case(
        "sleeper",
        gitlab.FIT_OF_50,
        ((gitlab.FIRST_ACTION, gitlab.REGISTERED), ("2024-11-20T10:00:00Z", gitlab.CONTACT)),
    ),
    gitlab.Case(
        "given-back-late",
        gitlab.FIT_OF_50,
        ((gitlab.FIRST_ACTION, gitlab.REGISTERED),),
        (("2024-03-06T10:00:00Z", gitlab.ACCEPTED), ("2024-04-10T10:00:00Z", gitlab.RECYCLED_EARLY)),
    ),
)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder = tmp_path_factory.mktemp("gitlab_stories")
    gitlab.convert(folder / "inputs", STORIES)
    history = import_history(folder / "inputs", folder / "history")
    return replay(AGREEMENT, history, "2024-11-21T00:00:00Z", folder / "out")


def test_a_disqualified_person_is_not_scored_and_comes_back_only_by_asking(stories: Replayed) -> None:
    (entry,) = entries(stories, "ruled-out", "MQL")
    assert entry["at"] == "2024-03-20T10:00:00.000000Z"
    assert entry["path"] == "MQL.1"
    assert scores(entry) == (70, 100, 170)


def test_a_competitor_is_never_promoted_by_itself_but_a_person_may_decide(stories: Replayed) -> None:
    assert stories.way("rival") == ["DISQUALIFIED"]


def test_unsubscribing_takes_the_person_score_back_to_the_demographic_score(stories: Replayed) -> None:
    assert scores(stories.leads["leaver"]) == (50, 0, 50)


def test_months_of_silence_leave_no_debt_that_would_swallow_a_contact_request(stories: Replayed) -> None:
    (entry,) = entries(stories, "sleeper", "MQL")
    assert scores(entry) == (50, 100, 150)


def test_giving_back_early_is_refused_after_thirty_days(stories: Replayed) -> None:
    (refused,) = [row for row in stories.refused if row["lead"] == "given-back-late"]
    assert (refused["to"], refused["from"], refused["why"]) == ("RECYCLED_EARLY", "ACCEPTED", "requires")
