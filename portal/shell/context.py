"""What every full page needs: the navigation, who is signed in as what, the version."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.accounts.http import signed_in as signed_in_user
from portal.accounts.selectors import role_label
from portal.shell.navigation import Link, navigation
from portal.shell.selectors import unread_count
from portal.version import VERSION


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the shell's variables.

    All that costs a query or a lookup is lazy: a fragment never shows it and never pays for it.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated

    def links(section: Any) -> Callable[[], list[Link]]:
        return lambda: navigation.links(request, section) if signed_in else []

    return {
        "navigation": SimpleLazyObject(links("main")),
        "account_navigation": SimpleLazyObject(links("account")),
        "user_role": SimpleLazyObject(lambda: role_label(user) if user is not None else ""),
        "unread": SimpleLazyObject(lambda: unread_count(signed_in_user(request))),
        "signed_in": signed_in,
        "gateway_simulated": settings.GATEWAY_SIMULATED,
        "version": VERSION,
    }
