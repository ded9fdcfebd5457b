"""Every distinct activity the made-up company can record, in families, and what each state of mind prefers.

An activity is a code into `ACTIONS`. A family with a topic holds its actions topic by topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from tasuki.simulate.calendar import Floats, Ints

TOPICS = ("security", "cost", "operations")
FORMS = ("contact", "estimate", "newsletter")


class Action(NamedTuple):
    """The properties of one distinct activity, without its channel and campaign; "" is absent."""

    type: str
    path: str = ""
    kind: str = ""
    topic: str = ""
    outcome: str = ""


def _by_topic(type_: str, path: str, kind: str, each: int) -> list[Action]:
    return [Action(type_, path.format(t=t, k=k), kind, t) for t in TOPICS for k in range(1, each + 1)]


FAMILIES: dict[str, list[Action]] = {
    "blog": _by_topic("page_view", "/blog/{t}-{k}", "blog", 4),
    "product": [
        Action("page_view", f"/products/{p}", "product") for p in ("mihari", "gateway", "mihari/security")
    ],
    "pricing_page": [Action("page_view", p, "pricing") for p in ("/pricing", "/price/simulation")],
    "case_page": _by_topic("page_view", "/case/{t}-{k}", "case_study", 2),
    "recruit": [Action("page_view", p) for p in ("/recruit", "/recruit/graduates", "/recruit/career")],
    "company": [Action("page_view", p) for p in ("/company", "/company/ir")],
    "docs": [Action("page_view", p, "docs") for p in ("/docs/api", "/docs/setup")],
    "whitepaper": _by_topic("download", "/download/whitepaper-{t}-{k}", "whitepaper", 3),
    "case_study": _by_topic("download", "/download/case-{t}-{k}", "case_study", 2),
    "price_sheet": [Action("download", "/download/price-sheet", "pricing")],
    "catalog": [Action("download", f"/download/catalog-{p}", "catalog") for p in ("mihari", "gateway")],
    **{name: [Action("form_submit", f"/{name}")] for name in FORMS},
    "webinar_register": _by_topic("webinar_register", "/seminar/{t}", "webinar", 1),
    "webinar_attend": _by_topic("webinar_attend", "/seminar/{t}", "webinar", 1),
    "email_open": [Action("email_open", topic=t) for t in (*TOPICS, "product")],
    "email_click": [Action("email_click", topic=t) for t in (*TOPICS, "product")],
    "unsubscribe": [Action("unsubscribe")],
    "business_card": [Action("business_card")],
    "survey": [Action("survey_answer", "/survey", outcome=o) for o in ("hot", "cold")],
    "trial_start": [Action("trial_start", "/trial")],
    "product_login": [Action("product_login", "/app")],
    "call": [Action("call", outcome=o) for o in ("connected", "no_answer")],
    "meeting": [Action("meeting", outcome=o) for o in ("first", "proposal")],
    "form_view": [Action("form_view", f"/{name}") for name in FORMS],
}

FAMILY = {name: number for number, name in enumerate(FAMILIES)}
ACTIONS: tuple[Action, ...] = tuple(action for actions in FAMILIES.values() for action in actions)
SIZES: Ints = np.array([len(actions) for actions in FAMILIES.values()], dtype=np.int64)
FIRSTS: Ints = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
HAS_TOPIC = np.array([all(a.topic in TOPICS for a in actions) for actions in FAMILIES.values()])

CHANNELS = (
    "organic",
    "ads",
    "email",
    "direct",
    "exhibition",
    "webinar",
    "phone",
    "product",
    "syndication",
    "visit",
)
CHANNEL = {name: number for number, name in enumerate(CHANNELS)}

# What a visitor does next, by state of mind; the rest of each row goes to the blog.
_PREFERENCES: dict[str, dict[str, float]] = {
    "curious": {"product": 0.12, "pricing_page": 0.05, "case_page": 0.08, "company": 0.06, "docs": 0.03,
                "recruit": 0.02, "whitepaper": 0.10, "case_study": 0.01},
    "interested": {"product": 0.20, "pricing_page": 0.08, "case_page": 0.14, "company": 0.04, "docs": 0.05,
                   "whitepaper": 0.14, "case_study": 0.04, "catalog": 0.03, "contact": 0.003},
    "comparing": {"product": 0.19, "pricing_page": 0.18, "case_page": 0.16, "docs": 0.07, "whitepaper": 0.09,
                  "case_study": 0.08, "price_sheet": 0.05, "catalog": 0.03, "contact": 0.015,
                  "estimate": 0.005, "trial_start": 0.015},
    "deciding": {"product": 0.15, "pricing_page": 0.25, "case_page": 0.14, "docs": 0.09, "whitepaper": 0.05,
                 "case_study": 0.10, "price_sheet": 0.07, "contact": 0.04, "estimate": 0.03,
                 "trial_start": 0.04},
    "student": {"whitepaper": 0.36, "case_study": 0.08, "recruit": 0.08, "company": 0.08},
    "competitor": {"product": 0.26, "pricing_page": 0.33, "docs": 0.20, "price_sheet": 0.06,
                   "case_study": 0.06, "trial_start": 0.015},
    "job_seeker": {"recruit": 0.50, "company": 0.28, "case_page": 0.08, "whitepaper": 0.04},
    "vendor": {"company": 0.30, "product": 0.20, "contact": 0.06, "whitepaper": 0.05, "pricing_page": 0.04},
}  # fmt: skip

MIND = {name: number for number, name in enumerate(_PREFERENCES)}


def preferences() -> Floats:
    """(minds, families) cumulative shares of the family of the next action."""
    table = np.zeros((len(_PREFERENCES), len(FAMILIES)))
    for mind, wishes in enumerate(_PREFERENCES.values()):
        for family, share in wishes.items():
            table[mind, FAMILY[family]] = share
        table[mind, FAMILY["blog"]] = 1 - sum(wishes.values())
    shares: Floats = np.cumsum(table, axis=1)
    shares[:, -1] = 1.0
    return shares


def actions_of(families: Ints, topics: Ints, rng: np.random.Generator) -> Ints:
    """One action (n,) of each family (n,), about the lead's topic (n,) where the family has topics."""
    each = np.where(HAS_TOPIC[families], SIZES[families] // len(TOPICS), SIZES[families])
    offset = np.where(HAS_TOPIC[families], topics * each, 0)
    return FIRSTS[families] + offset + (rng.random(len(families)) * each).astype(np.int64)
