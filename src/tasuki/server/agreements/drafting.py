"""Looking at agreements before and after they are published: what one changes, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tasuki.agreement import Agreement, agreement_of
from tasuki.agreement.diff import differences
from tasuki.agreement.wording import Language
from tasuki.server.agreements import commands, queries
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Refused
from tasuki.server.core.formats import language


@dataclass(frozen=True)
class Draft:
    """What a text would change of what is in force, a line each (None: nothing is in force), and what is odd about it."""

    changes: Sequence[str] | None
    warnings: Sequence[str]


def look(actor: Actor, text: str) -> Draft:
    """What publishing this text would change; nothing is stored. Invalid, with a detail a mistake; TooLarge; NotAllowed."""
    require(actor, "agreement.publish")
    agreement, warnings = _odd(text)
    found = queries.in_force()
    if found is None:
        return Draft(None, warnings)
    return Draft(differences(found.agreement, agreement, _language()), warnings)


def warnings(actor: Actor, number: int) -> Sequence[str]:
    """What is odd about a version by the teams and people of now, in the reader's language. NotFound, NotAllowed.

    Of a text that is no agreement any more, what was said when it was published.
    """
    version = queries.version(actor, number)
    try:
        return _odd(version.text)[1]
    except Refused:
        return list(version.warnings)


def _odd(text: str) -> tuple[Agreement, Sequence[str]]:
    agreement, problems = commands.checked(text)
    return agreement, [*map(str, problems), *commands.oddities(agreement)]


def changes(actor: Actor, number: int) -> Sequence[str] | None:
    """What a version changed of the one in force before it, a line each; None for the first. NotFound, NotAllowed."""
    version = queries.version(actor, number)
    order = [one.number for one in queries.schedule()]
    place = order.index(number)
    if not place:
        return None
    return _between(queries.version(actor, order[place - 1]), version)


def _between(old: AgreementVersion, new: AgreementVersion) -> Sequence[str]:
    return _told(old.text, new.text, _language())


@lru_cache(maxsize=64)
def _told(old: str, new: str, language: Language) -> tuple[str, ...]:
    return tuple(differences(agreement_of(old), agreement_of(new), language))


def _language() -> Language:
    return "ja" if language() == "ja" else "en"
