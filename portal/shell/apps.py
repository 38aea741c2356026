"""Shell app: the layout of the site and what other areas hang into it."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Error, register
from django.urls import NoReverseMatch, reverse

from portal.shell import navigation
from portal.shell.home import home


class ShellConfig(AppConfig):
    """Registers the home page in the navigation and checks that every registered page exists."""

    name = "portal.shell"
    label = "portal_shell"

    def ready(self) -> None:
        """Register what is the shell's own."""
        from portal.shell.audit_log import may_read  # models are not loaded before

        navigation.register("Home", "shell:home", 0)
        navigation.register("Audit", "shell:audit", 90, visible=may_read)
        navigation.register(
            "Style guide",
            "shell:styleguide",
            900,
            "account",
            visible=lambda request: bool(getattr(request.user, "is_staff", False)),
        )
        register(registered_pages_exist)


def registered_pages_exist(**_: Any) -> list[Error]:
    """Report entries of the navigation and panels of the home page that have no page."""
    problems = []
    for name in (*navigation.navigation.entries, *home.panels):
        try:
            reverse(name)
        except NoReverseMatch:
            problems.append(
                Error(
                    f"{name} is registered for the navigation or the home page, but has no page.",
                    hint="Add its URL to portal.urls, or correct the name where it is registered.",
                    id="portal_shell.E001",
                )
            )
    return problems
