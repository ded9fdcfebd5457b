"""One lead's ledger through the engine, in the shape in which the reference evaluator answers."""

from __future__ import annotations

from tasuki.agreement import agreement_of
from tasuki.engine.compile import Compiled, compile_agreement
from tasuki.engine.layout import NEVER
from tasuki.engine.replay import CAUSES, REFUSALS, Replay, replay
from tasuki.history import Activity, Decision, History, Profile, history_of
from tests.reference.records import Entry, Refused, Result, Transition


def history_from(leads: dict[str, list[Entry]], shards: int = 1) -> History:
    """The ledgers as a history in memory."""
    entries = [(lead, entry) for lead, ledger in leads.items() for entry in ledger]
    return history_of(
        [Profile(lead, e.at, e.fields, seq=e.seq) for lead, e in entries if e.kind == "profile"],
        [Activity(lead, e.at, e.fields, seq=e.seq) for lead, e in entries if e.kind == "activity"],
        [
            Decision(
                lead, e.at, e.fields.get("to") or None, e.fields.get("role", ""), e.fields.get("reason"),
                e.fields.get("until"), e.answers, seq=e.seq,
            )
            for lead, e in entries
            if e.kind == "decision"
        ],
        shards,
    )  # fmt: skip


def fold_text(text: str, leads: dict[str, list[Entry]], as_of: int, shards: int = 1) -> dict[str, Result]:
    """Each lead's result under the agreement that a text says."""
    done = replay(compile_agreement(agreement_of(text)), history_from(leads, shards), as_of, threads=1)
    return {lead: result_of(done, lead) for lead in leads if done.history.find(lead)}


def result_of(done: Replay, lead: str) -> Result:
    """What became of one lead."""
    compiled = done.compiled
    found = done.history.find(lead)
    assert found
    shard, row = done.shards[found[0]], found[1]
    scores = dict(zip(compiled.score_names, shard.scores[row].tolist(), strict=True))
    stages = compiled.stage_names
    mine = shard.transitions["lead"] == row
    transitions = [
        Transition(
            stages[t["from_"]], str(stages[t["to"]]), int(t["at"]), CAUSES[t["cause"]], _path(done, t),
            dict(zip(compiled.score_names, values.tolist(), strict=True)),
        )
        for t, values in zip(shard.transitions[mine], shard.transition_scores[mine], strict=True)
    ]  # fmt: skip
    refused = []
    for r in shard.refusals[shard.refusals["lead"] == row]:
        decision = _decision(done, r["code"])
        refused.append(
            Refused(
                int(r["at"]), decision["to"], decision.get("role", ""), stages[r["from_"]], REFUSALS[r["why"]]
            )
        )
    stage = stages[shard.stage[row]]
    check = int(shard.next_check[row])
    return Result(
        transitions, refused, stage, int(shard.entered[row]) if stage else None, scores,
        {name: grade_of(compiled, name, value) for name, value in scores.items()}, None if check == NEVER else check,
    )  # fmt: skip


def grade_of(compiled: Compiled, score: str, value: float) -> str | None:
    """The first grade whose bound is reached."""
    grades = compiled.agreement.scores[score].grades
    return next((letter for letter, bound in grades if value >= bound - 1e-9 * max(1, abs(bound))), None)


def _decision(done: Replay, code: int) -> dict[str, str]:
    shapes = done.history.decisions
    return shapes.row(int(shapes.codes.searchsorted(code)))


def _path(done: Replay, transition: object) -> str:
    t = transition
    if t["cause"] == 0:  # type: ignore[index]
        return f"{done.compiled.stage_names[t['to']]}.{t['path']}"  # type: ignore[index]
    return _decision(done, t["code"]).get("role", "") if t["cause"] == 1 else ""  # type: ignore[index]
