"""The API's sign-in by the browser's session.

A module of its own: the framework reads it while it loads its views, which `api` imports.
"""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SessionSignIn(SessionAuthentication):
    """The browser's session; without one the answer is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        """Say how to sign in, which is what makes the answer 401."""
        return "Session"
