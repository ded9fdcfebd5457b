"""Where pages stand: entries of the rail, and the settings in groups, each with a sentence that says what it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasuki.server.core.access import Actor


@dataclass(frozen=True)
class Place:
    """A page's name in the addresses, its word, the action one must be allowed, and in the settings what it is for."""

    name: str
    word: str | Promise
    action: str
    icon: str = ""
    says: str | Promise = ""


@dataclass(frozen=True)
class Group:
    """Some places of the settings under one word."""

    word: str | Promise
    places: Sequence[Place] = field(default_factory=tuple)


SETTINGS = (
    Group(
        _("For me"),
        (
            Place(
                "my-settings", _("My settings"), "leads.read", "user",
                _("Language, time zone and password of my own."),
            ),
            Place("hours", _("My hours"), "worktime.own", "clock", _("When I work, and when I am away.")),
            Place(
                "telling", _("How I am told"), "channels.own", "bell",
                _("Which news reach me here, by mail or in a chat."),
            ),
            Place(
                "tokens", _("My tokens"), "tokens.own", "key",
                _("Keys with which other systems send leads and activities in my name."),
            ),
        ),
    ),
    Group(
        _("Our company"),
        (
            Place(
                "company", _("Company and calendar"), "company.manage", "building",
                _("Name, working days, holidays and currency."),
            ),
            Place(
                "people", _("People"), "people.manage", "users",
                _("Who can sign in, as what, and which leads they see."),
            ),
            Place(
                "teams", _("Teams"), "people.manage", "users-group",
                _("To whom leads are handed over."),
            ),
            Place(
                "working-time", _("Working time"), "worktime.manage", "calendar",
                _("Who is away, days off, hours of teams and people: due times go by these."),
            ),
        ),
    ),
    Group(
        _("The way of a lead"),
        (
            Place(
                "routing", _("Routing and capacity"), "leads.read", "share",
                _("Who gets a lead, who is there now, and how much they can take."),
            ),
        ),
    ),
    Group(
        _("Telling others"),
        (
            Place(
                "team-telling", _("Team chats"), "channels.team", "send",
                _("Slack, Teams and other chats in which a team reads of its leads."),
            ),
            Place(
                "reports", _("Weekly reports"), "numbers.read", "file-text",
                _("The figures of last week by mail and as a PDF, for each team."),
            ),
            Place(
                "webhooks", _("Webhooks"), "webhooks.manage", "webhook",
                _("Programs that are told of events, and what could not be sent."),
            ),
        ),
    ),
    Group(
        _("The record"),
        (
            Place(
                "audit", _("Audit"), "audit.read", "history",
                _("Who did what, when and from where. Nothing of it can be changed."),
            ),
        ),
    ),
)  # fmt: skip
STANDS_IN: dict[str, str] = {
    "password": "my-settings",
    "hours-clear": "hours",
    "absence-new": "hours",
    "person": "people",
    "person-new": "people",
    "people-new": "people",
    "person-password": "people",
    "person-link": "people",
    "team": "teams",
    "person-hours": "working-time",
    "person-absence-new": "working-time",
    "team-hours": "working-time",
    "day-off-new": "working-time",
    "chat-new": "telling",
    "team-chat-new": "team-telling",
    "webhook-rotate": "webhooks",
    "deliveries": "webhooks",
    "report": "reports",
    "report-read": "reports",
}
"""Page → the page of the settings that it belongs to."""
SECTIONS: dict[str, str] = {
    "lead": "leads",
    "lead-new": "leads",
    "lead-edit": "leads",
    "lead-move": "leads",
    "board": "leads",
    "many-one": "leads",
    "plan": "numbers",
    "plan-write": "agreement",
    **dict.fromkeys(
        ("number", "numbers-officer", "numbers-flow", "numbers-speed", "numbers-revenue", "numbers-by"),
        "numbers",
    ),
    "account": "accounts",
    "account-edit": "accounts",
    "import": "imports",
    "agreement-version": "agreement",
    "agreement-publish": "agreement",
    "start-step": "start",
    **dict.fromkeys((place.name for group in SETTINGS for place in group.places), "settings"),
    **dict.fromkeys(STANDS_IN, "settings"),
}
"""Page → the entry of the rail under which it stands, where that is another."""


def settings_groups(actor: Actor) -> list[Group]:
    """The groups with what the actor may use of them."""
    groups = [
        Group(group.word, [place for place in group.places if actor.may(place.action)]) for group in SETTINGS
    ]
    return [group for group in groups if group.places]


def settings_around(actor: Actor, here: str) -> list[tuple[Place, bool]]:
    """The places of the group that a page stands in, each with whether it is this one."""
    at = STANDS_IN.get(here, here)
    for group in settings_groups(actor):
        if any(place.name == at for place in group.places):
            return [(place, place.name == at) for place in group.places]
    return []
