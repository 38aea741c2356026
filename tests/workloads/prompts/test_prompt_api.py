"""Prompts over the API: what a pipeline does from a repository, and each refusal with its code."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.described import problems_of
from tests.factories import lives
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.prompts.selectors import candidate_version, draft_content, prompt_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def workload() -> Workload:
    return lives.draft()


class Api:
    """A signed-in client that speaks JSON to one workload's prompt."""

    def __init__(self, client: Client, workload: Workload) -> None:
        client.force_login(workload.owner)
        self.client = client
        self.start = f"/api/v1/workloads/{workload.ref}/prompts"

    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(f"{self.start}{path}", query)

    def send(self, method: str, path: str, body: Any, seen: int | None = None) -> Any:
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        ask = getattr(self.client, method)
        body = "" if body is None else json.dumps(body)
        return ask(f"{self.start}{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def api(client: Client, workload: Workload) -> Api:
    return Api(client, workload)


def test_a_prompt_is_written_and_committed(api: Api, workload: Workload) -> None:
    saved = api.send("patch", "/draft", factory.content(), 0)
    made = api.send("post", "", {"note": ""}, 1)

    assert (saved.status_code, saved["ETag"]) == (200, '"1"')
    assert (made.status_code, made.json()["number"], made.json()["parent"]) == (201, 1, None)
    assert api.get().json()["pointers"] == {"draft": 1, "candidate": 1, "production": None}
    assert api.get("/1").json()["content"]["persona"] == "You sort support tickets."


def test_a_file_goes_out_is_edited_and_comes_back_as_a_branch(api: Api, workload: Workload) -> None:
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    answer = api.get("/1/file")
    assert answer["ETag"] == f'"{first.digest}"'

    edited = answer.content.decode().replace("You sort", "You file")
    imported = api.send("post", "/import", {"file": edited}, 2)
    made = api.send("post", "", {"note": "from git"}, 3)

    assert imported.status_code == 200
    assert imported.json()["from"] == 1
    assert (made.json()["number"], made.json()["parent"]) == (3, 1)


def test_the_file_again_changes_nothing_and_says_so(api: Api, workload: Workload) -> None:
    factory.commit(workload)
    text = api.get("/1/file").content.decode()

    imported = api.send("post", "/import", {"file": text}, 1)
    made = api.send("post", "", {"note": "again"}, 2)

    assert imported.json()["differs"] is False
    assert (made.status_code, made.json()["code"]) == (409, "unchanged")


def test_restore_start_and_use(api: Api, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    used = api.send("post", "/1/use", {"reason": "it scored better"})
    again = api.send("post", "/1/use", {})
    restored = api.send("post", "/2/restore", {"note": "back to calm"})
    started = api.send("post", "/1/start", {})

    assert used.json()["candidate"] == 1
    assert (again.status_code, again.json()["code"]) == (409, "unchanged")
    assert (restored.status_code, restored.json()["parent"]) == (201, 2)
    assert started.json()["from"] == 1
    moves = api.get("/pointers").json()
    assert [move["pointer"] for move in moves["results"]][:2] == ["draft", "candidate"]
    assert moves["now"] == {"draft": 1, "candidate": 3, "production": None}


def test_the_difference_rebuilds_both_versions(api: Api, workload: Workload) -> None:
    factory.commit(workload)
    factory.commit(workload, instructions="Name the queue of the e-mail.")

    parts = api.get("/diff", a=1, b=2).json()["parts"]

    assert [part["part"] for part in parts] == ["instructions"]
    kept = [piece["text"] for piece in parts[0]["pieces"] if piece["op"] != "delete"]
    assert "".join(kept) == "Name the queue of the e-mail."


def test_an_answer_is_checked_against_the_draft(api: Api, workload: Workload) -> None:
    schema = {"type": "object", "required": ["queue"]}
    factory.draft(workload, output_format="json", output_schema=schema)

    good = api.send("post", "/check", {"answer": '{"queue": "sales"}'}).json()
    bad = api.send("post", "/check", {"answer": "{}"}).json()
    prose = api.send("post", "/check", {"answer": "Sure! {}"}).json()

    assert good["follows"] is True
    assert (bad["follows"], bad["code"]) == (False, "schema")
    assert "'queue' is a required property" in bad["message"]
    assert prose["code"] == "not_json"


def test_a_false_alarm_is_cleared_by_the_finding_that_the_draft_shows(
    api: Api, workload: Workload
) -> None:
    factory.draft(workload, persona="Redact sk-" + "example0" * 3)
    finding = api.get("/draft").json()["findings"][0]["finding"]
    refused = api.send("post", "", {}, 1)

    cleared = api.send(
        "post", "/false-alarms", {"finding": finding, "reason": "An invented key, for the model."}
    )
    made = api.send("post", "", {}, 1)

    assert refused.json()["errors"][0]["code"] == "secret_detected"
    assert (cleared.status_code, made.status_code) == (201, 201)


def test_full_answers_are_what_the_description_says(api: Api, workload: Workload) -> None:
    rich = {
        "tone": "Calm {{ name }}.",
        "guardrails": [{"kind": "pii", "text": "Name nobody."}],
        "few_shot": [{"input": {"name": "Ada"}, "output": "sales"}, {"input": "x", "output": "y"}],
        "variables": [{"name": "name", "required": True, "max_length": 9, "sample": "Ada"}],
        "output_schema": {"type": "object"},
        "params": {"temperature": 0.5, "seed": 3, "stop": ["END"]},
    }
    factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    path = "/api/v1/workloads/{ref}/prompts"
    suspicious = {**rich, "persona": "Redact sk-" + "example0" * 3}
    saved = api.send("patch", "/draft", suspicious, 2)
    assert saved.json()["findings"]
    assert saved.json()["lint"]
    answers = [
        ("patch", "/draft", saved),
        ("get", "", api.get()),
        ("get", "/{number}", api.get("/2")),
        ("get", "/pointers", api.get("/pointers")),
        ("get", "/diff", api.get("/diff", a=1, b=2)),
        ("post", "/check", api.send("post", "/check", {"answer": "{}"})),
        ("post", "/{number}/use", api.send("post", "/1/use", None)),
        ("post", "/{number}/restore", api.send("post", "/2/restore", None)),
        ("post", "/{number}/start", api.send("post", "/1/start", {"replace": True})),
    ]

    wrong = {
        f"{method} {tail}": problems_of(method, path + tail, answer)
        for method, tail, answer in answers
    }

    assert {where: found for where, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("patch", "/draft", ["x"], "bad_body"),
        ("patch", "/draft", None, "bad_body"),
        ("patch", "/draft", {"manner": "x"}, "unknown_field"),
        ("post", "", {"more": 3}, "unknown_field"),
        ("post", "/import", None, "bad_body"),
        ("post", "/check", {"text": "x"}, "unknown_field"),
        ("post", "/false-alarms", "x", "bad_body"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_in_the_one_manner(
    api: Api, method: str, path: str, body: Any, code: str
) -> None:
    answer = api.send(method, path, body, 0)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


BAD: list[tuple[str, str, Any, int | None, int]] = [
    ("patch", "/draft", {"persona": "x"}, None, 409),
    ("patch", "/draft", {"persona": "x"}, 7, 409),
    ("patch", "/draft", {"persona": 3}, 0, 400),
    ("patch", "/draft", {"manner": "x"}, 0, 400),
    ("patch", "/draft", ["x"], 0, 400),
    ("patch", "/draft", {"persona": "a\x00b"}, 0, 400),
    ("patch", "/draft", {"guardrails": [{"kind": "pii", "text": "x", "more": 1}]}, 0, 400),
    ("patch", "/draft", {"variables": [{"name": "x", "max_length": True}]}, 0, 400),
    ("post", "", {"note": 3}, 0, 400),
    ("post", "", {"more": 3}, 0, 400),
    ("post", "/import", {"file": "no file"}, 0, 400),
    ("post", "/import", {"file": 3}, 0, 400),
    ("post", "/check", {"answer": None}, None, 400),
    ("post", "/false-alarms", {"finding": "x", "reason": "y" * 20}, None, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "seen", "status"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_and_changes_nothing(
    api: Api, workload: Workload, method: str, path: str, body: Any, seen: int | None, status: int
) -> None:
    answer = api.send(method, path, body, seen)

    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)
    assert prompt_of(workload) is None


@pytest.mark.parametrize("path", ["/9", "/9/file", "/diff?a=1&b=9"])
def test_what_is_not_there_is_404(api: Api, workload: Workload, path: str) -> None:
    factory.commit(workload)

    assert api.get(path).status_code == 404


def test_a_patch_leaves_the_other_parts(api: Api, workload: Workload) -> None:
    factory.commit(workload)

    api.send("patch", "/draft", {"tone": "Calm."}, 1)

    content = draft_content(prompt_of(workload))
    assert (content["tone"], content["persona"]) == ("Calm.", "You sort support tickets.")
    assert candidate_version(workload) is not None
