"""The compiled pass over the entries of a range of leads: the one place where scores and stages are made.

Everything is numbers here; names are resolved by `compile` and `bind`. A lead is folded instant by instant (see the
reference, "The fold"): timers due, entries of that time, then the automatic paths. Per activity the work is: one
comparison with the next timer, one look-up of the code, and its actions, mostly none or one; bars are looked at only when
something changed that can open a path out of the present stage, and not before hits have made the points that were missing
from the nearest bar when it was looked at last (a score cannot rise by more than the points made, times how often it counts
the score they were made in: clamping and decay only take away).

See `jit` for what is inlined and what is not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasuki.engine.jit import called, compiled, inlined
from tasuki.engine.layout import (
    ACTION_INDEX,
    ACTION_SHIFT,
    ACTIVITY,
    ADD,
    AND_THEN,
    ANSWERED,
    ANSWERS_CHANGED,
    BY_DECISION,
    BY_PATH,
    BY_TIMEOUT,
    CAPPED,
    CONSTANT,
    COUNT,
    COUNT_WITHIN,
    COUNTER,
    DAYS,
    ENTRY,
    EQ,
    EVERYTHING,
    FACT_BY_PATH,
    FACT_BY_TIMEOUT,
    FADES,
    FREEZE,
    GE,
    GRADE,
    GT,
    HALVES,
    HAPPENED,
    HAS_CAP,
    HAS_EVERY,
    HAS_RESETS,
    HAS_WHILE,
    HIT,
    LE,
    LT,
    NE,
    NEGATE,
    NEVER,
    NODE_RECORD,
    NOT,
    NOT_QUALIFIED,
    NOTHING,
    OR_ELSE,
    OUTSIDE,
    PROFILE,
    PROFILE_BIT,
    PROFILE_CHANGED,
    REFUSAL_RECORD,
    RESET,
    RULE,
    SCORE,
    SCORES_CHANGED,
    SIGNALS_CHANGED,
    START,
    STOP,
    SUBTRACT,
    THAW,
    TIMES,
    TRACE_RECORD,
    TRANSITION_RECORD,
    UNKNOWN_STAGE,
    WRONG_ROLE,
    WRONG_STAGE,
    Program,
    Records,
)

TOLERANCE = 1e-9
SLACK_MARGIN = 1e-6  # well above the tolerance: near the bar every change is looked at
DAY = 86_400_000_000.0
LIMB = 20  # times are cut into limbs of 2^20 µs, so that sums of points × time stay exact in a double
LIMB_MASK = (1 << LIMB) - 1


class Entries(NamedTuple):
    """The entries of some leads: lead i has those from first[i] to last[i] − 1, in order of (at, kind, seq).

    `at` (int64) and `code` (int32) come as bytes, since columns mapped from a file lie where they lie: so there is one
    type, and one compilation, for aligned and unaligned ones.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    at: NDArray[np.uint8]
    code: NDArray[np.uint8]
    shut: NDArray[np.int64]  # if any bar is watched: before that time the lead reaches none, this is known


class Output(NamedTuple):
    """Where the kernel writes. What does not fit is counted, not written: run again with more room.

    The first four have a row per lead; `margin` up to where a watched bar could be raised, and
    nothing would have come out differently. `used` counts transitions, refusals and traces.
    """

    stage: NDArray[np.int16]
    entered: NDArray[np.int64]
    next_check: NDArray[np.int64]
    scores: NDArray[np.float64]
    margin: NDArray[np.float64]
    reached: NDArray[np.int64]  # as `margin`: when a watched bar was first reached
    transitions: Records
    transition_scores: NDArray[np.float64]
    refusals: Records
    trace: Records
    used: NDArray[np.int64]


class State(NamedTuple):
    """What is known of the lead being folded; made once. What a lead begins with is one block, copied from `blank`."""

    blank: NDArray[np.int64]
    block: NDArray[np.int64]
    # Pieces of the block:
    lead: NDArray[np.int64]  # see the names below
    slack: NDArray[
        np.float64
    ]  # (1,) points that must still be made before any path out of the stage can open
    profile: NDArray[np.float64]  # per score: points of traits
    look: NDArray[np.int64]  # per score: lead[LOOK] when `value` was worked out
    total: NDArray[np.float64]  # per group: sum of points (of those summed), or of worth at `moved`
    high: NDArray[np.float64]  # per group that fades: sum of points × time, high limb
    low: NDArray[np.float64]
    summed: NDArray[np.int64]  # per group: hits before this place in its queue are in `total`, see `_sum_up`
    head: NDArray[np.int64]  # per group, then per window: its queue in `nodes`
    tail: NDArray[np.int64]
    due: NDArray[np.int64]  # per group, per clock, then timeout, recheck and second look
    counts: NDArray[
        np.int64
    ]  # per rule: hits in the cap; per slot: place in the cap's ring, activities collected, place in their ring
    seen: NDArray[np.int64]  # per counter: how often
    last_seen: NDArray[np.int64]
    times_entered: NDArray[np.int64]
    answers: NDArray[np.int64]
    # Written before they are read:
    answers_before: NDArray[np.int64]
    value: NDArray[np.float64]  # per score: worked out last
    stack: NDArray[np.float64]
    moved: NDArray[np.int64]
    started: NDArray[np.int64]  # per clock
    repeated: NDArray[np.int64]
    ring: NDArray[np.int64]


