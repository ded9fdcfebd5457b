"""What the change of a deal means above this app: programs are told of it, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tasuki.server.deals.models import Deal


class Consequence(Protocol):
    """Does what follows."""

    def __call__(self, deals: Sequence[Deal], now: datetime) -> None:
        """In the transaction of the change; the deals as they are now."""


FOLLOWS: list[Consequence] = []
"""An app above this one adds itself here."""
