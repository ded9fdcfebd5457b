"""A few leads at a time, as new entries come: what is new since the transitions that were recorded.

Recorded transitions are facts. A lead's whole log is folded; if what comes out begins with its facts, the rest is new.
Where it does not, for the facts were made under another agreement, or a late entry would have changed them, the log is
folded again with the facts *enforced*: the lead enters their stages at their times whatever the agreement says, nothing else
moves it by itself until the *thaw*, and then all is looked at. Scores are those of the whole log in both cases.

Times: int64 µs since 1970 UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasuki.engine import layout as at
from tasuki.engine.book import ActivityShape, DecisionShape, Known, ShapeBook
from tasuki.engine.compile import Compiled
from tasuki.engine.kernel import Entries, Output, empty_output, fold_leads, new_state
from tasuki.engine.ledger import Cause, Fact, LeadLog, LiveDecision, enforced, refused_before
from tasuki.engine.replay import CAUSES, REFUSALS
from tasuki.engine.worths import Contribution, contributions_of, grades_of

__all__ = [
    "Contribution", "Fact", "LeadLog", "LeadOutcome", "LiveDecision", "NewTransition", "ShapeBook", "fold_leads_live",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTransition:
    """A transition that was not recorded yet. `path` like MQL.0; `scores` just before the stage's resets."""

    from_: str
    to: str
    at: int
    cause: Cause
    path: str
    decision: int | None
    scores: dict[str, float]
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class LeadOutcome:
    """What came of one lead. `refused`: number of a decision → why. `next_check` counts entries yet to come, too."""

    lead: int
    transitions: tuple[NewTransition, ...]
    refused: dict[int, str]
    stage: str
    entered: int | None
    scores: dict[str, float]
    grades: dict[str, str]
    next_check: int | None
    enforced: bool


def fold_leads_live(
    compiled: Compiled,
    leads: Sequence[LeadLog],
    as_of: int,
    *,
    book: ShapeBook | None = None,
    only_state: bool = False,
) -> list[LeadOutcome]:
    """Fold each lead up to `as_of`, in the order given. `book` keeps what shapes mean from one call to the next.

    `only_state`: the outcomes tell no new transitions, for whoever only asks where a lead stands and what is refused.
    """
    book = book or ShapeBook(compiled)
    outcomes: dict[int, LeadOutcome] = {}
    forced = [lead for lead in leads if not lead.is_free]
    free = [lead for lead in leads if lead.is_free]
    told = not only_state
    for lead, outcome in zip(free, _folded(book, free, as_of, enforce=False, told=told), strict=True):
        if outcome is None:
            forced.append(lead)
        else:
            outcomes[id(lead)] = outcome
    for lead, outcome in zip(forced, _folded(book, forced, as_of, enforce=True, told=told), strict=True):
        if outcome is None:
            raise AssertionError(f"lead {lead.lead}: the facts were not entered")
        outcomes[id(lead)] = outcome
    return [outcomes[id(lead)] for lead in leads]


# The entries of a fold.


class _Row(NamedTuple):
    at: int
    rank: int
    seq: int
    code: int
    decision: int  # number; -1: none


def _rows(known: Known, lead: LeadLog, *, enforce: bool) -> list[_Row]:
    """The lead's entries in the order in which the kernel reads them."""
    profile, activity, decision = known.profiles, known.activities, known.decisions
    rows = [_Row(time, at.PROFILE, seq, profile[shape], -1) for time, seq, shape in lead.profiles]
    rows += [_Row(time, at.ACTIVITY, seq, activity[shape], -1) for time, seq, shape in lead.activities]
    decisions = enforced(lead) if enforce else [(one, at.DECISION, one.number) for one in lead.decisions]
    rows += [_Row(one.at, rank, seq, decision[one.shape], one.number) for one, rank, seq in decisions]
    rows.sort()
    return rows


# The fold, and what is new in it.


