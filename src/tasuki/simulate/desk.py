"""The desk at which a lead is dealt with: what is held in mind about it, and the small moves of the work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tasuki.simulate.calendar import DAY, OPEN_FOR, OPENS, Ints
from tasuki.simulate.impressions import EXPIRES, HALVES
from tasuki.simulate.office import (
    DRAWS,
    MAL,
    MOST_TOUCHES,
    MQL,
    NONE,
    RECYCLED,
    Book,
    Cases,
    Office,
    compiled,
)

NOTHING = 0
NO_DAY, NO_ANSWERS = -1, -1

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
        ("deal", "i8"),  # its row in the book
        ("drawn", "i8"),
        ("decisions", "i8"),
        ("touches", "i8"),
    ]
)


@compiled
def settle(desk: Any, now: int, cases: Cases, book: Book) -> None:
    """Marketing takes a lead in as soon as its profile has address and company."""
    if desk.stage == NONE and cases.who[desk.lead].taken_in <= now:
        step = desk.step  # what was planned stays planned
        enter(desk, MAL, cases.who[desk.lead].taken_in, book)
        desk.step = step


@compiled
def hit(desk: Any, at: int, rule: int, hit_at: Ints, hit_rule: Ints, office: Office) -> None:
    """One more impression, unless enough of its kind already count."""
    counted = 0
    for n in range(desk.hits):
        if hit_rule[n] == rule and hit_at[n] > at - office.rules[rule].per:
            counted += 1
    if counted < office.rules[rule].at_most and desk.hits < len(hit_at):
        hit_at[desk.hits], hit_rule[desk.hits] = at, rule
        desk.hits += 1


@compiled
def warmth(desk: Any, now: int, hit_at: Ints, hit_rule: Ints, office: Office) -> float:
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
def decide(desk: Any, at: int, stage: int, role: int, reason: int, answers: int, book: Book) -> None:
    """A decision that takes effect."""
    until = desk.until if stage == RECYCLED else NO_DAY
    write(desk, at, stage, role, reason, until, answers, book)
    enter(desk, stage, at, book)


@compiled
def write(
    desk: Any, at: int, stage: int, role: int, reason: int, until: int, answers: int, book: Book
) -> None:
    """A line in the book of decisions, which may still be one that the agreement refuses."""
    line = book.decisions[book.rows[0]]
    line[0], line[1], line[2], line[3] = desk.lead, at, stage, role
    line[4], line[5], line[6] = reason, until, answers
    book.rows[0] += 1
    desk.decisions += 1


@compiled
def touch(desk: Any, at: int, action: int, book: Book) -> None:
    """A call or visit by sales, an activity like any other."""
    if desk.touches < MOST_TOUCHES:
        line = book.touches[book.rows[1]]
        line[0], line[1], line[2] = desk.lead, at, action
        book.rows[1] += 1
        desk.touches += 1


@compiled
def enter(desk: Any, stage: int, at: int, book: Book) -> None:
    """The lead stands in a new stage, with nothing planned."""
    desk.stage, desk.entered, desk.step = stage, at, NOTHING
    if stage == MQL:
        desk.warmest, desk.asked, desk.tries = 0.0, 0, 0
    if stage == RECYCLED:
        desk.hits = 0
    if book.reached[desk.lead, stage] < 0:
        book.reached[desk.lead, stage] = at


@compiled
def plan(desk: Any, step: int, due: int) -> None:
    """What comes next, and when."""
    desk.step, desk.due = step, due


@compiled
def draw(desk: Any, cases: Cases) -> float:
    """The lead's next random number in [0, 1)."""
    value = cases.draws[desk.lead, desk.drawn % DRAWS]
    desk.drawn += 1
    return float(value)


@compiled
def happens(desk: Any, odds: float, cases: Cases) -> bool:
    """True with the chance that belongs to these log-odds."""
    return draw(desk, cases) < 1.0 / (1.0 + math.exp(-odds))


@compiled
def some_work(desk: Any, cases: Cases, usual: int) -> int:
    """A working time that is mostly near the usual one and now and then much longer."""
    u = min(max(draw(desk, cases), 0.01), 0.99)
    return int(usual * np.exp(0.5 * np.log(u / (1.0 - u))))


@compiled
def office_time(start: int, delay: int, office: Office) -> int:
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
def intent_now(lead: int, now: int, cases: Cases) -> float:
    """Intent of a lead at a time, as in `People.intent_at`."""
    who, highest = cases.who[lead], 0.0
    for project in range(len(who.peaks)):
        away = (now - who.tops[project]) / DAY / who.width
        highest = max(highest, who.peaks[project] * math.exp(-0.5 * away * away))
    return float(min(who.base + highest, 1.0))


@compiled
def count_yes(answers: int) -> int:
    """How many of the four questions were answered yes."""
    return (answers & 1) + (answers >> 1 & 1) + (answers >> 2 & 1) + (answers >> 3 & 1)
