"""One lead after another through the hands of marketing and sales: a compiled walk along its activities.

At any time at most one next step is planned for a lead; activities in between can change the plan. A step is
taken at its own time, in working hours, and writes the decision into the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tasuki.simulate.calendar import DAY, HOUR, OPEN_FOR, OPENS, Ints
from tasuki.simulate.catalogue import FAMILY, FIRSTS, SIZES
from tasuki.simulate.impressions import (
    BAR,
    COMEBACK,
    EXPIRES,
    HALVES,
    LEAST_FIT,
    LEAST_HEAT,
    SILENCE,
)
from tasuki.simulate.office import (
    BAD_DATA,
    CANCELLED,
    COMPETITOR,
    DISQUALIFIED,
    DRAWS,
    EVALUATING,
    INSIDE_SALES,
    LOST,
    MAL,
    MARKETING,
    MOST_DECISIONS,
    MOST_TOUCHES,
    MQL,
    NO_AUTHORITY,
    NO_BUDGET,
    NO_NEED,
    NO_REASON,
    NO_RESPONSE,
    NONE,
    OPPORTUNITY,
    PRICE,
    RECYCLED,
    RIVAL_CHOSEN,
    SAL,
    SALES,
    SGL,
    SQL,
    STUDENT,
    TIMING,
    WON,
    Book,
    Cases,
    Office,
    compiled,
    entry,
)

NOTHING, ANSWER, QUALIFY, OPEN_DEAL, CLOSE, TAKE_BACK, BY_HAND, TIMEOUT, CLEAN_UP = range(9)
BUYER, IS_STUDENT, IS_COMPETITOR = 0, 1, 2
BUDGET, AUTHORITY, NEED, WHEN = 1, 2, 4, 8  # bits of the four answers
NO_DAY, NO_ANSWERS = -1, -1
MINUTE = 60_000_000
MQL_TIMEOUT, SAL_TIMEOUT = 30 * DAY, 60 * DAY
MONTH = 30 * DAY

_CONTACT, _ESTIMATE = int(FIRSTS[FAMILY["contact"]]), int(FIRSTS[FAMILY["estimate"]])
_TRIAL, _UNSUBSCRIBE = int(FIRSTS[FAMILY["trial_start"]]), int(FIRSTS[FAMILY["unsubscribe"]])
_CALL, _MEETING = int(FIRSTS[FAMILY["call"]]), int(FIRSTS[FAMILY["meeting"]])
_PAGES_END = int(FIRSTS[FAMILY["docs"]] + SIZES[FAMILY["docs"]])  # pages come first in the catalogue

# What sales holds in mind about the lead at hand.
DESK = np.dtype(
    [
        ("lead", "i8"),
        ("stage", "i8"),
        ("entered", "i8"),
        ("step", "i8"),  # what is planned next
        ("due", "i8"),
        ("until", "i8"),  # day of re-approach
        ("hits", "i8"),  # impressions in mind
        ("seen", "i8"),  # time of the last activity
        ("warmest", "f8"),  # highest warmth since it was handed over
        ("asked", "i8"),  # it came by itself with a request
        ("tries", "i8"),  # talks without a result
        ("strength", "f8"),  # intent when the deal was opened
        ("drawn", "i8"),
        ("decisions", "i8"),
        ("touches", "i8"),
    ]
)


@entry
def work(cases: Cases, office: Office, book: Book) -> None:
    """Walk every lead of the block and fill the book."""
    longest = 8 + 4 * np.max(cases.first_row[1:] - cases.first_row[:-1])
    hit_at, hit_rule = np.empty(longest, np.int64), np.empty(longest, np.int64)
    desks = np.zeros(1, DESK)
    desk = desks[0]
    for lead in range(len(cases.who)):
        _begin(desk, lead, cases, office, book)
        for row in range(cases.first_row[lead], cases.first_row[lead + 1]):
            _take_steps(desk, cases.at[row], cases, office, book)
            _notice(desk, row, hit_at, hit_rule, cases, office, book)
        _take_steps(desk, office.end, cases, office, book)
        _settle(desk, office.end, cases, book)
        book.stage[lead] = desk.stage


@compiled
def _begin(desk: Any, lead: int, cases: Cases, office: Office, book: Book) -> None:
    desk.lead, desk.stage, desk.step, desk.until = lead, NONE, NOTHING, NO_DAY
    desk.hits, desk.tries, desk.drawn, desk.decisions, desk.touches = 0, 0, 0, 0, 0
    desk.asked, desk.seen, desk.warmest, desk.strength = 0, cases.who[lead].created, 0.0, 0.0
    created = cases.who[lead].created
    if cases.who[lead].is_found == 1:
        _touch(desk, created, _CALL, book)
        role = SALES if _draw(desk, cases) < 0.6 else INSIDE_SALES
        _decide(desk, created, SGL, role, NO_REASON, NO_ANSWERS, book)
        _plan(desk, ANSWER, _office_time(created, _delay(desk, cases, 30 * HOUR), office))
        return
    luck = _draw(desk, cases)
    if luck < 0.012:
        _plan(desk, BY_HAND, _office_time(created, _delay(desk, cases, 40 * HOUR), office))
    elif cases.who[lead].nature == IS_STUDENT and luck < 0.35:
        _plan(desk, CLEAN_UP, _office_time(created, _delay(desk, cases, 90 * HOUR), office))
    elif luck > 0.992:
        _plan(desk, CLEAN_UP, _office_time(created, _delay(desk, cases, 60 * HOUR), office))


@compiled
def _take_steps(desk: Any, until: int, cases: Cases, office: Office, book: Book) -> None:
    """All planned steps before a time."""
    while desk.step != NOTHING and desk.due < until and desk.decisions < MOST_DECISIONS - 2:
        step, now = desk.step, desk.due
        desk.step = NOTHING
        _settle(desk, now, cases, book)
        if step == ANSWER:
            _answer(desk, now, cases, office, book)
        elif step == QUALIFY:
            _qualify(desk, now, cases, office, book)
        elif step == OPEN_DEAL:
            _open_deal(desk, now, cases, office, book)
        elif step == CLOSE:
            _close(desk, now, cases, office, book)
        elif step == TIMEOUT:
            desk.until = NO_DAY
            _enter(desk, RECYCLED, now, book)
        else:
            _tidy(desk, step, now, cases, office, book)


@compiled
def _settle(desk: Any, now: int, cases: Cases, book: Book) -> None:
    """Marketing takes a lead in as soon as its profile has address and company."""
    if desk.stage == NONE and cases.who[desk.lead].taken_in <= now:
        _enter(desk, MAL, cases.who[desk.lead].taken_in, book)


@compiled
def _notice(
    desk: Any, row: int, hit_at: Ints, hit_rule: Ints, cases: Cases, office: Office, book: Book
) -> None:
    """An activity comes in: it changes how warm the lead looks, and perhaps its stage."""
    now, action = cases.at[row], cases.action[row]
    _settle(desk, now, cases, book)
    for months in range(1, min((now - desk.seen) // MONTH, 3) + 1):
        _hit(desk, desk.seen + months * MONTH, SILENCE, hit_at, hit_rule, office)
    desk.seen = now
    if action == _UNSUBSCRIBE:
        desk.hits = 0
    if office.rule_of[action] >= 0:
        _hit(desk, now, office.rule_of[action], hit_at, hit_rule, office)
    if desk.stage == RECYCLED and action < _PAGES_END:
        _hit(desk, now, COMEBACK, hit_at, hit_rule, office)
    heat = _heat(desk, now, hit_at, hit_rule, office)
    fit = cases.who[desk.lead].full_fit if cases.who[desk.lead].completed <= now else cases.who[desk.lead].early_fit
    desk.warmest = max(desk.warmest, heat + fit)
    if desk.stage == SAL and action == _TRIAL and cases.who[desk.lead].is_rival == 0:
        _enter(desk, SQL, now, book)
        _plan(desk, OPEN_DEAL, _office_time(now, _delay(desk, cases, 40 * HOUR), office))
    elif cases.who[desk.lead].is_rival == 0 and fit >= LEAST_FIT:
        requests = action in (_CONTACT, _ESTIMATE)
        waits = desk.stage in (MAL, RECYCLED)
        if waits and heat >= LEAST_HEAT and heat + fit >= BAR:
            _hand_over(desk, now, requests, cases, office, book)
        elif requests and (waits or desk.stage == DISQUALIFIED):
            _hand_over(desk, now, True, cases, office, book)


@compiled
def _hit(desk: Any, at: int, rule: int, hit_at: Ints, hit_rule: Ints, office: Office) -> None:
    counted = 0
    for n in range(desk.hits):
        if hit_rule[n] == rule and hit_at[n] > at - office.rules[rule].per:
            counted += 1
    if counted < office.rules[rule].at_most and desk.hits < len(hit_at):
        hit_at[desk.hits], hit_rule[desk.hits] = at, rule
        desk.hits += 1


@compiled
def _heat(desk: Any, now: int, hit_at: Ints, hit_rule: Ints, office: Office) -> float:
    """What all impressions are worth now, 0 to 200; those worth nothing any more are forgotten."""
    total, kept = 0.0, 0
    for n in range(desk.hits):
        rule = hit_rule[n]
        age = (now - hit_at[n]) / office.rules[rule].life
        if office.rules[rule].decay == HALVES:
            left = 0.5**age if age < 10 else 0.0
        elif office.rules[rule].decay == EXPIRES:
            left = 1.0 if age < 1 else 0.0
        else:
            left = max(1.0 - age, 0.0)
        if left > 0:
            hit_at[kept], hit_rule[kept] = hit_at[n], rule
            kept += 1
            total += office.rules[rule].points * left
    desk.hits = kept
    return min(max(total, 0.0), 200.0)


@compiled
def _hand_over(desk: Any, now: int, asked: bool, cases: Cases, office: Office, book: Book) -> None:
    """It became an MQL by itself; the rep's list shows it, and the rep answers or does not."""
    _enter(desk, MQL, now, book)
    desk.asked = 1 if asked else 0
    rep = cases.who[desk.lead].inside_rep
    neglect = office.reps.neglect[rep] * (0.2 if asked else 1.0)
    if _draw(desk, cases) < neglect:
        _plan(desk, TIMEOUT, now + MQL_TIMEOUT)
    else:
        usual = 2 * HOUR if asked else 5 * HOUR
        delay = int(_delay(desk, cases, usual) * office.reps.slowness[rep]) + 10 * MINUTE
        _plan(desk, ANSWER, _office_time(now, delay, office))


