"""The gate of phase 4: what it asks, what it pins, and who cannot vote on it."""

import pytest

from evaluations.datasets import services as dataset_services
from evaluations.scorecards.phase import Evaluation
from evaluations.scorecards.services.baseline import Baseline
from tests.factories import catalog, datasets, people, scorecards, selection
from tests.factories.scorecards import METRICS, Scene, accurate
from workloads.lifecycle.enums import CheckState, MemberRole, PhaseState
from workloads.lifecycle.selectors import holds, phase_record
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db


def states(scene: Scene) -> dict[str, bool]:
    """Return which checks of phase 4 pass now."""
    found = Evaluation().checks(scene.cycle)
    assert all(one.detail for one in found if one.state != CheckState.PASS)
    return {one.code: one.state == CheckState.PASS for one in found}


def test_nothing_passes_before_anything_was_run() -> None:
    scene = scorecards.scene()
    assert states(scene) == {
        "golden_committed": True,
        "golden_mix": True,
        "scorecard_published": False,
        "metrics": False,
        "same_plan": False,
        "error_rate": False,
        "winner_chosen": False,
    }


def test_everything_passes_with_a_scorecard_and_a_winner() -> None:
    scene = scorecards.scene()
    card = scene.scorecard()
    assert [code for code, passed in states(scene).items() if not passed] == ["winner_chosen"]
    scene.choose(card)
    assert all(states(scene).values())


@pytest.mark.parametrize("n", [49, 201])
def test_the_golden_dataset_has_a_size(n: int) -> None:
    assert states(scorecards.scene(n=n, candidates=2))["golden_committed"] is False


def test_each_kind_has_its_minimum_share() -> None:
    # given a golden dataset of typical examples alone
    scene = scorecards.scene(n=50, candidates=2)
    made = datasets.dataset(scene.owner, scene.workload, "Typical only")
    lines = [datasets.ticket(number, kind="typical") for number in range(60)]
    datasets.fill(scene.owner, made, *lines)
    dataset_services.commit_version(actor=scene.owner, dataset=made)
    # then
    check = next(c for c in Evaluation().checks(scene.cycle) if c.code == "golden_mix")
    assert check.state == CheckState.FAIL
    assert "adversarial" in check.detail


def test_a_new_version_prompt_or_candidate_leaves_the_plan_behind() -> None:
    # given a chosen winner
    scene = scorecards.scene()
    scene.choose(scene.scorecard())
    # when the golden dataset gets another example
    datasets.fill(scene.owner, scene.version.dataset, datasets.ticket(99, kind="edge"))
    dataset_services.commit_version(
        actor=scene.owner, dataset=scene.version.dataset, note="one more"
    )
    # then
    assert states(scene)["same_plan"] is False
    # when it is run again on it, and then the prompt changes
    scene.choose(scene.scorecard())
    assert all(states(scene).values())
    scorecards.write_prompt(scene.workload, scene.owner, instructions="Sort it, in JSON.")
    assert states(scene)["same_plan"] is False
    # when it is run again, and then a candidate joins
    scene.choose(scene.scorecard())
    assert all(states(scene).values())
    aliases = [one.gateway_alias for one in scene.entries]
    selection.choose(scene.workload, *aliases, catalog.entry().gateway_alias)
    check = next(c for c in Evaluation().checks(scene.cycle) if c.code == "same_plan")
    assert check.state == CheckState.FAIL
    assert "Not run" in check.detail


def test_more_errors_than_the_policy_allows_keep_the_gate_shut() -> None:
    # given a last candidate that fails one call in ten
    scene = scorecards.scene()
    last = scene.entries[2].gateway_alias
    scene.choose(scene.scorecard(accurate(scene.accuracies(), failing={last: 0.1})))
    # then
    assert [code for code, passed in states(scene).items() if not passed] == ["error_rate"]


def test_the_passed_phase_no_longer_holds_when_another_scorecard_is_published() -> None:
    # given a workload that passed phase 4
    scene = scorecards.passed()
    assert holds(phase_record(scene.cycle, "evaluation"))
    # when the candidates are run once more
    scene.scorecard(baseline=Baseline(metrics=METRICS, seed=1))
    # then
    record = phase_record(scene.cycle, "evaluation")
    assert record.state == PhaseState.STALE
    assert "scorecard" in record.reason


def test_a_new_golden_version_reopens_the_passed_phase() -> None:
    scene = scorecards.passed()
    datasets.fill(scene.owner, scene.version.dataset, datasets.ticket(99, kind="edge"))
    dataset_services.commit_version(
        actor=scene.owner, dataset=scene.version.dataset, note="one more"
    )
    assert phase_record(scene.cycle, "evaluation").state == PhaseState.OPEN


def test_whoever_made_the_evidence_contributed() -> None:
    # given two contributors: one imports the examples, one runs and chooses
    scene = scorecards.scene(n=60, candidates=2)
    importer, runner = people.person("Importer"), people.person("Runner")
    for user in (importer, runner):
        add_member(
            actor=scene.owner, workload=scene.workload, user=user, role=MemberRole.CONTRIBUTOR
        )
    version = datasets.golden(importer, scene.workload, 60, name="Newer tickets")
    other = scorecards.Scene(runner, scene.workload, version, scene.prompt, scene.entries)
    other.choose(other.scorecard())
    # then
    assert {importer.pk, runner.pk} <= set(Evaluation().contributors(scene.cycle))
    assert people.stranger().pk not in set(Evaluation().contributors(scene.cycle))


def test_the_rail_says_where_the_phase_stands() -> None:
    scene = scorecards.scene(n=60, candidates=2)
    phase = Evaluation()
    assert phase.note(scene.cycle) == ""
    card = scene.scorecard()
    assert phase.note(scene.cycle) == "scorecard 1 published"
    scene.choose(card)
    assert phase.note(scene.cycle) == f"{scene.entries[0].gateway_alias} wins"


def test_a_new_golden_dataset_is_no_way_round_an_adversarial_example() -> None:
    # given evidence on a golden dataset, and a new one that lacks one of its adversarial examples
    scene = scorecards.scene(n=50, candidates=2)
    scene.scorecard()
    assert "adversarial_kept" not in states(scene)
    made = datasets.dataset(scene.owner, scene.workload, "Easier tickets")
    datasets.fill(scene.owner, made, *(datasets.ticket(i) for i in range(60) if i != 9))
    dataset_services.commit_version(actor=scene.owner, dataset=made)

    def kept() -> tuple[bool, str]:
        found = next(c for c in Evaluation().checks(scene.cycle) if c.code == "adversarial_kept")
        return found.state == CheckState.PASS, found.detail

    # then the gate stays shut, also when that one is evidence and a further version follows
    assert not kept()[0]
    assert "t-0009 is gone" in kept()[1]
    scene.scorecard(reason="On the new tickets.")
    datasets.fill(scene.owner, made, datasets.ticket(61))
    dataset_services.commit_version(actor=scene.owner, dataset=made, note="One more.")
    scene.scorecard(reason="On one more ticket.")
    assert not kept()[0]
    # until somebody who does not work on it agrees
    dataset_services.agree_to_removal(
        actor=people.reviewer("risk"),
        dataset=made,
        keys=["t-0009"],
        reason="It tested nothing here.",
    )
    assert kept()[0]
