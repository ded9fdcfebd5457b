"""Whether the agreement excludes a lead by its profile alone, without its log being read."""

from __future__ import annotations

from tasuki.agreement import Agreement
from tasuki.agreement.conditions import Both, Condition, Either, Has, Negation, TraitHolds
from tasuki.engine.predicates import holds_of
from tasuki.server.accounts.facts import COLUMNS, as_profile
from tasuki.server.people.models import Lead
from tasuki.server.people.profiles import whole

Fields = dict[str, str]


def is_excluded(agreement: Agreement, lead: Lead) -> bool:
    """Whether its profile in force says so. What asks for scores or activities is left open, and so excludes nobody here."""
    if agreement.excluded is None:
        return False
    return _holds(agreement.excluded, agreement, _profile(lead)) is True


def _profile(lead: Lead) -> Fields:
    account = lead.account
    columns = {name: getattr(account, name) for name in COLUMNS} if account else {}
    return whole(lead.fields, lead.buying_role, as_profile(columns, account.fields) if account else {})


def _holds(condition: Condition, agreement: Agreement, fields: Fields) -> bool | None:
    """None: the profile alone does not tell."""
    match condition:
        case TraitHolds(trait=trait):
            return holds_of(agreement.traits[trait].predicate, fields)
        case Has(field=field):
            return bool(fields.get(field))
        case Negation(part=part):
            held = _holds(part, agreement, fields)
            return None if held is None else not held
        case Both(parts=parts):
            return _together([_holds(part, agreement, fields) for part in parts], decides=False)
        case Either(parts=parts):
            return _together([_holds(part, agreement, fields) for part in parts], decides=True)
        case _:
            return None


def _together(parts: list[bool | None], *, decides: bool) -> bool | None:
    if decides in parts:
        return decides
    return None if None in parts else not decides
