"""The form of a weekly report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tasuki.server.core.models import Team, User
from tasuki.server.pages.forms import Form

WEEKDAYS = (
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")), (5, _("Saturday")),
    (6, _("Sunday")),
)  # fmt: skip


class Report(Form):
    """When it is sent, and to whom."""

    enabled = forms.BooleanField(label=_("Send it every week"), required=False)
    weekday = forms.TypedChoiceField(label=pgettext_lazy("of the week", "Day"), coerce=int, choices=WEEKDAYS)
    hour = forms.TypedChoiceField(
        label=pgettext_lazy("weekly", "Time"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )
    everyone = forms.BooleanField(required=False)
    receivers = forms.TypedMultipleChoiceField(
        label=_("These people besides"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, team: Team | None, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["everyone"].label = (
            _("To everybody of the team") if team else _("To all managers and administrators")
        )
        self.fields["receivers"].choices = [(user.pk, _called(user)) for user in people]  # type: ignore[attr-defined]


def _called(user: User) -> str:
    return f"{user.shown_name} · {user.team or user.get_role_display()}"