def _folded(
    book: ShapeBook, leads: Sequence[LeadLog], as_of: int, *, enforce: bool, told: bool
) -> list[LeadOutcome | None]:
    """The outcome of each lead; None where the fold does not begin with the facts."""
    if not leads:
        return []
    known = book.learn(*_shapes_of(leads, enforce))
    rows = [_rows(known, lead, enforce=enforce) for lead in leads]
    entries, ats = _entries([row for each in rows for row in each], [len(each) for each in rows])
    output = _run(book.compiled, known.tables, entries, ats, as_of)
    reader = _Reader(book.compiled, known, output, as_of, enforce)
    return [reader.outcome(i, lead, rows[i], told=told) for i, lead in enumerate(leads)]


def _shapes_of(
    leads: Sequence[LeadLog], enforce: bool
) -> tuple[set[str], set[ActivityShape], set[DecisionShape]]:
    profiles = {shape for lead in leads for _, _, shape in lead.profiles}
    activities = {shape for lead in leads for _, _, shape in lead.activities}
    if enforce:
        return profiles, activities, {one.shape for lead in leads for one, _, _ in enforced(lead)}
    return profiles, activities, {one.shape for lead in leads for one in lead.decisions}


def _entries(rows: Sequence[_Row], sizes: Sequence[int]) -> tuple[Entries, NDArray[np.int64]]:
    ats = np.array([row.at for row in rows], np.int64)
    codes = np.array([row.code for row in rows], np.int32)
    ends = np.cumsum(np.array([0, *sizes], np.int64))
    at_bytes, code_bytes = ats.view(np.uint8), codes.view(np.uint8)
    at_bytes.flags.writeable = code_bytes.flags.writeable = False
    return Entries(ends[:-1].copy(), ends[1:].copy(), at_bytes, code_bytes, np.empty(0, np.int64)), ats


def _run(
    compiled: Compiled, tables: at.Tables, entries: Entries, ats: NDArray[np.int64], as_of: int
) -> Output:
    """The kernel over all leads, with its trace."""
    sizes = entries.last - entries.first
    begins = ats[entries.first[sizes > 0]]
    longest, span = int(sizes.max(initial=0)), max(as_of - int(begins.min(initial=as_of)), 0)
    state, nodes = new_state(compiled.program, longest, span)
    places = np.empty(longest + 1, np.int64)
    leads, scores = len(sizes), len(compiled.program.scores)
    watched = bool(compiled.program.ops["watched"].any())
    room = [4 * leads + 16, leads + 16, 4 * len(ats) + 64]
    while True:
        output = empty_output(leads, scores, room[0], room[1], room[2], watched=watched)
        fold_leads(compiled.program, tables, entries, state, nodes, places, as_of, output)
        used = output.used.tolist()
        if all(needed <= there for needed, there in zip(used, room, strict=True)):
            return output
        room = [max(needed, there) for needed, there in zip(used, room, strict=True)]


