"""A history made of a few entries in memory: for the live server, and for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from operator import itemgetter

import numpy as np

from tasuki.history.entries import (
    ACTIVITIES,
    DECISIONS,
    KINDS,
    PROFILES,
    Activity,
    Decision,
    Profile,
    shard_of,
)
from tasuki.history.shapes import shapes_of
from tasuki.history.store import History, Shard

_Entry = tuple[int, int, int, int, int]  # at, rank, seq, kind, code


def history_of(
    profiles: Iterable[Profile] = (),
    activities: Iterable[Activity] = (),
    decisions: Iterable[Decision] = (),
    shards: int = 1,
) -> History:
    """A history in memory. Times in µs since 1970 UTC; the order given is `seq` where an entry has none."""
    builder = _Builder()
    for profile in profiles:
        builder.add(PROFILES, profile.lead, profile.at, profile.seq, profile.fields)
    for activity in activities:
        builder.add(ACTIVITIES, activity.lead, activity.at, activity.seq, activity.fields)
    for decision in decisions:
        fields = decision_fields(decision)
        builder.add(DECISIONS, decision.lead, decision.at, decision.seq, fields, decision.rank)
    return builder.history(shards)


def decision_fields(decision: Decision) -> dict[str, str]:
    """The fields of a decision's shape; absent ones left out, answers as JSON text with sorted keys."""
    fields = {
        "to": decision.to,
        "role": decision.role,
        "reason": decision.reason,
        "until": decision.until,
        "answers": answers_text(decision.answers) if decision.answers else None,
        "fact": decision.fact,
    }
    return {name: value for name, value in fields.items() if value}


def answers_text(answers: Mapping[str, str]) -> str:
    """Answers as they are stored: JSON text with sorted keys."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True)


class _Builder:
    """Collects entries by lead and numbers the distinct shapes of each kind."""

    def __init__(self) -> None:
        self._leads: dict[str, list[_Entry]] = {}
        self._shapes: list[dict[frozenset[tuple[str, str]], int]] = [{} for _ in KINDS]
        self._seq = 0

    def add(
        self,
        kind: int,
        lead: str,
        at: int,
        seq: int | None,
        fields: Mapping[str, str],
        rank: int | None = None,
    ) -> None:
        """Add one entry; its code is a place within its kind for now."""
        known = self._shapes[kind]
        place = known.setdefault(frozenset(fields.items()), len(known))
        order = self._seq if seq is None else seq
        self._seq = max(self._seq, order + 1)
        entry = (at, kind if rank is None else rank, order, kind, place)
        entries = self._leads.get(lead)
        if entries is None:
            self._leads[lead] = [entry]
        else:
            entries.append(entry)

    def history(self, shards: int) -> History:
        """All that was added, as a history."""
        firsts = np.cumsum([0, *map(len, self._shapes)])
        kinds = [
            shapes_of(int(first), [{k: v for k, v in sorted(shape) if v} for shape in known])
            for first, known in zip(firsts, self._shapes, strict=False)
        ]
        made = [_shard(leads, firsts) for leads in self._by_shard(shards)]
        filled = [shard for shard in made if shard.entries]
        return History(
            shards=made,
            profiles=kinds[PROFILES],
            activities=kinds[ACTIVITIES],
            decisions=kinds[DECISIONS],
            codes=int(firsts[-1]),
            leads=len(self._leads),
            entries=sum(shard.entries for shard in made),
            first_at=min((int(shard.at.min()) for shard in filled), default=None),
            last_at=max((int(shard.at.max()) for shard in filled), default=None),
        )

    def _by_shard(self, shards: int) -> list[dict[str, list[_Entry]]]:
        if shards == 1:
            return [self._leads]
        parts: list[dict[str, list[_Entry]]] = [{} for _ in range(shards)]
        for lead, entries in self._leads.items():
            parts[shard_of(lead, shards)][lead] = entries
        return parts


def _shard(leads: dict[str, list[_Entry]], firsts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Shard:
    """One shard out of its leads; `firsts` turns places within a kind into codes."""
    ids = sorted(leads)
    ordered = [leads[lead] for lead in ids]
    offsets = np.zeros(len(ids) + 1, np.int64)
    np.cumsum([len(entries) for entries in ordered], out=offsets[1:])
    for entries in ordered:
        entries.sort(key=itemgetter(0, 1, 2))
    flat = [entry for entries in ordered for entry in entries]
    table = np.array(flat, np.int64).reshape(-1, 5)
    at, _, seq, kind, place = (np.ascontiguousarray(table[:, i]) for i in range(5))
    return Shard.of(ids, offsets, at, (firsts[kind] + place).astype(np.int32), seq)
