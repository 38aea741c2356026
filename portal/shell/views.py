"""The home page, the style guide, and what the site says when something goes wrong."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from portal.common import ticks
from portal.common.errors import DomainError
from portal.common.http import error_body, wants_json
from portal.shell.home import home as home_panels
from portal.shell.rendering import render_page, wants_fragment
from portal.shell.styleguide import specimens

__all__ = ["render_page", "wants_fragment"]

RETRY_SECONDS = 30


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page after signing in: the panels that the areas registered."""
    context = {"panels": home_panels.placeholders(), "silence": ticks.silence()}
    return render_page(request, "shell/home.html", context)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state, light and dark. Staff only; for others it is not there."""
    if not getattr(request.user, "is_staff", False):
        raise Http404
    return render_page(request, "shell/styleguide.html", specimens())


def _refusal(
    request: HttpRequest, status: int, code: str, message: str, template: str
) -> HttpResponse:
    """Answer an error as JSON, as a fragment for the message area, or as a page."""
    if wants_json(request):
        return JsonResponse(error_body(DomainError(message, code=code)), status=status)
    if wants_fragment(request):
        response = render(request, "errors/fragment.html", {"message": message}, status=status)
        # The page and what was typed stay; the message joins them.
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML"
    else:
        response = render(request, template, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself cannot be read."""
    return _refusal(request, 400, "invalid", "The request could not be read.", "errors/400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: visible, but not allowed."""
    return _refusal(request, 403, "forbidden", "Your role does not allow this.", "errors/403.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not for this person; the answer is the same for both."""
    return _refusal(request, 404, "not_found", "This page does not exist.", "errors/404.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old, mostly after signing in again elsewhere."""
    return _refusal(
        request,
        403,
        "csrf",
        "This form is too old to be sent. Nothing was changed. Reload the page and send it again.",
        "errors/csrf.html",
    )


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: too many tries in a short time (allauth calls this as ``handler429``)."""
    response = _refusal(
        request,
        429,
        "too_many_requests",
        "Too many tries in a short time. Wait a few minutes and try again.",
        "errors/429.html",
    )
    response["Retry-After"] = "300"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database does not answer or is too busy.

    Rendered without context processors: the database may be what is missing.
    """
    status, code, message, template = (
        (
            503,
            "unavailable",
            "The portal cannot reach its database just now. Try again in a moment.",
            "errors/503.html",
        )
        if isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
        else (
            500,
            "error",
            "Something went wrong on our side and was logged. Look what was saved before going on.",
            "errors/500.html",
        )
    )
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(error_body(DomainError(message, code=code)), status=status)
    elif wants_fragment(request):
        response = HttpResponse(
            render_to_string("errors/fragment.html", {"message": message}), status=status
        )
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML"
    else:
        response = HttpResponse(render_to_string(template), status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
