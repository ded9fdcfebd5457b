"""The app as Django knows it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Named by its last word: `accounts`."""

    name = "tasuki.server.accounts"
    label = "accounts"
