"""What leads do by themselves: visits, mail, webinars, trials. Sales comes after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasuki.simulate.calendar import DAY, HOUR, Calendar, Ints, human_times
from tasuki.simulate.catalogue import CHANNEL, FAMILY, FIRSTS, MIND, TOPICS, actions_of, preferences
from tasuki.simulate.people import NATURE, NEVER, SOURCE, Bools, People

SECOND = 1_000_000
_PREFERENCES = preferences()
_FIRST_FAMILIES = {
    "organic": (("newsletter", "whitepaper", "catalog"), (0.35, 0.55, 0.10)),
    "ads": (("whitepaper", "catalog"), (0.8, 0.2)),
    "exhibition": (("business_card",), (1.0,)),
    "webinar": (("webinar_register",), (1.0,)),
    "syndication": (("whitepaper",), (1.0,)),
}


@dataclass(frozen=True)
class Activities:
    """Parallel arrays (m,): who, when, which action, through which channel, in which campaign (-1 none)."""

    lead: Ints
    at: Ints
    action: Ints
    channel: Ints
    campaign: Ints

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, rows: Ints | Bools) -> Activities:
        """The rows chosen by index or mask."""
        return Activities(
            self.lead[rows], self.at[rows], self.action[rows], self.channel[rows], self.campaign[rows]
        )


def join(parts: list[Activities]) -> Activities:
    """All parts in one, sorted by lead and time; equal times stay in the order given."""
    merged = Activities(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Activities.__dataclass_fields__)
    )
    return merged.take(np.lexsort((merged.at, merged.lead)))


def behaviour_of(people: People, calendar: Calendar, rng: np.random.Generator) -> Activities:
    """Every activity of the leads before sales steps in, inside the span, sorted by lead and time."""
    visits = _visits(people, calendar, rng)
    parts = [
        _first_contacts(people, rng),
        _surveys(people, rng),
        visits,
        _trial_logins(people, visits, calendar, rng),
        _webinars(people, calendar, rng),
        *_mail(people, calendar, rng),
    ]
    merged = join(parts)
    inside = (merged.at >= people.created[merged.lead]) & (merged.at < calendar.end)
    return merged.take(inside)


def _plain(lead: Ints, at: Ints, action: Ints, channel: str) -> Activities:
    count = len(lead)
    return Activities(lead, at, action, np.full(count, CHANNEL[channel]), np.full(count, -1))


def _first_contacts(people: People, rng: np.random.Generator) -> Activities:
    """What made the lead known; those whom sales found itself did nothing."""
    family = np.full(len(people), -1, dtype=np.int64)
    pick = rng.random(len(people))
    for source, (families, shares) in _FIRST_FAMILIES.items():
        here = people.source == SOURCE[source]
        chosen = np.searchsorted(np.cumsum(shares), pick[here], side="right").clip(max=len(families) - 1)
        family[here] = np.array([FAMILY[name] for name in families])[chosen]
    lead = np.flatnonzero(family >= 0)
    action = actions_of(family[lead], people.topic[lead], rng)
    channels = np.array([CHANNEL[name] for name in _FIRST_FAMILIES])
    return Activities(
        lead, people.created[lead], action, channels[people.source[lead]], people.campaign[lead]
    )


def _surveys(people: People, rng: np.random.Generator) -> Activities:
    """The questionnaire at the booth: a polite yes is cheap, so it says little."""
    asked = (people.source == SOURCE["exhibition"]) & (rng.random(len(people)) < 0.3)
    lead = np.flatnonzero(asked)
    says_hot = rng.random(len(lead)) < 0.2 + 0.35 * people.intent[lead]
    action = FIRSTS[FAMILY["survey"]] + np.where(says_hot, 0, 1)
    survey = _plain(lead, people.created[lead] + 120 * SECOND, action, "exhibition")
    return Activities(survey.lead, survey.at, survey.action, survey.channel, people.campaign[lead])


def _visits(people: People, calendar: Calendar, rng: np.random.Generator) -> Activities:
    """Visits to the site: around a project many, otherwise few and fading, for the curious in between."""
    lead, wanted = _visit_times(people, rng)
    start = human_times(calendar, rng, wanted)
    start = np.maximum(start, people.created[lead] + rng.integers(20 * SECOND, 900 * SECOND, len(lead)))
    mind = _minds(people, lead, start, rng)
    length = 1 + rng.poisson(np.where(mind == MIND["curious"], 1.2, 2.0))
    visit = np.repeat(np.arange(len(lead)), length)
    step = np.arange(len(visit)) - np.repeat(np.cumsum(length) - length, length)
    pause = (20 + rng.exponential(80, len(visit))) * SECOND
    at = start[visit] + step * 25 * SECOND + (pause * (step > 0)).astype(np.int64)
    family = (_PREFERENCES[mind[visit]] < rng.random(len(visit))[:, None]).sum(axis=1)
    topic = _topics(people.topic[lead[visit]], rng)
    channel = np.array([CHANNEL[c] for c in ("direct", "organic", "ads", "email")])[
        np.searchsorted([0.35, 0.75, 0.88], rng.random(len(lead)), side="right")
    ]
    action = actions_of(family, topic, rng)
    return Activities(lead[visit], at, action, channel[visit], np.full(len(visit), -1))


def _visit_times(people: People, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Who comes and about when: around the first contact and around each project."""
    count = len(people)
    eager = np.array([2.7, 6.5, 5.0, 3.5, 2.2])[people.nature]
    cold = np.isin(people.source, [SOURCE["exhibition"], SOURCE["cold_call"], SOURCE["referral"]])
    background = rng.poisson(rng.gamma(0.55, 1 / 0.55, count) * np.where(cold, 0.5 * eager, eager)).clip(
        max=80
    )
    lead = np.repeat(np.arange(count), background)
    spread = np.array([70.0, 14.0, 200.0, 20.0, 30.0])[people.nature[lead]]
    wanted = people.created[lead] + (rng.exponential(spread) * DAY).astype(np.int64)
    leads, times = [lead], [wanted]
    for project in range(people.peaks.shape[1]):
        height = people.peaks[:, project]
        often = rng.poisson(rng.gamma(1.6, 1 / 1.6, count) * 10.0 * height).clip(max=80)
        lead = np.repeat(np.arange(count), often)
        away = rng.normal(0, 0.8, len(lead)) * people.widths[lead]
        leads.append(lead)
        times.append(people.tops[lead, project] + (away * DAY).astype(np.int64))
    lead, wanted = np.concatenate(leads), np.concatenate(times)
    later = wanted >= people.created[lead]
    return lead[later], wanted[later]


