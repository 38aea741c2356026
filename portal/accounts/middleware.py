"""Sessions end when idle, and every page asks for a sign-in unless it says otherwise."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from portal.common.http import request_id, wants_json

SEEN = "last_seen"
STARTED = "signed_in_at"


def in_background(request: HttpRequest) -> bool:
    """Whether a page asks by itself, on a timer, and no person did anything."""
    return "X-Background" in request.headers


class SessionLimitsMiddleware:
    """Ends a session after the idle or the absolute limit, whichever comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check the limits, then note that the session was used, if by a person."""
        if request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault(STARTED, now)
            seen = request.session.get(SEEN, now)
            idle = now - seen > settings.SESSION_IDLE_SECONDS
            if idle or now - started > settings.SESSION_COOKIE_AGE:
                logout(request)
            elif SEEN not in request.session or (now - seen > 60 and not in_background(request)):
                request.session[SEEN] = now
        return self.get_response(request)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Asks for a sign-in: a page redirects, a fragment says 401 with HX-Redirect, the API 401."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """Answer a visitor without a session."""
        if wants_json(request):
            body = {
                "code": "not_authenticated",
                "message": "Sign in first.",
                "errors": [],
                "request_id": request_id(),
            }
            return JsonResponse(body, status=401)
        if request.headers.get("HX-Request") == "true":
            answer = HttpResponse(status=401)
            # What somebody typed on a page that they left open is not taken from the screen.
            if not in_background(request):
                answer["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
            return answer
        return super().handle_no_permission(request, view_func)
