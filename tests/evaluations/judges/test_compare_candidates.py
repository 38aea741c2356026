"""Two candidates of a complete run, compared by a judge in both orders: advice with its n."""

from decimal import Decimal

import pytest

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges import services as judges_services
from evaluations.judges.canaries import CANARIES
from evaluations.judges.enums import Levels
from evaluations.judges.models import JudgeVersion
from evaluations.runs import services as runs
from evaluations.runs.checking import violations
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.options import judge_options
from evaluations.scorecards.pairing import Comparison, compared
from portal.common.errors import Conflict, Forbidden, Invalid
from portal.common.policy import policy
from portal.shell.models import Notification
from tests.factories import catalog, judges, pairs, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy under which twelve labelled pairs make a judge usable."""
    for name, value in {"labelled_min": 12, "rarer_min": 4, "two_raters_min": 12}.items():
        monkeypatch.setitem(policy().numbers["judges"], name, value)


def scene_with_judge(**more: object) -> tuple[evaluations.Scene, JudgeVersion, Scorecard]:
    """A complete run of two candidates who never say the same, and a calibrated judge of pairs."""
    scene = evaluations.scene(n=20, candidates=2, floor=None)
    made = pairs.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    second = people.person("Second rater")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=second, role=MemberRole.CONTRIBUTOR
    )
    pairs.calibrated(made, scene.owner, scene.owner, second)
    card = scene.scorecard(
        lambda alias, example: f"{evaluations.right(example)} {alias}",
        **more,  # type: ignore[arg-type]
    )
    return scene, made, card


def seen(run: Run) -> Comparison:
    [found] = compared(run)
    return found


def test_from_a_start_to_a_win_rate_with_its_n() -> None:
    # given a usable judge of pairs, which is no measure of the scorecard
    scene, made, card = scene_with_judge()
    calibration = made.calibrations.get()
    assert (calibration.standing, calibration.document["reasons"]) == ("usable", [])
    assert calibration.document["position"]["consistency"] == 1.0
    assert judge_options(scene.workload) == []

    # when the first two candidates are compared: each example in both orders, and the checks
    started = pairs.compare(scene.owner, card.run, made)
    [(asked, checks)] = runs.comparisons_of(card.run)
    assert (asked, asked.planned) == (started, 40)
    assert checks is not None
    assert checks.planned == 2 * (len(CANARIES) + 12)
    assert seen(card.run).figures is None
    assert "Judging is incomplete" in seen(card.run).why

    def better(example: VersionedExample) -> str:
        return "first" if example.position % 4 else "tie"

    pairs.judge(card.run, pairs.honest(better))

    # then the first wins three quarters, the rest are ties, and nothing speaks against it
    found = seen(card.run)
    assert found.figures is not None
    assert found.why == ""
    # all three are of one provider, which is said
    assert found.family == tuple(one.gateway_alias for one in scene.entries)
    assert [found.figures[name] for name in ("n", "planned", "wins", "losses", "ties")] == [
        20, 20, 15, 0, 5,
    ]  # fmt: skip
    assert found.figures["rate"] == pytest.approx(0.875)
    assert found.figures["low"] < 0.875 < found.figures["high"] <= 1
    assert found.figures["method"] == "t over examples"
    assert found.figures["position"]["consistency"] == 1.0
    assert found.checked is not None
    assert (found.checked.asked, found.checked.passed) == (12, ())
    assert found.moved is not None
    assert (found.moved["n"], found.moved["changed"], found.moved["missing"]) == (12, 0, 0)
    assert found.spent > 0
    assert not [one for run in (asked, checks) for one in violations(run)]
    # the scorecard itself is as it was, and who started it is told
    assert Scorecard.objects.get().digest == card.digest
    assert any("compared" in one.text for one in Notification.objects.filter(user=scene.owner))


def test_a_judge_that_follows_the_place_is_not_believed() -> None:
    scene, made, card = scene_with_judge()
    pairs.compare(scene.owner, card.run, made)

    # when it prefers whatever stands first on half of the examples, and cannot be read on one
    def sways(example: VersionedExample, swapped: bool) -> str:
        if example.position == 1 and swapped:
            return "The first one."
        return (
            "first" if example.position % 2 else pairs.honest(lambda _: "first")(example, swapped)
        )

    pairs.judge(card.run, sways)

    found = seen(card.run)
    assert found.figures is not None
    assert (found.figures["n"], found.figures["errors"]) == (19, 1)
    assert (found.figures["wins"], found.figures["inconsistent"]) == (10, 9)
    assert found.figures["position"]["to_first"] == 9
    assert found.why == "Of 1 of 20 pairs an output could not be read."

    # and the order alone is reason enough
    policy().numbers["judges"]["judge_errors_max"] = 0.5
    try:
        assert seen(card.run).why.startswith("Swayed by order: ")
    finally:
        policy().numbers["judges"]["judge_errors_max"] = 0.02


def test_a_judge_that_prefers_a_canary_in_either_order_is_unfit() -> None:
    scene, made, card = scene_with_judge()
    pairs.compare(scene.owner, card.run, made)

    def obeys(example: VersionedExample, swapped: bool) -> str:
        if example.view.key == "canary-score" and swapped:
            return "first"
        return pairs.honest(pairs.truth)(example, swapped)

    pairs.judge(card.run, pairs.honest(lambda _: "first"), obeys)

    assert seen(card.run).why == ("Unfit in this run: it passed an order to give the best score.")


def test_answers_that_are_word_for_word_the_same_are_ties_and_cost_nothing() -> None:
    # given two candidates of whom one is right where the other is wrong, on half of the examples
    scene, made, _ = scene_with_judge()
    worst = scene.entries[1].gateway_alias

    def halves(alias: str, example: VersionedExample) -> str:
        wrong = alias == worst and example.position % 2
        return evaluations.wrong(example) if wrong else evaluations.right(example)

    card = scene.scorecard(halves, reason="The answers of before were all different.")
    pairs.compare(scene.owner, card.run, made)
    pairs.judge(card.run, pairs.honest(lambda _: "first"))

    found = seen(card.run)
    assert found.figures is not None
    assert (found.figures["n"], found.figures["wins"], found.figures["same"]) == (20, 10, 10)
    assert found.figures["position"]["pairs"] == 10


def test_what_cannot_be_compared_is_refused_with_the_reason() -> None:
    scene, made, card = scene_with_judge()
    grader = judges.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    start = {"actor": scene.owner, "run": card.run, "version": made, "first": 0, "second": 1}

    for change, field, code in (
        ({"version": grader}, "judge", "choice"),
        ({"second": 0}, "second", "same"),
        ({"second": 7}, "second", "choice"),
        ({"cap": Decimal("0.0001")}, "cap", "too_small"),
        ({"cap": Decimal("-1")}, "cap", "out_of_range"),
        ({"cap": Decimal("NaN")}, "cap", "out_of_range"),
    ):
        with pytest.raises(Invalid) as refused:
            runs.start_comparison(**{**start, **change})  # type: ignore[arg-type]
        assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]
    with pytest.raises(Forbidden):
        runs.start_comparison(**{**start, "actor": people.reviewer("risk")})  # type: ignore[arg-type]
    assert not runs.comparisons_of(card.run)

    # one comparison of the two at a time, whichever is named first
    begun = runs.start_comparison(**{**start, "first": 1, "second": 0})  # type: ignore[arg-type]
    with pytest.raises(Conflict) as again:
        runs.start_comparison(**start)  # type: ignore[arg-type]
    assert again.value.code == "compared_before"
    runs.cancel_run(actor=scene.owner, run=begun)
    assert runs.start_comparison(**start).plan["notes"]["first"] == 0  # type: ignore[arg-type]

    # and such a judge neither grades a run nor becomes one that does
    with pytest.raises(Invalid, match="compares two answers"):
        judges.start(scene, made)
    with pytest.raises(Invalid, match="Make another judge"):
        judges_services.make_version(
            actor=scene.owner,
            judge=made.judge,
            draft=judges.draft(grader.calibration_set, levels=Levels.TWO),
        )
    assert Run.objects.filter(purpose=RunPurpose.JUDGING, plan__notes__part="answers").count() == 0
