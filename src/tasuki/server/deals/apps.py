"""The app as Django knows it."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    """Named by its last word: `deals`."""

    name = "tasuki.server.deals"
    label = "deals"
