"""Who looked at a form: everybody who sent one, and those who looked and went on without sending it.

Drawn from numbers of their own, after everything else. Looks at forms mean nothing to the agreement, and none is earlier
than a lead's first act or later than its last, so the rest of the company is the same with them as without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasuki.simulate.behaviour import SECOND, Activities
from tasuki.simulate.calendar import DAY, Floats, Ints
from tasuki.simulate.catalogue import FAMILY, FIRSTS, FORMS, SIZES
from tasuki.simulate.people import SOURCES, Bools, People

_LEADS_TO = {
    "pricing_page": ("estimate", 0.24),
    "product": ("contact", 0.13),
    "case_page": ("contact", 0.10),
    "docs": ("contact", 0.06),
    "company": ("contact", 0.08),
    "blog": ("newsletter", 0.07),
}
"""From which page one comes to which form, and how many of those who come turn away from it."""
_TURNS_AWAY = {
    "organic": 1.0, "ads": 1.7, "exhibition": 0.9, "webinar": 0.7, "syndication": 1.4, "referral": 0.4, "cold_call": 0.8,
}  # fmt: skip
"""How much more, or less, often than that, by where the lead came from."""
_OF_CAMPAIGNS = (0.6, 1.0, 1.5)
"""The same by campaign, one after the other: what they promise keeps the form's word, or does not."""
_ONE_VISIT = 30 * 60 * SECOND
_FOR_GOOD = 2 * DAY
_ROOM = 8 * SECOND
"""Between two pages so much time is left that a form can have been looked at."""


@dataclass(frozen=True)
class Looks:
    """`views`: by lead and time. Per lead (n,): on how many days it saw how many forms, and of those how many it sent."""

    views: Activities
    seen: Ints
    sent: Ints


def looks_of(people: People, did: Activities, rng: np.random.Generator) -> Looks:
    """Looks at forms by leads that `did` all that; they come before what they belong to, where times are equal."""
    family = _families(did.action)
    form = _form_of(family)
    left = _left(people, did, family, form, rng)
    sent = np.flatnonzero(form >= 0)
    at = np.concatenate([_before(did, sent, rng), _between(did, left, rng)])
    which = np.concatenate([form[sent], _leads_to(family[left])])
    rows, done = np.concatenate([sent, left]), np.arange(len(at)) < len(sent)
    kept = done | ~_is_sent_soon(did, sent, form, rows, at, which)
    at, which, rows, done = at[kept], which[kept], rows[kept], done[kept]
    views = Activities(
        did.lead[rows], at, FIRSTS[FAMILY["form_view"]] + which, did.channel[rows], did.campaign[rows]
    )
    order = np.lexsort((views.at, views.lead))
    return Looks(views.take(order), *_counted(len(people), views, which, done))


def _families(action: Ints) -> Ints:
    return np.repeat(np.arange(len(SIZES)), SIZES)[action]


def _form_of(family: Ints) -> Ints:
    """Which form was sent, -1 none."""
    table = np.full(len(SIZES), -1)
    table[[FAMILY[name] for name in FORMS]] = np.arange(len(FORMS))
    return table[family]


def _leads_to(family: Ints) -> Ints:
    table = np.zeros(len(SIZES), dtype=np.int64)
    for page, (name, _) in _LEADS_TO.items():
        table[FAMILY[page]] = FORMS.index(name)
    return table[family]


def _left(people: People, did: Activities, family: Ints, form: Ints, rng: np.random.Generator) -> Ints:
    """Pages after which a form was looked at and left: within a visit that goes on to something else than that."""
    chance = np.zeros(len(SIZES))
    chance[[FAMILY[name] for name in _LEADS_TO]] = [share for _, share in _LEADS_TO.values()]
    goes_on = np.zeros(len(did), dtype=np.bool_)
    pause = np.diff(did.at)
    goes_on[:-1] = (did.lead[1:] == did.lead[:-1]) & (pause >= _ROOM) & (pause <= _ONE_VISIT) & (form[1:] < 0)
    return np.flatnonzero(goes_on & (rng.random(len(did)) < chance[family] * _patience(people)[did.lead]))


def _patience(people: People) -> Floats:
    by_source = np.array([_TURNS_AWAY[name] for name in SOURCES])[people.source]
    by_campaign = np.array(_OF_CAMPAIGNS)[people.campaign % len(_OF_CAMPAIGNS)]
    return by_source * np.where(people.campaign < 0, 1.0, by_campaign)


def _before(did: Activities, sent: Ints, rng: np.random.Generator) -> Ints:
    """When those who sent a form had opened it: a minute or two before, after what they did before that.

    Whose first act it was had no name before: it begins at the instant of sending.
    """
    took = (20 + rng.exponential(60, len(sent))) * SECOND
    ago = np.where(sent > 0, did.at[sent] - did.at[sent - 1], 0)
    is_first = (sent == 0) | (did.lead[sent] != did.lead[sent - 1])
    return did.at[sent] - np.where(is_first, 0, np.minimum(took, 0.8 * ago)).astype(np.int64)


def _between(did: Activities, left: Ints, rng: np.random.Generator) -> Ints:
    """Some time between a page and the next one."""
    pause = did.at[left + 1] - did.at[left] if len(left) else left
    return did.at[left] + ((0.2 + 0.6 * rng.random(len(left))) * pause).astype(np.int64)


def _is_sent_soon(did: Activities, sent: Ints, form: Ints, rows: Ints, at: Ints, which: Ints) -> Bools:
    """Whether that form is sent within two days after the look: then it was not left for good."""
    span = int(did.at.max(initial=0)) + _FOR_GOOD
    # one number for lead, form and time, so that one search finds the next sending of the same lead and form
    sendings = np.sort((did.lead[sent] * len(FORMS) + form[sent]) * span + did.at[sent])
    looks = (did.lead[rows] * len(FORMS) + which) * span + at
    after = np.searchsorted(sendings, looks)
    soon: Bools = np.append(sendings, np.iinfo(np.int64).max)[after] < looks + _FOR_GOOD
    return soon


def _counted(leads: int, views: Activities, which: Ints, done: Bools) -> tuple[Ints, Ints]:
    """Per lead, on how many days it looked at how many forms, and of those how many it sent."""
    days = int(views.at.max(initial=0)) // DAY + 1
    visit = (views.lead * len(FORMS) + which) * days + views.at // DAY
    every, ended = np.unique(visit), np.unique(visit[done])
    lead_of = len(FORMS) * days
    return np.bincount(every // lead_of, minlength=leads), np.bincount(ended // lead_of, minlength=leads)
