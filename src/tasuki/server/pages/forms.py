"""The forms: what is asked and how it is labelled. What is right is for the commands to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tasuki.agreement.predicates import fold
from tasuki.server.core.access import SCOPES
from tasuki.server.core.formats import currency_name
from tasuki.server.core.models import Role, Sight, Team, User
from tasuki.server.core.words import CHANNELS, QUESTIONS, REASONS, ROLES, channel_code, say
from tasuki.server.core.words import SCOPES as SCOPE_WORDS
from tasuki.server.people.models import BuyingRole

LONG = 10_000
LAST_DAY = date(2199, 12, 31)


def _zones() -> list[tuple[str, str]]:
    """Names of places; the first is the installation's own."""
    known = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))
    )
    return [("", settings.TIME_ZONE), *((name, name) for name in ["UTC", *known])]


def text(label: Any, *, required: bool = False, longest: int = 200, **more: Any) -> forms.CharField:
    """A line of text."""
    return forms.CharField(label=label, required=required, max_length=longest, **more)


class ChannelField(forms.CharField):
    """A channel of acquisition by its name: one of those there are, which are offered, or a new one."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Channel of acquisition"), required=False, max_length=100,
            widget=forms.TextInput(attrs={"list": "known-channels", "autocomplete": "off"}),
        )  # fmt: skip
        self.offer(())

    def offer(self, codes: Iterable[str]) -> None:
        """Offer the channels of these codes; those that everybody knows where there are none yet."""
        self.known = {say(CHANNELS, code): code for code in list(codes) or CHANNELS}

    def prepare_value(self, value: Any) -> Any:
        """The name of a code."""
        return say(CHANNELS, value) if value in CHANNELS else value

    def clean(self, value: Any) -> str:
        """The code that the company uses for what is called so."""
        text = str(super().clean(value))
        return {fold(name): code for name, code in self.known.items()}.get(fold(text), channel_code(text))


def offer_channels(form: forms.Form, codes: Iterable[str]) -> None:
    """Offer the channels of these codes in a form that asks for one."""
    cast("ChannelField", form.fields["channel"]).offer(codes)


def _said(field: forms.Field) -> dict[str, Any]:
    """What is wrong, as a person would say it: by the codes of the framework."""
    said: dict[str, Any] = {
        "required": _("Fill this in."),
        "max_length": _("At most %(limit_value)s characters; these are %(show_value)s."),
        "min_value": _("At least %(limit_value)s."),
        "max_value": _("At most %(limit_value)s."),
        "null_characters_not_allowed": _("Some characters here cannot be kept; type it anew."),
    }
    if isinstance(field, forms.ChoiceField):
        return said | {"required": _("Please choose."), "invalid_choice": _("Choose one of these.")}
    if isinstance(field, forms.DateField | forms.DateTimeField):
        far = _("Check the year.")
        return said | {
            "min_value": far,
            "max_value": far,
            "invalid": _("Write the date, and the time if asked."),
        }
    if isinstance(field, forms.IntegerField | forms.DecimalField):
        return said | {"invalid": _("Write a number.")}
    return said


class Form(forms.Form):
    """House manners: no colon behind a label, errors beside the field, in the words of people."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def full_clean(self) -> None:
        """Check what was typed."""
        for field in self.fields.values():
            field.error_messages |= _said(field)
        super().full_clean()


class SignIn(Form):
    """Name and password."""

    username = text(
        _("User name"),
        required=True,
        longest=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Preferences(Form):
    """One's own language and time zone."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=lazy(_zones, list))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser says")), *settings.LANGUAGES]  # type: ignore[attr-defined]


class Password(Form):
    """A new password for oneself."""

    old = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class Token(Form):
    """A key to the API."""

    name = text(_("Name"), required=True, longest=100, help_text=_("What uses it, such as: web site form."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
    )
    expires = forms.DateField(
        label=_("Valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Without a date it is valid until it is revoked."),
    )  # fmt: skip

    def __init__(self, *args: Any, scopes: Iterable[str] = SCOPES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope, say(SCOPE_WORDS, scope)) for scope in scopes]  # type: ignore[attr-defined]


class Person(Form):
    """Someone who signs in."""

    family_name = text(_("Family name"), longest=150)
    given_name = text(_("Given name"), longest=150)
    reading = text(
        _("Name in kana"),
        longest=300,
        help_text=_("Lists of people are in the order of this."),
    )
    email = text(_("Mail address"), longest=254, widget=forms.EmailInput)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    team = forms.TypedChoiceField(label=_("Team"), required=False, coerce=int, empty_value=None)
    sight = forms.ChoiceField(label=_("Which leads they see"), choices=Sight.choices, initial=Sight.ALL)

    def __init__(self, *args: Any, teams: Iterable[Team] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = [("", _("No team")), *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]


class NewPerson(Person):
    """With the name to sign in with, and a first password; without one they get a link."""

    username = text(_("User name"), required=True, longest=150)
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        required=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty, and you get a link with which they choose their own."),
    )
    field_order = ("username", "password")


class NewPassword(Form):
    """A new password for someone else."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class TeamForm(Form):
    """A team that leads are handed to."""

    name = text(_("Name"), required=True, longest=100)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, help_text=_("What the agreement calls this team in a handoff.")
    )


