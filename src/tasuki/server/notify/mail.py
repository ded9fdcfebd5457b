"""Mail to people, over one connection for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from tasuki.server.notify.attempts import AWAY, REFUSED, RETRY, SENT, Attempt

if TYPE_CHECKING:
    from tasuki.server.notify.letters import Letter

SECONDS = 15
"""How long the mail server may take for one step."""
SIGN_IN = frozenset({530, 534, 535, 538})
"""Answers that are about our name and password, whatever the letter."""
PORTS = {"smtp": 25, "smtps": 465}


def is_set_up() -> bool:
    """Whether a mail server is named."""
    return bool(settings.ENVIRONMENT.mail_url)


def is_folder() -> bool:
    """Whether mails are only written into a folder, to be looked at."""
    return urlsplit(settings.ENVIRONMENT.mail_url).scheme == "file"


@contextmanager
def connection() -> Iterator[BaseEmailBackend]:
    """A connection to the mail server of the settings, opened with the first mail."""
    opened = _to_folder() if is_folder() else _to_server()
    try:
        yield opened
    finally:
        _close(opened)


def _to_folder() -> BaseEmailBackend:
    folder = unquote(urlsplit(settings.ENVIRONMENT.mail_url).path)
    return get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=folder)


def _to_server() -> BaseEmailBackend:
    parts = urlsplit(settings.ENVIRONMENT.mail_url)
    tls = parse_qs(parts.query).get("tls", [""])[0]
    return get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname or "localhost",
        port=parts.port or PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=tls == "starttls",
        use_ssl=parts.scheme == "smtps",
        timeout=SECONDS,
    )


def trouble() -> str:
    """What is wrong with the mail server of the settings; empty if it lets us in."""
    try:
        with connection() as opened:
            opened.open()
    except (SMTPException, OSError, ValueError) as error:
        return f"the mail server does not let us in ({type(error).__name__})"
    return ""


def send(through: BaseEmailBackend, letter: Letter, *, to: str, number: str) -> Attempt:
    """Hand one letter to the mail server. `number` becomes its Message-ID, the same at each attempt."""
    host = urlsplit(settings.ENVIRONMENT.url).hostname or "tasuki"
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        settings.ENVIRONMENT.mail_from or f"Tasuki <tasuki@{host}>",
        [to],
        headers={"Message-ID": f"<{number}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=through,
    )
    message.attach_alternative(letter.html, "text/html")
    for file in letter.enclosed:
        message.attach(file.name, file.content, file.kind)
    try:
        through.open()  # which a mail that opens it itself would close again
    except (SMTPException, OSError, ValueError) as error:  # ValueError: a password that cannot be sent
        _close(through)
        return _of_the_server(error)
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        _close(through)
        return _failed(error)
    return SENT


def _failed(error: Exception) -> Attempt:
    """What the mail server says of one letter is of that letter; anything else is of the server."""
    if isinstance(error, SMTPRecipientsRefused):
        return _answered(max(code for code, _text in error.recipients.values()))
    if isinstance(error, ValueError):  # an address that no mail can be sent to
        return REFUSED("address")
    if isinstance(error, SMTPResponseException) and not isinstance(error, SMTPSenderRefused):
        return _answered(error.smtp_code)
    return _of_the_server(error)


def _of_the_server(error: Exception) -> Attempt:
    """It takes no letter at all now."""
    known = isinstance(error, SMTPResponseException) and error.smtp_code > 0
    return AWAY(f"smtp:{error.smtp_code}" if known else "mail_away")  # type: ignore[attr-defined]


def _answered(code: int) -> Attempt:
    if code in SIGN_IN:
        return AWAY(f"smtp:{code}")
    return REFUSED(f"smtp:{code}") if 500 <= code < 600 else RETRY(f"smtp:{code}")


def _close(opened: BaseEmailBackend) -> None:
    try:
        opened.close()
    except (SMTPException, OSError):
        opened.connection = None  # type: ignore[attr-defined]
