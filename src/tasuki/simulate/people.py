"""Who the leads are: what everybody can see of them, and the intent and fit that nobody sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasuki.simulate.calendar import DAY, HOUR, Calendar, Floats, Ints, human_times
from tasuki.simulate.companies import MARKET, ORDINARY_FROM, RIVALS, UNIVERSITIES, VENDORS, Companies
from tasuki.simulate.words import (
    DECIDER_FROM,
    DEPARTMENTS,
    GIVEN_NAMES,
    MANAGER_FROM,
    STUDENT_TITLE,
    SURNAMES,
    TARGET_DEPARTMENTS,
)

Bools = NDArray[np.bool_]

SOURCES = ("organic", "ads", "exhibition", "webinar", "syndication", "referral", "cold_call")
SOURCE = {name: number for number, name in enumerate(SOURCES)}
_SOURCE_SHARES = (0.31, 0.19, 0.22, 0.12, 0.10, 0.02, 0.04)
_PROJECT_LIFT = np.array(
    [0.35, 0.0, -0.9, 0.25, -0.35, 1.3, 0.1]
)  # how likely a source brings someone who buys

NATURES = ("buyer", "student", "competitor", "job_seeker", "vendor")
NATURE = {name: number for number, name in enumerate(NATURES)}
_NATURE_SHARES = (0.89, 0.035, 0.015, 0.03, 0.03)

_TITLE_SHARES = np.cumsum([0.40, 0.13, 0.12, 0.16, 0.10, 0.02, 0.02, 0.03, 0.02])
NEVER = np.int64(2**62)

# how much of the profile the first contact told
FULL, SHORT, BARE = 0, 1, 2


@dataclass(frozen=True)
class People:
    """One entry per lead, arrays (n,); times as in the calendar."""

    source: Ints
    nature: Ints
    created: Ints
    topic: Ints  # preferred topic
    company: Ints
    spelling: Ints  # which spelling of the company's name was given
    surname: Ints
    given: Ints
    number: Ints  # tells namesakes apart in addresses and telephone numbers
    title: Ints
    department: Ints
    free_mail: Bools
    told: Ints  # FULL, SHORT or BARE
    completed: Ints  # when the rest of the profile becomes known, NEVER if it does not
    promoted: Ints  # when the title rises by one, NEVER if it does not
    campaign: Ints  # index into the calendar's campaigns, -1 without
    fit: Floats  # 0 to 1: how well the product would serve them
    base: Floats  # intent without a project
    peaks: Floats  # (n, 2) height of intent at the top of a project, 0 without one
    tops: Ints  # (n, 2) when
    widths: Floats  # (n,) days from the top to 60 % of it

    def __len__(self) -> int:
        return len(self.source)

    @property
    def intent(self) -> Floats:
        """(n,) the highest intent a lead ever has, 0 to 1."""
        highest: Floats = np.maximum(self.base, self.peaks.max(axis=1))
        return highest

    def intent_at(self, lead: Ints, at: Ints) -> Floats:
        """Intent (m,) of leads (m,) at times (m,): rises to each project's top and falls again."""
        away = (at[:, None] - self.tops[lead]) / DAY / self.widths[lead][:, None]
        curve: Floats = self.base[lead] + (self.peaks[lead] * np.exp(-0.5 * away**2)).max(axis=1)
        return np.minimum(curve, 1.0)


def people_of(count: int, calendar: Calendar, companies: Companies, rng: np.random.Generator) -> People:
    """`count` leads, drawn from `rng`."""
    source = _draw(rng, _SOURCE_SHARES, count)
    if not len(calendar.exhibitions):
        source[source == SOURCE["exhibition"]] = SOURCE["ads"]
    if not len(calendar.webinars):
        source[source == SOURCE["webinar"]] = SOURCE["organic"]
    created, campaign = _arrivals(source, calendar, rng)
    nature = _draw(rng, _NATURE_SHARES, count)
    nature[np.isin(source, [SOURCE["referral"], SOURCE["cold_call"]])] = NATURE["buyer"]
    company = _employers(nature, rng)
    title = _titles(nature, rng)
    department = (rng.random(count) ** 1.5 * len(DEPARTMENTS)).astype(np.int64)
    fit = _fit(title, department, company, companies, rng)
    base, peaks, tops, widths = _intents(source, nature, created, fit, rng)
    told = _told(source, rng)
    return People(
        source=source,
        nature=nature,
        created=created,
        topic=_draw(rng, (0.3, 0.3, 0.4), count),
        company=company,
        spelling=_draw(rng, (0.75, 0.17, 0.08), count),
        surname=(rng.random(count) ** 1.4 * len(SURNAMES)).astype(np.int64),
        given=rng.integers(0, len(GIVEN_NAMES), count),
        number=rng.integers(0, 10_000, count),
        title=title,
        department=department,
        free_mail=rng.random(count) < np.array([0.06, 0.5, 0.35, 0.7, 0.1])[nature],
        told=told,
        completed=np.where(told == FULL, created, _some_day(created, 0.62, 30, calendar, rng)),
        promoted=_some_day(created, 0.03, 300, calendar, rng),
        campaign=campaign,
        fit=fit,
        base=base,
        peaks=peaks,
        tops=tops,
        widths=widths,
    )


def _draw(rng: np.random.Generator, shares: tuple[float, ...], count: int) -> Ints:
    drawn = np.searchsorted(np.cumsum(shares), rng.random(count), side="right")
    return drawn.clip(max=len(shares) - 1).astype(np.int64)


