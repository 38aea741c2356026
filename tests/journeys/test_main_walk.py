"""From an empty brief to GO and to live: four people in browsers of their own."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from evaluations.runs.models import Run
from tests.journeys import walking
from tests.journeys.conftest import Persona
from workloads.lifecycle.models import Release, Vote

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def _post(address: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        address,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def test_a_workload_goes_from_an_empty_brief_to_live(
    persona: Callable[[str], Persona], site: str
) -> None:
    ref, people = walking.to_phase_7(persona, "Ticket triage")
    owner, contributor = people["owner"], people["contributor"]
    walking.write_criteria(contributor, ref)
    contributor.go(f"/workloads/{ref}/build/")
    contributor.press("Pass build")
    walking.conclude_campaign(owner, contributor, ref)
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.says("GO.")
    owner.look("19-decision")
    owner.press("Ask for the review")

    walking.vote(people["business"], ref, "go_no_go", "20-gate")
    assert not Release.objects.exists()  # one of two votes
    walking.vote(persona("security"), ref, "go_no_go", "21-gate-second")

    owner.go(f"/workloads/{ref}/operations/")
    owner.press("Put release 1 live")
    owner.page.locator("[name=name]").fill("Ticket system")
    owner.press("Make a token")
    owner.look("22-operations")
    token = owner.page.get_by_text("asy_live_").first.inner_text().strip()
    ticket = {"subject": "Refund please", "body": "I was charged $9.99 twice, send it back."}
    status, answer = _post(f"{site}/api/v1/workloads/{ref}/invoke", token, {"input": ticket})
    assert status == 200
    assert json.loads(answer["output"])["category"] == "WANT_REFUND"
    voters = set(
        Vote.objects.filter(review__phase="go_no_go").values_list("voter__email", flat=True)
    )
    assert voters == {"business@demo.example", "security@demo.example"}
    runs = Run.objects.filter(workload__ref=ref)
    assert [run.state for run in runs] == ["complete", "complete"]
