"""The app as Django knows it."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Named by its last word: `agreements`."""

    name = "tasuki.server.agreements"
    label = "agreements"