def _minds(people: People, lead: Ints, at: Ints, rng: np.random.Generator) -> Ints:
    """The state of mind of each visit: intent in four steps, blurred; outsiders have their own."""
    blurred = people.intent_at(lead, at) + rng.normal(0, 0.12, len(lead))
    mind = np.searchsorted([0.25, 0.5, 0.75], blurred).astype(np.int64)
    nature = people.nature[lead]
    return np.where(nature == NATURE["buyer"], mind, MIND["student"] + nature - 1)


def _topics(preferred: Ints, rng: np.random.Generator) -> Ints:
    strays = rng.random(len(preferred)) < 0.3
    return np.where(strays, rng.integers(0, len(TOPICS), len(preferred)), preferred)


def _trial_logins(
    people: People, visits: Activities, calendar: Calendar, rng: np.random.Generator
) -> Activities:
    """Logins in the 30 days of a trial: often with intent, soon silent without."""
    trial = visits.take(visits.action == FIRSTS[FAMILY["trial_start"]])
    logins = rng.poisson(1 + 9 * people.intent_at(trial.lead, trial.at))
    lead = np.repeat(trial.lead, logins)
    reach = np.repeat(3 + 27 * people.intent_at(trial.lead, trial.at), logins)
    wanted = np.repeat(trial.at, logins) + (rng.random(len(lead)) * reach * DAY).astype(np.int64) + HOUR
    at = np.maximum(human_times(calendar, rng, wanted), np.repeat(trial.at, logins) + 600 * SECOND)
    return _plain(lead, at, np.full(len(lead), FIRSTS[FAMILY["product_login"]]), "product")


