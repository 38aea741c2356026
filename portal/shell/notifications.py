"""The pages of notifications: the list, the bell in the top bar, and noting what was read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.common.errors import Invalid
from portal.common.pagination import page_of
from portal.shell import selectors, services
from portal.shell.models import NotificationKind
from portal.shell.rendering import render_page

_SIZE = 30


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """List what the portal told the visitor, newest first."""
    if set(request.GET) - {"cursor"}:
        raise Invalid("This list has no filters.", code="unknown_filter")
    page = page_of(
        selectors.notifications_for(signed_in(request)),
        by="-id",
        cursor=request.GET.get("cursor", ""),
        size=_SIZE,
    )
    rows = [{"told": one, "kind": NotificationKind(one.kind)} for one in page.rows]
    context = {"rows": rows, "page": page, "newest": page.rows[0].pk if page.rows else None}
    return render_page(request, "shell/notifications.html", context)


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its present count; 204 while the count is what the page shows already."""
    if request.GET.get("seen") == str(selectors.unread_count(signed_in(request))):
        return HttpResponse(status=204)
    return render(request, "components/bell.html")


@require_POST
def open_one(request: HttpRequest, number: int) -> HttpResponse:
    """Note that one was read, and go where it leads."""
    user = signed_in(request)
    found = selectors.notification_for(user, number)
    services.mark_read(user=user, ids=[found.pk])
    return redirect(found.link)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Note that all up to the newest of the page were read."""
    raw = request.POST.get("up_to", "")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
        raise Invalid.field("up_to", "invalid", "up_to is the number of a notification.")
    services.mark_read(user=signed_in(request), up_to=int(raw))
    return redirect("shell:notifications")
