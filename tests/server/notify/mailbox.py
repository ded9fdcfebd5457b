"""A real SMTP server that can be told to misbehave, and keeps what it accepted."""

from __future__ import annotations

import asyncio
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """`refuse`: the answer to a recipient; `after_data`: what becomes of the connection once the mail is in."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.refuse = ""
        self.answer = ""
        self.drop_after_data = False
        self.port = free_port()
        self.tls: SSLContext | None = None  # with one, no mail is taken before STARTTLS
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        secured = {"tls_context": self.tls, "require_starttls": True} if self.tls else {}
        self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port, **secured)
        self._controller.start()

    def down(self) -> None:
        if self._controller:
            self._controller.stop()
        self._controller = None


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.box.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.box.refuse:
            return self.box.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.box.answer:
            return self.box.answer
        mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        self.box.mails.append(mail)  # type: ignore[arg-type]
        if self.box.drop_after_data:
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
