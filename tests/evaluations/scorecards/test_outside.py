"""What other tools measured: read strictly, kept as it came, believed by nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scorecards import outside, services
from evaluations.scorecards.models import OutsideEvidence
from evaluations.scorecards.outside.reading import MOST_BYTES
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from tests.described import problems_of
from tests.factories import datasets, lives, people, preferences, scorecards
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, gate_checks
from workloads.lifecycle.services import add_member

HOSTILE = "<script>alert(1)</script>"


def promptfoo_row(success: bool, provider: Any = "openai:gpt-x", **more: Any) -> dict[str, Any]:
    """One row as promptfoo writes it."""
    return {
        "testIdx": 0,
        "provider": provider,
        "prompt": {"raw": "Sort: {{x}}", "label": "sort v1"},
        "vars": {"x": "Where is my refund?"},
        "response": {"output": f"billing {HOSTILE}"},
        "success": success,
        "score": 1 if success else 0.25,
        "gradingResult": {
            "pass": success,
            "componentResults": [
                {
                    "pass": success,
                    "score": 1 if success else 0.25,
                    "reason": 'Expected output to contain "billing"',
                    "assertion": {"type": "contains", "value": "billing"},
                }
            ],
        },
        **more,
    }


PROMPTFOO = {
    "evalId": "eval-1",
    "results": {
        "version": 3,
        "timestamp": "2026-11-01T10:00:00Z",
        "results": [
            promptfoo_row(True),
            promptfoo_row(False),
            promptfoo_row(True, {"id": "mistral:small", "label": ""}),
            promptfoo_row(False, error="429 rate limited", failureReason=2),
        ],
        "stats": {"successes": 2, "failures": 1, "errors": 1},
    },
    "metadata": {"promptfooVersion": "0.121.20"},
}
INSPECT = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "tickets",
        "model": "openai/gpt-x",
        "created": "2026-11-01T10:00:00+00:00",
        "packages": {"inspect_ai": "0.3.285"},
    },
    "results": {
        "total_samples": 3,
        "completed_samples": 3,
        "scores": [
            {"name": "match", "metrics": {"accuracy": {"name": "accuracy", "value": 0.667}}}
        ],
    },
    "samples": [
        {
            "id": at,
            "epoch": 1,
            "input": [{"role": "user", "content": "Where is my refund?"}],
            "target": "billing",
            "output": {"completion": said},
            "scores": {"match": {"value": letter, "explanation": said}},
        }
        for at, (said, letter) in enumerate([("billing", "C"), ("sales", "I"), ("billing", "C")])
    ],
}


def data(value: Any) -> bytes:
    """A file's bytes."""
    return json.dumps(value).encode()


@pytest.mark.parametrize("large", [1e308, -1e308, 10**19])
def test_a_number_that_no_score_can_be_breaks_nothing(large: float) -> None:
    samples = [{"id": at, "scores": {"match": {"value": large * sign}}}
               for at, sign in enumerate((1, 1, -0.5))]  # fmt: skip
    found = outside.read(data(INSPECT | {"samples": samples}))
    json.dumps(found.as_json(), allow_nan=False)
    rows = [promptfoo_row(False, score=large), promptfoo_row(False, score=large)]
    found = outside.read(data({"results": {"results": rows}}))
    json.dumps(found.as_json(), allow_nan=False)


def test_more_figures_than_a_page_can_show_are_refused() -> None:
    many = [{"id": at, "scores": {f"scorer {at}": {"value": 1}}} for at in range(400)]
    stated = [{"name": f"s{at}", "metrics": {"mean": {"value": 1}}} for at in range(400)]
    for more in ({"samples": many}, {"results": {"completed_samples": 3, "scores": stated}}):
        with pytest.raises(Invalid, match="figures of one model"):
            outside.read(data(INSPECT | more))


def test_promptfoo_is_counted_again_from_its_rows() -> None:
    found = outside.read(data(PROMPTFOO))
    assert found.format == "promptfoo"
    assert found.columns == ("openai:gpt-x · sort v1", "mistral:small · sort v1")
    passed = found.figures[0][0]
    # an error failed: it is in n, and named
    assert (passed.label, passed.value, passed.n, passed.errors) == ("Passed", 0.3333333333, 3, 1)
    assert passed.low is not None
    assert passed.high is not None
    assert passed.low < 0.34 < passed.high
    assert found.cases[1].reasons[0].words.startswith("Expected output")
    assert found.cases[3].error == "429 rate limited"


def test_an_inspect_log_is_counted_again_from_its_samples() -> None:
    found = outside.read(data(INSPECT))
    assert (found.format, found.tool_version, found.title) == ("inspect", "0.3.285", "tickets")
    counted, stated = found.figures[0]
    assert (counted.value, counted.n, counted.method) == (0.6666666667, 3, "Wilson")
    # what only the log says stands there with its n, and without an interval of ours
    assert (stated.label, stated.n, stated.low) == ("match, accuracy", 3, None)
    assert [one.passed for one in found.cases] == [True, False, True]
    assert found.cases[0].asked == "user: Where is my refund?"


