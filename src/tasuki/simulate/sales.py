"""One lead after another through the hands of marketing and sales: a compiled walk along its activities.

At any time at most one next step is planned for a lead; activities in between can change the plan. A step is
taken at its own time, in working hours, and writes the decision into the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tasuki.simulate.calendar import DAY, HOUR, OPENS, Ints
from tasuki.simulate.catalogue import FAMILY, FIRSTS, SIZES
from tasuki.simulate.desk import (
    DESK,
    NO_ANSWERS,
    NO_DAY,
    NOTHING,
    count_yes,
    decide,
    draw,
    enter,
    happens,
    hit,
    intent_now,
    office_time,
    plan,
    settle,
    some_work,
    touch,
    warmth,
    write,
)
from tasuki.simulate.impressions import (
    BAR,
    COMEBACK,
    LEAST_FIT,
    LEAST_HEAT,
    SILENCE,
)
from tasuki.simulate.office import (
    BAD_DATA,
    CANCELLED,
    COMPETITOR,
    DISQUALIFIED,
    EVALUATING,
    INSIDE_SALES,
    LOST,
    MAL,
    MARKETING,
    MOST_DECISIONS,
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

ANSWER, QUALIFY, OPEN_DEAL, CLOSE, TAKE_BACK, BY_HAND, TIMEOUT, CLEAN_UP = range(1, 9)
BUYER, IS_STUDENT, IS_COMPETITOR = 0, 1, 2
BUDGET, AUTHORITY, NEED, WHEN = 1, 2, 4, 8  # bits of the four answers
MINUTE = 60_000_000
MQL_TIMEOUT, SAL_TIMEOUT = 30 * DAY, 60 * DAY
MONTH = 30 * DAY

_CONTACT, _ESTIMATE = int(FIRSTS[FAMILY["contact"]]), int(FIRSTS[FAMILY["estimate"]])
_TRIAL, _UNSUBSCRIBE = int(FIRSTS[FAMILY["trial_start"]]), int(FIRSTS[FAMILY["unsubscribe"]])
_CALL, _MEETING = int(FIRSTS[FAMILY["call"]]), int(FIRSTS[FAMILY["meeting"]])
_PAGES_END = int(FIRSTS[FAMILY["docs"]] + SIZES[FAMILY["docs"]])  # pages come first in the catalogue


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
        settle(desk, office.end, cases, book)
        book.stage[lead] = desk.stage


@compiled
def _begin(desk: Any, lead: int, cases: Cases, office: Office, book: Book) -> None:
    desk.lead, desk.stage, desk.step, desk.until = lead, NONE, NOTHING, NO_DAY
    desk.hits, desk.tries, desk.drawn, desk.decisions, desk.touches = 0, 0, 0, 0, 0
    desk.asked, desk.seen, desk.warmest, desk.strength = 0, cases.who[lead].created, 0.0, 0.0
    created = cases.who[lead].created
    if cases.who[lead].is_found == 1:
        touch(desk, created, _CALL, book)
        role = SALES if draw(desk, cases) < 0.6 else INSIDE_SALES
        decide(desk, created, SGL, role, NO_REASON, NO_ANSWERS, book)
        plan(desk, ANSWER, office_time(created, some_work(desk, cases, 30 * HOUR), office))
        return
    luck = draw(desk, cases)
    if luck < 0.012:
        plan(desk, BY_HAND, office_time(created, some_work(desk, cases, 40 * HOUR), office))
    elif cases.who[lead].nature == IS_STUDENT and luck < 0.35:
        plan(desk, CLEAN_UP, office_time(created, some_work(desk, cases, 90 * HOUR), office))
    elif luck > 0.992:
        plan(desk, CLEAN_UP, office_time(created, some_work(desk, cases, 60 * HOUR), office))


@compiled
def _take_steps(desk: Any, until: int, cases: Cases, office: Office, book: Book) -> None:
    """All planned steps before a time."""
    while desk.step != NOTHING and desk.due < until and desk.decisions < MOST_DECISIONS - 2:
        step, now = desk.step, desk.due
        desk.step = NOTHING
        settle(desk, now, cases, book)
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
            enter(desk, RECYCLED, now, book)
        else:
            _tidy(desk, step, now, cases, office, book)


@compiled
def _notice(
    desk: Any, row: int, hit_at: Ints, hit_rule: Ints, cases: Cases, office: Office, book: Book
) -> None:
    """An activity comes in: it changes how warm the lead looks, and perhaps its stage."""
    now, action = cases.at[row], cases.action[row]
    settle(desk, now, cases, book)
    for months in range(1, min((now - desk.seen) // MONTH, 3) + 1):
        hit(desk, desk.seen + months * MONTH, SILENCE, hit_at, hit_rule, office)
    desk.seen = now
    if action == _UNSUBSCRIBE:
        desk.hits = 0
    if office.rule_of[action] >= 0:
        hit(desk, now, office.rule_of[action], hit_at, hit_rule, office)
    if desk.stage == RECYCLED and action < _PAGES_END:
        hit(desk, now, COMEBACK, hit_at, hit_rule, office)
    heat = warmth(desk, now, hit_at, hit_rule, office)
    fit = (
        cases.who[desk.lead].full_fit
        if cases.who[desk.lead].completed <= now
        else cases.who[desk.lead].early_fit
    )
    desk.warmest = max(desk.warmest, heat + fit)
    if desk.stage == SAL and action == _TRIAL and cases.who[desk.lead].is_rival == 0:
        enter(desk, SQL, now, book)
        plan(desk, OPEN_DEAL, office_time(now, some_work(desk, cases, 40 * HOUR), office))
    elif cases.who[desk.lead].is_rival == 0 and fit >= LEAST_FIT:
        requests = action in (_CONTACT, _ESTIMATE)
        waits = desk.stage in (MAL, RECYCLED)
        if waits and heat >= LEAST_HEAT and heat + fit >= BAR:
            _hand_over(desk, now, requests, cases, office, book)
        elif requests and (waits or desk.stage == DISQUALIFIED):
            _hand_over(desk, now, True, cases, office, book)


@compiled
def _hand_over(desk: Any, now: int, asked: bool, cases: Cases, office: Office, book: Book) -> None:
    """It became an MQL by itself; the rep's list shows it, and the rep answers or does not."""
    enter(desk, MQL, now, book)
    desk.asked = 1 if asked else 0
    rep = cases.who[desk.lead].inside_rep
    neglect = office.reps.neglect[rep] * (0.2 if asked else 1.0)
    if draw(desk, cases) < neglect:
        plan(desk, TIMEOUT, now + MQL_TIMEOUT)
    else:
        usual = 2 * HOUR if asked else 5 * HOUR
        delay = int(some_work(desk, cases, usual) * office.reps.slowness[rep]) + 10 * MINUTE
        due = office_time(now, delay, office)
        late = due >= now + MQL_TIMEOUT
        plan(desk, TIMEOUT if late else ANSWER, now + MQL_TIMEOUT if late else due)


