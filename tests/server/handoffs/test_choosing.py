"""Whatever the routes and whoever is there: nobody gets a lead who could not take it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tasuki.agreement import agreement_of
from tasuki.agreement.model import HOLD, Handoff, Route
from tasuki.server.handoffs.house import House
from tasuki.server.handoffs.inputs import About, Asked
from tasuki.server.handoffs.routing import choose
from tasuki.server.handoffs.staff import Crew, Member, Staff
from tests.server.lifecycle.stories import text

AGREEMENT = agreement_of(text())
NOW = datetime(2026, 4, 6, tzinfo=UTC)
ROLES = ("inside_sales", "sales", "manager", "administrator")
TEAMS = ("Tokyo", "Osaka", "East")
NAMES = (*ROLES[:3], *TEAMS, "nowhere")

members = st.builds(
    Member,
    id=st.just(0),
    username=st.just(""),
    role=st.sampled_from(ROLES),
    team=st.sampled_from([None, 1, 2, 3]),
    active=st.booleans(),
    minutes=st.sampled_from([None, 0, 20, 60]),
    weight=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    turns=st.sampled_from([None, 0.0, 3.0]),
    away=st.booleans(),
    open=st.integers(0, 3),
)
routes = st.builds(
    Route,
    to=st.sampled_from([*NAMES, "former_owner", "account_owner", "same_account", "user:u3", "user:none"]),
    by=st.sampled_from(["load", "turn"]),
)
handoffs = st.builds(
    Handoff,
    to=st.sampled_from(NAMES),
    routes=st.lists(routes, max_size=3).map(tuple),
    full=st.sampled_from(["", HOLD, *NAMES]),
    fallback=st.sampled_from(["", *NAMES]),
)


def house_of(people: list[Member]) -> House:
    for number, one in enumerate(people, start=1):
        one.id, one.username = number, f"u{number}"
    crews = [Crew(1, "Tokyo", "inside_sales"), Crew(2, "Osaka", "inside_sales"), Crew(3, "East", "sales")]
    return House(
        Staff(people, crews), NOW, {(1, role): 1 for role in ROLES}, {1: 2}, {1: [(1, 3), (2, 4), (2, 99)]}
    )


@given(st.lists(members, max_size=8), handoffs, st.frozensets(st.integers(1, 8), max_size=3), st.booleans())
def test_nobody_gets_it_who_is_away_has_left_or_had_it_before(
    people: list[Member], terms: Handoff, had: frozenset[int], again: bool
) -> None:
    house = house_of(people)
    before = {one.id: one.open for one in people}
    found = choose(Asked(1, AGREEMENT, terms, About(account=1), had, again), house)
    compared = {"open", "next", "next_open"}  # where the load decided among several
    assert all(
        {"route", "to", "why", "because", "person", "team"} == set(step) - compared for step in found.steps
    )
    if found.person is None:
        assert again or found.why in {"held", "nobody"}
        assert {one.id: one.open for one in people} == before
        return
    chosen = house.staff.members[found.person]
    assert found.why in {"taken", "fallback"}
    assert chosen.active
    assert not chosen.away
    assert chosen.id not in had
    assert chosen.open == before[chosen.id] + 1
    assert not (again and found.why == "fallback")


@given(st.lists(members, max_size=8), handoffs)
def test_it_stands_in_a_queue_only_where_it_is_held_or_nobody_who_leads_is_there(
    people: list[Member], terms: Handoff
) -> None:
    found = choose(Asked(1, AGREEMENT, terms, About(account=1)), house_of(people))
    if found.why == "nobody":
        leading = [one for one in people if one.role == "administrator" and one.active and not one.away]
        assert not [one for one in leading if one.weight]
    if found.why == "held":
        assert terms.full == HOLD


@given(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=1, max_size=5), st.integers(1, 60))
def test_turns_never_stray_from_their_weights_by_more_than_one(weights: list[float], count: int) -> None:
    people = [Member(0, "", "inside_sales", 1, True, weight=weight) for weight in weights]
    house = house_of(people)
    terms = Handoff("inside_sales", routes=(Route("inside_sales", "turn"),))
    for lead in range(count):
        choose(Asked(lead, AGREEMENT, terms, About()), house)
    shares = [one.open / one.weight for one in people]
    assert max(shares) - min(shares) <= max(1 / weight for weight in weights) + 1e-9
