"""12,000 sign-ups: the score says who will adopt, before it is known, and from the past alone."""

from __future__ import annotations

import csv
import gzip
import itertools
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from .support import EXAMPLES, Replayed, Row, converter, import_history, replay, shared, tasuki

AGREEMENT = EXAMPLES / "saas-signups" / "agreement.yaml"
BASELINE = EXAMPLES / "saas-signups" / "second-login.yaml"
END = "2014-06-07T00:00:00Z"
MIDDLE = "2013-12-31T00:00:00Z"
POINTS_CHOSEN = "2013-06-01"

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saas") / "inputs"
    converter("saas-signups").convert(shared("saas_signups"), folder)
    return folder


@pytest.fixture(scope="module")
def history(inputs: Path) -> Path:
    return import_history(inputs, inputs.with_name("history"))


@pytest.fixture(scope="module")
def replayed(history: Path) -> Replayed:
    return replay(AGREEMENT, history, END, history.with_name("end"))


@dataclass(frozen=True)
class SignUp:
    """One sign-up straight from the raw files: nothing of the example's own script."""

    created: datetime
    source: str
    logins: list[datetime]

    @property
    def adopted(self) -> datetime | None:
        """The end of the day on which the third login day within seven came."""
        for position in range(2, len(self.logins)):
            if self.logins[position] - self.logins[position - 2] < 7 * DAY:
                return self.logins[position]
        return None


@pytest.fixture(scope="module")
def sign_ups() -> dict[str, SignUp]:
    logins: dict[str, set[date]] = defaultdict(set)
    for row in raw_rows("logins.csv.gz"):
        logins[row["user_id"]].add(date.fromisoformat(row["time_stamp"]))
    return {row["object_id"]: sign_up(row, logins[row["object_id"]]) for row in raw_rows("users.csv.gz")}


def raw_rows(name: str) -> list[Row]:
    with gzip.open(shared("saas_signups") / name, "rt", encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file))


def sign_up(row: Row, days: set[date]) -> SignUp:
    day, month, year = row["creation_time"][:10].split("-")
    created = datetime.fromisoformat(f"{year}-{month}-{day}T{row['creation_time'][11:]}")
    ends = [datetime(d.year, d.month, d.day, 23, 59, 59) for d in sorted(days)]
    return SignUp(created, row["creation_source"], ends)


def first(replayed: Replayed, stage: str) -> dict[str, datetime]:
    """When each lead entered a stage first."""
    found: dict[str, datetime] = {}
    for row in replayed.transitions:
        if row["to"] == stage:
            found.setdefault(row["lead"], datetime.fromisoformat(row["at"].removesuffix("Z")))
    return found


def precision_and_recall(mql: set[str], adopted: set[str]) -> tuple[float, float]:
    hits = len(mql & adopted)
    return round(hits / len(mql), 3), round(hits / len(adopted), 3)


@pytest.mark.parametrize("agreement", [AGREEMENT, BASELINE])
def test_the_agreement_has_no_mistake_and_no_warning(agreement: Path) -> None:
    assert "warning[" not in tasuki("check", agreement)


def test_nothing_that_looks_into_the_future_is_handed_over(inputs: Path) -> None:
    header = (inputs / "profiles.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "lead,at,email,source,mailing_list,drip,invited_by,account.name"


def test_every_sign_up_is_taken_in_at_its_own_time(replayed: Replayed, sign_ups: dict[str, SignUp]) -> None:
    assert first(replayed, "MAL") == {lead: one.created for lead, one in sign_ups.items()}


def test_adoption_is_the_third_login_day_within_seven(
    replayed: Replayed, sign_ups: dict[str, SignUp]
) -> None:
    adopted = {lead: one.adopted for lead, one in sign_ups.items() if one.adopted}
    assert len(adopted) == 1602
    assert first(replayed, "ADOPTED") == adopted
    assert replayed.refused == []


def test_an_mql_always_comes_before_the_adoption(replayed: Replayed) -> None:
    adopted = first(replayed, "ADOPTED")
    mql = [row for row in replayed.transitions if row["to"] == "MQL" and row["lead"] in adopted]
    assert all(datetime.fromisoformat(row["at"].removesuffix("Z")) < adopted[row["lead"]] for row in mql)


def test_what_was_said_in_2013_does_not_change_with_what_came_later(
    history: Path, replayed: Replayed
) -> None:
    then = replay(AGREEMENT, history, MIDDLE, history.with_name("middle"))
    assert then.transitions == [row for row in replayed.transitions if row["at"] <= MIDDLE]


POINTS = {"SIGNUP_GOOGLE_AUTH": 10, "GUEST_INVITE": 5, "SIGNUP": 5, "PERSONAL_PROJECTS": -10, "ORG_INVITE": 0}


def score_by_hand(one: SignUp, now: datetime) -> float:
    """The person score after the logins up to `now`, worked out from the sentences of the agreement."""
    logins = [login for login in one.logins if login <= now]
    habit = sum(30 * 2 ** (-((now - login) / DAY) / 14) for login in logins)
    begin = 20 * max(0.0, 1 - (now - one.created) / DAY / 30)
    gaps = [later - earlier for earlier, later in itertools.pairwise(logins)]
    silence = sum(10 * min(3, (gap - timedelta(microseconds=1)) // (30 * DAY)) for gap in gaps)
    return min(100.0, max(0.0, habit + begin - silence)) + POINTS[one.source]


def mql_by_hand(one: SignUp) -> datetime | None:
    before = [login for login in one.logins if one.adopted is None or login < one.adopted]
    return next((login for login in before[1:] if score_by_hand(one, login) >= 60), None)


def test_the_first_mql_is_the_one_worked_out_by_hand(replayed: Replayed, sign_ups: dict[str, SignUp]) -> None:
    by_hand = {lead: mql_by_hand(one) for lead, one in sign_ups.items()}
    assert first(replayed, "MQL") == {lead: at for lead, at in by_hand.items() if at}


def joined(sign_ups: dict[str, SignUp], begin: str, end: str) -> set[str]:
    first_day, last_day = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    return {lead for lead, one in sign_ups.items() if first_day <= one.created < last_day}


@pytest.mark.parametrize(
    ("begin", "end", "precision", "recall"),
    [
        ("2012-05-01", "2014-06-07", 0.685, 0.950),
        ("2012-05-01", POINTS_CHOSEN, 0.744, 0.954),
        (POINTS_CHOSEN, "2014-03-01", 0.733, 0.950),
        (POINTS_CHOSEN, "2014-06-07", 0.637, 0.947),
    ],
)
def test_precision_and_recall_are_those_of_the_readme(
    replayed: Replayed, sign_ups: dict[str, SignUp], begin: str, end: str, precision: float, recall: float
) -> None:
    cohort = joined(sign_ups, begin, end)
    mql, adopted = set(first(replayed, "MQL")) & cohort, set(first(replayed, "ADOPTED")) & cohort
    assert precision_and_recall(mql, adopted) == (precision, recall)


def test_the_plainest_bar_finds_everybody_but_is_wrong_more_often(history: Path) -> None:
    plain = replay(BASELINE, history, END, history.with_name("plain"))
    assert precision_and_recall(set(first(plain, "MQL")), set(first(plain, "ADOPTED"))) == (0.619, 1.0)


def test_the_score_speaks_about_three_weeks_before_the_fact(replayed: Replayed) -> None:
    mql, adopted = first(replayed, "MQL"), first(replayed, "ADOPTED")
    lead_times = [(adopted[lead] - mql[lead]).days for lead in mql.keys() & adopted.keys()]
    assert statistics.median(lead_times) == 23.5