class _Reader:
    """Reads the kernel's output, lead by lead."""

    def __init__(self, compiled: Compiled, known: Known, output: Output, as_of: int, enforce: bool) -> None:
        self.compiled, self.known, self.output, self.as_of = compiled, known, output, as_of
        self.enforce = enforce
        self.stages = [name or "" for name in compiled.stage_names]
        used = output.used
        rows = np.arange(len(output.stage) + 1)
        self.transitions = output.transitions[: used[0]]
        self.of_transitions = np.searchsorted(self.transitions["lead"], rows).tolist()
        self.refusals = output.refusals[: used[1]]
        self.of_refusals = np.searchsorted(self.refusals["lead"], rows).tolist()
        self.trace = output.trace[: used[2]]
        self.of_trace = np.searchsorted(self.trace["lead"], rows).tolist()
        self.final_scores = output.scores.tolist()

    def outcome(self, i: int, lead: LeadLog, rows: Sequence[_Row], *, told: bool) -> LeadOutcome | None:
        """What came of the lead at this place; None if it does not begin with the facts."""
        made = self.transitions[self.of_transitions[i] : self.of_transitions[i + 1]]
        refused, caused = self._decisions(i, made, rows)
        if not self._begins_with(lead.facts, made, caused):
            return None
        names = self.compiled.score_names
        stage = self.stages[int(self.output.stage[i])]
        scores = dict(zip(names, self.final_scores[i], strict=True))
        if self.enforce and lead.facts:
            refused |= refused_before(lead)
        return LeadOutcome(
            lead.lead, tuple(self._new(i, lead, made, caused)) if told else (), refused, stage,
            int(self.output.entered[i]) if stage else None, scores, grades_of(self.compiled, scores),
            self._next_check(i, lead), self.enforce,
        )  # fmt: skip

    def _decisions(
        self, i: int, made: at.Records, rows: Sequence[_Row]
    ) -> tuple[dict[int, str], list[int | None]]:
        """Refused decisions by number, and the decision behind each transition."""
        of_code: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in rows:
            if row.decision >= 0:
                of_code[row.at, row.code].append(row.decision)
        caused: list[int | None] = []
        for time, code in zip(made["at"].tolist(), made["code"].tolist(), strict=True):
            found = of_code.get((time, code)) if code >= 0 else None
            caused.append(found.pop(0) if found else None)
        refusals = self.refusals[self.of_refusals[i] : self.of_refusals[i + 1]]
        refused = {
            of_code[time, code].pop(0): REFUSALS[why]
            for time, code, why in zip(
                refusals["at"].tolist(), refusals["code"].tolist(), refusals["why"].tolist(), strict=True
            )
        }
        return refused, caused

    def _begins_with(self, facts: Sequence[Fact], made: at.Records, caused: Sequence[int | None]) -> bool:
        """Whether the first transitions made are the facts."""
        if len(made) < len(facts):
            return False
        if self.enforce:
            return True
        return all(
            (fact.to, fact.at, fact.cause) == (self.stages[t["to"]], t["at"], CAUSES[t["cause"]])
            and fact.decision in (None, decision)
            for fact, t, decision in zip(facts, made, caused, strict=False)
        )

    def _new(
        self, i: int, lead: LeadLog, made: at.Records, caused: Sequence[int | None]
    ) -> Iterator[NewTransition]:
        known = len(lead.facts)
        if len(made) == known:
            return
        trace = self.trace[self.of_trace[i] : self.of_trace[i + 1]]
        offset = self.of_transitions[i]
        worths = contributions_of(
            self.compiled, trace, made["at"].tolist(), offset, known, self._profiles(lead, made)
        )
        before = lead.facts[-1].to if known else ""
        names = self.compiled.score_names
        roles = {one.number: one.shape.role for one in lead.decisions}
        for n in range(known, len(made)):
            t, to, cause = made[n], self.stages[made[n]["to"]], CAUSES[made[n]["cause"]]
            decision = caused[n]
            path = (
                f"{to}.{t['path']}"
                if cause == "path"
                else roles.get(decision, "")
                if decision is not None
                else ""
            )
            scores = dict(zip(names, self.output.transition_scores[offset + n].tolist(), strict=True))
            yield NewTransition(before, to, int(t["at"]), cause, path, decision, scores, worths[n - known])  # type: ignore[arg-type]
            before = to

    def _profiles(self, lead: LeadLog, made: at.Records) -> list[NDArray[np.uint8] | None]:
        """Per transition, the bits of the profile in force: at a timeout the one before its instant."""
        codes = [(time, self.known.profiles[shape]) for time, _, shape in sorted(lead.profiles)]
        tables = self.known.tables
        found: list[NDArray[np.uint8] | None] = []
        for t in made:
            limit = int(t["at"]) - (t["cause"] == at.BY_TIMEOUT)
            code = next((code for time, code in reversed(codes) if time <= limit), None)
            found.append(None if code is None else tables.profile_bits[tables.codes["first"][code]])
        return found

    def _next_check(self, i: int, lead: LeadLog) -> int | None:
        """When something comes by itself, or an entry of the future does."""
        check = int(self.output.next_check[i])
        coming = lead.first_after(self.as_of)
        times = [time for time in (check if check != at.NEVER else None, coming) if time is not None]
        return min(times, default=None)