uintp = np.uintp  # an index of this type is not looked at for being negative

# Places in State.lead.
STAGE, ENTERED, NEXT_DUE, CHANGED, ENTERED_NOW, ORIGIN, BITS_ROW, NUMBER, POSITION, LAZY, FROZEN, LOOK = (
    range(12)
)


@inlined
def _append(s: Any, nodes: Any, queue: Any, t: int, points: float, keep: int) -> None:
    """Put a hit, or a counted activity, at the end of a queue; with keep = 0 it is overwritten by the next."""
    tail = s.tail[queue]
    node = nodes[uintp(tail)]
    node.at = t
    node.points = points
    s.tail[queue] = tail + keep


# Worth.


@inlined
def _group_worth(p: Any, s: Any, g: int, t: int) -> float:
    group = p.groups[g]
    worth = s.total[g]
    if group.kind == HALVES:
        if worth != 0.0:
            worth *= 2.0 ** (-(t - s.moved[g]) / group.half)
    elif group.kind == FADES:
        left = group.span - (t - s.lead[ORIGIN])
        high = worth * (left >> LIMB) + s.high[g]
        low = worth * (left & LIMB_MASK) + s.low[g]
        worth = (high * (LIMB_MASK + 1) + low) / group.span
    bounded: float = min(max(worth, -group.bound), group.bound)
    return bounded


@inlined
def _score(p: Any, s: Any, score: int, t: int) -> float:
    """The score at t; parts of a sum are worked out on the way, into `s.value`.

    All that has been worked out since `_settle` or `_reset` is still so: nothing else is done between them and a look.
    """
    if s.look[score] == s.lead[LOOK]:
        known: float = s.value[score]
        return known
    value = 0.0
    for k in range(p.scores[score].order_first, p.scores[score].order_last):
        i = p.links[k]
        if s.look[i] == s.lead[LOOK]:
            continue
        record = p.scores[i]
        if record.part_first < record.part_last:
            value = 0.0
            for j in range(record.part_first, record.part_last):
                value += s.value[p.links[j]]
        else:
            value = s.profile[i]
            for g in range(record.group_first, record.valued_last):
                value += _group_worth(p, s, g, t)
            for g in range(record.valued_last, record.group_last):
                value += s.total[g]
        value = min(max(value, record.low), record.high)
        s.value[i] = value
        s.look[i] = s.lead[LOOK]
    return value


@inlined
def _compare(what: int, a: float, b: float) -> bool:
    difference = a - b
    tolerance = TOLERANCE * max(1.0, abs(a), abs(b))
    if what == GE:
        return difference >= -tolerance
    if what == GT:
        return difference > tolerance
    if what == LE:
        return difference <= tolerance
    if what == LT:
        return difference < -tolerance
    if what == EQ:
        return abs(difference) <= tolerance
    return abs(difference) > tolerance


@inlined
def _watch(out: Any, row: int, a: float, b: float, t: int) -> None:
    """Raised up to the least value that ever stood above it, a bar b would have compared the same."""
    if a >= b - SLACK_MARGIN * max(1.0, abs(b)):
        out.margin[row] = min(out.margin[row], a)
        out.reached[row] = min(out.reached[row], t)


@inlined
def _grade(p: Any, score: int, value: float) -> float:
    """The grade of a value, counted from the worst, 1; 0: none."""
    last = p.scores[score].grade_last
    for i in range(p.scores[score].grade_first, last):
        if _compare(GE, value, p.grades[i]):
            return float(last - i)
    return 0.0


@inlined
def _count_within(p: Any, s: Any, nodes: Any, w: int, t: int) -> float:
    queue = len(p.groups) + w
    head, tail = s.head[queue], s.tail[queue]
    while head < tail and nodes[head].at <= t - p.windows[w]:
        head += 1
    s.head[queue] = head
    return float(tail - head)


