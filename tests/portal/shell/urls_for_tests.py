"""Pages that the tests of the shell need: refusals, failures, a panel, a form."""

from typing import Any

from django import forms
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from portal.common.errors import Conflict, FieldError
from portal.shell.rendering import render_page

handler400 = "portal.shell.views.bad_request"
handler403 = "portal.shell.views.permission_denied"
handler404 = "portal.shell.views.not_found"
handler500 = "portal.shell.views.server_error"


class NameForm(forms.Form):
    name = forms.RegexField(
        "^[A-Z]", error_messages={"invalid": "Start with a capital letter, for example Ann."}
    )


def conflict(request: HttpRequest) -> HttpResponse:
    raise Conflict(
        "This changed since you opened it.",
        code="version_conflict",
        errors=[FieldError("name", "stale", "<b>Ann</b> changed it.")],
        link="/styleguide/",
    )


def fails(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret detail")


def no_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("could not connect to server at 10.0.0.1")


def panel(request: HttpRequest) -> HttpResponse:
    return HttpResponse('<section class="panel"><h2>Waiting for you</h2></section>')


def home_page(request: HttpRequest) -> HttpResponse:
    return render_page(request, "shell/home.html", {"panels": [], "silence": None})


def live(request: HttpRequest) -> HttpResponse:
    """A page with a form that is refused and a button that meets a conflict."""
    form = NameForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and not form.is_valid():
        return render_page(request, "live.html", context, partial="form", status=422)
    return render_page(request, "live.html", context, partial="form")


urlpatterns = [
    path("accounts/", include("portal.accounts.urls")),
    path("", include("portal.shell.urls")),
    path("conflict/", conflict, name="conflict"),
    path("api/conflict/", conflict),
    path("fails/", fails),
    path("api/fails/", fails),
    path("no-database/", no_database),
    path("panel/", panel, name="panel"),
    path("panel/more/", panel, name="more"),
    path("live/", live),
]
