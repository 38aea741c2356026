"""The engine asks a judge: once for each answer, once more when it cannot be read, both paid."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from evaluations.datasets.versioned import views_of
from evaluations.judges.models import Calibration
from evaluations.runs import services
from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result
from evaluations.scorecards import services as scorecards
from portal.common.policy import policy
from tests.factories import judges, runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)
Driving = Callable[..., Drive]
NOISE = 6  # the first six of the set are asked three times


@pytest.fixture(autouse=True)
def few_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policy().numbers["judges"], "noise_examples", NOISE)


def test_an_unreadable_output_is_asked_for_once_more(gateway: StubGateway, drive: Driving) -> None:
    # given a judge that answers in prose about every third tariff, and then as it should
    scene = runs.scene(3, ("alpha",))
    entry = runs.entry("judge-model")
    made = judges.version(scene.owner, scene.workload, entry=entry)
    judges.label_all(made, scene.owner)
    asked: list[dict[str, Any]] = []

    def answer(body: dict[str, Any]) -> str:
        asked.append(body)
        sent = body["messages"]
        again = sent[-1]["content"].startswith("Your last output")
        if "tariff 3?" in sent[1]["content"] and not again:
            return "I think that it passes."
        if "tariff 6?" in sent[1]["content"]:
            return "I never answer in JSON."
        return judges.output("fail", "")

    gateway.behave("judge-model", answer=answer)

    # when its calibration is driven
    run = services.start_calibration(actor=scene.owner, version=made)
    drive(run)
    scorecards.publish(run_id=run.pk)

    # then each answer was judged, some three times, and the unreadable ones were asked for twice
    assert run.state == RunState.COMPLETE
    once = len(views_of(made.calibration_set)) + 2 * NOISE
    assert gateway.count("judge-model") == once + 3 + 1
    assert violations(run) == []
    twice = [one for one in Result.objects.filter(run=run) if one.attempts == 2]
    assert len(twice) == 4
    paid = {one.attempts: one.cost_micro for one in Result.objects.filter(run=run)}
    assert paid[2] > 1.5 * paid[1] > paid[0] == 0
    said = Calibration.objects.get().verdicts
    assert said is not None
    by_key = {one.view.key: said[str(one.revision_id)] for one in views_of(made.calibration_set)}
    assert by_key["a-0003"] == ["fail"] * 3
    assert by_key["a-0006"] == ["judge_error"]
    assert by_key["a-0001"] == ["fail"] * 3
    # and it was sent neither tools nor a name, at temperature 0, in a fence of its own each time
    first = asked[0]
    assert first["temperature"] == 0
    assert "tools" not in first
    nonces = {one["messages"][1]["content"].split(">>>")[0].split()[-1] for one in asked}
    assert len(nonces) == once
    assert json.dumps(first["response_format"]).count('"cannot_tell"') == 0
