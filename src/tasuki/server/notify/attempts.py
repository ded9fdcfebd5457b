"""What came of one attempt, when the next is made, and faults in words.

A fault is kept as a code, for it is read in any language.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasuki.server.notify.models import Delivery

State = Delivery.State
DELAYS = tuple(timedelta(seconds=n) for n in (10, 30, 120, 300, 900, 1800, 3600, 7200, 14400))
"""Before the second attempt, the third …; the last one again and again."""
JITTER = 0.2
"""Each delay is longer or shorter by up to this part of it, so that not all come at once."""
PATIENCE = {"mail": timedelta(days=3), "apprise": timedelta(days=3), "webhook": timedelta(days=2)}
"""How long a delivery is tried."""
LONGEST_WISH = timedelta(hours=1)
"""A receiver may ask for a later time, up to this."""


@dataclass(frozen=True)
class Attempt:
    """How it ended. `away`: the receiver did not answer at all, so that it is not asked for the others now."""

    state: State
    fault: str = ""
    away: bool = False
    wish: timedelta | None = None


SENT = Attempt(State.SENT)


def RETRY(fault: str, wish: timedelta | None = None) -> Attempt:  # noqa: N802 — one family with SENT
    """Not taken; it may be the next time."""
    return Attempt(State.WAITING, fault, wish=wish)


def AWAY(fault: str, wish: timedelta | None = None) -> Attempt:  # noqa: N802
    """No answer, or none of sense: neither would the others be taken."""
    return Attempt(State.WAITING, fault, away=True, wish=wish)


def REFUSED(fault: str) -> Attempt:  # noqa: N802
    """It will never be taken."""
    return Attempt(State.DEAD, fault)


def DROPPED(fault: str) -> Attempt:  # noqa: N802
    """Nobody is to be told of it any more."""
    return Attempt(State.DROPPED, fault)


def next_try(attempts: int, wish: timedelta | None, now: datetime) -> datetime:
    """When to try again after so many attempts, at random within the jitter."""
    delay = DELAYS[min(attempts, len(DELAYS)) - 1]
    spread = 1 + JITTER * (2 * random.random() - 1)  # noqa: S311 — no secret
    return now + max(delay * spread, min(wish or timedelta(0), LONGEST_WISH))


FAULTS: dict[str, str | Promise] = {
    "mail_away": _("The mail server does not answer."),
    "mail_off": _("No mail server is set up."),
    "smtp": _("The mail server answered %(code)s."),
    "address": _("This is no address that can be written to."),
    "status": _("The receiver answered with the status %(code)s."),
    "redirect": _("The receiver sends elsewhere (status %(code)s), which is not followed. Give its final address."),
    "gone": _("The receiver says that it is gone (410); it was switched off."),
    "private": _("The address is a private one, which is not allowed here."),
    "unknown_host": _("There is no such host."),
    "unreachable": _("The receiver cannot be reached."),
    "cut_off": _("The receiver ended the connection."),
    "slow": _("The receiver took too long to answer."),
    "tls": _("The receiver's certificate is not valid."),
    "bad_answer": _("What the receiver answered is no HTTP."),
    "chat": _("The chat service did not take it."),
    "chat_address": _("This is no address of a chat."),
    "erased": _("The person was erased."),
    "unseen": _("The reader may not see this lead."),
    "figures_unseen": _("The reader may not see these figures."),
    "figures_away": _("There are no figures yet."),
    "late": _("It was out of date."),
    "switched_off": _("It was switched off."),
    "ours": _("A fault of ours; see the log."),
}  # fmt: skip


def said(fault: str) -> str:
    """A fault in words."""
    name, _sign, code = fault.partition(":")
    return str(FAULTS[name]) % {"code": code} if name in FAULTS else fault
