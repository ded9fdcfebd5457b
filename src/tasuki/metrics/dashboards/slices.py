"""By what figures can be narrowed: the values of each slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasuki.metrics.asking import Question, check_slices, narrowing
from tasuki.metrics.derived import SLICES
from tasuki.metrics.reader import Facts


def values_of(
    facts: Facts, slices: Sequence[str], question: Question | None = None, *, most: int = 100
) -> Mapping[str, list[str]]:
    """The values of each slice among the entries into stages, the commonest first, so many at the most."""
    question = question or Question()
    check_slices(question, SLICES, "entries")
    conditions, parameters = narrowing(question)
    found = {}
    for name in slices:
        check_slices(Question(name), SLICES, "entries")
        wanted = " AND ".join([f"{name} <> ''", *conditions])
        sql = f"SELECT {name} FROM entries WHERE {wanted} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {int(most)}"
        found[name] = [str(value) for (value,) in facts.rows(sql, parameters)]
    return found