@compiled
def _answer(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """Inside sales calls and accepts, sends back, or strikes off."""
    lead = desk.lead
    if desk.stage == MQL and desk.asked == 0 and desk.warmest < BAR + 5:
        plan(desk, TIMEOUT, desk.entered + MQL_TIMEOUT)  # never got round to the bottom of the list
        return
    reached = draw(desk, cases) < 0.55 + 0.4 * intent_now(lead, now, cases)
    touch(desk, now - 12 * MINUTE, _CALL if reached else _CALL + 1, book)
    odds = -1.7 + 3.4 * intent_now(lead, now, cases) + 2.0 * (cases.who[lead].fit - 0.5) + desk.asked * 0.5
    odds += office.reps.bias[cases.who[lead].inside_rep] + (0.7 if desk.stage == SGL else 0.0)
    odds -= (0.0 if cases.who[lead].nature == BUYER else 2.5) + (0.0 if reached else 0.8)
    if happens(desk, odds, cases):
        decide(desk, now, SAL, INSIDE_SALES, NO_REASON, NO_ANSWERS, book)
        _plan_talk(desk, now, cases, office)
    else:
        _turn_down(desk, now, reached, cases, office, book)


@compiled
def _plan_talk(desk: Any, now: int, cases: Cases, office: Office) -> None:
    if draw(desk, cases) < 0.05:
        plan(desk, TIMEOUT, now + SAL_TIMEOUT)  # forgotten in the middle of things
        return
    due = office_time(now, 9 * HOUR + some_work(desk, cases, 40 * HOUR), office)
    if due < desk.entered + SAL_TIMEOUT:
        plan(desk, QUALIFY, due)
    else:
        plan(desk, TIMEOUT, desk.entered + SAL_TIMEOUT)


@compiled
def _turn_down(desk: Any, now: int, reached: bool, cases: Cases, office: Office, book: Book) -> None:
    """Not accepted, with the reason the rep gives."""
    nature, luck = cases.who[desk.lead].nature, draw(desk, cases)
    if nature != BUYER and luck < 0.75:
        reason = NO_NEED
        if nature == IS_STUDENT:
            reason = STUDENT
        elif nature == IS_COMPETITOR:
            reason = COMPETITOR
        decide(desk, now, DISQUALIFIED, INSIDE_SALES, reason, NO_ANSWERS, book)
    elif luck > 0.93 and cases.who[desk.lead].fit < 0.6:
        reason = NO_AUTHORITY if luck > 0.96 else BAD_DATA
        decide(desk, now, DISQUALIFIED, INSIDE_SALES, reason, NO_ANSWERS, book)
    elif not reached:
        _recycle(desk, now, NO_RESPONSE, INSIDE_SALES, NO_ANSWERS, cases, office, book)
    else:
        pick = draw(desk, cases)
        reason = TIMING if pick < 0.4 else NO_BUDGET if pick < 0.75 else EVALUATING
        _recycle(desk, now, reason, INSIDE_SALES, NO_ANSWERS, cases, office, book)


@compiled
def _recycle(
    desk: Any, now: int, reason: int, role: int, answers: int, cases: Cases, office: Office, book: Book
) -> None:
    """Back to marketing, mostly with a day on which to try again; some of these days are kept."""
    desk.until = NO_DAY
    if reason in (TIMING, NO_BUDGET) or draw(desk, cases) < 0.2:
        desk.until = now // DAY + 30 * (1 + int(draw(desk, cases) * 9))
    decide(desk, now, RECYCLED, role, reason, answers, book)
    if desk.until != NO_DAY and draw(desk, cases) < 0.35:
        due = office_time(desk.until * DAY + OPENS, some_work(desk, cases, 3 * HOUR), office)
        plan(desk, BY_HAND, due)


@compiled
def _qualify(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """The talk in which the four questions are answered."""
    intent, fit = intent_now(desk.lead, now, cases), cases.who[desk.lead].fit
    answers = BUDGET if draw(desk, cases) < 0.30 + 0.5 * intent else 0
    answers += AUTHORITY if draw(desk, cases) < 0.20 + 0.6 * fit else 0
    answers += NEED if draw(desk, cases) < 0.40 + 0.6 * intent else 0
    answers += WHEN if draw(desk, cases) < 0.15 + 0.7 * intent else 0
    yes = count_yes(answers)
    desk.tries += 1
    touch(desk, now - 25 * MINUTE, _CALL, book)
    if yes >= 3:
        decide(desk, now, SQL, INSIDE_SALES, NO_REASON, answers, book)
        plan(desk, OPEN_DEAL, office_time(now, 4 * HOUR + some_work(desk, cases, 40 * HOUR), office))
    elif desk.tries < 3 and yes == 2 and draw(desk, cases) < 0.6:
        if draw(desk, cases) < 0.06:  # a hopeful rep tries with two answers; the agreement says no
            write(desk, now, SQL, INSIDE_SALES, NO_REASON, NO_DAY, answers, book)
        else:
            write(desk, now, NONE, INSIDE_SALES, NO_REASON, NO_DAY, answers, book)
        _plan_talk(desk, now, cases, office)
    elif answers & NEED == 0 and draw(desk, cases) < 0.3:
        decide(desk, now, DISQUALIFIED, INSIDE_SALES, NO_NEED, answers, book)
    else:
        reason = NO_BUDGET if answers & BUDGET == 0 else TIMING if answers & WHEN == 0 else EVALUATING
        _recycle(desk, now, reason, INSIDE_SALES, answers, cases, office, book)


@compiled
def _open_deal(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """Field sales visits and opens a deal, or finds that there is none."""
    intent = intent_now(desk.lead, now, cases)
    touch(desk, now - 75 * MINUTE, _MEETING, book)
    if happens(desk, -0.9 + 3.0 * intent, cases):
        decide(desk, now, OPPORTUNITY, SALES, NO_REASON, NO_ANSWERS, book)
        desk.strength = intent
        deal = book.deals[book.rows[2]]
        deal[0], deal[1], deal[2], deal[3] = desk.lead, now, -1, 0
        desk.deal = book.rows[2]
        book.rows[2] += 1
        plan(desk, CLOSE, office_time(now, (90 + int(draw(desk, cases) * 420)) * HOUR, office))
    elif draw(desk, cases) < 0.6:
        _recycle(desk, now, TIMING, SALES, NO_ANSWERS, cases, office, book)
    else:
        decide(desk, now, LOST, SALES, CANCELLED, NO_ANSWERS, book)


@compiled
def _close(desk: Any, now: int, cases: Cases, office: Office, book: Book) -> None:
    """The deal is won or lost."""
    lead = desk.lead
    touch(desk, now - 90 * MINUTE, _MEETING + 1, book)
    book.deals[desk.deal, 2] = now
    odds = (
        -3.8 + 2.8 * desk.strength + 1.8 * cases.who[lead].fit + office.reps.skill[cases.who[lead].field_rep]
    )
    if happens(desk, odds, cases):
        book.deals[desk.deal, 3] = 1
        decide(desk, now, WON, SALES, NO_REASON, NO_ANSWERS, book)
        return
    pick = draw(desk, cases)
    reason = PRICE if pick < 0.35 else RIVAL_CHOSEN if pick < 0.7 else CANCELLED
    decide(desk, now, LOST, SALES, reason, NO_ANSWERS, book)
    if draw(desk, cases) < 0.4:
        plan(desk, TAKE_BACK, office_time(now + 60 * DAY, some_work(desk, cases, 60 * HOUR), office))


@compiled
def _tidy(desk: Any, step: int, now: int, cases: Cases, office: Office, book: Book) -> None:
    """What marketing does by hand, and lost deals that come back to it."""
    if step == TAKE_BACK:
        _recycle(desk, now, TIMING, SALES, NO_ANSWERS, cases, office, book)
    elif step == CLEAN_UP and desk.stage in (NONE, MAL):
        reason = STUDENT if cases.who[desk.lead].nature == IS_STUDENT else BAD_DATA
        decide(desk, now, DISQUALIFIED, MARKETING, reason, NO_ANSWERS, book)
    elif step == BY_HAND and desk.stage in (MAL, RECYCLED):
        decide(desk, now, MQL, MARKETING, NO_REASON, NO_ANSWERS, book)
        desk.asked = 1
        plan(desk, ANSWER, office_time(now, some_work(desk, cases, 6 * HOUR) + 10 * MINUTE, office))
