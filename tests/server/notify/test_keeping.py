"""Messages are kept for a time, then forgotten; what waits is not."""

from __future__ import annotations

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.core.models import User
from tasuki.server.notify import keeping, queries
from tasuki.server.notify.models import Delivery
from tests.server.lifecycle.stories import DAY
from tests.server.notify.mailbox import Mailbox
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers

pytestmark = pytest.mark.django_db


def test_news_and_sent_mails_are_forgotten_once_they_are_old(mailbox: Mailbox, rep: User) -> None:
    becomes_mql()
    delivers(MQL_AT)
    assert keeping.forget(MQL_AT - DAY) == 0
    assert len(queries.notifications(Actor(user=rep))) == 1
    assert keeping.forget(MQL_AT + DAY) == 2
    assert len(queries.notifications(Actor(user=rep))) == 0
    assert not Delivery.objects.exists()
    assert keeping.forget(MQL_AT + DAY) == 0


def test_a_mail_that_still_waits_for_its_server_is_kept_however_old(mailbox: Mailbox, rep: User) -> None:
    mailbox.down()
    becomes_mql()
    delivers(MQL_AT)
    keeping.forget(MQL_AT + 100 * DAY)
    assert Delivery.objects.get().state == "waiting"
