"""The app as Django knows it."""

from django.apps import AppConfig


class WorktimeConfig(AppConfig):
    """Named by its last word: `worktime`."""

    name = "tasuki.server.worktime"
    label = "worktime"
