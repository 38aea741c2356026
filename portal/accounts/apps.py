"""Accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their organisation roles, and how they sign in."""

    name = "portal.accounts"
    label = "portal_accounts"
