"""The page of what is live: since when, by which decision, and whether it is what was approved."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import CatalogEntry
from tests.factories import operations as factory
from tests.factories import phase_four
from workloads.builds.models import AccessToken, Build
from workloads.lifecycle.models import Workload
from workloads.operations import services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(factory.live)
    return found


@pytest.fixture
def live(made: Workload) -> Workload:
    return phase_four.again(made)


def _get(client: Client, workload: Workload) -> str:
    client.force_login(workload.owner)
    return client.get(reverse("operations:operations", args=[workload.ref])).content.decode()


def _post(client: Client, workload: Workload, page: str, **data: str) -> str:
    client.force_login(workload.owner)
    answer = client.post(reverse(f"operations:{page}", args=[workload.ref]), data, follow=True)
    return f"{answer.status_code} {answer.content.decode()}"


def test_before_the_decision_it_says_what_comes_first(client: Client) -> None:
    text = _get(client, phase_four.workload("go_no_go"))

    assert "Nothing is released" in text
    assert "409" in text


def test_putting_live_and_taking_off(client: Client) -> None:
    workload = factory.released(tier=2)

    waiting = _get(client, workload)
    live = _post(client, workload, "go_live")
    short = _post(client, workload, "suspend", reason="no")
    off = _post(client, workload, "suspend", reason="The vendor asked us to stop.")

    assert "Approved, not live" in waiting
    assert "Release 1 is live" in live
    assert "approved by" in live
    assert "What runs is what was approved" in live
    assert short.startswith("422")
    assert "Taken off" in off
    assert "The vendor asked us to stop." in off


def test_twice_live_is_a_conflict(client: Client, live: Workload) -> None:
    workload = live

    assert _post(client, workload, "go_live").startswith("409")


def test_what_differs_from_the_approval_is_red(client: Client, live: Workload) -> None:
    workload = live
    alias = Build.objects.get(cycle__workload=workload).model_lock.gateway_alias
    CatalogEntry.objects.filter(gateway_alias=alias).update(snapshot="another")

    text = _get(client, workload)

    assert "Differs from what was approved" in text
    assert "changed since" in text


def test_a_live_token_is_shown_once_and_ended(client: Client, live: Workload) -> None:
    workload = live

    made = _post(client, workload, "token", name="Portal")
    token = AccessToken.objects.get()
    ended = client.post(
        reverse("builds:revoke_token", args=[workload.ref, token.pk]), follow=True
    ).content.decode()

    assert "asy_live_" in made
    assert "Portal can no longer call" in ended
    assert _post(client, workload, "token", name="").startswith("422")


def test_calls_are_listed_with_how_they_ended(client: Client, live: Workload) -> None:
    workload = live
    services.serve(workload=workload, given={"subject": "x"}, request_id="order-7")
    services.serve(workload=workload, given={"subject": "x" * 60_001}, request_id="order-8")

    text = _get(client, workload)

    assert "order-7" in text
    assert "Answered" in text
    assert "Held back" in text
