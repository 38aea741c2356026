"""People are told what happened while they were elsewhere: only they, once, and in the open."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.middleware import SEEN
from portal.accounts.models import User
from portal.shell import services
from portal.shell.models import Notification, NotificationKind
from portal.shell.selectors import unread_count
from tests.described import as_described
from tests.factories import people

pytestmark = pytest.mark.django_db


def told(user: User, text: str = "Run 3 of Tickets is complete.", link: str = "/workloads/") -> int:
    made = services.notify(user=user, text=text, link=link, kind=NotificationKind.DONE)
    return int(made.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_bell_counts_what_is_unread_and_leads_to_the_list() -> None:
    ada = people.person("Ada")
    told(ada)
    told(ada, "Run 4 failed: <img src=x> of \u202eevil")

    page = signed_in(ada).get("/notifications/").content.decode()

    assert 'aria-label="Notifications, 2 unread"' in page
    assert 'href="/notifications/"' in page
    assert page.index("Run 4") < page.index("Run 3")
    assert "&lt;img src=x&gt;" in page
    assert "\u202e" not in page


def test_opening_one_marks_it_and_goes_where_it_leads() -> None:
    ada = people.person("Ada")
    first, second = told(ada), told(ada, "Another")

    answer = signed_in(ada).post(f"/notifications/{first}/open/")

    assert (answer.status_code, answer["Location"]) == (302, "/workloads/")
    assert list(Notification.objects.filter(read_at=None).values_list("pk", flat=True)) == [second]


def test_marking_all_leaves_what_arrived_meanwhile() -> None:
    ada = people.person("Ada")
    client = signed_in(ada)
    told(ada)
    page = client.get("/notifications/").content.decode()
    shown = re.search(r'name="up_to" value="(\d+)"', page)
    told(ada, "Arrived while she read")

    assert shown is not None
    assert client.post("/notifications/read/", {"up_to": shown[1]}).status_code == 302

    assert unread_count(ada) == 1
    assert client.post("/notifications/read/", {"up_to": "9" * 40}).status_code == 400
    assert client.post("/notifications/read/", {}).status_code == 400


def test_an_empty_list_says_what_will_stand_there() -> None:
    page = signed_in(people.person()).get("/notifications/").content.decode()

    assert "Nothing has happened yet" in page
    assert "Mark all as read" not in page


def test_a_long_list_comes_in_pages_and_costs_the_same() -> None:
    ada = people.person("Ada")
    client = signed_in(ada)
    told(ada, "Told 00.")
    client.get("/notifications/")  # notes in the session that it is in use
    with CaptureQueriesContext(connection) as one:
        client.get("/notifications/")
    for number in range(1, 35):
        told(ada, f"Told {number:02}.")

    with CaptureQueriesContext(connection) as caught:
        first = client.get("/notifications/").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)

    assert len(caught) == len(one) <= 8
    assert "Told 34." in first
    assert "Told 04." not in first
    assert following is not None
    assert "Told 04." in client.get(f"/notifications/{following[1]}").content.decode()
    assert client.get("/notifications/?cursor=***").status_code == 400
    assert client.get("/notifications/?mine=no").status_code == 400


def test_nobody_sees_or_marks_what_another_was_told() -> None:
    ada = people.person("Ada")
    number = told(ada, "For Ada alone")

    for reader in (people.stranger(), people.auditor(), people.administrator()):
        client = signed_in(reader)
        assert "For Ada alone" not in client.get("/notifications/").content.decode()
        assert "For Ada alone" not in client.get("/api/v1/notifications").content.decode()
        assert client.post(f"/notifications/{number}/open/").status_code == 404
        client.post("/notifications/read/", {"up_to": str(number)})
        asked = {"ids": [number]}
        answer = client.post("/api/v1/notifications/read", asked, content_type="application/json")
        assert answer.json()["read"] == 0
    assert unread_count(ada) == 1
    for url in ("/notifications/", "/notifications/bell/"):
        assert Client().get(url).status_code == 302
    assert Client().post(f"/notifications/{number}/open/").status_code == 302
    assert Client().get("/api/v1/notifications").status_code == 401


def test_the_bell_answers_only_when_its_count_changed() -> None:
    ada = people.person("Ada")
    client = signed_in(ada)

    assert client.get("/notifications/bell/?seen=0").status_code == 204
    told(ada)
    answer = client.get("/notifications/bell/?seen=0")

    assert "1 unread" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_page_left_open_does_not_keep_its_session_alive(settings: Any) -> None:
    cache.clear()
    ada = people.person("Ada")
    client = signed_in(ada)
    client.get("/notifications/")
    almost = settings.SESSION_IDLE_SECONDS - 5
    session = client.session
    session[SEEN] -= almost
    session.save()
    then = client.session[SEEN]

    client.get("/notifications/bell/?seen=0", headers={"X-Background": "1"})

    assert client.session[SEEN] == then
    session = client.session
    session[SEEN] -= 10
    session.save()
    ended = client.get(
        "/notifications/bell/?seen=0", headers={"X-Background": "1", "HX-Request": "true"}
    )
    assert (ended.status_code, ended.get("HX-Redirect")) == (401, None)


def test_what_is_told_is_undone_with_what_happened() -> None:
    ada = people.person("Ada")

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        told(ada)
        raise ZeroDivisionError

    assert unread_count(ada) == 0


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "/\\evil", "x", ""])
def test_a_notification_never_leads_elsewhere(link: str) -> None:
    with pytest.raises(ValueError, match="page of this site"):
        told(people.person(), link=link)


def test_a_very_long_text_is_cut() -> None:
    ada = people.person("Ada")

    told(ada, "x" * 900)

    assert Notification.objects.get().text == "x" * 499 + "…"


def test_old_ones_are_forgotten() -> None:
    ada = people.person("Ada")
    old, new = told(ada, "Old"), told(ada, "New")
    Notification.objects.filter(pk=old).update(at=timezone.now() - timedelta(days=91))

    assert services.forget_notifications() == 1

    assert Notification.objects.get().pk == new


def test_the_api_lists_and_marks() -> None:
    ada = people.person("Ada")
    first, second, third = told(ada), told(ada), told(ada)
    client = signed_in(ada)

    def read(**body: Any) -> Any:
        return client.post("/api/v1/notifications/read", body, content_type="application/json")

    found = as_described(client.get("/api/v1/notifications"))
    assert [one["id"] for one in found["results"]] == [third, second, first]
    assert found["unread"] == 3
    assert as_described(read(ids=[third])) == {"read": 1, "unread": 2}
    left = as_described(client.get("/api/v1/notifications?unread=true"))
    assert [one["id"] for one in left["results"]] == [second, first]
    assert as_described(read(up_to=second)) == {"read": 2, "unread": 0}
    assert as_described(read(up_to=2**62)) == {"read": 0, "unread": 0}


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [1], "up_to": 1},
        {"ids": "all"},
        {"ids": [True]},
        {"ids": [2**63]},
        {"ids": [0] * 201},
        {"up_to": 0},
        {"up_to": "3"},
        {"all": True},
    ],
)
def test_a_wrong_call_is_told_what_would_be_right(body: dict[str, Any]) -> None:
    client = signed_in(people.person())

    answer = client.post("/api/v1/notifications/read", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert client.get("/api/v1/notifications?unread=maybe").status_code == 400
    assert client.get("/api/v1/notifications?kind=done").status_code == 400
