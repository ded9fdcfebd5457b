"""Reading agreements: which is in force when, and what it says, ready for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasuki.agreement import Agreement, agreement_of
from tasuki.engine.compile import Compiled, compile_agreement
from tasuki.engine.live import ShapeBook
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import NotFound
from tasuki.server.core.once import once
from tasuki.server.core.prepared import prepared

KEPT = 16
"""Agreements kept compiled in each process."""


@dataclass(frozen=True)
class InForce:
    """A version ready for the engine. `first`: none was in force before it, so that it acts on all of a lead's past."""

    version: AgreementVersion
    compiled: Compiled
    book: ShapeBook
    first: bool

    @property
    def agreement(self) -> Agreement:
        """What the text means."""
        return self.compiled.agreement


def schedule() -> list[AgreementVersion]:
    """Every version in the order in which they come into force; without their texts, which are read when asked for."""
    return once("agreements.schedule", _schedule)


@prepared
def _schedule() -> QuerySet[Any, AgreementVersion]:
    return AgreementVersion.objects.defer("text").order_by("effective_from", "number")


def ready(version: AgreementVersion, *, first: bool) -> InForce:
    """The version, compiled once for all that have the same text."""
    compiled, book = _kept.get(version.digest) or _compile(version)
    return InForce(version, compiled, book, first)


def in_force(at: datetime | None = None) -> InForce | None:
    """The agreement in force at a time (aware; now when None); None before the first."""
    instant = at or clock.now()
    known = [version for version in schedule() if version.effective_from <= instant]
    return ready(known[-1], first=len(known) == 1) if known else None


def acting(at: datetime) -> InForce | None:
    """The agreement that says what happened then: the first one for what was before it, for it acts on that too."""
    known = acted(at)
    return ready(known[-1], first=len(known) == 1) if known else None


def acted(at: datetime) -> list[AgreementVersion]:
    """Every version up to a time, in the order in which they came into force; the first one for what was before it."""
    versions, now = schedule(), clock.now()
    known = [version for version in versions if version.effective_from <= at]
    return known or [version for version in versions[:1] if version.effective_from <= now]


_kept: dict[str, tuple[Compiled, ShapeBook]] = {}


def _compile(version: AgreementVersion) -> tuple[Compiled, ShapeBook]:
    compiled = compile_agreement(agreement_of(version.text))
    if len(_kept) >= KEPT:
        _kept.clear()
    return _kept.setdefault(version.digest, (compiled, ShapeBook(compiled)))


def versions(actor: Actor) -> Sequence[AgreementVersion]:
    """Every version, the latest first, with who published it; texts are read when asked for."""
    require(actor, "agreement.read")
    found = AgreementVersion.objects.defer("text").select_related("created_by")
    return list(found.order_by("-number"))


def version(actor: Actor, number: int) -> AgreementVersion:
    """One version with its text. NotFound."""
    require(actor, "agreement.read")
    known = 0 < number < 2**31
    found = (
        AgreementVersion.objects.select_related("created_by").filter(number=number).first() if known else None
    )
    if found is None:
        raise NotFound(
            "version_unknown",
            _("There is no version %(number)s of the agreement.") % {"number": number},
            cure=_("Look at the list of versions."),
        )
    return found


def main_score(compiled: Compiled) -> str | None:
    """The score that lists are sorted by: the one with the first bar into a stage; else the last sum; else the first."""
    if compiled.bars:
        return compiled.bars[0].score
    scores = compiled.agreement.scores
    sums = [name for name, score in scores.items() if score.parts]
    return sums[-1] if sums else next(iter(scores), None)
