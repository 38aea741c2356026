"""Weights are set before the run, sealed in its plan, and decide the ranking."""

import re

import pytest
from django.test import Client

from evaluations.runs.models import Run
from evaluations.scorecards.options import MetricChoice
from evaluations.scorecards.services.baseline import Baseline
from portal.common.errors import Invalid
from tests.factories import scorecards
from tests.factories.scorecards import accurate, finish

pytestmark = pytest.mark.django_db
RUN = {
    "metrics": ["field_accuracy", "json_valid", "refusal"],
    "cap": "5",
    "concurrency": "8",
    "repeats": "1",
    "reference": "",
    "reason": "",
}


def test_weights_are_sealed_by_the_form_and_why_again_is_asked_only_then() -> None:
    scene = scorecards.scene(n=50, candidates=2)
    client = Client()
    client.force_login(scene.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = f"/workloads/{scene.workload.ref}/evaluation/"
    # given the form: weights are there, folded, and nobody is asked why again
    first = client.get(page).content.decode()
    assert 'name="weight-field_accuracy"' in first
    assert 'name="weight-cost"' not in first
    assert "Why again?" not in first
    # when a weight is out of range, or for what is not chosen, it is refused and unfolded
    for wrong in ({"weight-json_valid": "101"}, {"weight-field_accuracy:category": "2"}):
        refused = client.post(page, {**RUN, **wrong})
        assert refused.status_code == 422
        assert '<details class="more" open>' in refused.content.decode()
    # when it is right
    weights = {"weight-field_accuracy": "3", "weight-json_valid": "1"}
    assert client.post(page, {**RUN, **weights}).status_code == 302
    run = Run.objects.get()
    # then the plan holds it, and the scorecard ranks by it
    assert run.plan["notes"]["weights"] == {"field_accuracy": 3.0, "json_valid": 1.0}
    finish(run, accurate(scene.accuracies()))
    card = scorecards.services.publish(run_id=run.pk)
    assert card is not None
    assert card.document["ranking"]["weighted"]
    shown = client.get(f"/workloads/{scene.workload.ref}/scorecards/1/").content.decode()
    assert re.search(r"Weights, sealed before the run: [^,]* 75%, [^.]* 25%\.", shown)
    # when the very same is asked again, a reason is asked for
    again = client.post(page, {**RUN, **weights})
    assert again.status_code == 422
    assert "Why again?" in again.content.decode()


WRONG: list[tuple[dict[str, float], str]] = [
    ({"cost_per_request": 1.0}, "no score from 0 to 1"),
    ({"charm": 1.0}, "No chosen score"),
    ({"field_accuracy": 101.0}, "between 0 and 100"),
    ({"field_accuracy": float("nan")}, "between 0 and 100"),
    ({"field_accuracy": 0.0}, "a weight above 0"),
]


def test_only_scores_are_weighed() -> None:
    scene = scorecards.scene(n=50, candidates=2)
    metrics = (*scorecards.METRICS, MetricChoice("cost", {}))
    for weights, words in WRONG:
        with pytest.raises(Invalid, match=words):
            scene.start(baseline=Baseline(metrics=metrics, weights=weights))
