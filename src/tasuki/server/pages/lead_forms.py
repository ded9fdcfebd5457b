"""The forms on the page of a lead: a note, a deal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasuki.server.core.formats import currency_name
from tasuki.server.core.words import REASONS, say
from tasuki.server.deals.models import Deal as Stored
from tasuki.server.pages.forms import LAST_DAY, LONG, Form, text


class Note(Form):
    """Something worth knowing about a lead."""

    text = forms.CharField(
        label=_("Note"), max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("What the next one should know")}),
    )  # fmt: skip


class Deal(Form):
    """A deal: what it is called, what it is worth, by when it is expected."""

    name = text(_("Deal"), longest=300)
    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, max_digits=18, decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )  # fmt: skip
    expected_at = forms.DateField(
        label=_("Expected by"), required=False, validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = gettext("Amount (%(currency)s)") % {"currency": currency_name(currency)}

    def given(self) -> dict[str, Any]:
        """What was filled in, as commands take it: an empty field says nothing, and 0 is a number."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return {name: None if value == "" else value for name, value in given.items()}


class ChangeDeal(Deal):
    """One that is there; `seen` is what the form was made for."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    state = forms.ChoiceField(label=_("State"), choices=Stored.State.choices)
    reason = forms.ChoiceField(label=_("Why it was lost"), required=False)

    def __init__(self, *args: Any, reasons: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(reason, say(REASONS, reason)) for reason in reasons]
        self.fields["reason"].choices = [("", "–"), *known]  # type: ignore[attr-defined]

    def emptied(self) -> list[str]:
        """The fields that held something and were emptied."""
        given = self.given()
        return [name for name in self.changed_data if name in given and given[name] is None]
