"""Words for the codes that entries and agreements use: kinds of activity, reasons, questions, fields.

A company may use codes of its own; those are shown as they are, with spaces for underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tasuki.agreement.predicates import fold

Words = Mapping[str, str | Promise]

ACTIVITIES: Words = {
    "page_view": _("Page viewed"),
    "form_view": _("Form looked at"),
    "form_submit": _("Form sent"),
    "download": _("Downloaded"),
    "webinar_register": _("Registered for a webinar"),
    "webinar_attend": _("Attended a webinar"),
    "event_register": _("Registered for an event"),
    "event_attend": _("Attended an event"),
    "email_send": _("Mail sent"),
    "email_open": _("Mail opened"),
    "email_click": _("Link in a mail clicked"),
    "email_bounce": _("Mail bounced"),
    "unsubscribe": _("Unsubscribed"),
    "business_card": _("Business card received"),
    "survey_answer": _("Survey answered"),
    "call": _("Call"),
    "meeting": _("Meeting"),
    "trial_start": _("Trial started"),
    "product_login": _("Logged in to the product"),
    "cart_add": _("Put into the cart"),
    "social_click": _("Clicked in social media"),
}

REASONS: Words = {
    "no_budget_now": _("No budget now"),
    "no_response": _("No response"),
    "timing": _("Not the time yet"),
    "no_action": _("Nobody acted in time"),
    "evaluating_rival": _("Evaluates a rival"),
    "competitor": _("Competitor"),
    "student": _("Student"),
    "bad_data": _("Wrong data"),
    "no_authority": _("Has no authority"),
    "no_need": _("Has no need"),
    "price": _("Price"),
    "rival_chosen": _("Chose a rival"),
    "project_cancelled": _("Project cancelled"),
}

QUESTIONS: Words = {
    "bant": _("BANT"),
    "budget": _("Budget"),
    "authority": _("Authority"),
    "need": _("Need"),
    "timing": pgettext_lazy("question", "Timing"),
}

ROLES: Words = {
    "marketing": _("Marketing"),
    "inside_sales": _("Inside sales"),
    "sales": _("Sales"),
    "manager": _("Manager"),
    "administrator": _("Administrator"),
}

FIELDS: Words = {
    "name": pgettext_lazy("person", "Name"),
    "family_name": _("Family name"),
    "given_name": _("Given name"),
    "name_kana": _("Name in kana"),
    "email": _("Mail address"),
    "phone": _("Phone"),
    "mobile": _("Mobile phone"),
    "department": _("Department"),
    "title": _("Title"),
    "country": _("Country"),
    "memo": _("Note"),
    "channel": _("Channel of acquisition"),
    "campaign": _("Campaign"),
    "owner": _("Owner"),
    "buying_role": _("Role in the buying group"),
    "account.name": _("Company"),
    "account.name_kana": _("Company in kana"),
    "account.number": _("Company number"),
    "account.domain": _("Domain"),
    "account.industry": _("Industry"),
    "account.employees": _("Employees"),
    "account.address": _("Address"),
    "account.prefecture": _("Prefecture"),
}

COLUMNS: Words = {
    **FIELDS,
    "account.key": _("Number of the company in the other system"),
    "at": _("When"),
    "lead": _("Number of the lead in Tasuki"),
    "external": _("Number of the lead in the other system"),
    "visitor": _("Visitor on the web site"),
    "activity.type": _("Kind of activity"),
    "activity.at": _("Time of the activity"),
    "type": _("Kind of activity"),
    "key": _("Number of the row in the other system"),
    "path": _("Page that was looked at"),
    "content": _("Content"),
    "content.kind": _("Kind of content"),
    "content.topic": _("Topic of the content"),
    "outcome": _("Outcome"),
    "to": _("New stage"),
    "role": _("Role"),
    "reason": _("Reason"),
    "until": _("Re-approach date"),
    "answers": _("Answers"),
    "note": _("Note"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "state": _("State"),
    "opened_at": _("Opened on"),
    "closed_at": _("Closed on"),
    "expected_at": _("Expected by"),
}
"""Where the columns of a file may go."""

IDENTITIES: Words = {
    "mail": _("Mail address"),
    "phone": _("Mobile phone"),
    "visitor": _("Visitor on the web site"),
}

CHANNELS: Words = {
    "web": _("Web site"),
    "mail": _("Mail"),
    "email": _("Mail"),
    "exhibition": _("Exhibition"),
    "webinar": _("Webinar"),
    "referral": _("Referral"),
    "phone": _("Phone"),
    "outbound": _("Outbound call"),
    "cold_call": _("Outbound call"),
    "search": _("Search"),
    "organic": _("Search"),
    "ads": _("Advertisement"),
    "social": _("Social media"),
    "partner": _("Partner"),
    "direct": _("Direct visit"),
    "inquiry": _("Inquiry"),
    "syndication": _("Content syndication"),
    "event": _("Event"),
    "seminar": _("Seminar"),
    "call": _("Call"),
}

CALLS: Words = {
    "reached": _("Reached"),
    "connected": _("Reached"),
    "not_reached": _("Not reached"),
    "no_answer": _("Not reached"),
    "voicemail": _("Voicemail"),
    "call_back": _("Wants to be called back"),
    "wrong_number": _("Wrong number"),
}

CONTENTS: Words = {
    "whitepaper": _("White paper"),
    "blog": _("Blog"),
    "case_study": _("Case study"),
    "product": _("Product page"),
    "catalog": _("Catalogue"),
    "pricing": _("Pricing"),
    "webinar": _("Webinar"),
    "video": _("Video"),
    "ebook": _("E-book"),
}

SCOPES: Words = {
    "leads.read": _("Read leads, companies, deals and handoffs"),
    "leads.write": _("Create and change leads"),
    "accounts.write": _("Create and change companies"),
    "activities.write": _("Record activities"),
    "decisions.write": _("Decide about leads"),
    "deals.write": _("Open and change deals"),
    "handoffs.transfer": _("Give handoffs on"),
    "capacity.manage": _("Set how much people can take"),
    "duplicates.decide": _("Answer about duplicates, merge"),
    "imports.run": _("Import files"),
    "export": _("Take personal data out"),
    "agreement.read": _("Read the agreement"),
    "agreement.publish": _("Publish an agreement"),
    "erase": _("Erase a person's data"),
    "audit.read": _("Read the audit"),
    "metrics.read": _("Read the metrics"),
    "numbers.read": _("Read figures and their definitions"),
    "reports.manage": _("Say when weekly reports are sent, and to whom"),
    "channels.own": _("Choose how one is told"),
    "channels.team": _("Chats of teams"),
    "webhooks.manage": _("Webhooks and deliveries"),
    "worktime.own": _("One's own hours and absences"),
    "worktime.manage": _("Hours and absences of others, days off"),
}

OUTCOMES: Words = {
    "created": pgettext_lazy("row", "new"),
    "updated": _("changed"),
    "unchanged": _("unchanged"),
    "rejected": _("rejected"),
}

ANSWERS: Words = {
    "yes": _("Yes"),
    "no": _("No"),
}

REFUSALS: Words = {
    "unknown_stage": _("no such stage"),
    "role": _("this role may not decide on it"),
    "from": _("not possible from where the lead stood"),
    "requires": _("what the stage requires was missing"),
}


def say(words: Words, code: str) -> str:
    """The word for a code, in the reader's language."""
    return str(words[code]) if code in words else code.replace("_", " ")


