"""Mail goes encrypted to a server whose certificate is sound, and to no other."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tasuki.server.core.models import User
from tasuki.server.notify.models import Delivery
from tests.server.notify.mailbox import Mailbox
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secured(mailbox: Mailbox, issuer: trustme.CA, environment: Callable[..., None]) -> Iterator[Mailbox]:
    """A mail server that takes nothing before STARTTLS."""
    mailbox.down()
    mailbox.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer.issue_cert("127.0.0.1").configure_cert(mailbox.tls)
    mailbox.up()
    environment(mail_url=f"{mailbox.url}?tls=starttls")
    yield mailbox
    mailbox.down()


def test_a_server_whose_issuer_we_trust_gets_the_mail(
    secured: Mailbox, issuer: trustme.CA, rep: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "issuer.pem"
    issuer.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    becomes_mql()
    delivers(MQL_AT)
    assert (states(), len(secured.mails)) == (["sent"], 1)


def test_a_server_that_nobody_vouches_for_gets_nothing_and_the_mail_waits(
    secured: Mailbox, rep: User
) -> None:
    becomes_mql()
    delivers(MQL_AT)
    assert (states(), secured.mails) == (["waiting"], [])
    assert Delivery.objects.get().fault == "mail_away"


def test_an_unencrypted_letter_is_refused_by_such_a_server(
    secured: Mailbox, rep: User, environment: Callable[..., None]
) -> None:
    environment(mail_url=secured.url)
    becomes_mql()
    delivers(MQL_AT)
    assert secured.mails == []
    assert states() != ["sent"]
