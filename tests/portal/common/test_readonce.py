"""Within one request the same is read once; a write, a lock or the end of the request ends that."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from portal.common.readonce import ReadOnceMiddleware, one_reading, read_once
from tests.factories import lives, people
from workloads.lifecycle.models import Workload
from workloads.lifecycle.services.locks import locked_workload

pytestmark = pytest.mark.django_db


@read_once
def name_of(workload: Workload) -> str:
    return Workload.objects.values_list("name", flat=True).get(pk=workload.pk)


def reads(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as caught:
        act()
    return len(caught)


def test_outside_a_reading_everything_is_read_anew() -> None:
    made = lives.draft()

    assert reads(lambda: (name_of(made), name_of(made))) == 2


def test_inside_a_reading_the_same_is_read_once() -> None:
    made, other = lives.draft(), lives.draft()

    with one_reading():
        asked = reads(lambda: (name_of(made), name_of(Workload.objects.get(pk=made.pk))))
        name_of(other)
        names = name_of(made), name_of(other)

    assert asked == 2  # the name, and the second instance of the same workload
    assert names == (made.name, other.name)


def test_a_block_inside_another_shares_its_reading() -> None:
    made = lives.draft()

    with one_reading():
        name_of(made)
        with one_reading():
            assert reads(lambda: name_of(made)) == 0
        assert reads(lambda: name_of(made)) == 0
    assert reads(lambda: name_of(made)) == 1


def test_a_write_ends_the_reading() -> None:
    made = lives.draft(name="Before")

    with one_reading():
        before = name_of(made)
        Workload.objects.filter(pk=made.pk).update(name="After")
        after = name_of(made)
        assert reads(lambda: name_of(made)) == 1

    assert (before, after) == ("Before", "After")


def test_what_was_read_before_a_rollback_is_not_kept() -> None:
    made = lives.draft(name="Before")

    with one_reading():
        with transaction.atomic():
            Workload.objects.filter(pk=made.pk).update(name="After")
            assert name_of(made) == "After"
            transaction.set_rollback(True)
        assert name_of(made) == "Before"


def test_a_row_lock_ends_the_reading_so_that_services_decide_on_what_is_there_now() -> None:
    made = lives.draft()

    with one_reading(), transaction.atomic():
        name_of(made)
        locked_workload(made.pk)
        assert reads(lambda: name_of(made)) == 1


def test_a_new_reading_opens_inside_one_that_ended() -> None:
    made = lives.draft(name="Before")

    with one_reading():
        Workload.objects.filter(pk=made.pk).update(name="After")
        with one_reading():
            assert name_of(made) == "After"
            assert reads(lambda: name_of(made)) == 0


@pytest.mark.parametrize(("method", "times"), [("get", 1), ("head", 1), ("post", 2)])
def test_a_request_that_only_reads_is_one_reading(method: str, times: int) -> None:
    made = lives.draft()

    def view(request: HttpRequest) -> HttpResponse:
        name_of(made)
        name_of(made)
        return HttpResponse()

    answer = ReadOnceMiddleware(view)
    request = getattr(RequestFactory(), method)("/")

    assert reads(lambda: answer(request)) == times
    assert reads(lambda: answer(request)) == times


def test_a_role_that_ends_between_two_requests_is_gone_at_the_second(client: Client) -> None:
    made = lives.draft()
    reviewer: User = people.reviewer("risk")
    client.force_login(reviewer)
    assert client.get(f"/workloads/{made.ref}/").status_code == 200

    people.revoke(reviewer, "risk")

    assert client.get(f"/workloads/{made.ref}/").status_code == 404
