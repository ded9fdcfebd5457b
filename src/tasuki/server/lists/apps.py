"""The app as Django knows it."""

from django.apps import AppConfig


class ListsConfig(AppConfig):
    """Named by its last word: `lists`."""

    name = "tasuki.server.lists"
    label = "lists"
