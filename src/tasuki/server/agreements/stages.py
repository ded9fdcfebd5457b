"""The stages of the agreement in force, as pages show them: order, colour, name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasuki.metrics.roles import is_abbreviation
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock, words

if TYPE_CHECKING:
    from tasuki.agreement import Agreement

COLOURS = 12


@dataclass(frozen=True)
class Stages:
    """Empty where no agreement is in force: codes are then shown as they are."""

    agreement: Agreement | None = None
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Every stage in funnel order."""
        return list(self.places)

    @property
    def named(self) -> set[str]:
        """Those whose id is an abbreviation that people say beside the name."""
        return {code for code in self.places if self.short(code) == code != self.name(code)}

    def css(self, code: str) -> str:
        """The class that carries the stage's colour."""
        return f"st{self.places[code] % COLOURS}" if code in self.places else "plain"

    def name(self, code: str) -> str:
        """The name in the reader's language; the id for a stage of an older agreement."""
        found = self.agreement.stage.get(code) if self.agreement else None
        return words.named(found.name, code) if found else code

    def short(self, code: str) -> str:
        """What fits into a chip: an abbreviation like MQL as it is, else the name."""
        return code if is_abbreviation(code) else self.name(code)

    def score(self, code: str) -> str:
        """The name of a score."""
        found = self.agreement.scores.get(code) if self.agreement else None
        return words.named(found.name, code) if found else code

    def signal(self, code: str) -> str:
        """The name of a signal or a trait."""
        if self.agreement is None:
            return code
        found = self.agreement.signals.get(code) or self.agreement.traits.get(code)
        return words.named(found.name, code) if found else code


def stages_now() -> Stages:
    """The stages of the agreement in force now."""
    found = agreements.in_force(clock.now())
    if found is None:
        return Stages()
    return stages_of(found.compiled.agreement)


def stages_of(agreement: Agreement) -> Stages:
    """The stages of an agreement."""
    return Stages(agreement, {stage.id: place for place, stage in enumerate(agreement.stages)})
