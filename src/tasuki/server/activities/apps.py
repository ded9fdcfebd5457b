"""The app as Django knows it."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Named by its last word: `activities`."""

    name = "tasuki.server.activities"
    label = "activities"