class AuditFilter(Form):
    """Which entries of the audit."""

    by = forms.TypedChoiceField(
        label=pgettext_lazy("action", "Who"), required=False, coerce=int, empty_value=None
    )
    action = forms.ChoiceField(label=_("What"), required=False)
    subject = text(_("About"), longest=60, help_text=_("Such as: Lead 17"))


class LeadForm(Form):
    """Who a lead is. An empty text clears the field."""

    name = text(pgettext_lazy("person", "Name"))
    name_kana = text(_("Name in kana"))
    email = text(_("Mail address"), longest=254, widget=forms.EmailInput)
    phone = text(_("Phone"), longest=40, widget=forms.TextInput(attrs={"type": "tel"}))
    mobile = text(_("Mobile phone"), longest=40, widget=forms.TextInput(attrs={"type": "tel"}))
    department = text(_("Department"))
    title = text(_("Title"))
    account_name = text(_("Company"), longest=300)
    account_number = text(_("Company number"), longest=13, help_text=_("13 digits of the tax agency."))
    account_domain = text(_("Domain"), longest=253)
    account_industry = text(_("Industry"))
    account_employees = text(
        _("Employees"), longest=12, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def profile(self) -> dict[str, str]:
        """What was typed, by the names that profiles use: `account.name`."""
        return {
            _profile_name(name): value for name, value in self.cleaned_data.items() if name in LEAD_FIELDS
        }


LEAD_FIELDS = tuple(LeadForm.base_fields)


class NewLead(LeadForm):
    """With what is only asked once."""

    needs = _("One of these is needed: the name, the mail address or the mobile phone.")
    channel = ChannelField()


class EditLead(LeadForm):
    """With the part someone plays in the buying group."""

    buying_role = forms.ChoiceField(
        label=_("Role in the buying group"),
        required=False,
        choices=[("", _("Not known")), *BuyingRole.choices],
    )


class EditAccount(Form):
    """What is known of a company. An empty text clears the field."""

    name = text(_("Company"), required=True, longest=300)
    name_kana = text(_("Company in kana"), longest=300)
    number = text(_("Company number"), longest=13, help_text=_("13 digits of the tax agency."))
    domain = text(_("Domain"), longest=253)
    industry = text(_("Industry"))
    employees = text(_("Employees"), longest=12, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    address = text(_("Address"), longest=500)


class Owner(Form):
    """Whose lead or company it is."""

    owner = forms.ChoiceField(label=_("Owner"))

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ((user.username, user.shown_name) for user in people)
        self.fields["owner"].choices = [("", _("Choose one")), *names]  # type: ignore[attr-defined]


def _profile_name(field: str) -> str:
    return field.replace("account_", "account.") if field.startswith("account_") else field


class Answers(Form):
    """Yes or no to questions; left open where nobody has asked yet."""

    def __init__(self, *args: Any, questions: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[ANSWER + question] = forms.ChoiceField(
                label=say(QUESTIONS, question),
                required=False,
                choices=[("yes", _("Yes")), ("no", _("No")), ("", _("Not asked yet"))],
                widget=forms.RadioSelect,
            )

    def answers(self) -> dict[str, str]:
        """Question → yes or no, of those that were answered anew: what stands stays with who said it, and when."""
        return {
            name.removeprefix(ANSWER): value
            for name, value in self.cleaned_data.items()
            if name.startswith(ANSWER) and value and value != self.initial.get(name)
        }

    @property
    def unanswered(self) -> list[forms.BoundField]:
        """The questions to which there is no answer yet."""
        return [field for field in self if field.name.startswith(ANSWER) and not self.initial.get(field.name)]

    @property
    def answered(self) -> list[forms.BoundField]:
        """The questions to which there is an answer, which may be another by now."""
        return [field for field in self if field.name.startswith(ANSWER) and self.initial.get(field.name)]


ANSWER = "answer_"


class Decide(Answers):
    """One decision about a lead; `asks` names the fields that it asks for beside the note."""

    to = forms.CharField(widget=forms.HiddenInput, max_length=50)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)
    role = forms.ChoiceField(label=_("Decide as"))
    reason = forms.ChoiceField(label=_("Reason"))
    until = forms.DateField(
        label=_("Re-approach date (optional)"), required=False, validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "On that day the lead is back on the work list by itself; before, if it reaches the bar of the agreement again."
        ),
    )  # fmt: skip
    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, max_digits=18, decimal_places=2
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        *args: Any,
        roles: Iterable[str],
        reasons: Iterable[str],
        asks: Iterable[str],
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        roles = list(roles)
        self._choose("role", ((role, say(ROLES, role)) for role in roles), len(roles) > 1)
        reasons = list(reasons)
        choices = [("", _("Choose one")), *((reason, say(REASONS, reason)) for reason in reasons)]
        self._choose("reason", choices, bool(reasons))
        if currency:
            self.fields["amount"].label = gettext("Amount (%(currency)s)") % {
                "currency": currency_name(currency)
            }
        for name in {"until", "amount"} - set(asks):
            del self.fields[name]

    def _choose(self, name: str, choices: Iterable[tuple[str, Any]], is_asked: bool) -> None:
        if is_asked:
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
        else:
            del self.fields[name]


class AgreementText(Form):
    """A new version of the agreement."""

    text = forms.CharField(
        label=_("Text of the agreement"),
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"data-code": True, "spellcheck": "false", "rows": 24}),
    )
    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("Left empty: at once."),
    )
