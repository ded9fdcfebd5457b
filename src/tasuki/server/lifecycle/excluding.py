"""Whether the agreement excludes a lead, by its profile and the scores it was given last, without its log being read."""

from __future__ import annotations

from tasuki.agreement import Agreement
from tasuki.agreement.conditions import Both, Condition, Either, Negation
from tasuki.engine.routing import holds_for
from tasuki.server.accounts.facts import COLUMNS, as_profile
from tasuki.server.people.models import Lead
from tasuki.server.people.profiles import whole


def is_excluded(agreement: Agreement, lead: Lead) -> bool:
    """Whether its profile in force and its scores say so. What asks for activities excludes nobody here."""
    if agreement.excluded is None:
        return False
    return _holds(agreement.excluded, agreement, lead) is True


def _holds(condition: Condition, agreement: Agreement, lead: Lead) -> bool | None:
    """None: that cannot be told without the log."""
    match condition:
        case Negation(part=part):
            held = _holds(part, agreement, lead)
            return None if held is None else not held
        case Both(parts=parts):
            return _together([_holds(part, agreement, lead) for part in parts], decides=False)
        case Either(parts=parts):
            return _together([_holds(part, agreement, lead) for part in parts], decides=True)
        case _:
            return _asked(condition, agreement, lead)


def _asked(condition: Condition, agreement: Agreement, lead: Lead) -> bool | None:
    times = {stage: int(one["times"]) for stage, one in lead.passes.items()}
    try:
        return holds_for(
            agreement, condition, fields=_profile(lead), scores=lead.scores, grades=lead.grades, times=times
        )
    except ValueError:  # it asks what the lead did
        return None


def _profile(lead: Lead) -> dict[str, str]:
    account = lead.account
    columns = {name: getattr(account, name) for name in COLUMNS} if account else {}
    return whole(lead.fields, lead.buying_role, as_profile(columns, account.fields) if account else {})


def _together(parts: list[bool | None], *, decides: bool) -> bool | None:
    if decides in parts:
        return decides
    return None if None in parts else not decides
