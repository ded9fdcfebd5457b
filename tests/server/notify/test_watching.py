"""What whoever runs Tasuki sees of mail and messages: doctor, metrics, sign-in at the mail server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError

from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
from tasuki.server.environment import Environment
from tasuki.server.notify import commands
from tasuki.server.notify.models import Delivery
from tasuki.server.running import doctor, metrics
from tests.server.notify.mailbox import Mailbox, free_port
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers

pytestmark = pytest.mark.django_db


def test_the_doctor_says_that_no_mail_server_is_set_up() -> None:
    assert doctor._mail().says.startswith("no mail server is set up")


def test_the_doctor_says_whether_the_mail_server_lets_us_in(mailbox: Mailbox) -> None:
    assert doctor._mail().state == "good"
    mailbox.down()
    assert doctor._mail().state == "warning"


def test_the_doctor_and_the_metrics_tell_of_what_was_given_up(mailbox: Mailbox, rep: User) -> None:
    assert doctor._deliveries().state == "good"
    mailbox.refuse = "550 no"
    becomes_mql()
    told = metrics.exposition().decode()
    assert "tasuki_deliveries_waiting 1.0" in told
    delivers(MQL_AT)
    assert "1 message was given up" in doctor._deliveries().says
    told = metrics.exposition().decode()
    assert "tasuki_deliveries_dead 1.0" in told
    assert 'tasuki_delivery_attempts_total{medium="mail",outcome="dead"}' in told


def test_name_and_password_of_the_address_sign_in_at_the_mail_server(
    environment: Callable[..., None], rep: User
) -> None:
    seen: list[object] = []

    def sign_in(
        _server: object, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        seen.append(given)
        return AuthResult(success=True)

    port = free_port()
    server = Controller(
        type("Sink", (), {"handle_DATA": _accept})(),
        hostname="127.0.0.1",
        port=port,
        authenticator=sign_in,
        auth_require_tls=False,
    )
    server.start()
    try:
        environment(mail_url=f"smtp://tasuki:k%40z%2Fe@127.0.0.1:{port}")
        assert commands.test_mail(Actor(user=rep)).state == Delivery.State.SENT
    finally:
        server.stop()
    assert seen == [LoginPassword(b"tasuki", b"k@z/e")]


async def _accept(_self: object, _server: object, _session: Session, _envelope: Envelope) -> str:
    return "250 OK"


def test_an_address_that_wants_encryption_twice_is_refused() -> None:
    assert Environment(mail_url="smtp://mail.example?tls=starttls").mail_url
    with pytest.raises(ValidationError, match="mail server"):
        Environment(mail_url="smtps://mail.example?tls=starttls")
