"""How many leads came into each stage lately, and by which way: what the clauses of an agreement did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from tasuki.agreement.model import Path
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.lifecycle.models import Transition

WINDOW = timedelta(days=28)
KEPT = timedelta(minutes=5)
"""A count is that old at the most: with very many leads it takes a moment."""


@dataclass(frozen=True)
class Lately:
    """Entries since a time, by stage, cause and way."""

    since: datetime
    is_whole: bool
    entries: Counter[tuple[str, str, str]]

    def by(self, path: Path) -> int:
        """How many leads came by this way: by itself, or by a decision of one of its roles."""
        if path.when is not None:
            return self.entries[path.stage, "path", path.id]
        return sum(self.entries[path.stage, "decision", role] for role in path.by)

    def into(self, stage: str) -> int:
        """How many entries there were."""
        return sum(count for (to, _cause, _path), count in self.entries.items() if to == stage)


def lately(actor: Actor, version: AgreementVersion, stages: Collection[str]) -> Lately:
    """What happened under a version, in its stages, in the last four weeks, or since it is in force (then not `is_whole`).

    Counts over all leads, whoever asks: no lead is shown. NotAllowed.
    """
    require(actor, "agreement.read")
    now = clock.now()
    kept = _kept.get(version.pk)
    if kept is None or not timedelta() <= now - kept[0] < KEPT:
        kept = _kept[version.pk] = now, _counted(version, stages, now)
    return kept[1]


_kept: dict[int, tuple[datetime, Lately]] = {}


def _counted(version: AgreementVersion, stages: Collection[str], now: datetime) -> Lately:
    since = max(now - WINDOW, version.effective_from)
    rows = Transition.objects.filter(to_stage__in=stages, at__gte=since, agreement=version.pk).order_by()
    counted = rows.values_list("to_stage", "cause", "path").annotate(count=Count("pk"))
    found = Counter({(stage, cause, path): count for stage, cause, path, count in counted})
    return Lately(since, since == now - WINDOW, found)