def channel_code(text: str) -> str:
    """The code of a channel that is called so in one of our languages, whatever its case and width; others as they are."""
    return _channels().get(fold(text.strip()), text)


@cache
def _channels() -> Mapping[str, str]:
    found = {fold(code): code for code in CHANNELS}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found = {fold(str(word)): code for code, word in reversed([*CHANNELS.items()])} | found
    return found


def named(names: Mapping[str, str], fallback: str) -> str:
    """The reader's language of a name that an agreement gives in several; `fallback` where it gives none."""
    language = "ja" if (get_language() or "").startswith("ja") else "en"
    return names.get(language) or next(iter(names.values()), "") or fallback


PLAIN = (
    "path",
    "content",
    "content.title",
    "content.kind",
    "content.topic",
    "campaign",
    "outcome",
    "channel",
)
"""The properties that say what an activity was about, the most telling first."""
VALUES: Mapping[str, Words] = {
    "content": CONTENTS,
    "content.kind": CONTENTS,
    "outcome": CALLS,
    "channel": CHANNELS,
}
"""Property → words for its values; what is not among them stays as it is."""


def about(properties: Mapping[str, str]) -> str:
    """What an activity was about: its properties in one line."""
    told = [_value(name, str(properties[name])) for name in PLAIN if properties.get(name)]
    further = [f"{name}: {value}" for name, value in properties.items() if name not in PLAIN and value]
    return " · ".join([*told, *further])


def _value(name: str, value: str) -> str:
    known = VALUES.get(name, {})
    return str(known[value]) if value in known else value