@inlined
def _holds(p: Any, tb: Any, s: Any, nodes: Any, out: Any, row: int, first: int, last: int, t: int) -> bool:
    """Whether the expression in ops[first:last] holds at t; an empty one does."""
    if first == last:
        return True
    stack, lead = s.stack, s.lead
    top, k = -1, first
    while k < last:
        op = p.ops[k]
        what = op.what
        k += 1
        if what == SCORE or what == GRADE:
            top += 1
            stack[top] = _score(p, s, op.index, t)
            if what == GRADE:
                stack[top] = _grade(p, op.index, stack[top])
        elif GE <= what <= NE:
            right = op.value
            if op.index == 0:
                right = stack[top]
                top -= 1
            if op.watched:
                _watch(out, row, stack[top], right, t)
            stack[top] = 1.0 if _compare(what, stack[top], right) else 0.0
        elif what == AND_THEN:
            if stack[top] == 0.0:
                k = op.index
            else:
                top -= 1
        elif what == OR_ELSE:
            if stack[top] != 0.0:
                k = op.index
            else:
                top -= 1
        elif what == NOT:
            stack[top] = 1.0 - stack[top]
        elif what == ADD:
            top -= 1
            stack[top] += stack[top + 1]
        elif what == SUBTRACT:
            top -= 1
            stack[top] -= stack[top + 1]
        elif what == NEGATE:
            stack[top] = -stack[top]
        else:
            top += 1
            if what == PROFILE_BIT:
                stack[top] = float(tb.profile_bits[lead[BITS_ROW], op.index]) if lead[BITS_ROW] >= 0 else 0.0
            elif what == HAPPENED:
                stack[top] = 1.0 if s.last_seen[op.index] > lead[ENTERED] else 0.0
            elif what == COUNT:
                stack[top] = float(s.seen[op.index])
            elif what == COUNT_WITHIN:
                stack[top] = _count_within(p, s, nodes, op.index, t)
            elif what == DAYS:
                stack[top] = (t - lead[ENTERED]) / DAY if lead[STAGE] > 0 else 0.0
            elif what == TIMES:
                stack[top] = float(s.times_entered[op.index])
            elif what == CONSTANT:
                stack[top] = op.value
            elif what == ANSWERED:
                yes = 0
                for q in range(op.index, int(op.value)):
                    yes += s.answers[p.links[q]] == 1
                stack[top] = float(yes)
    return bool(stack[0] != 0.0)


# Hits.


@inlined
def _trace(out: Any, s: Any, what: int, index: int, t: int, points: float) -> None:
    if len(out.trace) > 0:
        n = out.used[2]
        if n < len(out.trace):
            out.trace[n].what = what
            out.trace[n].index = index
            out.trace[n].at = t
            out.trace[n].points = points
            out.trace[n].position = s.lead[POSITION]
            out.trace[n].lead = s.lead[NUMBER]
        out.used[2] = n + 1


@called
def _reset(p: Any, s: Any, nodes: Any, out: Any, score: int, t: int) -> None:
    """Earlier hits of the score stop counting, with the caps and collections they fill."""
    s.lead[LOOK] += 1
    record = p.scores[score]
    for g in range(record.group_first, record.group_last):
        s.total[g] = 0.0
        s.high[g] = 0.0
        s.low[g] = 0.0
        s.due[g] = NEVER
        s.head[g] = s.tail[g]
        s.summed[g] = s.tail[g]
    for r in range(record.rule_first, record.rule_last):
        s.counts[r] = 0
        slot = p.rules[r].slot
        if slot:
            s.counts[slot] = 0
            s.counts[slot + 1] = 0
            s.counts[slot + 2] = 0
    _trace(out, s, RESET, score, t, 0.0)


@inlined
def _ring_push(s: Any, first: int, size: int, n: int, place: int, t: int) -> None:
    """Remember a time in a rule's ring; `n` and `place` are its counters in `s.counts`."""
    s.ring[first + s.counts[place]] = t
    s.counts[place] = s.counts[place] + 1 if s.counts[place] + 1 < size else 0
    s.counts[n] = min(s.counts[n] + 1, size)


@inlined
def _collects(rule: Any, s: Any, t: int) -> bool:
    """One more activity for `every`; True when it makes the hit."""
    n, place = rule.slot + 1, rule.slot + 2
    if rule.every_span == 0:
        s.counts[n] += 1
        full = s.counts[n] >= rule.every_count
    else:
        _ring_push(s, rule.every_ring, rule.every_count, n, place, t)
        full = (
            s.counts[n] == rule.every_count
            and s.ring[rule.every_ring + s.counts[place]] > t - rule.every_span
        )
    if full:
        s.counts[n] = 0
        s.counts[place] = 0
    return bool(full)


@inlined
def _wake(s: Any, g: Any, end: int) -> None:
    """A hit of group g ends then."""
    if end < s.due[g]:
        s.due[g] = end
    if s.lead[LAZY] == 0 and end < s.lead[NEXT_DUE]:
        s.lead[NEXT_DUE] = end


@inlined
def _add(p: Any, s: Any, nodes: Any, rule: Any, t: int) -> None:
    """A hit of a rule goes into its group."""
    g, points = rule.group, rule.points
    group = p.groups[g]
    if group.kind == HALVES:
        if s.total[g] != 0.0:
            s.total[g] *= 2.0 ** (-(t - s.moved[g]) / group.half)
        s.moved[g] = t
    elif group.kind == FADES:
        since = t - s.lead[ORIGIN]
        s.high[g] += points * (since >> LIMB)
        s.low[g] += points * (since & LIMB_MASK)
    if group.valued:
        s.total[g] += points
    if group.queued:
        _append(s, nodes, g, t, points, 1)
    if group.span:
        _wake(s, g, t + group.span)


