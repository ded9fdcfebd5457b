"""The app as Django knows it."""

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    """Named by its last word: `lifecycle`."""

    name = "tasuki.server.lifecycle"
    label = "lifecycle"
