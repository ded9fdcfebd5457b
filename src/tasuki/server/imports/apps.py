"""The app as Django knows it."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Named by its last word: `imports`."""

    name = "tasuki.server.imports"
    label = "imports"