@inlined
def _end(p: Any, s: Any, nodes: Any, g: int, t: int) -> None:
    """The hits of group g whose worth ended up to t."""
    group = p.groups[g]
    head, tail = s.head[g], s.tail[g]
    while head < tail and nodes[head].at + group.span <= t:
        node = nodes[head]
        head += 1
        s.slack[0] += min(node.points, 0.0)
        if group.kind == FADES:
            since = node.at - s.lead[ORIGIN]
            s.high[g] -= node.points * (since >> LIMB)
            s.low[g] -= node.points * (since & LIMB_MASK)
            s.total[g] -= node.points
        elif group.kind == HALVES:
            s.total[g] *= 2.0 ** (-(t - s.moved[g]) / group.half)
            s.moved[g] = t
            s.total[g] -= node.points * 2.0 ** (-(t - node.at) / group.half)
        else:
            s.total[g] -= node.points
    s.head[g] = head
    s.due[g] = nodes[head].at + group.span if head < tail else NEVER
    if head == tail:  # nothing is left: no rounding either
        s.total[g] = 0.0
        s.high[g] = 0.0
        s.low[g] = 0.0
    s.lead[CHANGED] |= np.int64(group.changes)


@inlined
def _sum_up(p: Any, s: Any, nodes: Any, g: int, t: int) -> None:
    """Bring the sum of a group whose hits stay, or end at once, up to t.

    Hits that came and ended since the sum was last looked at are passed over, and those that still count are found
    from the youngest on: so a hit costs nothing between looks, and mostly nothing at all.
    """
    group = p.groups[g]
    head, summed, tail, total = s.head[g], s.summed[g], s.tail[g], s.total[g]
    if group.span == 0:
        for k in range(head, tail):
            total += nodes[k].points
        s.tail[g], s.total[g] = head, total
        return
    ended = t - group.span
    if nodes[head].at <= ended:
        s.lead[CHANGED] |= np.int64(group.changes)
    while head < summed and nodes[head].at <= ended:
        s.slack[0] += min(nodes[head].points, 0.0)
        total -= nodes[head].points
        head += 1
    if head == summed:
        head, total = tail, 0.0  # nothing is left: no rounding either
        while head > summed and nodes[head - 1].at > ended:
            head -= 1
            total += nodes[head].points
    else:
        for k in range(summed, tail):
            total += nodes[k].points
    s.head[g], s.summed[g], s.total[g] = head, tail, total
    s.due[g] = nodes[head].at + group.span if head < tail else NEVER


@inlined
def _settle(p: Any, s: Any, nodes: Any, t: int) -> None:
    """Sum up what counts at t, and take back what ended. To be done before any score is looked at."""
    s.lead[LOOK] += 1
    for g in range(len(p.groups)):
        if s.head[g] < s.tail[g]:
            if not p.groups[g].valued:
                _sum_up(p, s, nodes, g, t)
            elif s.due[g] <= t:
                _end(p, s, nodes, g, t)


@inlined
def _hit(p: Any, s: Any, nodes: Any, out: Any, r: int, t: int) -> None:
    """What rule r does with a matching activity, or with a silence that is full."""
    rule = p.rules[uintp(r)]
    if rule.flags:
        _special_hit(p, s, nodes, out, r, t)
        return
    counts = _plain_hit(s, nodes, rule, r, t)
    s.slack[0] -= rule.gain * counts
    span = p.groups[rule.group].span
    if counts and span:
        _wake(s, rule.group, t + span)
    s.lead[CHANGED] |= np.int64(rule.changes) * counts
    _trace(out, s, HIT if counts else CAPPED, r, t, rule.points)


@inlined
def _plain_hit(s: Any, nodes: Any, rule: Any, r: int, t: int) -> int:
    """1 if a hit of a rule without flags counts, 0 if it is at its cap: without a branch, that is anybody's guess."""
    n = uintp(r)
    counts = 1 if s.counts[n] < rule.cap_ever else 0
    s.counts[n] += counts
    _append(s, nodes, uintp(rule.group), t, rule.points, counts)
    return counts


@inlined
def _plain_hits(
    p: Any, tb: Any, s: Any, nodes: Any, ats: Any, codes: Any, places: Any, n: int, last: int
) -> int:
    """The run of plain hits from n on, until a path may open or a timer is due: the common case, kept bare.

    Returns where it ends.
    """
    needs = p.stages[s.lead[STAGE]].needs
    slack, until = s.slack[0] if needs else np.inf, s.lead[NEXT_DUE]
    while n < last and slack > 0.0:
        position = uintp(places[uintp(n)])
        t, r = ats[position], tb.hits[uintp(codes[position])]
        if r < 0 or t >= until:
            break
        rule = p.rules[uintp(r)]
        slack -= rule.gain * _plain_hit(s, nodes, rule, r, t)
        n += 1
    s.slack[0] = slack
    s.lead[CHANGED] |= (
        SCORES_CHANGED  # which ones is not worth the trouble: they are looked at if slack is gone
    )
    return n