def _webinars(people: People, calendar: Calendar, rng: np.random.Generator) -> Activities:
    """Registrations and attendances: those who came by a webinar, and whoever is invited later."""
    held = calendar.webinars * DAY + 14 * HOUR
    if not len(held):
        nobody = np.empty(0, dtype=np.int64)
        return _plain(nobody, nobody, nobody, "webinar")
    first = np.flatnonzero(people.source == SOURCE["webinar"])
    which = np.searchsorted(held, people.created[first])
    inside = which < len(held)
    pairs = np.column_stack([first[inside], which[inside]])
    attends_first = pairs[rng.random(len(pairs)) < 0.62]
    invited = np.argwhere(_will_register(people, held, rng))
    at = held[invited[:, 1]] - ((0.5 + rng.random(len(invited)) * 9) * DAY).astype(np.int64)
    registers = human_times(calendar, rng, at)
    known = (registers > people.created[invited[:, 0]]) & (registers < held[invited[:, 1]])
    invited, registers = invited[known], registers[known]
    comes = rng.random(len(invited)) < 0.5 + 0.3 * people.intent_at(invited[:, 0], held[invited[:, 1]])
    attends = np.concatenate([attends_first, invited[comes]])
    enters = held[attends[:, 1]] + rng.integers(-300 * SECOND, 600 * SECOND, len(attends))
    return join(
        [
            _plain(invited[:, 0], registers, _seminar("webinar_register", invited[:, 1]), "webinar"),
            _plain(attends[:, 0], enters, _seminar("webinar_attend", attends[:, 1]), "webinar"),
        ]
    )


def _will_register(people: People, held: Ints, rng: np.random.Generator) -> Bools:
    """(leads, webinars) who answers the invitation: a few, more with intent, students like it free."""
    lead = np.repeat(np.arange(len(people)), len(held))
    intent = people.intent_at(lead, np.tile(held, len(people))).reshape(len(people), len(held))
    chance = 0.004 + 0.11 * intent**2 + 0.05 * (people.nature == NATURE["student"])[:, None]
    willing: Bools = rng.random(intent.shape) < chance
    return willing


def _seminar(family: str, webinar: Ints) -> Ints:
    actions: Ints = FIRSTS[FAMILY[family]] + webinar % len(TOPICS)
    return actions


def _mail(people: People, calendar: Calendar, rng: np.random.Generator) -> tuple[Activities, ...]:
    """Opens, clicks and goodbyes after each mailing; after a goodbye there is no more mail."""
    sent = calendar.mailings * DAY + 10 * HOUR
    shape = (len(people), len(sent))
    fresh = np.exp(-np.maximum(sent[None, :] - people.created[:, None], 0) / (240 * DAY))
    reader = rng.beta(0.6, 2.2, len(people))[:, None]
    near = np.minimum(people.base[:, None] + people.peaks.max(axis=1)[:, None] * fresh, 1.0)
    u = rng.random(shape)
    leaves = (u > 0.9955) & (sent[None, :] > people.created[:, None])
    goodbye = np.where(leaves.any(axis=1), sent[leaves.argmax(axis=1)], NEVER)
    reached = (sent[None, :] > people.created[:, None]) & (sent[None, :] < goodbye[:, None])
    opens = reached & (u < 0.9 * reader * fresh)
    clicks = opens & (rng.random(shape) < 0.06 + 0.35 * near)
    parts = [_answers(people, sent, opens, "email_open", calendar, rng)]
    parts.append(_answers(people, sent, clicks, "email_click", calendar, rng))
    gone = np.flatnonzero(goodbye < NEVER)
    at = goodbye[gone] + rng.integers(HOUR, 8 * HOUR, len(gone))
    parts.append(_plain(gone, at, np.full(len(gone), FIRSTS[FAMILY["unsubscribe"]]), "email"))
    return tuple(parts)


def _answers(
    people: People, sent: Ints, answered: Bools, family: str, calendar: Calendar, rng: np.random.Generator
) -> Activities:
    pairs = np.argwhere(answered)
    lead, mailing = pairs[:, 0], pairs[:, 1]
    slow = 60 * SECOND if family == "email_open" else 300 * SECOND
    delay = (rng.exponential(3 * HOUR, len(lead))).clip(max=7 * DAY).astype(np.int64) + slow
    topic = np.where(mailing % 4 == 3, len(TOPICS), (mailing + people.topic[lead]) % len(TOPICS))
    campaign = calendar.campaign_of[calendar.mailings[mailing]]
    answers = _plain(lead, sent[mailing] + delay, FIRSTS[FAMILY[family]] + topic, "email")
    return Activities(answers.lead, answers.at, answers.action, answers.channel, campaign)
