"""What the change of an account means above this app.

Its fields are part of its leads' profiles, which this app, being below, must not know. `people` says here, once, when it
is set up, what is to be done; it is done in the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tasuki.server.core.access import Actor


@dataclass(frozen=True)
class AccountsPut:
    """Accounts that were created, and that were there and changed, by id."""

    actor: Actor
    created: Sequence[int]
    changed: Sequence[int]
    now: datetime
    source: str
    job: int | None = None


class Consequence(Protocol):
    """Does what follows."""

    def __call__(self, put: AccountsPut) -> None:
        """In the transaction of the change."""


_follows: list[Consequence] = []


def follow_with(consequence: Consequence) -> None:
    """Have this done after every change of accounts."""
    if consequence not in _follows:
        _follows.append(consequence)


def carry_out(put: AccountsPut) -> None:
    """Do what follows."""
    for consequence in _follows:
        consequence(put)
