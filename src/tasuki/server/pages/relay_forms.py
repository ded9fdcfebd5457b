"""The forms of the relay: calls, promises, giving a handoff on, what people can take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from tasuki.server.core import formats
from tasuki.server.core.models import Team, User
from tasuki.server.lifecycle.commands import CallOutcome
from tasuki.server.pages.forms import LAST_DAY, Form, text

PERSON, TEAM = "user:", "team:"


def moment(label: Any, **more: Any) -> forms.DateTimeField:
    """Date and time to the minute, in the reader's time zone."""
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    return forms.DateTimeField(label=label, widget=widget, input_formats=formats, **more)


class Call(Form):
    """A call that was just made."""

    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=CallOutcome.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    promised_at = moment(
        _("Next call promised for (optional)"),
        required=False,
        help_text=_("At that time it is on your work list."),
    )


class Promise(Form):
    """Another time for a promised call."""

    at = moment(_("Promised for"))
    note = text(_("Note"), longest=500)


class Reapproach(Form):
    """When a lead is to be taken up again."""

    until = forms.DateField(
        label=_("Re-approach date"),
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "On that day the lead is back on the work list by itself; before, if it reaches the bar of the agreement again."
        ),
    )


class Transfer(Form):
    """To whom a handoff is given: a person, or a team, where whoever has the least to do gets it."""

    to = forms.ChoiceField(label=_("Give it to"))
    note = text(_("Note"), longest=500)

    def __init__(self, *args: Any, people: Iterable[User], teams: Iterable[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose one")),
            (_("People"), [(PERSON + user.username, _named(user)) for user in people]),
            (_("Whoever has the least to do in"), [(TEAM + team.name, team.name) for team in teams]),
        ]

    def whom(self) -> dict[str, str | None]:
        """The same as the command takes it."""
        to = self.cleaned_data["to"]
        is_person = to.startswith(PERSON)
        return {
            "to_user": to.removeprefix(PERSON) if is_person else None,
            "to_team": None if is_person else to.removeprefix(TEAM),
        }


def _named(user: User) -> str:
    return formats.beside(user.shown_name, str(user.team)) if user.team else user.shown_name


class Capacity(Form):
    """How much somebody can take."""

    minutes_a_day = forms.IntegerField(label=_("Minutes a day"), required=False, min_value=0, max_value=1_440)
    weight = forms.FloatField(label=_("Weight"), min_value=0, max_value=100)


class TeamCapacity(Form):
    """What a lead costs a team."""

    minutes_a_lead = forms.IntegerField(label=_("Minutes a lead"), min_value=1, max_value=1_440)
