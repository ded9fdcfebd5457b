"""When people work: hours of a person or a team, days off of the company, absences; and calendars as they once were."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from django.db import models
from django.db.models import Q

from tasuki.calendars import Calendar, calendar_of
from tasuki.server.worktime.stored import readable


class WorkingHours(models.Model):
    """Hours of one person or one team; who has none works by those of the team, then by those of the agreement."""

    user = models.OneToOneField("core.User", models.CASCADE, null=True, related_name="working_hours")
    team = models.OneToOneField("core.Team", models.CASCADE, null=True, related_name="working_hours")
    week = models.JSONField(default=dict)  # {"mon": "09:00-12:00, 13:00-18:00", …}; a day left out is free
    time_zone = models.CharField(max_length=50, blank=True)  # empty: the person's, then the installation's
    holidays = models.CharField(
        max_length=25, blank=True
    )  # a country, or a part of one like DE-BY; empty: none

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="hours_of_one_person_or_one_team",
            )
        ]


class DayOff(models.Model):
    """A day on which the company, or one team, does not work."""

    team = models.ForeignKey("core.Team", models.CASCADE, null=True, related_name="days_off")
    day = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "day"], name="day_off_once_for_a_team"),
            models.UniqueConstraint(
                fields=["day"], condition=Q(team__isnull=True), name="day_off_once_for_all"
            ),
        ]


class Absence(models.Model):
    """A time in which someone is away: no lead is handed to them, and no clock of theirs runs."""

    user = models.ForeignKey("core.User", models.CASCADE, related_name="absences")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("begins_at")), name="absence_ends_after_it_begins"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["user", "ends_at"])]


class KeptCalendar(models.Model):
    """A calendar as it was when a clock was started by it. Never changed, so that no setting rewrites what was measured."""

    digest = models.CharField(max_length=64, unique=True)
    spec = models.JSONField()  # what tasuki.calendars makes a calendar of
    made_at = models.DateTimeField()

    @cached_property
    def calendar(self) -> Calendar:
        """What working time is counted by."""
        return calendar_of(readable(self.spec))
