from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasuki.history import History

Entry = tuple[int, int, dict[str, str]]
Ledgers = dict[str, list[Entry]]


def ledgers_of(history: History) -> Ledgers:
    """Every lead's entries as (at, kind, fields), in their order."""
    shapes: dict[int, tuple[int, dict[str, str]]] = {}
    for kind, of_kind in enumerate(history.shapes):
        for position, code in enumerate(of_kind.codes.tolist()):
            shapes[code] = (kind, of_kind.row(position))
    found: Ledgers = {}
    for shard in history.shards:
        at, code, bounds = shard.at.tolist(), shard.code.tolist(), shard.offsets.tolist()
        for lead, first, end in zip(shard.ids, bounds, bounds[1:], strict=False):
            found[lead] = [(at[i], *shapes[code[i]]) for i in range(first, end)]
    return found
