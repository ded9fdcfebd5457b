"""The app as Django knows it."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Named by its last word: `reports`."""

    name = "tasuki.server.reports"
    label = "reports"

    def ready(self) -> None:
        """The courier has the mails of reports written here, when it sends them."""
        from tasuki.server.notify.kinds import WEEKLY
        from tasuki.server.notify.letters import WRITERS
        from tasuki.server.reports.letters import letter_of

        WRITERS[WEEKLY] = letter_of
