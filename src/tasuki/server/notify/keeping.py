"""How long messages are kept: news and deliveries that are over are forgotten after a time, a few at a time."""

from __future__ import annotations

from datetime import datetime

from tasuki.server.notify.models import Delivery, Notification

BATCH = 1_000
OVER = (Delivery.State.SENT, Delivery.State.DROPPED, Delivery.State.DEAD)


def forget(before: datetime) -> int:
    """Delete news of before then, read or not, and deliveries that ended before then. How many; 0: none is left.

    At most a thousand of each, so that no transaction holds others up. What waits to be sent stays.
    """
    # By id, which grows with time, so that news need no index of their own for this.
    oldest = list(Notification.objects.order_by("pk").values_list("pk", "at")[:BATCH])
    news = [pk for pk, at in oldest if at < before]
    ended = Delivery.objects.filter(state__in=OVER, ended_at__lt=before)
    deliveries = list(ended.values_list("pk", flat=True)[:BATCH])
    Notification.objects.filter(pk__in=news).delete()
    Delivery.objects.filter(pk__in=deliveries).delete()
    return len(news) + len(deliveries)
