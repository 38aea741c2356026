"""Refusals become answers here, in one place: pages, htmx fragments and JSON alike."""

from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from portal.common.errors import DomainError

API_DOCS = "/api/v1/docs"
GetResponse = Callable[[HttpRequest], HttpResponse]


def request_id() -> str:
    """Return the id of the request at hand, as the logs know it."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def error_body(error: DomainError) -> dict[str, Any]:
    """Return the API's error object for ``error``."""
    return {
        "code": error.code,
        "message": error.message,
        "errors": [{"field": e.field, "code": e.code, "message": e.message} for e in error.errors],
        "request_id": request_id(),
    }


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: the API paths but its page for people answer JSON."""
    return request.path.startswith("/api/") and request.path != API_DOCS


class DomainErrorMiddleware:
    """Turns a DomainError that a view lets through into its status, page or JSON body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; a bare 405 becomes a page, for who opens the address of a form."""
        response = self.get_response(request)
        if response.status_code != 405 or wants_json(request) or response.content:
            return response
        page = render(request, "errors/405.html", status=405)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a DomainError; anything else goes on to Django."""
        if not isinstance(error, DomainError):
            return None
        if wants_json(request):
            return JsonResponse(error_body(error), status=error.status)
        return render(request, "errors/domain.html", {"error": error}, status=error.status)


class HeadersMiddleware:
    """Headers that Django has no setting for: no caching of signed-in pages, no device features."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers to every answer of the portal."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        return response
