"""Callers of an endpoint sign in with a workload's token, never with a session."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from portal.common.clock import now
from workloads.builds.models import AccessToken, TokenScope
from workloads.builds.selectors import token_for


class TokenCaller:
    """Who calls with a token: a program of one workload, not a person."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, token: AccessToken) -> None:
        self.token = token


class BearerToken(authentication.BaseAuthentication):
    """``Authorization: Bearer asy_…``; ``scope`` is what the endpoint serves."""

    scope: TokenScope = TokenScope.LIVE

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        """Return the caller. Raises AuthenticationFailed for a wrong, ended or missing token."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = token_for(secret.strip(), self.scope) if scheme.lower() == "bearer" else None
        if token is None:
            raise exceptions.AuthenticationFailed(
                f"Send a {self.scope.value} token of this workload as Authorization: Bearer."
            )
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now())
        return TokenCaller(token), token

    def authenticate_header(self, request: Request) -> str:
        """Say how to sign in (makes the answer 401 instead of 403)."""
        return "Bearer"


class StagingToken(BearerToken):
    """A token for the build under test."""

    scope = TokenScope.STAGING


class LiveToken(BearerToken):
    """A token for the live release."""

    scope = TokenScope.LIVE


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names these tokens."""

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the header that carries the token."""
        return {"type": "http", "scheme": "bearer"}


class StagingScheme(_TokenScheme):  # type: ignore[no-untyped-call]
    """A staging token in the description."""

    target_class = StagingToken
    name = "staging token"


class LiveScheme(_TokenScheme):  # type: ignore[no-untyped-call]
    """A live token in the description."""

    target_class = LiveToken
    name = "live token"


def token_of(request: Request) -> AccessToken:
    """Return the token that ``request`` came with."""
    found = request.auth
    if not isinstance(found, AccessToken):
        raise exceptions.NotAuthenticated
    return found
