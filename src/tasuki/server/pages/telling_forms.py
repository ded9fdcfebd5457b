"""The forms for chats and webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasuki.server.core.models import Team
from tasuki.server.notify.endpoints import LONGEST_ADDRESS
from tasuki.server.notify.kinds import EVENTS
from tasuki.server.pages.forms import Form, text


class Chat(Form):
    """A chat of one's own."""

    address = text(
        _("Address of the chat"),
        required=True,
        longest=LONGEST_ADDRESS,
        help_text=_(
            "The address of an incoming webhook of Slack or Teams, or any address that Apprise knows."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = text(_("What you call it"), longest=100)


class TeamChat(Chat):
    """A chat of a team."""

    team = forms.TypedChoiceField(label=_("Team"), coerce=int)

    def __init__(self, *args: Any, teams: Iterable[Team] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = [(team.pk, team.name) for team in teams]  # type: ignore[attr-defined]
        self.order_fields(["team", "address", "name"])


class Endpoint(Form):
    """A program that is told of events."""

    url = text(
        _("URL"), required=True, longest=LONGEST_ADDRESS, help_text=_("Like https://example.com/hook.")
    )
    kinds = forms.MultipleChoiceField(
        label=_("What it is told"),
        required=False,
        choices=list(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything, if you choose nothing."),
    )
