"""The app as Django knows it."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Named by its last word: `people`."""

    name = "tasuki.server.people"
    label = "people"

    def ready(self) -> None:
        """Say what the change of an account means for its leads."""
        from tasuki.server.accounts.consequences import follow_with
        from tasuki.server.people.following import accounts_were_put

        follow_with(accounts_were_put)
