"""The way back from won deals to the first leads: which stage feeds which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasuki.metrics.roles import Terms

DEALS = "won.deals"
"""Stands for the won deals at the end of the way; no stage has such an id."""
MARKETING, FOUND = ("MAL", "MQL"), ("SGL",)
COMMON = ("SAL", "SQL", "OPPORTUNITY")


@dataclass(frozen=True)
class Link:
    """Entries into the stage `source` that reach the stage `target`, or bring a won deal (DEALS)."""

    source: str
    target: str


@dataclass(frozen=True)
class Way:
    """`links` from the won deals backwards: each stage is the source of one of them, after the one that it leads to.

    `stages` in the order of the funnel, without DEALS. Empty: the agreement has no stage whose part is known.
    """

    links: tuple[Link, ...]
    stages: tuple[str, ...]

    def feeders(self, target: str) -> list[Link]:
        """The links into a stage."""
        return [link for link in self.links if link.target == target]

    def link(self, source: str) -> Link:
        """The link out of a stage."""
        return next(link for link in self.links if link.source == source)

    @property
    def roots(self) -> list[str]:
        """Stages that nothing leads to: where the way begins."""
        return [stage for stage in self.stages if not self.feeders(stage)]


def way_back(terms: Terms) -> Way:
    """Marketing's way (MAL, MQL) and that of SGL meet at the first stage that both have, at the won deals if there is none.

    Stages that the agreement leaves out are left out here. The stage WON is not asked: won deals carry the money.
    """
    marketing, found, common = (_there(terms, roles) for roles in (MARKETING, FOUND, COMMON))
    trunk = [*common, DEALS]
    links = [*_chain(trunk), *_chain([*marketing, trunk[0]]), *_chain([*found, trunk[0]])]
    return Way(tuple(links), (*marketing, *found, *common))


def _there(terms: Terms, roles: Sequence[str]) -> list[str]:
    return [stage for role in roles if (stage := terms.stage(role))]


def _chain(stages: Sequence[str]) -> list[Link]:
    """Neighbours, the last ones first."""
    return [Link(a, b) for a, b in pairwise(stages)][::-1]
