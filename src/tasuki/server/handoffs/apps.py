"""The app as Django knows it."""

from django.apps import AppConfig


class HandoffsConfig(AppConfig):
    """Named by its last word: `handoffs`."""

    name = "tasuki.server.handoffs"
    label = "handoffs"
