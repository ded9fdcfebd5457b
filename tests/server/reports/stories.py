"""A week of a company, and the Monday after it.

The week is the present one, for the database stamps what changes with its own clock: what is told of the week is told as of
the Monday that follows.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.company import put_company
from tasuki.server.notify import courier
from tasuki.server.notify.commands import choose
from tasuki.server.reports import commands
from tasuki.weekly.weeks import Week, week_of
from tests.server.lifecycle.stories import agree, new_lead, visits, work

TOKYO = "Asia/Tokyo"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def this_week() -> Week:
    return week_of(datetime.now(ZoneInfo(TOKYO)).date(), TOKYO)  # whatever time a story plays at


def eight(days: int = 0) -> datetime:
    """Eight o'clock on the Monday after the week, or so many days later."""
    day = this_week().later(1).first + days * DAY
    return datetime.combine(day, time(8), ZoneInfo(TOKYO))


def company_works() -> None:
    """Monday to Friday in Tokyo; holidays are what the story says."""
    put_company(
        SYSTEM, name="山田電機", time_zone=TOKYO, days="mon,tue,wed,thu,fri", hours="09:00-18:00", holidays="",
        currency="JPY",
    )  # fmt: skip


def a_week() -> None:
    """Two leads become MQL on Tuesday, and are handed over."""
    begin = this_week().since
    agree(80, at=begin)
    for place, name in enumerate(("Yamada Hanako", "Suzuki Ichiro")):
        lead = new_lead(name, at=begin + HOUR, title="Director")
        visits(lead, begin + (33 + place) * HOUR, begin + (34 + place) * HOUR)
    for hours in (2, 36, 60):
        work(begin + hours * HOUR)


def has_mail(actor: Actor, **more: object) -> None:
    """They have an address, and want no news by mail: a report comes all the same."""
    assert actor.user
    vars(actor.user).update(email=f"{actor.user.username}@ours.example", **more)
    actor.user.save()
    choose(actor, medium="mail", wanted=[])


def wanted(actor: Actor, number: int, **more: object) -> None:
    """The report is switched on, on the week's Monday after eight."""
    given: dict[str, object] = {"weekday": 0, "hour": 8, "everyone": True, "receivers": (), **more}
    with clock.at(this_week().since + 9 * HOUR):
        commands.put_report(actor, number, enabled=True, **given)  # type: ignore[arg-type]


def sends(at: datetime) -> int:
    """What the worker does at that time: mails that were written, and brought away."""
    with clock.at(at):
        written = commands.send_due()
        courier.deliver()
    return written


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
