"""The app as Django knows it."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Named by its last word: `pages`."""

    name = "tasuki.server.pages"
    label = "pages"
