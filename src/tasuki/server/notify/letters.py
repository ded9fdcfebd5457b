"""Messages in the reader's words: subject, text, and HTML for mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from tasuki.server.core import formats
from tasuki.server.core.models import Team
from tasuki.server.notify.attempts import DROPPED, Attempt
from tasuki.server.notify.brief import Brief, brief_of
from tasuki.server.notify.kinds import KINDS, OVERDUE, QUEUED, TEST
from tasuki.server.notify.models import Delivery
from tasuki.server.notify.reader import Reader
from tasuki.server.people.models import Lead

LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class Enclosed:
    """A file that goes with a mail. `kind`: its media type, like application/pdf."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A message. `plain` goes to chats; `text`, with the way to the settings, `html` and what is `enclosed` go by mail."""

    subject: str
    plain: str
    text: str
    html: str
    enclosed: tuple[Enclosed, ...] = ()


WRITERS: dict[str, Callable[[Delivery], Letter | Attempt]] = {}
"""Who writes what is no news of a lead, by kind: an app above this one adds itself here. Called in the reader's language."""


def letter_of(delivery: Delivery) -> Letter | Attempt:
    """The message for whoever reads the delivery's channel; an attempt that drops it if they are not to be told any more."""
    assert delivery.channel
    reader, lead = Reader.of(delivery.channel), delivery.lead
    if lead is not None and lead.erased_at is not None:
        return DROPPED("erased")
    if lead is not None and not reader.sees(lead):
        return DROPPED("unseen")
    with reader.reading():
        if writer := WRITERS.get(delivery.kind):
            return writer(delivery)
        if lead is None:
            return _letter(_general(delivery))
        brief = brief_of(delivery, lead)
        return brief if isinstance(brief, Attempt) else _letter(_about(delivery, brief))


def _general(delivery: Delivery) -> dict[str, Any]:
    """News about no lead: a test, or a team that has too much to do."""
    if delivery.kind == TEST:
        says = _("This is a test. News from Tasuki reaches you this way.")
        return {
            "news": _("Test"),
            "subject": _("Test from Tasuki"),
            "says": says,
            "link": _page("settings/telling"),
        }
    name, number = [*delivery.cause.split(":"), ""][:2]
    team = Team.objects.filter(pk=number).first() if name == "team" else None
    share = delivery.detail.get("share")
    says = (
        _("%(percent)s %% of its time is taken.") % {"percent": formats.number(share * 100)} if share else ""
    )
    news = str(KINDS[delivery.kind].title)
    subject = _("%(news)s: %(who)s") % {"news": news, "who": team} if team else news
    return {"news": news, "subject": subject, "who": team or "", "says": says, "link": _page("")}


def _about(delivery: Delivery, brief: Brief) -> dict[str, Any]:
    news, who = _news(delivery.kind, brief), _who(brief.lead)
    lead = brief.lead
    return {
        "news": news,
        "subject": _("%(news)s: %(who)s") % {"news": news, "who": who},
        "who": who,
        "position": _line(f"{lead.department} {lead.title}"),
        "brief": brief,
        "says": _("Whoever takes it first has it.") if brief.queued and KINDS[delivery.kind].own else "",
        "why_now": _why_now(brief),
        "due": _due(brief.due) if brief.due else "",
        "promised_for": _due(brief.promised.at) if brief.promised else "",
        "link": _page(f"leads/{lead.pk}"),
    }


def _why_now(brief: Brief) -> str:
    if brief.score is None:
        return _("Why now")
    when = formats.short(brief.as_of) if brief.as_of else ""
    told = (f"{brief.score_name} {formats.number(brief.score, 1)}", brief.grade, when)
    return formats.beside(_("Why now"), " · ".join(filter(None, told)))


def _news(kind: str, brief: Brief) -> str:
    if brief.late:
        return str(OVERDUE) % {"holder": brief.late}
    return str(QUEUED if brief.queued and KINDS[kind].own else KINDS[kind].title)


def _who(lead: Lead) -> str:
    name = _line(str(lead))
    if not lead.account:
        return name
    return _("%(name)s (%(company)s)") % {"name": name, "company": _line(str(lead.account))}


def _line(text: str) -> str:
    """In one line, whatever somebody typed."""
    return " ".join(text.split())


def _due(instant: datetime) -> str:
    """Day of the week, date and time with the zone, and how far away: `Mon, 23 Nov 11:00 JST (in 2 hours)`."""
    zone = timezone.localtime(instant).tzname()
    when = {"when": f"{formats.with_weekday(instant)} {zone}", "away": formats.relative(instant)}
    return _("%(when)s (%(away)s)") % when


def _page(path: str) -> str:
    return f"{settings.ENVIRONMENT.url}/{path}"


def _letter(told: dict[str, Any]) -> Letter:
    told = {**told, "settings": _page("settings/telling"), "language": formats.language()}
    plain = render_to_string("notify/message.txt", told).strip() + "\n"
    footer = _("How you are told: %(address)s") % {"address": told["settings"]}
    subject = " ".join(str(told["subject"]).split())[:LONGEST_SUBJECT]
    return Letter(subject, plain, f"{plain}\n-- \n{footer}\n", render_to_string("notify/mail.html", told))