@inlined
def _special_hit(p: Any, s: Any, nodes: Any, out: Any, r: int, t: int) -> None:
    """The hit of a rule with `every`, `while`, a cap per time, `resets`, or hits that lose worth bit by bit."""
    rule = p.rules[r]
    flags = rule.flags
    if flags & HAS_EVERY and not _collects(rule, s, t):
        return
    if flags & HAS_WHILE and not (rule.while_ >> np.uint64(s.lead[STAGE])) & np.uint64(1):
        _trace(out, s, OUTSIDE, r, t, 0.0)
        return
    n, place = r, rule.slot
    full = s.counts[n] >= rule.cap_ever
    if flags & HAS_CAP:
        full = s.counts[n] == rule.cap_count and s.ring[rule.cap_ring + s.counts[place]] > t - rule.cap_span
    if full:
        _trace(out, s, CAPPED, r, t, 0.0)
        return
    if flags & HAS_RESETS:
        _reset(p, s, nodes, out, rule.score, t)
        s.slack[0] = -np.inf  # negative points may have gone
    s.slack[0] -= max(rule.points, 0.0)
    if flags & HAS_CAP:
        _ring_push(s, rule.cap_ring, rule.cap_count, n, place, t)
    else:
        s.counts[n] += 1
    _add(p, s, nodes, rule, t)
    s.lead[CHANGED] |= np.int64(rule.changes)
    _trace(out, s, HIT, r, t, rule.points)


# Stages.


@inlined
def _enter(p: Any, s: Any, nodes: Any, out: Any, to: int, t: int, cause: int, path: int, code: int) -> None:
    """Record the transition, apply the stage's resets, set its timers."""
    lead = s.lead
    n = out.used[0]
    if n < len(out.transitions):
        record = out.transitions[n]
        record.lead = lead[NUMBER]
        record.from_ = lead[STAGE]
        record.to = to
        record.cause = cause
        record.path = path
        record.code = code
        record.at = t
        for score in range(len(p.scores)):
            out.transition_scores[n, score] = _score(p, s, score, t)
    out.used[0] = n + 1
    _trace(out, s, ENTRY, n, t, 0.0)
    stage = p.stages[to]
    for k in range(stage.reset_first, stage.reset_last):
        _reset(p, s, nodes, out, p.links[k], t)
    lead[STAGE] = to
    lead[ENTERED] = t
    lead[CHANGED] = EVERYTHING
    lead[ENTERED_NOW] |= 1 << to
    s.times_entered[to] += 1
    timers = len(p.groups) + len(p.clocks)
    s.due[timers] = t + stage.timeout if stage.timeout else NEVER
    s.due[timers + 1] = t + stage.recheck if stage.recheck else NEVER
    lead[NEXT_DUE] = min(lead[NEXT_DUE], s.due[timers], s.due[timers + 1])
    s.slack[0] = -np.inf
    lead[LAZY] = 0  # until the automatic paths of the new stage have been tried


@inlined
def _take(p: Any, tb: Any, s: Any, nodes: Any, out: Any, row: int, k: int, t: int) -> bool:
    """Enter by path k if its condition holds and the lead is not excluded."""
    path = p.paths[k]
    first, last, wanted = path.when_first, path.when_last, True
    for _ in range(2 if p.excluded[0] < p.excluded[1] else 1):
        if _holds(p, tb, s, nodes, out, row, first, last, t) != wanted:
            return False
        first, last, wanted = p.excluded[0], p.excluded[1], False
    _enter(p, s, nodes, out, path.stage, t, BY_PATH, path.position, -1)
    return True


@inlined
def _automatic(p: Any, tb: Any, s: Any, nodes: Any, out: Any, row: int, shut: int, t: int) -> bool:
    """Try the automatic paths until none holds. No stage is entered twice at one instant.

    Those that need a watched bar are not tried before `shut`; then all are.

    True if a path was not tried for that reason: it is to be tried at the next instant, whatever that brings.
    """
    lead = s.lead
    if lead[FROZEN]:
        return False
    moved = True
    held_back = False
    while moved:
        moved = False
        held_back = False
        stage = p.stages[lead[STAGE]]
        if stage.auto_first == stage.auto_last:
            break
        slack = np.inf
        for k in range(stage.auto_first, stage.auto_last):
            path = p.paths[p.links[k]]
            if lead[ENTERED_NOW] >> path.stage & 1:
                held_back = True
                slack = -np.inf
                continue
            if path.guard_score >= 0:
                bar = p.ops[path.guard_op]
                if bar.watched and t < shut:
                    s.due[len(s.due) - 1] = shut
                    lead[NEXT_DUE] = min(lead[NEXT_DUE], shut)
                    continue
                value = _score(p, s, path.guard_score, t)
                if not _compare(GE, value, bar.value):
                    missing = bar.value - value - SLACK_MARGIN * max(1.0, abs(bar.value))
                    slack = min(slack, missing / path.guard_weight)
                    continue
            slack = -np.inf
            if _take(p, tb, s, nodes, out, row, p.links[k], t):
                moved = True
                break
        s.slack[0] = slack
    lead[CHANGED] = EVERYTHING if held_back else 0
    lead[LAZY] = stage.lazy and not held_back
    if lead[LAZY] == 0:
        lead[NEXT_DUE] = 0  # ends of worth count again: find out what comes first
    return held_back


