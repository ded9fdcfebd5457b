"""What is done about weekly reports: when they are sent and to whom, declined, sent at once, and sent when they are due."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tasuki.server.core import audit, clock
from tasuki.server.core.access import SYSTEM, Actor, require
from tasuki.server.core.errors import Invalid, NotFound
from tasuki.server.core.models import User
from tasuki.server.insights import commands as figures
from tasuki.server.notify import commands as notify
from tasuki.server.notify import mail
from tasuki.server.notify.kinds import WEEKLY
from tasuki.server.notify.models import Delivery
from tasuki.server.reports import readers
from tasuki.server.reports.letters import WHOLE
from tasuki.server.reports.making import week_now, where_of
from tasuki.server.reports.models import WeeklyReport, WeeklyRun
from tasuki.server.reports.times import Due, clockwork

log = logging.getLogger(__name__)

MOST_RECEIVERS = 200


@transaction.atomic
def put_report(
    actor: Actor,
    number: int,
    *,
    enabled: bool,
    weekday: int,
    hour: int,
    everyone: bool,
    receivers: Collection[int],
) -> WeeklyReport:
    """When a report is sent and to whom. `number`: of the team, WHOLE for the whole company; `weekday` 0 is Monday.

    `everyone`: of the team, or whoever leads; `receivers`: ids of people besides. What should have been sent before it was
    switched on, or before its time was changed, is not made up for. NotFound; NotAllowed: one who does not see the figures
    gives them to nobody; Invalid.
    """
    require(actor, "reports.manage")
    team = readers.team_of(number)
    where_of(actor, team)
    _check_time(weekday, hour)
    people = _people(receivers)
    kept = WeeklyReport.objects.select_for_update().filter(team=team).first()
    row = kept or WeeklyReport(team=team, since=clock.now())
    if not (row.enabled and (row.weekday, row.hour) == (weekday, hour)):
        row.since = clock.now()
    row.enabled, row.weekday, row.hour, row.everyone = enabled, weekday, hour, everyone
    row.save()
    row.receivers.set(people)
    audit.record(
        actor, "report.put", f"team:{number}" if team else "", enabled=enabled, weekday=weekday, hour=hour,
        everyone=everyone, receivers=len(people),
    )  # fmt: skip
    return row


def _check_time(weekday: int, hour: int) -> None:
    if weekday not in range(7):
        raise Invalid("weekday_unknown", _("There is no such day of the week."), field="weekday")
    if hour not in range(24):
        raise Invalid("hour_unknown", _("There is no such hour."), field="hour")


def _people(ids: Collection[int]) -> list[User]:
    if len(ids) > MOST_RECEIVERS:
        raise Invalid(
            "too_many_receivers",
            _("At most %(count)s people can be named.") % {"count": MOST_RECEIVERS},
            cure=_("Let everybody of the team have it."),
            field="receivers",
        )
    found = list(User.objects.filter(pk__in=ids, is_active=True))
    if len(found) < len(set(ids)):
        raise Invalid("receiver_unknown", _("Somebody named here is gone."), field="receivers")
    return found


@transaction.atomic
def decline(actor: Actor, number: int, *, wanted: bool) -> None:
    """One does not want a report oneself, whoever named one as its receiver; or `wanted`: one does again. NotFound."""
    require(actor, "channels.own")
    team = readers.team_of(number)
    if actor.user is None:
        raise Invalid("nobody", _("Only a person can be told."))
    row = WeeklyReport.objects.filter(team=team).first()
    if row is None:
        raise NotFound("report_unknown", _("Nobody has set up this report."))
    if wanted:
        row.declined.remove(actor.user)
    else:
        row.declined.add(actor.user)
    audit.record(actor, "report.decline", f"team:{number}" if team else "", wanted=wanted)


def send_to_me(actor: Actor, number: int) -> Delivery:
    """The report of last week, to oneself, now; the delivery says what came of it. NotFound; NotAllowed."""
    where_of(actor, readers.team_of(number))
    detail = {"team": number, "week": week_now(clock.now()).isoformat()}
    audit.record(actor, "report.mail", f"team:{number}" if number != WHOLE else "")
    return notify.mail_myself(actor, WEEKLY, detail)


def send_due() -> int:
    """Send what is due now, each report of a week once, whoever else is at it; how many mails were written.

    A late start sends the last one only. Nothing is sent where no mail server is set up, and as long as another process
    brings the facts up to date: then the next call does it.
    """
    now = clock.now()
    due = _due(now) if mail.is_set_up() else {}
    if not due or figures.refresh().busy or not figures.has_facts():
        return 0
    return sum(_send(report, when, now) for report, when in due.items())


def _due(now: datetime) -> dict[int, Due]:
    """Report → what of it is due."""
    reports = list(WeeklyReport.objects.filter(enabled=True).order_by("pk"))
    if not reports:
        return {}
    clocks = clockwork()
    latest = {one.pk: clocks.latest(one.weekday, one.hour, now) for one in reports}
    wanted = {one.pk: latest[one.pk] for one in reports if latest[one.pk].at > one.since}
    weeks = {due.week for due in wanted.values()}
    sent = set(WeeklyRun.objects.filter(report__in=wanted, week__in=weeks).values_list("report", "week"))
    return {report: due for report, due in wanted.items() if (report, due.week) not in sent}


@transaction.atomic
def _send(report_id: int, due: Due, now: datetime) -> int:
    """One report, unless somebody else has sent it meanwhile: the run and its mails are written together."""
    locked = WeeklyReport.objects.select_for_update(of=("self",)).select_related("team")
    report = locked.filter(pk=report_id).first()
    if report is None or not report.enabled or report.runs.filter(week=due.week).exists():
        return 0
    users = [one.user.pk for one in readers.readers_of(report) if one.gets_it]
    run = WeeklyRun.objects.create(report=report, week=due.week, at=now, mails=len(users))
    number = report.team_id or WHOLE
    detail = {"team": number, "week": due.week.isoformat(), "at": now.isoformat()}
    notify.send_mail(WEEKLY, users, f"report:{run.pk}", detail)
    audit.record(SYSTEM, "report.sent", f"team:{number}" if report.team_id else "", mails=len(users))
    log.info("a weekly report is sent", extra={"report": report.pk, "mails": len(users)})
    return len(users)
