"""How warm a lead looks to the people at work: a rough running score over what it did.

It stands beside `examples/yamada/agreement.yaml` without being it: reps see a list roughly sorted by warmth,
and the made-up decisions must be ones that the agreement mostly allows. Only the engine says what a score is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasuki.simulate.calendar import DAY, Floats, Ints
from tasuki.simulate.catalogue import ACTIONS, FAMILY, FIRSTS, SIZES
from tasuki.simulate.people import SHORT, People
from tasuki.simulate.words import DECIDER_FROM, MANAGER_FROM, STUDENT_TITLE, TARGET_DEPARTMENTS

if TYPE_CHECKING:
    from tasuki.simulate.companies import Companies

EXPIRES, HALVES, FADES = 0, 1, 2


class Impression(NamedTuple):
    """Points for one kind of activity, how they age over `days`, and how many count within `per` days."""

    points: float
    decay: int
    days: int
    at_most: int = 1000
    per: int = 1


_BY_FAMILY = {
    "product": Impression(2, EXPIRES, 30, 3, 1),
    "pricing_page": Impression(8, EXPIRES, 60, 3, 7),
    "case_page": Impression(3, EXPIRES, 60, 3, 7),
    "docs": Impression(3, EXPIRES, 30, 2, 7),
    "recruit": Impression(-10, EXPIRES, 90, 3, 30),
    "whitepaper": Impression(15, HALVES, 30, 4, 30),
    "case_study": Impression(14, HALVES, 45, 3, 30),
    "price_sheet": Impression(20, HALVES, 30, 1, 14),
    "catalog": Impression(8, HALVES, 30, 2, 30),
    "contact": Impression(50, HALVES, 30, 1, 1),
    "estimate": Impression(50, HALVES, 30, 1, 1),
    "webinar_register": Impression(5, EXPIRES, 30),
    "webinar_attend": Impression(20, HALVES, 60),
    "email_open": Impression(1, EXPIRES, 14, 3, 14),
    "email_click": Impression(6, FADES, 45, 4, 30),
    "business_card": Impression(15, EXPIRES, 90),
    "trial_start": Impression(35, HALVES, 30, 1, 90),
    "product_login": Impression(5, EXPIRES, 21, 1, 1),
    "unsubscribe": Impression(-20, EXPIRES, 120),
}
_SURVEY_HOT = Impression(20, HALVES, 60)
_SILENCE = Impression(-10, EXPIRES, 90)
_COMEBACK = Impression(20, EXPIRES, 30, 1, 30)
_RULES = (*_BY_FAMILY.values(), _SURVEY_HOT, _SILENCE, _COMEBACK)
SILENCE, COMEBACK = len(_RULES) - 2, len(_RULES) - 1

BAR, LEAST_HEAT, LEAST_FIT = 100.0, 30.0, 20.0


RULE = np.dtype(
    [
        ("points", "f8"),
        ("decay", "i8"),
        ("life", "i8"),
        ("at_most", "i8"),
        ("per", "i8"),
    ]  # times in microseconds
)
Records = NDArray[np.void]


def rule_of_action() -> Ints:
    """(actions,) the rule each action falls under, -1 without."""
    of_action = np.full(len(ACTIONS), -1, dtype=np.int64)
    for rule, family in enumerate(_BY_FAMILY):
        first = FIRSTS[FAMILY[family]]
        of_action[first : first + SIZES[FAMILY[family]]] = rule
    of_action[FIRSTS[FAMILY["survey"]]] = len(_BY_FAMILY)
    return of_action


def rules() -> Records:
    """(rules,) the impressions as RULE records."""
    return np.array([(r.points, r.decay, r.days * DAY, r.at_most, r.per * DAY) for r in _RULES], RULE)


def looks(people: People, companies: Companies) -> tuple[Floats, Floats]:
    """Fit points (n,) as the profile shows them: from the first contact, and once it is complete."""
    title = people.title
    person = (
        25.0 * ((title >= DECIDER_FROM) & (title < STUDENT_TITLE))
        + 12.0 * ((title >= MANAGER_FROM) & (title < DECIDER_FROM))
        + 10.0 * ((people.department < TARGET_DEPARTMENTS) & (title != STUDENT_TITLE))
    )
    size, industry = companies.target_size[people.company], companies.target_industry[people.company]
    firm = 20.0 * size + 15.0 * industry
    mail = -20.0 * people.free_mail
    known = people.told < SHORT
    early = np.clip(mail + np.where(known, person + firm, 0.0), 0, 70)
    return early, np.clip(mail + person + firm, 0, 70)