@inlined
def _freeze_or_thaw(p: Any, s: Any, role: int, t: int) -> int:
    """Begin or end the time in which nothing is entered by itself; the stage of a timeout that came meanwhile, or -1."""
    lead = s.lead
    if role == FREEZE:
        lead[FROZEN] = 1
        return -1
    lead[FROZEN] = 0
    lead[CHANGED] = EVERYTHING
    s.slack[0] = -np.inf
    stage = p.stages[lead[STAGE]]
    return int(stage.timeout_to) if stage.timeout and lead[ENTERED] + stage.timeout <= t else -1


@called
def _decide(p: Any, tb: Any, s: Any, nodes: Any, out: Any, row: int, code: int, t: int) -> None:
    """A person's decision: applied, or refused with the cause."""
    lead = s.lead
    _settle(p, s, nodes, t)
    line = tb.codes[code].first
    decision = tb.decisions[line]
    questions = p.sizes[1]
    for q in range(questions):
        s.answers_before[q] = s.answers[q]
        if tb.answers[line, q]:
            s.answers[q] = tb.answers[line, q]
    why, to, cause = -1, decision.to, BY_DECISION
    if decision.role <= FACT_BY_PATH:
        if decision.role >= FACT_BY_TIMEOUT:
            cause = FACT_BY_PATH - decision.role
        else:
            to, cause = _freeze_or_thaw(p, s, decision.role, t), BY_TIMEOUT
    elif to > 0:
        stage = p.stages[to]
        why = WRONG_ROLE
        for k in range(stage.enter_first, stage.enter_last):
            path = p.paths[k]
            if decision.role < 0 or not (path.by >> np.uint64(decision.role)) & np.uint64(1):
                continue
            if not (path.from_ >> np.uint64(lead[STAGE])) & np.uint64(1):
                why = max(why, WRONG_STAGE)
                continue
            why = NOT_QUALIFIED
            if _holds(p, tb, s, nodes, out, row, path.requires_first, path.requires_last, t):
                why = -1
                break
    elif to == -2:
        why = UNKNOWN_STAGE
    if why < 0:
        lead[CHANGED] |= ANSWERS_CHANGED
        if to >= 0:
            _enter(p, s, nodes, out, to, t, cause, -1, -1 if decision.role == THAW else code)
        return
    for q in range(questions):
        s.answers[q] = s.answers_before[q]
    n = out.used[1]
    if n < len(out.refusals):
        record = out.refusals[n]
        record.lead = lead[NUMBER]
        record.code = code
        record.from_ = lead[STAGE]
        record.why = why
        record.at = t
    out.used[1] = n + 1


# Timers.


@inlined
def _breaks_silence(
    tb: Any, ats: Any, codes: Any, places: Any, n: int, last: int, clock: int, t: int
) -> bool:
    """Whether an activity at t itself stops or restarts the clock."""
    while n < last and ats[places[n]] == t:
        code = tb.codes[codes[places[n]]]
        if code.kind == ACTIVITY:
            for k in range(code.first, code.last):
                what = tb.actions[k] >> ACTION_SHIFT
                if (what == STOP or what == START) and tb.actions[k] & ACTION_INDEX == clock:
                    return True
        n += 1
    return False


@called
def _silent(p: Any, s: Any, nodes: Any, out: Any, clock: int, t: int) -> None:
    """A silence that is full."""
    s.lead[POSITION] = -1
    _hit(p, s, nodes, out, p.clocks[clock].rule, t)


