"""Runs over the API: how far they are and steering them, without any score."""

from typing import Any

import pytest
from django.test import Client

from evaluations.runs.models import Run
from tests.evaluations.runs.rows import answered, completed, moved, running
from tests.factories import runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> runs.Scene:
    return runs.scene(10)


@pytest.fixture
def client(scene: runs.Scene) -> Client:
    client = Client()
    client.force_login(scene.owner)
    return client


def url(run: Run, rest: str = "") -> str:
    return f"/api/v1/workloads/{run.workload.ref}/runs/{run.pk}{rest}"


def act(client: Client, run: Run, name: str) -> Any:
    return client.post(url(run, f"/{name}"), content_type="application/json")


def test_progress_has_counts_cost_and_time_and_no_answer(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    running(run, seconds=10)
    answered(run, 4)
    answered(run, 1, error="timeout")

    answer = client.get(url(run))

    body = answer.json()
    assert (body["state"], body["planned"], body["done"]) == ("running", 20, 4)
    assert body["errors"] == {"timeout": 1}
    assert (body["cost"], body["cap"], body["currency"]) == ("0.005000", "50.000000", "USD")
    assert body["seconds_left"] == pytest.approx(30, abs=3)
    assert [one["name"] for one in body["candidates"]] == ["alpha", "beta"]
    assert body["plan_digest"] == run.digest
    assert "SECRET" not in answer.content.decode()
    assert "score" not in answer.content.decode().lower()


def test_the_list_goes_from_new_to_old_in_pages(client: Client, scene: runs.Scene) -> None:
    completed(scene.start())
    scene.start()

    body = client.get(f"/api/v1/workloads/{scene.workload.ref}/runs").json()

    assert [(one["number"], one["state"]) for one in body["results"]] == [
        (2, "queued"), (1, "complete"),
    ]  # fmt: skip
    assert body["next_cursor"] == ""


@pytest.mark.parametrize("query", ["state=running", "cursor=!!", "name__regex=("])
def test_a_filter_that_is_none_is_refused(client: Client, scene: runs.Scene, query: str) -> None:
    answer = client.get(f"/api/v1/workloads/{scene.workload.ref}/runs?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("unknown_filter", "bad_cursor")


def test_cancelling_twice_says_that_it_has_ended(client: Client, scene: runs.Scene) -> None:
    run = scene.start()

    first = act(client, run, "cancel")
    second = act(client, run, "cancel")

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert (second.status_code, second.json()["code"]) == (409, "not_running")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("[1]", "application/json", 400),
        ('{"force": true}', "application/json", 400),
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"a": 1, "a": 2}', "application/json", 400),
        ("x=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_means_nothing_is_refused_and_nothing_happens(
    client: Client, scene: runs.Scene, body: str, kind: str, status: int
) -> None:
    run = scene.start()

    answer = client.post(url(run, "/cancel"), body, content_type=kind)

    assert answer.status_code == status
    run.refresh_from_db()
    assert run.state == "queued"


def test_another_method_is_refused(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    assert client.delete(url(run)).status_code == 405
    assert client.put(url(run), {}, content_type="application/json").status_code == 405
    assert client.get(url(run, "/cancel")).status_code == 405


def test_pausing_and_resuming(client: Client, scene: runs.Scene) -> None:
    run = scene.start()
    assert act(client, run, "pause").json()["state"] == "paused"
    assert act(client, run, "pause").status_code == 409
    assert act(client, run, "resume").json()["state"] == "running"
    moved(run, state="paused")
    assert act(client, run, "cancel").json()["state"] == "cancelled"