def _titles(nature: Ints, rng: np.random.Generator) -> Ints:
    ladder = np.searchsorted(_TITLE_SHARES, rng.random(len(nature)), side="right").clip(max=STUDENT_TITLE - 1)
    return np.where(nature == NATURE["student"], STUDENT_TITLE, ladder)


def _arrivals(source: Ints, calendar: Calendar, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """When each lead becomes known, and through which campaign."""
    count = len(source)
    day = np.searchsorted(calendar.arrivals, rng.random(count), side="right").clip(max=calendar.days - 1)
    campaign = np.where(
        np.isin(source, [SOURCE["ads"], SOURCE["syndication"]]), calendar.campaign_of[day], -1
    )
    pick = rng.random(count)
    if len(calendar.exhibitions):
        show = (pick * len(calendar.exhibitions)).astype(np.int64)
        there = source == SOURCE["exhibition"]
        day = np.where(there, calendar.exhibitions[show] + (rng.random(count) * 3).astype(np.int64), day)
        campaign = np.where(there, calendar.exhibition_campaign[show], campaign)
    if len(calendar.webinars):
        held = calendar.webinars[(pick * len(calendar.webinars)).astype(np.int64)]
        early = (rng.random(count) * 8).astype(np.int64)
        day = np.where(source == SOURCE["webinar"], np.maximum(held - early, 0), day)
    day = np.minimum(day, calendar.days - 1)
    hour = np.searchsorted(calendar.hours, rng.random(count), side="right")
    at_work = np.isin(source, [SOURCE["exhibition"], SOURCE["referral"], SOURCE["cold_call"]])
    hour = np.where(at_work, 10 + (rng.random(count) * 7).astype(np.int64), hour)
    # a webinar of the same day is still ahead of whoever registers for it
    hour = np.where(source == SOURCE["webinar"], np.minimum(hour, 12), hour)
    return day * DAY + hour * HOUR + rng.integers(0, HOUR, count), campaign


def _employers(nature: Ints, rng: np.random.Generator) -> Ints:
    """Large companies send many leads, most companies one or two; outsiders come from their own."""
    company = ORDINARY_FROM + (rng.random(len(nature)) ** 2 * MARKET).astype(np.int64)
    second = rng.integers(0, 2, len(nature))
    hidden = rng.random(len(nature)) < 0.3  # a rival's man who names another employer
    company = np.where((nature == NATURE["competitor"]) & ~hidden, np.array(RIVALS)[second], company)
    company = np.where(nature == NATURE["student"], np.array(UNIVERSITIES)[second], company)
    return np.where(nature == NATURE["vendor"], np.array(VENDORS)[second], company)


def _fit(
    title: Ints, department: Ints, company: Ints, companies: Companies, rng: np.random.Generator
) -> Floats:
    """How well the product would serve them: what shows in the profile, and a part that does not."""
    visible = (
        0.25 * ((title >= DECIDER_FROM) & (title < STUDENT_TITLE))
        + 0.12 * ((title >= MANAGER_FROM) & (title < DECIDER_FROM))
        + 0.22 * companies.target_size[company]
        + 0.20 * companies.target_industry[company]
        + 0.13 * (department < TARGET_DEPARTMENTS)
    )
    return np.clip(0.05 + visible + rng.normal(0, 0.12, len(title)), 0, 1)


def _intents(
    source: Ints, nature: Ints, created: Ints, fit: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Ints, Floats]:
    """Base level, heights and times of up to two projects, and their width: most leads never have one."""
    count = len(source)
    odds = -3.0 + 2.6 * fit + _PROJECT_LIFT[source]
    has_project = (rng.random(count) < 1 / (1 + np.exp(-odds))) & (nature == NATURE["buyer"])
    comes_back = rng.random(count) < 0.12
    heights = rng.beta(4, 2, (count, 2))
    peaks = np.where(np.stack([has_project, has_project & comes_back], axis=1), heights, 0.0)
    soon = rng.random(count) < 0.5  # half of them came because the project had begun
    first = np.where(soon, rng.gamma(2, 10, count), 20 + rng.exponential(140, count))
    second = first + rng.uniform(150, 420, count)
    tops = created[:, None] + (np.stack([first, second], axis=1) * DAY).astype(np.int64)
    return rng.beta(1.3, 8, count), peaks, tops, rng.uniform(15, 50, count)


def _told(source: Ints, rng: np.random.Generator) -> Ints:
    """A business card tells all, a call from sales nearly so, a form what it asks for."""
    full = np.array([0.55, 0.55, 0.92, 0.8, 0.6, 1.0, 1.0])[source]
    bare = np.array([0.12, 0.06, 0.01, 0.0, 0.0, 0.0, 0.0])[source]
    u = rng.random(len(source))
    return np.where(u < full, FULL, np.where(u < full + bare, BARE, SHORT)).astype(np.int64)


def _some_day(
    after: Ints, share: float, mean_days: float, calendar: Calendar, rng: np.random.Generator
) -> Ints:
    """For a share of the leads a time about `mean_days` after the first, for the others NEVER."""
    wanted = after + (rng.exponential(mean_days, len(after)) * DAY).astype(np.int64) + DAY
    at = human_times(calendar, rng, wanted)
    kept = (rng.random(len(after)) < share) & (at > after) & (at < calendar.end)
    return np.where(kept, at, NEVER)
