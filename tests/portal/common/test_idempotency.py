"""A creating call that is sent twice is done once."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.models import SyncReport
from evaluations.datasets.models import Dataset, DatasetVersion
from portal.accounts.models import User
from portal.common import idempotency
from portal.common.models import KeptAnswer
from portal.common.schema import description
from portal.common.tasks import forget_answers
from tests.factories import datasets, lives, people

pytestmark = pytest.mark.django_db


def drafted() -> tuple[Client, Dataset, str]:
    """A dataset with a draft to commit, its owner's client, and where it is committed."""
    workload = lives.draft()
    made = datasets.dataset(workload.owner, workload)
    datasets.fill(workload.owner, made, *(datasets.ticket(n) for n in range(1, 4)))
    path = f"/api/v1/workloads/{workload.ref}/datasets/{made.ref}/versions"
    return signed_in(workload.owner), made, path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, path: str, note: str = "first", key: str = "k-1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(path, {"note": note}, content_type="application/json", headers=headers)


def test_the_same_call_gets_the_same_answer_and_does_nothing_again() -> None:
    client, made, path = drafted()

    first, second = send(client, path), send(client, path)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Content-Type"] == "application/json"
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert DatasetVersion.objects.filter(dataset=made).count() == 1


def test_without_a_key_it_is_asked_anew() -> None:
    client, _, path = drafted()

    first, second = send(client, path, key=""), send(client, path, key="")

    assert (first.status_code, second.status_code) == (201, 409)


def test_the_same_key_for_another_call_is_refused() -> None:
    client, _, path = drafted()
    send(client, path)

    answer = send(client, path, note="another")

    assert answer.status_code == 409
    assert answer.json()["code"] == "key_reused"
    assert set(answer.json()) == {"code", "message", "errors", "request_id"}


def test_a_key_belongs_to_one_person() -> None:
    client, made, path = drafted()
    send(client, path)
    stranger = signed_in(people.stranger())

    answer = send(stranger, path)

    assert answer.status_code == 404
    assert made.name not in answer.content.decode()


def test_a_refused_call_leaves_no_key_and_passes_once_it_may() -> None:
    workload = lives.draft()
    made = datasets.dataset(workload.owner, workload)
    path = f"/api/v1/workloads/{workload.ref}/datasets/{made.ref}/versions"
    client = signed_in(workload.owner)

    refused = send(client, path)
    datasets.fill(workload.owner, made, datasets.ticket(1))
    passed = send(client, path)

    assert (refused.status_code, passed.status_code) == (409, 201)


@pytest.mark.parametrize("key", ["x" * 81, "a\u202eb"])
def test_an_odd_key_is_refused(key: str) -> None:
    client, _, path = drafted()

    answer = client.post(
        path,
        {"note": "n"},
        content_type="application/json",
        headers={"Idempotency-Key": key.encode().decode("latin-1")},
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_an_answer_is_forgotten_after_a_day() -> None:
    client, made, path = drafted()
    send(client, path)
    day = idempotency.KEPT + timedelta(seconds=1)
    kept = KeptAnswer.objects.get()
    KeptAnswer.objects.update(kept_until=kept.kept_until - day)

    again = send(client, path)

    assert again.status_code == 409
    assert again.json()["code"] != "key_reused"
    assert DatasetVersion.objects.filter(dataset=made).count() == 1


def test_the_broom_takes_the_old_and_leaves_the_young() -> None:
    client, _, path = drafted()
    send(client, path)
    young = KeptAnswer.objects.get()
    old = KeptAnswer.objects.create(
        user_id=young.user_id,
        key="old",
        asked=young.asked,
        status=201,
        body="{}",
        kept_until=young.kept_until - timedelta(days=2),
    )

    forget_answers()

    assert list(KeptAnswer.objects.all()) == [young]
    assert not KeptAnswer.objects.filter(pk=old.pk).exists()


def test_a_body_that_is_too_large_is_413_in_the_one_shape() -> None:
    client, _, path = drafted()

    answer = send(client, path, note="x" * (2 * 1024 * 1024))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert set(answer.json()) == {"code", "message", "errors", "request_id"}
    assert not KeptAnswer.objects.exists()


def test_a_price_map_that_is_larger_than_other_bodies_is_read_with_a_key_too() -> None:
    client = signed_in(people.catalog_manager())
    rows = {f"model-{n}": {"mode": "chat", "notes": "x" * 1_000} for n in range(2_200)}

    answer = client.post(
        "/api/v1/catalog/price-maps",
        json.dumps(rows),
        content_type="application/json",
        headers={"Idempotency-Key": "k-1"},
    )

    assert answer.status_code == 201
    assert not KeptAnswer.objects.exists()


def test_a_reading_that_failed_stays_on_record_with_a_key_too(settings: Any) -> None:
    client = signed_in(people.catalog_manager())
    settings.GATEWAY_URL = ""

    answer = client.post(
        "/api/v1/catalog/readings",
        content_type="application/json",
        headers={"Idempotency-Key": "k-1"},
    )

    assert answer.status_code == 503
    assert SyncReport.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/workloads/{ref}/brief/tier", "gets the first answer again"),
        ("/catalog/price-maps", ""),
        ("/catalog/readings", ""),
        ("/workloads/{ref}/builds/{number}/invoke", ""),
        ("/workloads/{ref}/invoke", "A second request with it is refused"),
    ],
)
def test_the_description_promises_the_key_where_it_is_kept(path: str, words: str) -> None:
    told = description()["paths"][f"/api/v1{path}"]["post"].get("parameters", [])

    keys = [one["description"] for one in told if one["name"] == idempotency.HEADER]

    assert len(keys) == bool(words)
    assert all(words in one for one in keys)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_it_and_all_get_its_answer() -> None:
    client, made, path = drafted()
    session = client.cookies["sessionid"].value
    start = threading.Barrier(4)
    answers: list[tuple[int, bytes]] = []

    def call() -> None:
        try:
            mine = Client()
            mine.cookies["sessionid"] = session
            start.wait()
            answer = send(mine, path)
            answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    done = {answer for answer in answers if answer[0] == 201}
    assert len(answers) == 4
    assert len(done) == 1
    assert all(status == 201 or b"in_progress" in body for status, body in answers)
    assert DatasetVersion.objects.filter(dataset=made).count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_still_at_work_the_second_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MS", 50)
    client, made, path = drafted()
    claimed, done = threading.Event(), threading.Event()

    def first() -> None:
        try:
            with transaction.atomic():
                idempotency._claim(made.created_by_id, "k-1", "another call")
                claimed.set()
                done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert claimed.wait(10)
    answer = send(client, path)
    done.set()
    thread.join()

    assert answer.status_code == 409
    assert answer.json()["code"] == "in_progress"
    assert DatasetVersion.objects.filter(dataset=made).count() == 0
