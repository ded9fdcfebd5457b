"""The app as Django knows it."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Named by its last word: `notify`."""

    name = "tasuki.server.notify"
    label = "notify"
