"""The app as Django knows it."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Named by its last word: `api`."""

    name = "tasuki.server.api"
    label = "api"
