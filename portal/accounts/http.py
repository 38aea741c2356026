"""What every view needs of its request."""

from typing import cast

from django.http import HttpRequest

from portal.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """Return the user of ``request``; the middleware has asked for a sign-in already."""
    return cast(User, request.user)
