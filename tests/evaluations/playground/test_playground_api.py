"""The playground over the API: outlook, start, answers, cancel; bad bodies told in words."""

from typing import Any

import pytest
from django.test import Client

from evaluations.playground.models import Trial
from tests.described import as_described
from tests.evaluations.playground.rows import PASSED, answered, begun, ended
from tests.factories import playground

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> playground.Scene:
    return playground.scene()


@pytest.fixture
def client(scene: playground.Scene) -> Client:
    client = Client()
    client.force_login(scene.owner)
    return client


def url(scene: playground.Scene, rest: str = "trials") -> str:
    return f"/api/v1/workloads/{scene.workload.ref}/playground/{rest}"


def body(scene: playground.Scene, **more: Any) -> dict[str, Any]:
    return {
        "models": ["alpha", "beta"],
        "prompts": [1],
        "dataset": scene.version.dataset.ref,
        "examples": ["t-0000"],
        "cap": "0.5",
        **more,
    }


def post(client: Client, path: str, sent: Any) -> Any:
    return client.post(path, sent, content_type="application/json")


def test_the_outlook_is_asked_and_then_the_trial_started(
    client: Client, scene: playground.Scene
) -> None:
    asked = body(scene, inputs=[{"subject": "typed"}])
    asked.pop("cap")
    outlook = as_described(post(client, url(scene, "outlook"), asked))
    assert outlook["calls"] == 4
    assert not Trial.objects.exists()

    answer = post(client, url(scene), body(scene, inputs=[{"subject": "typed"}]))

    assert answer.status_code == 201
    found = as_described(answer)
    assert (found["evidence"], found["state"], found["number"]) == (False, "queued", 1)
    assert found["worst_case"] == outlook["worst_case"]


def test_every_answer_can_be_read(client: Client, scene: playground.Scene) -> None:
    trial = scene.start()
    begun(trial)
    answered(trial, 0, "the first answer", scores=[PASSED])
    found = as_described(client.get(url(scene, f"trials/{trial.pk}")))
    assert len(found["cells"]) == 4
    cell = found["cells"][0]
    assert (cell["input"], cell["model"], cell["prompt"], cell["output"]) == (
        "t-0000", "alpha", "Version 1", "the first answer",
    )  # fmt: skip
    assert cell["scores"] == [PASSED]
    assert found["cells"][1]["state"] == "waiting"


def test_the_list_goes_from_new_to_old(client: Client, scene: playground.Scene) -> None:
    ended(scene.start())
    scene.start()
    found = as_described(client.get(url(scene)))
    assert [one["number"] for one in found["results"]] == [2, 1]
    assert client.get(url(scene) + "?state=queued").status_code == 400


def test_a_trial_is_cancelled_once(client: Client, scene: playground.Scene) -> None:
    path = url(scene, f"trials/{scene.start().pk}/cancel")
    assert as_described(post(client, path, {}))["state"] == "cancelled"
    again = post(client, path, {})
    assert (again.status_code, again.json()["code"]) == (409, "not_running")
    assert post(client, path, {"x": 1}).status_code == 400


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"models": "alpha"}, "models"),
        ({"models": [1]}, "models"),
        ({"models": ["nobody"]}, "models"),
        ({"prompts": [True]}, "prompts"),
        ({"prompts": {"a": 1}}, "prompts"),
        ({"dataset": 3}, "dataset"),
        ({"examples": None}, "examples"),
        ({"inputs": ["x"]}, "inputs"),
        ({"inputs": [{"subject": ["x"]}]}, "inputs"),
        ({"cap": None}, "cap"),
        ({"cap": True}, "cap"),
        ({"cap": "1e9999999999999"}, "cap"),
        ({"cap": "NaN"}, "cap"),
        ({"cap": "9" * 200}, "cap"),
        ({"cap": 10**15}, "cap"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_body_is_refused_beside_its_field(
    client: Client, scene: playground.Scene, more: dict[str, Any], field: str
) -> None:
    answer = post(client, url(scene), body(scene, **more))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", "bad_body"),
        ("[]", "bad_body"),
        ("3", "bad_body"),
        ("null", "bad_body"),
        ('{"models": NaN}', "parse_error"),
        ('{"cap": 1, "cap": 2}', "duplicate_key"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    client: Client, scene: playground.Scene, sent: str, code: str
) -> None:
    answer = post(client, url(scene), sent)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Trial.objects.exists()