@compiled
def _answer(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """Inside sales calls and accepts, sends back, or strikes off."""
    lead = desk.lead
    if desk.stage == MQL and desk.asked == 0 and desk.warmest < BAR + 5:
        _plan(desk, TIMEOUT, desk.entered + MQL_TIMEOUT)  # never got round to the bottom of the list
        return
    if desk.stage == MQL and now >= desk.entered + MQL_TIMEOUT:
        _enter(desk, RECYCLED, desk.entered + MQL_TIMEOUT, book)
        return
    reached = _draw(desk, cases) < 0.55 + 0.4 * _intent(lead, now, cases)
    _touch(desk, now - 12 * MINUTE, _CALL if reached else _CALL + 1, book)
    odds = -1.5 + 3.6 * _intent(lead, now, cases) + 2.0 * (cases.who[lead].fit - 0.5) + desk.asked * 0.5
    odds += office.reps.bias[cases.who[lead].inside_rep] + (1.2 if desk.stage == SGL else 0.0)
    odds -= (0.0 if cases.who[lead].nature == BUYER else 2.5) + (0.0 if reached else 0.8)
    if _happens(desk, odds, cases):
        _decide(desk, now, SAL, INSIDE_SALES, NO_REASON, NO_ANSWERS, book)
        _plan_talk(desk, now, cases, office)
    else:
        _turn_down(desk, now, reached, cases, office, book)


@compiled
def _plan_talk(desk: Any, now: int, cases: Cases, office: Office) -> None:
    if _draw(desk, cases) < 0.05:
        _plan(desk, TIMEOUT, now + SAL_TIMEOUT)  # forgotten in the middle of things
        return
    due = _office_time(now, 9 * HOUR + _delay(desk, cases, 40 * HOUR), office)
    if due < desk.entered + SAL_TIMEOUT:
        _plan(desk, QUALIFY, due)
    else:
        _plan(desk, TIMEOUT, desk.entered + SAL_TIMEOUT)


@compiled
def _turn_down(desk: Any, now: int, reached: bool, cases: Cases, office: Office, book: Book) -> None:
    """Not accepted, with the reason the rep gives."""
    nature, luck = cases.who[desk.lead].nature, _draw(desk, cases)
    if nature != BUYER and luck < 0.75:
        reason = NO_NEED
        if nature == IS_STUDENT:
            reason = STUDENT
        elif nature == IS_COMPETITOR:
            reason = COMPETITOR
        _decide(desk, now, DISQUALIFIED, INSIDE_SALES, reason, NO_ANSWERS, book)
    elif luck > 0.93 and cases.who[desk.lead].fit < 0.6:
        reason = NO_AUTHORITY if luck > 0.96 else BAD_DATA
        _decide(desk, now, DISQUALIFIED, INSIDE_SALES, reason, NO_ANSWERS, book)
    elif not reached:
        _recycle(desk, now, NO_RESPONSE, INSIDE_SALES, NO_ANSWERS, cases, office, book)
    else:
        pick = _draw(desk, cases)
        reason = TIMING if pick < 0.4 else NO_BUDGET if pick < 0.75 else EVALUATING
        _recycle(desk, now, reason, INSIDE_SALES, NO_ANSWERS, cases, office, book)


@compiled
def _recycle(
    desk: Any, now: int, reason: int, role: int, answers: int, cases: Cases, office: Office, book: Book
) -> None:
    """Back to marketing, mostly with a day on which to try again; some of these days are kept."""
    desk.until = NO_DAY
    if reason in (TIMING, NO_BUDGET) or _draw(desk, cases) < 0.2:
        desk.until = now // DAY + 30 * (1 + int(_draw(desk, cases) * 9))
    _decide(desk, now, RECYCLED, role, reason, answers, book)
    if desk.until != NO_DAY and _draw(desk, cases) < 0.35:
        due = _office_time(desk.until * DAY + OPENS, _delay(desk, cases, 3 * HOUR), office)
        _plan(desk, BY_HAND, due)


@compiled
def _qualify(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """The talk in which the four questions are answered."""
    intent, fit = _intent(desk.lead, now, cases), cases.who[desk.lead].fit
    answers = BUDGET if _draw(desk, cases) < 0.30 + 0.5 * intent else 0
    answers += AUTHORITY if _draw(desk, cases) < 0.20 + 0.6 * fit else 0
    answers += NEED if _draw(desk, cases) < 0.40 + 0.6 * intent else 0
    answers += WHEN if _draw(desk, cases) < 0.15 + 0.7 * intent else 0
    yes = _count_yes(answers)
    desk.tries += 1
    _touch(desk, now - 25 * MINUTE, _CALL, book)
    if yes >= 3:
        _decide(desk, now, SQL, INSIDE_SALES, NO_REASON, answers, book)
        _plan(desk, OPEN_DEAL, _office_time(now, 4 * HOUR + _delay(desk, cases, 40 * HOUR), office))
    elif desk.tries < 3 and yes == 2 and _draw(desk, cases) < 0.6:
        if _draw(desk, cases) < 0.06:  # a hopeful rep tries with two answers; the agreement says no
            _write(desk, now, SQL, INSIDE_SALES, NO_REASON, NO_DAY, answers, book)
        else:
            _write(desk, now, NONE, INSIDE_SALES, NO_REASON, NO_DAY, answers, book)
        _plan_talk(desk, now, cases, office)
    elif answers & NEED == 0 and _draw(desk, cases) < 0.3:
        _decide(desk, now, DISQUALIFIED, INSIDE_SALES, NO_NEED, answers, book)
    else:
        reason = NO_BUDGET if answers & BUDGET == 0 else TIMING if answers & WHEN == 0 else EVALUATING
        _recycle(desk, now, reason, INSIDE_SALES, answers, cases, office, book)


@compiled
def _open_deal(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """Field sales visits and opens a deal, or finds that there is none."""
    intent = _intent(desk.lead, now, cases)
    _touch(desk, now - 75 * MINUTE, _MEETING, book)
    if _happens(desk, -0.3 + 3.0 * intent, cases):
        _decide(desk, now, OPPORTUNITY, SALES, NO_REASON, NO_ANSWERS, book)
        desk.strength = intent
        if book.opened[desk.lead, 2] != 1:
            book.opened[desk.lead, 0], book.opened[desk.lead, 1], book.opened[desk.lead, 2] = now, -1, 0
        _plan(desk, CLOSE, _office_time(now, (90 + int(_draw(desk, cases) * 420)) * HOUR, office))
    elif _draw(desk, cases) < 0.6:
        _recycle(desk, now, TIMING, SALES, NO_ANSWERS, cases, office, book)
    else:
        _decide(desk, now, LOST, SALES, CANCELLED, NO_ANSWERS, book)


@compiled
def _close(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """The deal is won or lost."""
    lead = desk.lead
    _touch(desk, now - 90 * MINUTE, _MEETING + 1, book)
    book.opened[lead, 1] = now
    odds = -3.0 + 2.8 * desk.strength + 1.8 * cases.who[lead].fit + office.reps.skill[cases.who[lead].field_rep]
    if _happens(desk, odds, cases):
        book.opened[lead, 2] = 1
        _decide(desk, now, WON, SALES, NO_REASON, NO_ANSWERS, book)
        return
    pick = _draw(desk, cases)
    reason = PRICE if pick < 0.35 else RIVAL_CHOSEN if pick < 0.7 else CANCELLED
    _decide(desk, now, LOST, SALES, reason, NO_ANSWERS, book)
    if _draw(desk, cases) < 0.4:
        _plan(desk, TAKE_BACK, _office_time(now + 60 * DAY, _delay(desk, cases, 60 * HOUR), office))


@compiled
def _tidy(desk: Any, step: int, now: int, cases: Cases, office: Office, book: Book) -> None:
    """What marketing does by hand, and lost deals that come back to it."""
    if step == TAKE_BACK:
        _recycle(desk, now, TIMING, SALES, NO_ANSWERS, cases, office, book)
    elif step == CLEAN_UP and desk.stage in (NONE, MAL):
        reason = STUDENT if cases.who[desk.lead].nature == IS_STUDENT else BAD_DATA
        _decide(desk, now, DISQUALIFIED, MARKETING, reason, NO_ANSWERS, book)
    elif step == BY_HAND and desk.stage in (MAL, RECYCLED):
        _decide(desk, now, MQL, MARKETING, NO_REASON, NO_ANSWERS, book)
        desk.asked = 1
        delay = int(_delay(desk, cases, 6 * HOUR) * office.reps.slowness[cases.who[desk.lead].inside_rep])
        _plan(desk, ANSWER, _office_time(now, delay + 10 * MINUTE, office))


@compiled
def _decide(desk: Any, at: int, stage: int, role: int, reason: int, answers: int, book: Book) -> None:
    """A decision that takes effect."""
    until = desk.until if stage == RECYCLED else NO_DAY
    _write(desk, at, stage, role, reason, until, answers, book)
    _enter(desk, stage, at, book)


@compiled
def _write(
    desk: Any, at: int, stage: int, role: int, reason: int, until: int, answers: int, book: Book
) -> None:
    line = book.decisions[book.rows[0]]
    line[0], line[1], line[2], line[3] = desk.lead, at, stage, role
    line[4], line[5], line[6] = reason, until, answers
    book.rows[0] += 1
    desk.decisions += 1


@compiled
def _touch(desk: Any, at: int, action: int, book: Book) -> None:
    """A call or visit by sales, an activity like any other."""
    if desk.touches < MOST_TOUCHES:
        line = book.touches[book.rows[1]]
        line[0], line[1], line[2] = desk.lead, at, action
        book.rows[1] += 1
        desk.touches += 1


@compiled
def _enter(desk: Any, stage: int, at: int, book: Book) -> None:
    desk.stage, desk.entered, desk.step = stage, at, NOTHING
    if stage == MQL:
        desk.warmest, desk.asked, desk.tries = 0.0, 0, 0
    if stage == RECYCLED:
        desk.hits = 0
    if book.reached[desk.lead, stage] < 0:
        book.reached[desk.lead, stage] = at


@compiled
def _plan(desk: Any, step: int, due: int) -> None:
    desk.step, desk.due = step, due


@compiled
def _draw(desk: Any, cases: Cases) -> float:
    """The lead's next random number in [0, 1)."""
    value = cases.draws[desk.lead, desk.drawn % DRAWS]
    desk.drawn += 1
    return float(value)


@compiled
def _happens(desk: Any, odds: float, cases: Cases) -> bool:
    return _draw(desk, cases) < 1.0 / (1.0 + np.exp(-odds))


@compiled
def _delay(desk: Any, cases: Cases, usual: int) -> int:
    """A working time that is mostly near the usual one and now and then much longer."""
    u = min(max(_draw(desk, cases), 0.01), 0.99)
    return int(usual * np.exp(0.5 * np.log(u / (1.0 - u))))


@compiled
def _office_time(start: int, delay: int, office: Office) -> int:
    """The time after `delay` of working time, Mon–Fri 9:00–18:00 without holidays, from `start`."""
    last = len(office.opened_before) - 1
    day = min(start // DAY, last)
    full_days = office.opened_before[day]
    is_open = office.open_days[min(full_days, len(office.open_days) - 1)] == day
    today = min(max(start - day * DAY - OPENS, 0), OPEN_FOR) if is_open else 0
    worked = full_days * OPEN_FOR + today + delay
    whole = min(worked // OPEN_FOR, len(office.open_days) - 1)
    return int(office.open_days[whole] * DAY + OPENS + worked % OPEN_FOR)


@compiled
def _intent(lead: int, now: int, cases: Cases) -> float:
    who, highest = cases.who[lead], 0.0
    for project in range(len(who.peaks)):
        away = (now - who.tops[project]) / DAY / who.width
        highest = max(highest, who.peaks[project] * np.exp(-0.5 * away * away))
    return min(who.base + highest, 1.0)


@compiled
def _count_yes(answers: int) -> int:
    return (answers & 1) + (answers >> 1 & 1) + (answers >> 2 & 1) + (answers >> 3 & 1)
