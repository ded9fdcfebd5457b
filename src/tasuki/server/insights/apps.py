"""The app as Django knows it."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Named by its last word: `insights`."""

    name = "tasuki.server.insights"
    label = "insights"
