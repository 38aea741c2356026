"""Ceilings on queries: lists cost the same however long they are."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases

pytestmark = pytest.mark.django_db


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def reader() -> tuple[User, Client]:
    user = people.reviewer("risk")
    client = Client()
    client.force_login(user)
    return user, client


def test_the_list_costs_the_same_for_ten_and_for_fifty() -> None:
    user, client = reader()
    for _ in range(10):
        lives.draft(user)
    few = queries(client, "/workloads/?mine=on")
    for _ in range(40):
        lives.draft(user)

    assert queries(client, "/workloads/?mine=on") == few <= 12


def test_the_panel_of_phases_is_one_query_however_many() -> None:
    user, client = reader()
    lives.draft(user)
    few = queries(client, "/workloads/panels/by-phase/")
    for _ in range(20):
        lives.draft(user)

    assert queries(client, "/workloads/panels/by-phase/") == few


def test_the_pages_of_a_workload_have_a_ceiling() -> None:
    made = lives.workload("go_no_go", ready=fake_phases.ready)
    _, client = reader()

    for url in (f"/workloads/{made.ref}/", f"/workloads/{made.ref}/gates/go_no_go/"):
        # Of these, each fake phase costs one for its evidence and one for its authors.
        assert queries(client, url) <= 40
