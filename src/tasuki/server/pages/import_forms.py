"""The forms of an import: the file, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasuki.server.core.words import COLUMNS, say
from tasuki.server.pages.forms import ChannelField, Form, text


class Upload(Form):
    """A file to bring in."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV, TSV or Excel, in UTF-8 or Shift_JIS; with a header row.")
    )


class Plan(Form):
    """How a file is read: what can be said otherwise than guessed. The columns are fields `column_0`, `column_1` …"""

    format = forms.ChoiceField(label=_("What kind of file"))
    header_line = forms.IntegerField(label=_("Line of the header"), min_value=0, max_value=10_000)
    mode = forms.ChoiceField(
        label=_("Where something is known of a lead already"),
        choices=[
            ("fill", _("Fill only what is empty: what is known stays, the file adds what is missing.")),
            (
                "trusted",
                _(
                    "The file is right: what it says replaces what is known. Earlier values stay in the history."
                ),
            ),
        ],
        widget=forms.RadioSelect,
    )
    time_zone = text(_("Time zone of its times"), longest=50, required=True)
    source = text(
        _("Source"), longest=60, required=True, help_text=_("The name under which its entries are kept.")
    )
    channel = ChannelField()
    campaign = text(_("Campaign"), longest=200)

    def __init__(
        self,
        *args: Any,
        plan: dict[str, Any],
        formats: Iterable[tuple[str, str]],
        fields: Iterable[str],
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {name: plan.get(name) for name in type(self).base_fields}
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["format"].choices = list(formats)  # type: ignore[attr-defined]
        targets = list(fields)
        for place, header in enumerate(plan.get("headers", ())):
            self._column(place, header, plan["columns"].get(header) or "", targets)

    def _column(self, place: int, header: str, target: str, targets: list[str]) -> None:
        known = targets if target in targets or not target else [target, *targets]
        self.fields[f"column_{place}"] = forms.ChoiceField(
            label=header,
            required=False,
            initial=target,
            choices=[("", _("Leave out")), *((name, say(COLUMNS, name)) for name in known)],
        )

    def changes(self) -> dict[str, Any]:
        """What is said otherwise than the plan has it."""
        said = {name: self.cleaned_data[name] for name in type(self).base_fields}
        changed: dict[str, Any] = {
            name: value for name, value in said.items() if value != self.plan.get(name)
        }
        headers = self.plan.get("headers", ())
        columns = {
            header: self.cleaned_data[f"column_{place}"] or None for place, header in enumerate(headers)
        }
        moved = {
            header: to for header, to in columns.items() if to != (self.plan["columns"].get(header) or None)
        }
        return {**changed, "columns": moved} if moved else changed
