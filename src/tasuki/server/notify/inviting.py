"""The mail that brings somebody in: who invites, and the link with which they choose their password."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.translation import gettext as _

from tasuki.server.core.access import Actor, require
from tasuki.server.core.models import User
from tasuki.server.notify import mail
from tasuki.server.notify.attempts import SENT
from tasuki.server.notify.letters import Letter


def send_invitations(actor: Actor, links: Mapping[User, str]) -> set[int]:
    """Send each their link by mail; ids of those whose mail the server took. NotAllowed.

    Nobody where no mail server is set up; once it does not take one, nobody further is tried.
    """
    require(actor, "people.manage")
    sent: set[int] = set()
    if not mail.is_set_up():
        return sent
    with mail.connection() as opened:
        for user, address in links.items():
            if not user.email:
                continue
            came = mail.send(opened, _letter(actor, user, address), to=user.email, number=uuid.uuid4().hex)
            if came is not SENT:
                break
            sent.add(user.pk)
    return sent


def _letter(actor: Actor, user: User, address: str) -> Letter:
    by = actor.user.shown_name if actor.user else "Tasuki"
    subject = _("%(name)s invites you to Tasuki") % {"name": by}
    lines = [
        _("%(name)s,") % {"name": user.shown_name},
        _("%(by)s has made a place for you in Tasuki, where marketing and sales work on leads together.")
        % {"by": by},
        _("Choose your password here; the link is good once and for three days:"),
        address,
        _("Your user name: %(username)s") % {"username": user.username},
    ]
    text = "\n\n".join(lines)
    html = format_html(
        '<p>{}</p><p>{}</p><p>{}</p><p><a href="{}">{}</a></p><p>{}</p>',
        *lines[:3], address, address, lines[4],
    )  # fmt: skip
    return Letter(subject, text, text, html)
