"""A run with a judge: judged when its answers are in, believed when its checks hold."""

import json
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.test import Client

from evaluations.judges import services as judges_services
from evaluations.judges.canaries import CANARIES
from evaluations.runs import services as runs
from evaluations.runs.checking import violations
from evaluations.runs.enums import RunPurpose, Stop
from evaluations.runs.models import Result, Run
from evaluations.runs.plan import RunPlan
from evaluations.scorecards import judging
from evaluations.scorecards import services as scorecards
from evaluations.scorecards.document.floors import Floor
from evaluations.scorecards.models import Scorecard
from portal.common.errors import Invalid
from portal.common.policy import policy
from portal.shell.models import Notification
from tests.factories import catalog, judges, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy under which twelve labelled answers make a judge usable."""
    for name, value in {"labelled_min": 12, "rarer_min": 4, "two_raters_min": 12}.items():
        monkeypatch.setitem(policy().numbers["judges"], name, value)


def scene_with_judge(
    says: judges.Says | None = None, *, n: int = 20
) -> tuple[evaluations.Scene, judges.JudgeVersion]:
    scene = evaluations.scene(n=n, candidates=2, floor=None)
    entry = catalog.entry(price=("1", "4"))
    made = judges.version(scene.owner, scene.workload, entry=entry)
    second = people.person("Second rater")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=second, role=MemberRole.CONTRIBUTOR
    )
    judges.calibrated(made, scene.owner, scene.owner, second, says=says)
    return scene, made


def published(run: Run) -> Scorecard:
    return Scorecard.objects.get(run=run)


@pytest.mark.usefixtures("lenient")
def test_a_usable_judge_scores_beside_the_metrics() -> None:
    # given a calibrated judge and a run of 20 answers from each of two candidates
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))

    # when the run is complete, nothing is published before the judging is complete too
    assert scorecards.publish(run_id=run.pk) is None
    parts = {one.plan["notes"]["part"]: one for one in runs.judging_of(run)}
    assert set(parts) == {"answers", "checks"}
    assert parts["answers"].planned == 40
    assert parts["checks"].planned == len(CANARIES) + 12
    judges.judge(run, judges.by_words(["pass", "pass", "pass", "fail"]), judges.strict)

    # then the scorecard has the judge's measure, as it said it and corrected, with n
    document = published(run).document
    first = document["candidates"][0]["measures"]["judge:judge-one"]
    assert (first["n"], first["planned"], first["value"], first["method"]) == (
        20,
        20,
        0.75,
        "Wilson",
    )
    assert first["counts"] == {"pass": 15, "fail": 5, "cannot_tell": 0, "judge_error": 0}
    assert first["corrected"]["value"] == pytest.approx(0.75)
    assert first["corrected"]["low"] < 0.75 < first["corrected"]["high"]
    assert first["advisory"] == ""
    [judge] = document["judges"]
    assert judge["trusted"]
    assert judge["standing"] == "usable"
    assert not judge["unfit"]
    assert judge["anchors"]["n"] == 12
    assert judge["anchors"]["changed"] == 0
    assert judge["canaries"] == {"asked": 12, "planned": 12, "passed": []}
    assert [one["run"] for one in document["attempts"]] == []
    assert not [found for one in [run, *runs.judging_of(run)] for found in violations(one)]


@pytest.mark.usefixtures("lenient")
def test_a_judge_that_obeys_its_data_is_unfit_and_decides_nothing() -> None:
    # given a judge that passes whatever orders it to
    scene, made = scene_with_judge()
    run = judges.start(
        scene, made, floors=[Floor("Judged right", "judge:judge-one", 0.2, source="given")]
    )
    evaluations.finish(run, evaluations.accurate(scene.accuracies()))

    # when it passes two canaries
    def obeys(example: judges.VersionedExample) -> str:
        ordered = example.view.key in ("canary-score", "canary-rubric")
        return "pass" if ordered else judges.strict(example)

    judges.judge(run, judges.by_words(["pass"]), obeys)

    # then the run's measure is unfit: shown, and no floor is met by it
    document = published(run).document
    [judge] = document["judges"]
    assert judge["unfit"]
    assert not judge["trusted"]
    assert len(judge["canaries"]["passed"]) == 2
    first = document["candidates"][0]
    assert first["measures"]["judge:judge-one"]["value"] == 1.0
    assert first["verdict"]["state"] == "cannot_tell"
    assert "Unfit in this run" in first["verdict"]["floors"][-1]["words"]
    with pytest.raises(Invalid, match="cannot be chosen"):
        scene.choose(published(run))


@pytest.mark.usefixtures("lenient")
def test_repeats_of_an_example_are_no_further_examples() -> None:
    # given ten examples, each asked once, and each asked four times with one verdict throughout
    found = []
    for repeats in (1, 4):
        scene, made = scene_with_judge(n=10)
        run = evaluations.finish(
            judges.start(scene, made, repeats=repeats), evaluations.accurate(scene.accuracies())
        )
        judges.judge(run, judges.by_words(["pass", "fail"]), judges.strict)
        document = published(run).document
        found.append(document["candidates"][0]["measures"]["judge:judge-one"]["corrected"])
    once, often = found

    # then four times as many answers make the interval no narrower
    assert (once["n"], often["n"]) == (10, 40)
    assert often["value"] == once["value"]
    assert often["method"] == "delta method, clustered on the example"
    assert often["high"] - often["low"] >= once["high"] - once["low"]


@pytest.mark.usefixtures("lenient")
def test_outputs_that_cannot_be_used_are_counted_and_never_pass() -> None:
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    said = [
        judges.output("pass", '"category"'),
        judges.output("pass", "words that stand nowhere"),
        "It passes.",
        json.dumps({"evidence": "", "reason": "", "verdict": "cannot_tell"}),
    ]

    scorecards.publish(run_id=run.pk)
    for one in runs.judging_of(run):
        checks = one.plan["notes"]["part"] == "checks"
        found = (
            judges.answers(judges.strict)
            if checks
            else (lambda alias, example: said[example.position % 4])
        )
        evaluations.finish(one, found)
        scorecards.publish(run_id=one.pk)

    figures = published(run).document["candidates"][0]["measures"]["judge:judge-one"]
    assert figures["counts"] == {"pass": 5, "fail": 0, "cannot_tell": 0, "judge_error": 15}
    assert (figures["n"], figures["errors"], figures["value"]) == (5, 15, 0.25)


@pytest.mark.usefixtures("lenient")
def test_a_judge_that_answers_no_canary_is_not_checked_and_decides_nothing() -> None:
    # given a gateway that lets none of the canaries through to the judge
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    scorecards.publish(run_id=run.pk)
    for one in runs.judging_of(run):
        checks = one.plan["notes"]["part"] == "checks"
        other = judges.answers(judges.strict) if checks else judges.by_words(["pass"])

        def said(
            alias: str, example: judges.VersionedExample, other: evaluations.Answers = other
        ) -> str | evaluations.Failure:
            if example.view.key.startswith("canary-"):
                return evaluations.Failure("content_filter")
            return other(alias, example)

        evaluations.finish(one, said)
        scorecards.publish(run_id=one.pk)

    [judge] = published(run).document["judges"]
    assert judge["canaries"]["asked"] == 0
    assert not judge["trusted"]
    assert judge["why"].startswith("Not checked: it gave no output for 12 of 12")


@pytest.mark.usefixtures("lenient")
def test_the_model_that_judged_the_answers_is_the_one_that_was_calibrated() -> None:
    # given a judge that was calibrated, and passed its checks, by one model
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    scorecards.publish(run_id=run.pk)
    parts = {one.plan["notes"]["part"]: one for one in runs.judging_of(run)}
    evaluations.finish(parts["checks"], judges.answers(judges.strict))
    evaluations.finish(parts["answers"], judges.by_words(["pass"]))
    told(parts["checks"], "judge-2025-01")
    found = made.calibrations.get()
    judges_services.open_calibration(actor=scene.owner, version=made)
    again = made.calibrations.get(number=2)
    judges_services.note_run(calibration=again, run_ref=str(parts["checks"].pk))
    judges_services.finish_calibration(calibration_id=again.pk, verdicts=found.verdicts or {})

    # when the same model judged the answers, and when another one did, under the same alias
    told(parts["answers"], "judge-2025-01")
    [same] = said_of_judges(run)
    told(parts["answers"], "judge-2026-06")
    [other] = said_of_judges(run)

    assert (same["trusted"], same["why"]) == (True, "")
    assert not other["trusted"]
    assert other["why"].startswith("Ruler changed: judge-2025-01, judge-2026-06 answered now")


def told(run: Run, model: str) -> None:
    """Let the gateway have named ``model`` as the one that answered."""
    with pgtrigger.ignore("evaluations_runs.Result:immutable"):
        Result.objects.filter(run=run).update(resolved_model=model)


def said_of_judges(run: Run) -> list[dict[str, Any]]:
    """What a scorecard of ``run`` would say of its judges."""
    plan = RunPlan.from_json(run.plan)
    return judging.judge_facts(judging.judges_of(run, plan), plan, {})


@pytest.mark.usefixtures("lenient")
def test_a_weighted_score_with_an_unfit_judge_in_it_ranks_nobody() -> None:
    # given a usable judge that has most of the weight
    scene, made = scene_with_judge()
    weights = {"judge:judge-one": 3.0, "field_accuracy": 1.0}
    run = judges.start(scene, made, weights=weights)
    evaluations.finish(run, evaluations.accurate(scene.accuracies()))

    # when it passes a canary in this run
    def obeys(example: judges.VersionedExample) -> str:
        return "pass" if example.view.key == "canary-score" else judges.strict(example)

    judges.judge(run, judges.by_words(["pass"]), obeys)

    # then the candidates stand in the order of what was measured without it
    document = published(run).document
    assert document["primary"] == "field_accuracy"
    figures = document["candidates"][0]["measures"]["weighted"]
    assert "Unfit in this run" in figures["advisory"]


@pytest.mark.usefixtures("lenient")
def test_a_judge_whose_anchors_moved_is_another_ruler() -> None:
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))

    def stricter(example: judges.VersionedExample) -> str:
        return "fail"

    judges.judge(run, judges.by_words(["pass"]), stricter)

    document = published(run).document
    assert document["judges"][0]["why"].startswith("Ruler changed: 8 of 12 anchors")
    assert document["candidates"][0]["measures"]["judge:judge-one"]["advisory"]


def test_a_judge_that_is_not_usable_has_no_floor_and_no_weight() -> None:
    # given a judge with far too few labels for the policy
    scene, made = scene_with_judge()

    for more in (
        {"floors": [Floor("Judged", "judge:judge-one", 0.5, source="given")]},
        {"weights": {"judge:judge-one": 1.0}},
    ):
        with pytest.raises(Invalid) as refused:
            judges.start(scene, made, **more)
        assert refused.value.errors[0].code == "advisory"
    assert "100 are needed" in str(refused.value)


def test_what_judging_may_cost_is_asked_for_and_kept() -> None:
    scene, made = scene_with_judge()

    for cap, code in (("-1", "out_of_range"), ("0.01", "too_small")):
        with pytest.raises(Invalid) as refused:
            judges.start(scene, made, cap=cap)
        assert [(one.field, one.code) for one in refused.value.errors] == [("judging_cap", code)]
    assert not Run.objects.filter(purpose=RunPurpose.JUDGING).exists()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    scorecards.publish(run_id=run.pk)
    caps = [one.cap_micro for one in runs.judging_of(run)]
    assert sum(caps) == 5_000_000


def test_judging_that_is_cancelled_leaves_a_scorecard_that_says_so() -> None:
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    scorecards.publish(run_id=run.pk)

    for one in runs.judging_of(run):
        runs.cancel_run(actor=scene.owner, run=one)
        scorecards.publish(run_id=one.pk)

    [judge] = published(run).document["judges"]
    assert judge["why"] == "Judging is incomplete: the run of its answers is cancelled."
    figures = published(run).document["candidates"][0]["measures"]["judge:judge-one"]
    assert (figures["value"], figures["n"], figures["missing"]) == (None, 0, 20)


def test_a_judge_of_a_candidates_provider_is_named() -> None:
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload, entry=scene.entries[1])
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    judges.judge(run, judges.by_words(["pass"]), judges.strict)

    [judge] = published(run).document["judges"]
    assert scene.entries[1].gateway_alias in judge["family"]
    assert judge["standing"] == "advisory"
    assert judge["calibration"] is None
    assert Decimal(judge["spent"]) > 0


def test_who_started_a_run_is_told_that_its_judging_waits_for_money() -> None:
    scene, made = scene_with_judge()
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    scorecards.publish(run_id=run.pk)
    answers = next(one for one in runs.judging_of(run) if one.plan["notes"]["part"] == "answers")
    Run.objects.filter(pk=answers.pk).update(stop=Stop.BUDGET)

    runs.close_run(run_id=answers.pk)

    waits = Notification.objects.get()
    assert (waits.user, waits.kind) == (scene.owner, "stopped")
    assert waits.text == (
        f"{scene.workload.name}: run {answers.number}, in which judge-one judges run {run.number},"
        " stopped at its budget; raise its cap to go on."
    )
    assert str(answers.pk) in waits.link


def test_who_calibrates_a_judge_is_told_when_it_has_judged() -> None:
    scene = evaluations.scene(n=20, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    judges.label_all(made, scene.owner)

    run = runs.start_calibration(actor=scene.owner, version=made)
    evaluations.finish(run, judges.answers(judges.truth))

    told = Notification.objects.get()
    assert (told.user, told.kind) == (scene.owner, "done")
    assert "version 1 of the judge judge-one has judged its labelled examples" in told.text
    client = Client()
    client.force_login(scene.owner)
    assert client.get(told.link).status_code == 200
