"""The app as Django knows it."""

from django.apps import AppConfig
from django.conf import settings


class PagesConfig(AppConfig):
    """Named by its last word: `pages`."""

    name = "tasuki.server.pages"
    label = "pages"

    def ready(self) -> None:
        """Translations that nobody has compiled yet, as in a fresh clone, are compiled now."""
        from tasuki.server import catalogue

        found = catalogue.ready(settings.DATA / "locale")
        if found != catalogue.LOCALE and found not in settings.LOCALE_PATHS:
            settings.LOCALE_PATHS.append(found)
