"""Notifications over the API: one's own, and noting what was read."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DateTimeField, IntegerField, ListField

from portal.accounts.http import signed_in
from portal.common.api import CURSOR, Endpoint, body_of, described, known, query, shape
from portal.common.errors import Invalid
from portal.common.pagination import page_of
from portal.shell import selectors, services
from portal.shell.models import Notification

_NOTIFICATION = {
    "id": IntegerField(),
    "kind": CharField(help_text="done, stopped, failed or news."),
    "text": CharField(),
    "link": CharField(help_text="The path of the page that shows more."),
    "at": DateTimeField(),
    "read_at": DateTimeField(allow_null=True),
}
_MOST_IDS = 200
_LARGEST = 2**63 - 1


def _notification(one: Notification) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _NOTIFICATION}


def _number(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST:
        raise Invalid.field(field, "invalid", f"{field} holds ids of notifications.")
    return value


class NotificationList(Endpoint):
    """What the portal told who asks."""

    @described(
        gives=shape(
            "Notifications",
            {
                "results": shape("Notification", _NOTIFICATION, many=True),
                "next_cursor": CharField(),
                "unread": IntegerField(help_text="How many are unread, counted up to 100."),
            },
        ),
        parameters=[
            CURSOR,
            query("unread", "`true`: only what was not read yet."),
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request) -> Response:
        """List your notifications, newest first."""
        user = signed_in(request)
        asked = request.query_params
        known(request, ["cursor", "unread"])
        if asked.get("unread", "true") != "true":
            raise Invalid.field("unread", "invalid", "Write unread=true, or leave it out.")
        page = page_of(
            selectors.notifications_for(user, unread="unread" in asked),
            by="-id",
            cursor=asked.get("cursor", ""),
        )
        return Response(
            {
                "results": [_notification(one) for one in page.rows],
                "next_cursor": page.next_cursor,
                "unread": selectors.unread_count(user),
            }
        )


class NotificationRead(Endpoint):
    """Noting what was read."""

    @described(
        takes=shape(
            "NotificationsToRead",
            {
                "ids": ListField(
                    child=IntegerField(), required=False, help_text="These, at most 200."
                ),
                "up_to": IntegerField(required=False, help_text="Or all up to this one."),
            },
        ),
        gives=shape("NotificationsRead", {"read": IntegerField(), "unread": IntegerField()}),
    )
    def post(self, request: Request) -> Response:
        """Mark your notifications as read: some by their ids, or all up to one."""
        user = signed_in(request)
        body = body_of(request)
        if ("ids" in body) == ("up_to" in body):
            raise Invalid.field("ids", "required", "Give either ids or up_to.")
        if "up_to" in body:
            read = services.mark_read(user=user, up_to=_number(body["up_to"], "up_to"))
        else:
            ids = body["ids"]
            if not isinstance(ids, list) or len(ids) > _MOST_IDS:
                words = f"ids is a list of at most {_MOST_IDS} ids of notifications."
                raise Invalid.field("ids", "invalid", words)
            read = services.mark_read(user=user, ids=[_number(one, "ids") for one in ids])
        return Response({"read": read, "unread": selectors.unread_count(user)})


api_urlpatterns = [
    path("notifications", NotificationList.as_view()),
    path("notifications/read", NotificationRead.as_view()),
]
