"""The records that an agreement is compiled to, and those in which the kernel reports. Times and spans: int64 µs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]

NEVER = np.iinfo(np.int64).max
"""A time that does not come."""

# What an action of an activity does; an action is `what << ACTION_SHIFT | index`.
RULE, COUNTER, WINDOW, STOP, START = range(5)
ACTION_SHIFT = 24
ACTION_INDEX = (1 << ACTION_SHIFT) - 1

# Kinds of entries, in their order at equal time.
PROFILE, ACTIVITY, DECISION = range(3)

# What a rule asks for besides a cap for ever, and points that stay or end at once: the kernel does those without a branch.
HAS_EVERY, HAS_WHILE, HAS_CAP, HAS_RESETS, HAS_WORTH = 1, 2, 4, 8, 16

# How the hits of a group lose their worth.
PLAIN, EXPIRES, HALVES, FADES = range(4)

# Operations of an expression, on a stack of numbers.
(
    CONSTANT,
    SCORE,
    GRADE,
    COUNT,
    COUNT_WITHIN,
    DAYS,
    TIMES,
    ANSWERED,
    ADD,
    SUBTRACT,
    NEGATE,
    GE,
    GT,
    LE,
    LT,
    EQ,
    NE,
    PROFILE_BIT,
    HAPPENED,
    NOT,
    AND_THEN,
    OR_ELSE,
) = range(22)

# What a code does that is not just a hit: it changes nothing, whenever it happens; or anything else.
NOTHING, MORE = -2, -1

# What changed since the automatic paths were last tried: for each score (shared beyond 28) a bit for "rose" and one for
# "fell", and:
SCORE_BITS = 28
SCORES_CHANGED = (1 << 2 * SCORE_BITS) - 1
SIGNALS_CHANGED = 1 << 57
PROFILE_CHANGED = 1 << 58
ANSWERS_CHANGED = 1 << 59
EVERYTHING = (1 << 62) - 1

# Causes of a transition and of a refusal.
BY_PATH, BY_DECISION, BY_TIMEOUT = range(3)
UNKNOWN_STAGE, WRONG_ROLE, WRONG_STAGE, NOT_QUALIFIED = range(4)

# Roles of decisions that nobody takes: facts, entered without asking, by cause; and the ends of the time in which nothing
# but facts and decisions moves a lead.
FACT_BY_PATH, FACT_BY_DECISION, FACT_BY_TIMEOUT, FREEZE, THAW = range(-2, -7, -1)

# What a trace tells.
HIT, RESET, CAPPED, OUTSIDE, ENTRY = range(5)

RULE_RECORD = np.dtype(
    [
        ("score", "i4"),
        ("flags", "i4"),
        ("points", "f8"),
        ("gain", "f8"),  # the points, if they are more than 0; 0 otherwise
        ("changes", "u8"),  # what a hit does to its score
        ("cap_ever", "i8"),
        ("group", "i4"),
        ("cap_count", "i4"),
        ("cap_span", "i8"),  # of a cap per time
        ("cap_ring", "i4"),  # first place in the ring store
        ("every_count", "i4"),
        ("every_span", "i8"),  # 0: ever
        ("every_ring", "i4"),
        ("slot", "i4"),  # place of its further counters, of a cap per time or of `every`; 0: it has none
        ("while_", "u8"),  # bit 0: no stage yet; bit i: stage i
    ],
    align=True,
)
GROUP_RECORD = np.dtype(
    [
        ("score", "i4"),
        ("kind", "i4"),
        ("valued", "i4"),  # 0: points that stay, or end at once: its hits are kept and summed when looked at
        ("queued", "i4"),  # 1: its hits are kept until they are summed, or until their worth ends
        ("span", "i8"),  # from hit to the end of its worth; 0: no end
        ("half", "f8"),  # half-life, µs
        ("bound", "f8"),  # of the size of the sum
        ("changes", "u8"),  # what the end of a hit does to its score
    ],
    align=True,
)
CLOCK_RECORD = np.dtype([("span", "i8"), ("repeats", "i4"), ("rule", "i4")], align=True)
SCORE_RECORD = np.dtype(
    [
        ("low", "f8"),
        ("high", "f8"),
        ("group_first", "i4"),
        ("group_last", "i4"),
        ("valued_last", "i4"),
        ("pad", "i4"),
        ("trait_first", "i4"),
        ("trait_last", "i4"),  # in `trait_bits` and `trait_points`
        ("rule_first", "i4"),
        ("rule_last", "i4"),
        ("part_first", "i4"),
        ("part_last", "i4"),  # in `links`; first == last: a score of rules
        ("order_first", "i4"),
        ("order_last", "i4"),  # in `links`: the scores to work out for it, itself last
        ("grade_first", "i4"),
        ("grade_last", "i4"),  # in `grades`, best first
    ],
    align=True,
)
STAGE_RECORD = np.dtype(
    [
        ("timeout", "i8"),  # 0: none
        ("recheck", "i8"),  # 0: none
        ("timeout_to", "i4"),
        ("auto_first", "i4"),
        ("auto_last", "i4"),  # in `links`: automatic paths out of here, in the order they are tried
        ("enter_first", "i4"),
        ("enter_last", "i4"),  # in `paths`: the ways into this stage
        ("reset_first", "i4"),
        ("reset_last", "i4"),  # in `links`: scores
        ("drifts", "i4"),  # 1: a path may open by the mere passing of time
        ("lazy", "i4"),  # 1: no path can open by the end of a hit's worth
        (
            "over",
            "i4",
        ),  # 1: whoever asks wants to know nothing of a lead from here on; 0 unless set by `backtest`
        ("needs", "u8"),  # the changes that may open a path
    ],
    align=True,
)
PATH_RECORD = np.dtype(
    [
        ("from_", "u8"),
        ("by", "u8"),
        ("guard_weight", "f8"),  # how much the guard's score can rise, at the most, by one point of a hit
        ("guard_score", "i4"),  # the path needs this score to reach the bar of `guard_op`; -1: no such need
        ("guard_op", "i4"),  # the comparison it was taken from
        ("stage", "i4"),
        ("position", "i4"),
        ("when_first", "i4"),
        ("when_last", "i4"),
        ("requires_first", "i4"),
        ("requires_last", "i4"),
    ],
    align=True,
)
OP_RECORD = np.dtype(
    [("what", "i4"), ("index", "i4"), ("value", "f8"), ("watched", "i4"), ("pad", "i4")], align=True
)
CODE_RECORD = np.dtype([("kind", "i4"), ("first", "i4"), ("last", "i4")], align=True)
DECISION_RECORD = np.dtype([("to", "i4"), ("role", "i4")], align=True)

TRANSITION_RECORD = np.dtype(
    [
        ("lead", "i4"),
        ("from_", "i2"),
        ("to", "i2"),
        ("cause", "i2"),
        ("path", "i2"),
        ("code", "i4"),  # of the decision, -1 otherwise
        ("at", "i8"),
    ],
    align=True,
)
REFUSAL_RECORD = np.dtype(
    [("lead", "i4"), ("code", "i4"), ("from_", "i4"), ("why", "i4"), ("at", "i8")], align=True
)
TRACE_RECORD = np.dtype(
    [("what", "i4"), ("index", "i4"), ("at", "i8"), ("points", "f8"), ("position", "i8"), ("lead", "i8")],
    align=True,
)
NODE_RECORD = np.dtype([("at", "i8"), ("points", "f8")], align=True)


class Program(NamedTuple):
    """An agreement as arrays; nothing here depends on a history."""

    rules: Records
    trait_bits: NDArray[np.int32]  # (n,) in the order of their scores
    trait_points: NDArray[np.float64]  # (n,)
    groups: Records
    clocks: Records
    windows: NDArray[np.int64]  # (n,) spans
    scores: Records
    grades: NDArray[np.float64]
    stages: Records  # [0]: no stage yet
    paths: Records
    ops: Records
    excluded: NDArray[np.int32]  # (2,): first and last of its ops
    links: NDArray[np.int32]
    sizes: NDArray[np.int64]  # counters, questions, ring places
    pushes: NDArray[np.int64]  # (groups + windows,) hits of one activity that a queue can get at the most


class Tables(NamedTuple):
    """What each code of a history means under the agreement."""

    codes: Records
    hits: NDArray[np.int32]  # (codes,) the rule, if an activity only makes a hit of a rule without flags, or:
    actions: NDArray[np.int32]
    profile_bits: NDArray[np.uint8]  # (profiles, bits)
    decisions: Records
    answers: NDArray[np.uint8]  # (decisions, questions): 0 not answered, 1 yes, 2 no


def rises(score: int) -> int:
    """The bit that says that a score rose."""
    return 1 << (score % SCORE_BITS)


def falls(score: int) -> int:
    """The bit that says that a score fell."""
    return 1 << (SCORE_BITS + score % SCORE_BITS)
