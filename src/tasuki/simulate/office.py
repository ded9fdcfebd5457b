"""Marketing, inside sales and field sales at work: the arrays their kernel reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numba
import numpy as np

from tasuki.simulate.impressions import Records, looks, rule_of_action, rules
from tasuki.simulate.people import BARE, FULL, NATURE, NEVER, SOURCE, People

if TYPE_CHECKING:
    from tasuki.simulate.behaviour import Activities
    from tasuki.simulate.calendar import Calendar, Floats, Ints
    from tasuki.simulate.companies import Companies

STAGES = ("", "MAL", "MQL", "SGL", "SAL", "SQL", "OPPORTUNITY", "WON", "LOST", "RECYCLED", "DISQUALIFIED")
NONE, MAL, MQL, SGL, SAL, SQL, OPPORTUNITY, WON, LOST, RECYCLED, DISQUALIFIED = range(len(STAGES))
ROLES = ("marketing", "inside_sales", "sales")
MARKETING, INSIDE_SALES, SALES = range(len(ROLES))
REASONS = (
    "",
    "no_budget_now",
    "no_response",
    "timing",
    "evaluating_rival",
    "competitor",
    "student",
    "bad_data",
    "no_authority",
    "no_need",
    "price",
    "rival_chosen",
    "project_cancelled",
)
(
    NO_REASON,
    NO_BUDGET,
    NO_RESPONSE,
    TIMING,
    EVALUATING,
    COMPETITOR,
    STUDENT,
    BAD_DATA,
    NO_AUTHORITY,
    NO_NEED,
    PRICE,
    RIVAL_CHOSEN,
    CANCELLED,
) = range(len(REASONS))

INSIDE_REPS, FIELD_REPS = 12, 8
MOST_DECISIONS = 30  # of one lead; then sales leaves it alone
MOST_TOUCHES = 40
MOST_DEALS = MOST_DECISIONS // 3  # between two deals lie more decisions than that
DRAWS = 128  # random numbers a lead may use up, then it meets them again

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def compiled(function: Compiled) -> Compiled:
    """The function in machine code, to be called from other compiled ones only."""
    # No arrays are made in there, so none need counting, and nothing calls it from outside: a third of the
    # compiling time is left.
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("Compiled", numba.njit(nogil=True, **options)(function))


def entry(function: Compiled) -> Compiled:
    """The function in machine code, callable from threads side by side; kept on disk for the next start."""
    return cast("Compiled", numba.njit(cache=True, nogil=True)(function))


class Reps(NamedTuple):
    """What the people in sales are like, (INSIDE_REPS,) and (FIELD_REPS,)."""

    neglect: Floats  # share of handed leads never answered
    slowness: Floats  # factor on the delay of an answer
    bias: Floats  # generosity, in log-odds of accepting
    skill: Floats  # log-odds of closing


class Office(NamedTuple):
    """What is the same for all leads."""

    end: int
    open_days: Ints
    opened_before: Ints
    rule_of: Ints  # (actions,)
    rules: Records  # (rules,) RULE
    reps: Reps


# One lead as sales meets it, known and unknown.
CASE = np.dtype(
    [
        ("created", "i8"),
        ("taken_in", "i8"),  # when the profile has address and company
        ("completed", "i8"),
        ("early_fit", "f8"),  # as the profile shows it
        ("full_fit", "f8"),
        ("fit", "f8"),  # as it is
        ("base", "f8"),
        ("peaks", "f8", (2,)),
        ("tops", "i8", (2,)),
        ("width", "f8"),
        ("nature", "i8"),
        ("is_found", "i8"),  # 1: found by sales itself
        ("is_rival", "i8"),  # 1: the agreement never promotes it by itself
        ("inside_rep", "i8"),
        ("field_rep", "i8"),
    ]
)


class Cases(NamedTuple):
    """What sales deals with; `first_row` (n + 1,) points into `at` and `action` (activities,)."""

    first_row: Ints
    at: Ints
    action: Ints
    who: Records  # (n,) CASE
    draws: Floats  # (n, DRAWS) uniform


class Book(NamedTuple):
    """What comes out, each table in the order written; `rows` says how much of each is filled."""

    rows: Ints  # (3,) of decisions, touches, deals
    decisions: Ints  # (most, 7) lead, at, stage, role, reason, until (day or -1), answers (bits or -1)
    touches: Ints  # (most, 3) lead, at, action
    reached: Ints  # (n, stages) first time in each stage, -1 never
    stage: Ints  # (n,) last stage
    deals: Ints  # (most, 4) lead, opened, closed (-1: not yet), 1 won or 0


def reps_of(seed: int) -> Reps:
    """The sales team that belongs to a seed."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 1])))
    return Reps(
        neglect=rng.uniform(0.03, 0.32, INSIDE_REPS),
        slowness=np.exp(rng.normal(0, 0.7, INSIDE_REPS)),
        bias=rng.normal(0, 0.6, INSIDE_REPS),
        skill=rng.normal(0, 0.35, FIELD_REPS),
    )


def office_of(calendar: Calendar, reps: Reps) -> Office:
    """The office that works by a calendar."""
    return Office(calendar.end, calendar.open_days, calendar.opened_before, rule_of_action(), rules(), reps)


def cases_of(people: People, companies: Companies, did: Activities, rng: np.random.Generator) -> Cases:
    """The leads of a block as sales meets them."""
    count = len(people)
    early, full = looks(people, companies)
    rival = (people.nature == NATURE["competitor"]) & (people.company < 2)
    # neighbours share a rep, as territories do
    region = companies.prefecture[people.company]
    who = np.zeros(count, CASE)
    known = {
        "created": people.created,
        "taken_in": np.where(rival, NEVER, np.where(people.told == BARE, people.completed, people.created)),
        "completed": np.where(people.told == FULL, people.created, people.completed),
        "early_fit": early,
        "full_fit": full,
        "fit": people.fit,
        "base": people.base,
        "peaks": people.peaks,
        "tops": people.tops,
        "width": people.widths,
        "nature": people.nature,
        "is_found": np.isin(people.source, [SOURCE["referral"], SOURCE["cold_call"]]),
        "is_rival": rival,
        "inside_rep": (region + rng.integers(0, 3, count)) % INSIDE_REPS,
        "field_rep": (region + rng.integers(0, 2, count)) % FIELD_REPS,
    }
    for field, values in known.items():
        who[field] = values
    first_row = np.searchsorted(did.lead, np.arange(count + 1))
    return Cases(first_row, did.at, did.action, who, rng.random((count, DRAWS)))


def blank_book(count: int) -> Book:
    """Room for everything `count` leads can cause."""
    return Book(
        rows=np.zeros(3, dtype=np.int64),
        decisions=np.empty((count * MOST_DECISIONS, 7), dtype=np.int64),
        touches=np.empty((count * MOST_TOUCHES, 3), dtype=np.int64),
        reached=np.full((count, len(STAGES)), -1, dtype=np.int64),
        stage=np.zeros(count, dtype=np.int64),
        deals=np.empty((count * MOST_DEALS, 4), dtype=np.int64),
    )