@pytest.mark.parametrize(
    ("given_data", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "not valid JSON"),
        (b"PK\x03\x04rest", "archive"),
        (b"[]", "neither promptfoo"),
        (b'{"results": {"results": []}}', "no result"),
        (b'{"results": {"results": [3]}}', "should be an object"),
        (b'{"results": {"results": [{"success": "yes"}]}}', "true or false"),
        (b'{"eval": {"model": "m"}, "status": "started"}', "has not ended"),
        (b'{"eval": {"model": "m"}, "status": "success"}', "neither scored samples"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": "\\u0000"}', "null character"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[" * 40 + b"]" * 40, "nested deeper"),
        (b" " * (MOST_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(given_data: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        outside.read(given_data)
    assert words in str(refused.value.errors[0].message)
    assert refused.value.errors[0].field == "file"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False)
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(value=_JSON, place=st.sampled_from(["row", "grading", "sample", "score", "eval", "results"]))
def test_whatever_stands_in_a_file_it_is_read_or_refused(value: Any, place: str) -> None:
    shapes: dict[str, Any] = {
        "row": {"results": {"results": [value, {**promptfoo_row(True), "vars": value}]}},
        "grading": {"results": {"results": [promptfoo_row(False, gradingResult=value)]}},
        "sample": {**INSPECT, "samples": [value]},
        "score": {**INSPECT, "samples": [{"id": value, "scores": {"m": value}, "output": value}]},
        "eval": {**INSPECT, "eval": value},
        "results": {**INSPECT, "results": value},
    }
    try:
        found = outside.read(data(shapes[place]))
    except DomainError:
        return
    assert json.loads(json.dumps(found.as_json()))["columns"]


@pytest.fixture
def workload(db: None) -> Workload:
    """A workload in draft."""
    return lives.draft()


def keep(workload: Workload, actor: User | None = None, value: Any = None) -> OutsideEvidence:
    """Bring a file in."""
    return services.import_outside_evidence(
        actor=actor or workload.owner,
        workload=workload,
        filename="re\x00sults.json",
        data=data(value or PROMPTFOO),
        note="The security team's own set.",
    )


def test_it_is_kept_as_it_came_and_moves_no_gate(workload: Workload) -> None:
    # given what the gates say before
    before = [c.state for c in gate_checks(current_cycle(workload), "evaluation")]
    # when
    kept = keep(workload)
    # then the bytes, who, when and the digest are on record
    assert bytes(kept.content) == data(PROMPTFOO)
    assert kept.digest == f"sha256:{hashlib.sha256(data(PROMPTFOO)).hexdigest()}"
    assert kept.filename == "results.json"
    assert AuditEvent.objects.get(action="outside_evidence.imported").detail["cases"] == 4
    # and no check knows of it
    assert [c.state for c in gate_checks(current_cycle(workload), "evaluation")] == before
    # and the same file is not kept twice
    with pytest.raises(Conflict, match="here already"):
        keep(workload)
    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            keep(workload, person, INSPECT)


def test_its_pages(workload: Workload, client: Client) -> None:
    owner = workload.owner
    client.force_login(owner)
    start = f"/workloads/{workload.ref}"
    # when a wrong file is sent, it is refused and what was typed stays
    wrong = {"file": SimpleUploadedFile("x.json", b"{}"), "note": "typed words"}
    refused = client.post(f"{start}/outside-evidence/import/", wrong)
    assert refused.status_code == 422
    assert b"neither promptfoo" in refused.content
    assert b"typed words" in refused.content
    # when a right one is sent
    right = {"file": SimpleUploadedFile("x.json", data(PROMPTFOO)), "note": HOSTILE}
    shown = client.post(f"{start}/outside-evidence/import/", right, follow=True)
    page = shown.content.decode()
    # then it is marked as advice, here and in the list, and nothing of it runs
    assert "advisory" in page
    assert "Cases that did not pass" in page
    assert "33.3" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "advisory" in client.get(f"{start}/evaluation/").content.decode()
    assert client.get(f"{start}/outside-evidence/1.json").content == data(PROMPTFOO)
    answer = client.get(f"/api/v1/workloads/{workload.ref}/outside-evidence/1")
    path = "/api/v1/workloads/{ref}/outside-evidence/{number}"
    assert problems_of("get", path, answer) == []
    body = answer.json()
    assert (body["advisory"], body["cases"]) == (True, 4)
    listed = client.get(f"/api/v1/workloads/{workload.ref}/outside-evidence").json()
    assert [one["number"] for one in listed["results"]] == [1]


def test_the_api_takes_a_file_as_it_is(workload: Workload) -> None:
    curator, observer = people.person("Curator"), people.person("Observer")
    for user, role in ((curator, "contributor"), (observer, "observer")):
        add_member(actor=workload.owner, workload=workload, user=user, role=role)
    base = f"/api/v1/workloads/{workload.ref}/outside-evidence"
    path = "/api/v1/workloads/{ref}/outside-evidence"

    def post(
        user: User | None, body: bytes, query: str = "", media: str = "application/json"
    ) -> Any:
        client = Client()
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client.post(f"{base}{query}", body, content_type=media)

    made = post(curator, data(PROMPTFOO), "?filename=results.json&note=The+security+set.")
    assert problems_of("post", path, made) == []
    body = made.json()
    assert (made.status_code, body["number"], body["note"]) == (201, 1, "The security set.")
    assert body["digest"] == f"sha256:{hashlib.sha256(data(PROMPTFOO)).hexdigest()}"
    for user, sent, query, media, status in (
        (curator, data(PROMPTFOO), "", "application/json", 409),
        (curator, b"{}", "", "application/json", 400),
        (curator, b"", "", "application/json", 400),
        (curator, b" " * (MOST_BYTES + 1), "", "application/json", 413),
        (curator, data(INSPECT), "?why=1", "application/json", 400),
        (curator, data(INSPECT), "", "text/csv", 415),
        (observer, data(INSPECT), "", "application/json", 403),
        (people.auditor(), data(INSPECT), "", "application/json", 403),
        (people.reviewer("risk"), data(INSPECT), "", "application/json", 403),
        (people.stranger(), data(INSPECT), "", "application/json", 404),
        (None, data(INSPECT), "", "application/json", 401),
    ):
        answer = post(user, sent, query, media)
        assert answer.status_code == status, (user, sent[:20], answer.content)
    assert OutsideEvidence.objects.count() == 1


def test_the_command_takes_a_file(workload: Workload, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(data(INSPECT))
    call_command("import_outside_evidence", workload.ref, str(file), "--note", "Nightly.")
    said = capsys.readouterr().out
    kept = OutsideEvidence.objects.get()
    assert (kept.filename, kept.note, kept.created_by) == (file.name, "Nightly.", workload.owner)
    assert "3 cases, advice only" in said
    assert kept.digest in said
    # twice, by a stranger, or no such file: a sentence and status 2
    for arguments, words in (
        ([str(file)], "here already"),
        ([str(file), "--as", people.stranger().email], "can do this"),
        ([str(file), "--as", "nobody@example.com"], "no active account"),
        ([str(tmp_path / "none.json")], "cannot be read"),
    ):
        with pytest.raises(CommandError, match=words) as refused:
            call_command("import_outside_evidence", workload.ref, *arguments)
        assert refused.value.returncode == 2
    assert OutsideEvidence.objects.count() == 1


def test_its_cases_are_kept_from_prompt_authors_while_examples_are_held_out(
    workload: Workload,
) -> None:
    # given a file that somebody who writes no prompts brought, and a dataset that holds one out
    curator = people.person("Curator")
    add_member(actor=workload.owner, workload=workload, user=curator, role="contributor")
    made = keep(workload, curator)
    scorecards.write_prompt(workload, workload.owner)
    base = f"/workloads/{workload.ref}/outside-evidence/{made.number}"

    def reads(user: User) -> list[bool]:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        told = [
            client.get(path) for path in (f"{base}/?show=all", f"{base}.json", f"/api/v1{base}")
        ]
        assert b"Passed" in told[0].content
        return [b"Where is my refund?" in one.content for one in told]

    assert reads(workload.owner) == [True] * 3
    dataset = datasets.services.create_dataset(actor=curator, workload=workload, name="Tickets")
    datasets.fill(curator, dataset, datasets.ticket(1, held_out=True))
    # then its figures are for all, its cases for those who write no prompts
    assert reads(workload.owner) == [False] * 3
    assert reads(curator) == [True] * 3
    # and whoever brought a file has read it
    own = keep(workload, workload.owner, INSPECT)
    base = f"/workloads/{workload.ref}/outside-evidence/{own.number}"
    client = Client()
    client.force_login(workload.owner)
    assert b"Where is my refund?" in client.get(f"{base}/?show=all").content


@pytest.mark.django_db
def test_a_rater_reads_no_outside_answers_while_they_rate_blind() -> None:
    # another tool's file names whose an answer is, to the very same tickets
    scene = preferences.scene(n=12)
    made = services.import_outside_evidence(
        actor=scene.owner, workload=scene.workload, filename="results.json", data=data(PROMPTFOO)
    )
    scene.open(pairs=10)
    base = f"/workloads/{scene.workload.ref}/outside-evidence/{made.number}"
    for user, status in ((scene.raters[0], 403), (scene.maker, 200)):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for path in (f"{base}/", f"{base}.json", f"/api/v1{base}"):
            assert client.get(path).status_code == status, path
