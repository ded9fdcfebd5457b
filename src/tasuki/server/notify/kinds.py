"""Kinds of news, in the order in which people choose among them, and kinds of events that programs are told."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """One kind of news. `title` is what the news says; `mailed`: sent by mail unless somebody chose otherwise."""

    title: str | Promise
    mailed: bool = False
    held: bool = False  # about a handoff: out of date once it is answered
    own: bool = False  # and once somebody else has it


KINDS: dict[str, Kind] = {
    "handoff": Kind(_("A lead was handed over to you"), mailed=True, held=True, own=True),
    "reminder": Kind(_("A handoff is due soon"), mailed=True, held=True, own=True),
    "breach": Kind(_("A handoff was not answered in time"), mailed=True, held=True),
    "reassigned": Kind(_("A handoff that nobody answered comes to you"), mailed=True, held=True, own=True),
    "transferred": Kind(_("A colleague gives you a handoff"), mailed=True, held=True, own=True),
    "taken": Kind(_("A handoff of yours went to somebody else")),
    "released": Kind(_("A lead that waited for room comes to you"), mailed=True, held=True, own=True),
    "nobody": Kind(_("Nobody can take a handoff"), mailed=True, held=True),
    "overload": Kind(_("A team has more handoffs than time")),
    "call": Kind(_("A call that you promised is due"), mailed=True),
    "reapproach": Kind(_("The re-approach date has come")),
    "accepted": Kind(_("Sales accepted a lead")),
    "returned": Kind(_("A lead came back")),
    "expired": Kind(_("The time to answer a handoff ran out")),
    "sql": Kind(_("A lead became SQL")),
    "deal": Kind(_("A deal was opened")),
    "won": Kind(_("A deal was won")),
    "lost": Kind(_("A deal was lost")),
    "not_recorded": Kind(_("What you did was not recorded")),
}
QUEUED = _("A lead waits for somebody of your team")
"""What news of a handoff says that nobody has yet."""
OVERDUE = _("%(holder)s did not answer a handoff in time")
"""What a breach says to everybody but who had it."""
TEST = "test"
"""What a test delivery is called; nobody is told of it otherwise."""
WEEKLY = "weekly"
"""What the mail of a weekly report is called: it goes to whom the report names, whatever news they chose."""
WORDS: dict[str, str | Promise] = {
    **{name: kind.title for name, kind in KINDS.items()}, TEST: _("Test"), WEEKLY: _("Weekly report"),
}  # fmt: skip
HELD = [name for name, kind in KINDS.items() if kind.held]
MAILED = [name for name, kind in KINDS.items() if kind.mailed]

EVENTS: dict[str, str | Promise] = {
    "lead.entered": _("A lead entered a stage"),
    "handoff.opened": _("A lead was handed over"),
    "handoff.given": _("A handoff was given to somebody else"),
    "handoff.answered": _("A handoff was answered, or expired"),
    "handoff.breached": _("A handoff was not answered in time"),
    "deal.changed": _("A deal was opened, won or lost"),
}
