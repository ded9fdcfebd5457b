"""The mail that brings a report: a few sentences, the figures, and the same as a PDF."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotAllowed, NotFound
from tasuki.server.core.models import Team
from tasuki.server.notify.attempts import DROPPED, RETRY, Attempt
from tasuki.server.notify.letters import Enclosed, Letter
from tasuki.server.notify.models import Delivery
from tasuki.server.reports.links import alert_links, figure_link
from tasuki.server.reports.making import sheet_for
from tasuki.weekly import Sheet, pdf_of

WHOLE = 0
"""Stands for the whole company where a team is named by its number."""


def letter_of(delivery: Delivery) -> Letter | Attempt:
    """The letter for the reader of the delivery, in whose language and time zone this is called.

    An attempt that drops it where they may not see these figures any more, or the team is gone; one to be repeated where
    there are no figures at the moment.
    """
    user = delivery.channel.user if delivery.channel else None
    number = int(delivery.detail["team"])
    team = Team.objects.filter(pk=number).first() if number != WHOLE else None
    if user is None or not user.is_active or (number != WHOLE and team is None):
        return DROPPED("figures_unseen")
    week, then = date.fromisoformat(delivery.detail["week"]), delivery.detail.get("at")
    at = datetime.fromisoformat(then) if then else None
    try:
        return letter(sheet_for(Actor(user=user), team, week=week, at=at), number)
    except NotAllowed:
        return DROPPED("figures_unseen")
    except NotFound:
        return RETRY("figures_away")


def letter(sheet: Sheet, number: int) -> Letter:
    """The letter of a report; `number`: of the team, or WHOLE."""
    page, links = f"{settings.ENVIRONMENT.url}/settings/reports", alert_links(sheet)
    told: dict[str, Any] = {
        "sheet": sheet,
        "numbers": f"{settings.ENVIRONMENT.url}/numbers",
        "handoffs": f"{settings.ENVIRONMENT.url}{links['untouched']}",
        "alerts": [(alert, f"{settings.ENVIRONMENT.url}{links[alert.code]}") for alert in sheet.alerts],
        "cells": [
            (cell, f"{settings.ENVIRONMENT.url}{figure_link(sheet, cell.kpi)}") for cell in sheet.cells
        ],
        "read": f"{page}/{number}/read",
        "settings": f"{page}/{number}",
        "subject": _("%(title)s: %(name)s, %(period)s")
        % {"title": sheet.title, "name": sheet.name, "period": sheet.period},
    }
    text = render_to_string("reports/mail.txt", told).strip() + "\n"
    html = render_to_string("reports/mail.html", told)
    return Letter(" ".join(told["subject"].split()), text, text, html, (enclosed(sheet, number),))


def enclosed(sheet: Sheet, number: int) -> Enclosed:
    """The report as a file."""
    name = f"tasuki-{sheet.week.label}-{number or 'all'}.pdf"
    link = f"{settings.ENVIRONMENT.url}/settings/reports/{number}/read"
    return Enclosed(name, "application/pdf", pdf_of(sheet, link))