@inlined
def _timers(
    p: Any,
    tb: Any,
    s: Any,
    nodes: Any,
    out: Any,
    ats: Any,
    codes: Any,
    places: Any,
    n: int,
    last: int,
    t: int,
) -> None:
    """Everything due at t, in order: ends of worth, silences, timeout, recheck."""
    groups, clocks = len(p.groups), len(p.clocks)
    _settle(p, s, nodes, t)
    for c in range(clocks):
        if s.due[groups + c] == t:
            clock = p.clocks[c]
            s.repeated[c] += 1
            if _breaks_silence(tb, ats, codes, places, n, last, c, t):
                s.due[groups + c] = NEVER
                continue
            more = clock.repeats < 0 or s.repeated[c] < clock.repeats
            s.due[groups + c] = s.started[c] + (s.repeated[c] + 1) * clock.span if more else NEVER
            _silent(p, s, nodes, out, c, t)
    timeout = groups + clocks
    if s.due[timeout] == t:
        s.due[timeout] = NEVER  # of a frozen lead it is seen at the thaw
        if s.lead[FROZEN] == 0:
            _settle(p, s, nodes, t)  # the silences
            _enter(p, s, nodes, out, p.stages[s.lead[STAGE]].timeout_to, t, BY_TIMEOUT, -1, -1)
    if s.due[timeout + 1] == t:
        s.due[timeout + 1] = t + p.stages[s.lead[STAGE]].recheck
    if s.due[timeout + 2] == t:
        s.due[timeout + 2] = NEVER
        s.slack[0] = -np.inf
        s.lead[CHANGED] = EVERYTHING


@inlined
def _earliest(p: Any, s: Any) -> int:
    """The next timer; ends of worth only where they can open a path."""
    first = NEVER
    for i in range(len(p.groups) if s.lead[LAZY] else 0, len(s.due)):
        first = min(first, s.due[i])
    return first


@inlined
def _act(p: Any, tb: Any, s: Any, nodes: Any, out: Any, first: int, last: int, t: int) -> None:
    """The actions of one activity."""
    groups = len(p.groups)
    for k in range(first, last):
        action = tb.actions[uintp(k)]
        what, i = action >> ACTION_SHIFT, action & ACTION_INDEX
        if what == RULE:
            _hit(p, s, nodes, out, i, t)
        elif what == START:
            s.started[i] = t
            s.repeated[i] = 0
            due = t + p.clocks[i].span
            s.due[groups + i] = due
            if due < s.lead[NEXT_DUE]:
                s.lead[NEXT_DUE] = due
        elif what == STOP:
            s.due[groups + i] = NEVER
        elif what == COUNTER:
            s.seen[i] += 1
            s.last_seen[i] = t
            s.lead[CHANGED] |= SIGNALS_CHANGED
        else:
            _append(s, nodes, groups + i, t, 0.0, 1)
            s.lead[CHANGED] |= SIGNALS_CHANGED


@inlined
def _new_profile(p: Any, tb: Any, s: Any, row: int) -> None:
    s.lead[BITS_ROW] = row
    s.lead[CHANGED] |= PROFILE_CHANGED
    for score in range(len(p.scores)):
        points = 0.0
        for i in range(p.scores[score].trait_first, p.scores[score].trait_last):  # without a branch
            points += p.trait_points[i] * tb.profile_bits[row, p.trait_bits[i]]
        s.profile[score] = points


@compiled
def fold_leads(p: Any, tb: Any, entries: Any, s: Any, nodes: Any, places: Any, as_of: int, out: Any) -> None:
    """Fold all leads of `entries` up to `as_of` (µs UTC, inclusive) into `out`, a row each.

    `s`, `nodes` and `places` are room to work in, see `new_state`; `places` has one place more than the
    longest lead has entries. Nothing is allocated here.
    """
    lead = s.lead
    stages = p.stages
    ats, codes = entries.at.view(np.int64), entries.code.view(np.int32)
    second_look = len(p.groups) + len(p.clocks) + 2
    for row in range(len(entries.first)):
        begin, end = entries.first[row], entries.last[row]
        while end > begin and ats[end - 1] > as_of:
            end -= 1
        for i in range(len(s.block)):
            s.block[i] = s.blank[i]
        lead[NUMBER] = row
        if len(out.margin):
            out.margin[row] = np.inf
            out.reached[row] = NEVER
        shut = entries.shut[row] if len(entries.shut) else -NEVER
        lead[ORIGIN] = ats[begin] if begin < end else 0
        places[0] = begin  # the first is a time to look, whatever it is
        last = min(end - begin, 1)
        for i in range(begin + 1, end):  # without a branch: which activities matter is anybody's guess
            places[uintp(last)] = i
            last += tb.hits[uintp(codes[uintp(i)])] != NOTHING
        n = 0
        # quiet: no path can open before hits have made the missing points, or something else has happened
        quiet = False
        while True:
            t = ats[uintp(places[uintp(n)])] if n < last else NEVER
            lead[ENTERED_NOW] = 0
            if lead[NEXT_DUE] <= t:
                lead[NEXT_DUE] = _earliest(p, s)
                if lead[NEXT_DUE] <= min(t, as_of):
                    t = lead[NEXT_DUE]
                    _timers(p, tb, s, nodes, out, ats, codes, places, n, last, t)
                    quiet = False
                elif n == last:
                    break
            stage = stages[lead[STAGE]]
            while n < last:
                if quiet and lead[LAZY] and len(out.trace) == 0:
                    after = _plain_hits(p, tb, s, nodes, ats, codes, places, n, last)
                    if after > n:
                        n = after
                        t = ats[uintp(places[uintp(n - 1)])]
                        quiet = stage.needs == 0 or s.slack[0] > 0.0
                        if n == last:
                            break
                position = places[uintp(n)]
                now = ats[uintp(position)]
                if now != t:
                    if not quiet or now >= lead[NEXT_DUE]:
                        break
                    t = now
                number = codes[uintp(position)]
                code = tb.codes[uintp(number)]
                lead[POSITION] = position
                if code.kind == ACTIVITY:
                    _act(p, tb, s, nodes, out, code.first, code.last, t)
                    quiet = quiet and (s.slack[0] > 0.0 or stage.needs == 0)
                else:
                    quiet = False
                    if code.kind == PROFILE:
                        _new_profile(p, tb, s, code.first)
                    else:
                        _decide(p, tb, s, nodes, out, row, number, t)
                n += 1
            stage = stages[lead[STAGE]]
            changed = np.uint64(lead[CHANGED]) & stage.needs
            if stage.drifts or (changed and (s.slack[0] <= 0.0 or changed & np.uint64(PROFILE_CHANGED))):
                _settle(p, s, nodes, t)
                if _automatic(p, tb, s, nodes, out, row, shut, t):
                    following = places[n - 1] if n > 0 else begin
                    while following < end and ats[following] <= t:
                        following += 1
                    s.due[second_look] = ats[following] if following < end else NEVER
            elif lead[CHANGED] == EVERYTHING:
                lead[CHANGED] = 0
                lead[LAZY] = stage.lazy
            stage = stages[lead[STAGE]]
            if stage.over:
                break
            quiet = not stage.drifts and (stage.needs == 0 or s.slack[0] > 0.0)
        _settle(p, s, nodes, as_of)
        lead[LAZY] = 0
        out.stage[row] = lead[STAGE]
        out.entered[row] = lead[ENTERED]
        out.next_check[row] = _earliest(p, s)
        for score in range(len(p.scores)):
            out.scores[row, score] = _score(p, s, score, as_of)


