"""Agreements to begin with: five files, each for another way of working, filled in with the company's calendar and language.

The files hold reasons in both languages, as «日本語 ‖ English»; whoever begins with one gets those of one language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasuki.agreement import Agreement, agreement_of

FOLDER = Path(__file__).with_name("starters")
BOTH = re.compile(r"«(.*?) ‖ (.*?)»")
HEAD = re.compile(r"^timezone: .*\ncalendar: .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Starter:
    """One of them. `suits`: whom it suits, in a sentence."""

    id: str
    name: str | Promise
    suits: str | Promise

    def text(self, language: str = "en", *, head: str = "") -> str:
        """The file in one language; `head` are the lines of time zone and calendar, else Japan's usual ones."""
        given = BOTH.sub(r"\1" if language == "ja" else r"\2", _file(self.id))
        return HEAD.sub(lambda _found: head, given) if head else given

    def agreement(self, language: str = "en") -> Agreement:
        """What it means."""
        return agreement_of(self.text(language))


@cache
def _file(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


STARTERS: Sequence[Starter] = (
    Starter(
        "simple",
        _("Simple"),
        _("For a first try: one score, one bar, straight to sales. Half a page, understood in five minutes."),
    ),
    Starter(
        "bant",
        _("BANT with inside sales"),
        _(
            "For a team that calls first: inside sales answers within two hours, asks the four questions, then hands"
            " to sales."
        ),
    ),
    Starter(
        "without-inside-sales",
        _("Without inside sales"),
        _(
            "For sales people who call by themselves: a higher bar, the company's owner first, a meeting counts."
        ),
    ),
    Starter(
        "saas-trial",
        _("SaaS trial"),
        _("For a service that people try before they buy: use of the product counts more than pages read."),
    ),
    Starter(
        "by-eye",
        _("Judged by eye, without scores"),
        _("For some dozens of leads a month: people decide, the clock and the reasons do the rest."),
    ),
)
BY_ID: Mapping[str, Starter] = {starter.id: starter for starter in STARTERS}
