"""The app as Django knows it."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Named by its last word: `people`."""

    name = "tasuki.server.people"
    label = "people"
