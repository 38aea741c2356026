"""What a judge may decide: offered where it can, blocking when unfit, never across versions."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.judges import services
from evaluations.judges.enums import Levels
from evaluations.runs import services as runs
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan
from evaluations.runs.planning import estimate
from evaluations.scorecards import services as scorecards
from evaluations.scorecards.citations import baseline_of
from evaluations.scorecards.document.criteria import Side, not_worse, point
from evaluations.scorecards.document.measures import measures_of
from evaluations.scorecards.loading import rows_of
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.phase import Evaluation
from portal.common.errors import Invalid
from portal.common.money import from_micro
from portal.common.policy import policy
from tests.evaluations.runs.rows import moved
from tests.factories import catalog, judges, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import CheckState, MemberRole

pytestmark = pytest.mark.django_db
KEY = "judge:judge-one"


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy under which twelve labelled answers make a judge usable."""
    for name, value in {"labelled_min": 12, "rarer_min": 4, "two_raters_min": 12}.items():
        monkeypatch.setitem(policy().numbers["judges"], name, value)


def usable(scene: evaluations.Scene) -> judges.JudgeVersion:
    made = judges.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    second = people.person("Second rater")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=second, role=MemberRole.CONTRIBUTOR
    )
    judges.calibrated(made, scene.owner, scene.owner, second)
    return made


def judged(scene: evaluations.Scene, made: judges.JudgeVersion, checks: judges.Says) -> Scorecard:
    run = evaluations.finish(judges.start(scene, made), evaluations.accurate(scene.accuracies()))
    judges.judge(run, judges.by_words(["pass", "fail"]), checks)
    return Scorecard.objects.get(run=run)


def test_an_unfit_judge_blocks_the_gate_and_is_no_criterion() -> None:
    # given a scorecard whose judge passed a canary, and one whose judge passed none
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = usable(scene)

    def fooled(example: judges.VersionedExample) -> str:
        return "pass" if example.view.key == "canary-fluent" else judges.strict(example)

    unfit = judged(scene, made, fooled)
    [check] = [one for one in Evaluation().checks(scene.cycle) if one.code == "judges_fit"]
    assert check.state == CheckState.FAIL
    assert "fluent and wrong" in check.detail
    scene.choose(unfit)
    base = baseline_of(scene.cycle)
    assert base is not None
    assert KEY not in [one.key for one in base.measures]
    assert point(unfit.document["candidates"][0]["measures"][KEY]).value is None
    page = Client()
    page.force_login(scene.owner)
    shown = page.get(
        reverse("scorecards:scorecard", args=[scene.workload.ref, unfit.number])
    ).content.decode()
    assert "unfit in this run" in shown
    assert "Shown, and decides nothing" in shown

    # when it is run again and no canary passes, then the gate is open and it can be a criterion
    run = evaluations.finish(
        scene.start(
            baseline=judges.Baseline(
                metrics=evaluations.METRICS, judges=[made], judging_cap=Decimal(5)
            ),
            reason="The judge passed a canary; it is asked again.",
        ),
        evaluations.accurate(scene.accuracies()),
    )
    judges.judge(run, judges.by_words(["pass", "fail"]), judges.strict)
    [check] = [one for one in Evaluation().checks(scene.cycle) if one.code == "judges_fit"]
    assert check.state == CheckState.PASS
    scene.choose(Scorecard.objects.get(run=run))
    base = baseline_of(scene.cycle)
    assert base is not None
    assert KEY in [one.key for one in base.measures]


def test_scores_of_two_versions_are_never_compared() -> None:
    # given a run that a judge scored
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = usable(scene)
    found = rows_of(judged(scene, made, judges.strict).run)
    plan = found.plan

    def side(one: RunPlan) -> Side:
        measures = measures_of(one.metrics, {}, one.currency, one.judges)
        measure = next(each for each in measures if each.key == KEY)
        return Side(measure, found.revisions, found.examples, found.rows, 0, 1)

    other = replace(plan, judges=(replace(plan.judges[0], digest="sha256:other", number=2),))

    # when it is held against the same judge, and against another version of it
    assert not_worse(side(plan), side(plan), "overall").value == 0.0
    refused = not_worse(side(plan), side(other), "overall")
    assert (refused.value, refused.n) == (None, 0)


def test_the_form_offers_judges_with_their_standing_and_starts_them() -> None:
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = usable(scene)
    client = Client()
    client.force_login(scene.owner)
    url = reverse("scorecards:evaluation", args=[scene.workload.ref])
    page = client.get(url).content.decode()
    assert "judge-one, version 1: Usable in a gate" in page
    # what all judges can cost at most is proposed
    [proposed] = re.findall(r'name="judging_cap" value="([0-9.]+)"', page)
    assert Decimal(proposed) > 0

    filled = {
        "metrics": ["field_accuracy", "json_valid", "refusal"],
        "judges": [str(made.pk)],
        "cap": "5",
        "concurrency": "8",
        "repeats": "1",
    }
    refused = client.post(url, {**filled, "judging_cap": "-1"})
    assert refused.status_code == 422
    assert client.post(url, {**filled, "judging_cap": proposed}).status_code == 302
    run = Run.objects.get(purpose="baseline")
    plan = RunPlan.from_json(run.plan)
    assert [(one.name, one.number) for one in plan.judges] == [("judge-one", 1)]
    assert plan.judges[0].cap + plan.judges[0].checks_cap == Decimal(proposed)

    # and where each example is asked three times, the proposal covers all three
    thrice = {**filled, "repeats": "3", "judging_cap": proposed}
    assert client.post(url, thrice).status_code == 302
    more = RunPlan.from_json(Run.objects.get(purpose="baseline", plan__repeats=3).plan)
    assert more.judges[0].cap > 2 * plan.judges[0].cap

    # and no judging can need more, even where every answer is as long as it may be
    evaluations.finish(run, lambda alias, example: ("as long as may be " * 20)[:256])
    scorecards.publish(run_id=run.pk)
    for one in runs.judging_of(run):
        assert estimate(RunPlan.from_json(one.plan)).worst_case <= from_micro(one.cap_micro)

    # but one that stopped says what waits for it, and the way out
    stopped = runs.judging_of(run)[0]
    moved(stopped, state="budget_stopped", reason_code="budget", reason="It would cost more.")
    page = client.get(url).content.decode()
    assert f"The scorecard of run {run.number} waits for judge-one" in page
    assert f"{reverse('runs:run', args=[scene.workload.ref, stopped.pk])}#budget" in page

    # and a newer version, which nobody has calibrated, stands there as advisory
    services.make_version(
        actor=scene.owner,
        judge=made.judge,
        draft=judges.draft(made.calibration_set, made.entry, levels=Levels.THREE),
    )
    assert "judge-one, version 2: Advisory" in client.get(url).content.decode()


def test_a_judge_that_is_off_is_not_offered() -> None:
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload)
    judges.calibrated(made, scene.owner, scene.owner, says=lambda example: "pass")
    client = Client()
    client.force_login(scene.owner)

    page = client.get(reverse("scorecards:evaluation", args=[scene.workload.ref])).content.decode()

    assert made.calibrations.get().standing == "off"
    assert "judge-one" not in page
    with pytest.raises(Invalid, match="is off"):
        judges.start(scene, made)