def empty_output(
    leads: int, scores: int, transitions: int, refusals: int, traces: int, *, watched: bool = False
) -> Output:
    """Room for the results of so many leads."""
    return Output(
        np.empty(leads, np.int16),
        np.empty(leads, np.int64),
        np.empty(leads, np.int64),
        np.empty((leads, scores)),
        np.empty(leads if watched else 0),
        np.empty(leads if watched else 0, np.int64),
        np.empty(transitions, TRANSITION_RECORD),
        np.empty((transitions, scores)),
        np.empty(refusals, REFUSAL_RECORD),
        np.empty(traces, TRACE_RECORD),
        np.zeros(3, np.int64),
    )


def new_state(p: Program, longest: int, span: int) -> tuple[State, Records]:
    """Room for what is known of one lead with up to `longest` entries over `span` µs, and for its queues."""
    scores, groups, clocks = len(p.scores), len(p.groups), len(p.clocks)
    counters, questions, rings = (int(size) for size in p.sizes)
    room = longest * p.pushes + 1
    for clock in p.clocks:
        silences = longest + (max(span, 0) // int(clock["span"]) + 1 if clock["repeats"] != 1 else 0)
        room[p.rules["group"][clock["rule"]]] += silences
    begins = np.concatenate([[0], np.cumsum(room)])
    lead = np.zeros(LOOK + 1, np.int64)
    lead[[ENTERED, NEXT_DUE, CHANGED, BITS_ROW]] = -NEVER, NEVER, EVERYTHING, -1
    pieces = {
        "lead": lead,
        "slack": np.full(1, -np.inf),
        "profile": np.zeros(scores),
        "look": np.zeros(scores, np.int64),
        **{name: np.zeros(groups) for name in ("total", "high", "low")},
        **dict.fromkeys(("summed", "head", "tail"), begins[:-1]),
        "due": np.full(groups + clocks + 3, NEVER),
        "counts": np.zeros(max(len(p.rules), int(p.rules["slot"].max(initial=0)) + 3), np.int64),
        "seen": np.zeros(counters, np.int64),
        "last_seen": np.full(counters, -NEVER),
        "times_entered": np.zeros(len(p.stages), np.int64),
        "answers": np.zeros(questions, np.int64),
    }
    blank = np.concatenate([piece.view(np.int64) for piece in pieces.values()])
    block, ends = blank.copy(), np.cumsum([len(piece) for piece in pieces.values()])
    parts = np.split(block, ends[:-1])
    state = State(
        blank,
        block,
        **{name: part.view(piece.dtype) for (name, piece), part in zip(pieces.items(), parts, strict=True)},
        answers_before=np.zeros(questions, np.int64),
        value=np.zeros(scores),
        stack=np.zeros(len(p.ops) + 2),
        moved=np.zeros(groups, np.int64),
        started=np.zeros(clocks, np.int64),
        repeated=np.zeros(clocks, np.int64),
        ring=np.zeros(rings + 1, np.int64),
    )
    return state, np.empty(int(begins[-1]) + 1, NODE_RECORD)
