"""The app as Django knows it."""

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    """Named by its last word: `lifecycle`."""

    name = "tasuki.server.lifecycle"
    label = "lifecycle"

    def ready(self) -> None:
        """Messages tell how a handoff came to its reader, and of calls, in the words of the lead's page; deals are told."""
        from tasuki.server.deals.consequences import FOLLOWS
        from tasuki.server.lifecycle.calls import CallOutcome
        from tasuki.server.lifecycle.news import came_by, of_deals
        from tasuki.server.notify.brief import CALLS, TELLS_WAY

        TELLS_WAY.append(came_by)
        CALLS.update(CallOutcome.choices)
        FOLLOWS.append(of_deals)
