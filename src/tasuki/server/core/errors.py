"""What can go wrong on the way in, in one shape: what, where, and the cure, in the reader's language.

    Refused                 400  base of all
    ├── Invalid             422  a value that does not fit; `field` names it
    ├── NotSignedIn         401
    ├── NotAllowed          403
    ├── NotFound            404
    ├── Conflict            409  it clashes with what is there: an illegal move, an identity of someone else
    ├── TooLarge            413
    └── TooMany             429

As JSON: {"error": {"code", "message", "cure", "field", "details"}}; `details` lists further ones of the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasuki.errors import TasukiError


class Refused(TasukiError):
    """Something asked of the server that it does not do."""

    status = 400

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cure: str = "",
        field: str = "",
        details: Sequence[Refused] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.cure, self.field, self.details = (
            code,
            message,
            cure,
            field,
            tuple(details),
        )

    def as_json(self) -> dict[str, Any]:
        """The inside of `error`; what is empty is left out."""
        shown: dict[str, Any] = {"code": self.code, "message": str(self.message)}
        if self.cure:
            shown["cure"] = str(self.cure)
        if self.field:
            shown["field"] = self.field
        if self.details:
            shown["details"] = [detail.as_json() for detail in self.details]
        return shown


class Invalid(Refused):
    """A value that does not fit."""

    status = 422


class NotSignedIn(Refused):
    """No valid token, or not signed in."""

    status = 401


class NotAllowed(Refused):
    """The role, or a token's scopes, do not allow it."""

    status = 403


class NotFound(Refused):
    """It is not there, or not for this person."""

    status = 404


class Conflict(Refused):
    """It clashes with what is there."""

    status = 409


class TooLarge(Refused):
    """More than is taken at once."""

    status = 413


class TooMany(Refused):
    """Too often."""

    status = 429
