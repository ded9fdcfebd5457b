"""The app as Django knows it."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Named by its last word: `core`."""

    name = "tasuki.server.core"
    label = "core"
