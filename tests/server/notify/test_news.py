"""News on the pages: how many are told as unread."""

from __future__ import annotations

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.notify import queries
from tasuki.server.notify.models import Notification


def tell(actor: Actor, count: int) -> None:
    now = clock.now()
    Notification.objects.bulk_create(
        [Notification(user=actor.user, kind="overload", cause=f"team:{n}", at=now) for n in range(count)]
    )


def test_whoever_did_not_look_for_long_is_told_that_it_is_many_without_anybody_counting_them(
    marketer: Actor, sales_rep: Actor
):
    tell(marketer, 7)
    assert queries.unread(marketer) == 7
    tell_more = queries.MANY + 50
    tell(sales_rep, tell_more)
    assert queries.unread(sales_rep) == queries.MANY
