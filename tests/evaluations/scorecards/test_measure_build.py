"""Phase 7: the golden dataset against the build, measured against locked criteria."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from catalog.models import CatalogEntry
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.scorecards import services
from evaluations.scorecards.document.criteria import Side, not_worse
from evaluations.scorecards.document.measures import measures_of
from evaluations.scorecards.models import Scorecard
from evaluations.statistics.paired import PairedCounts, tango
from portal.accounts.models import User
from portal.common.canonical import digest
from tests.evaluations.scorecards import rows
from tests.factories import scorecards
from tests.factories.scorecards import Scene, accurate, finish
from workloads.builds.models import Build
from workloads.lifecycle.models import Cycle
from workloads.reviews import services as reviews
from workloads.reviews.enums import CampaignState, CampaignVerdict, Comparator, Rule, Verdict
from workloads.reviews.evidence import register_executor
from workloads.reviews.models import Campaign
from workloads.reviews.services import CriterionInput


@pytest.fixture(autouse=True)
def the_real_executor() -> None:
    """Campaigns are run by scorecards here, whatever stand-in another file left registered."""
    register_executor("evaluation", services.start_campaign_run)


CRITERIA = (
    CriterionInput(
        "Field accuracy", "field_accuracy", Comparator.AT_LEAST, Decimal("0.8"), Rule.INTERVAL_BOUND
    ),
    CriterionInput(
        "Category, edge cases", "field_accuracy:category", Comparator.AT_LEAST, Decimal("0.5"),
        Rule.POINT, scope="kind:edge",
    ),
    CriterionInput(
        "p95 latency", "latency_p95", Comparator.AT_MOST, Decimal(2000), Rule.POINT
    ),
    CriterionInput(
        "Not worse than the baseline", "field_accuracy:category", Comparator.AT_LEAST, Decimal(0),
        Rule.NOT_WORSE, margin=Decimal("0.15"),
    ),
)  # fmt: skip


def make_build(cycle: Cycle, scene: Scene, entry: CatalogEntry, owner: User) -> Build:
    """Return a build without steps or guards around a model and the prompt."""
    content: dict[str, Any] = {"parts": [], "alerts": [], "architecture": "api"}
    return Build.objects.create(
        cycle=cycle,
        number=1,
        content=content,
        model_lock=entry,
        model_digest=entry.digest(),
        prompt_version=scene.prompt,
        part_tests={},
        digest=digest(content),
        created_by=owner,
    )


def campaign_begun() -> tuple[Scene, Campaign, Run]:
    """Return a scene whose campaign has begun, with its run."""
    scene = scorecards.scene()
    scene.choose(scene.scorecard())
    written = reviews.write_criteria(actor=scene.owner, workload=scene.workload, criteria=CRITERIA)
    reviews.lock_criteria(actor=scene.owner, criteria=written)
    make_build(scene.cycle, scene, scene.entries[0], scene.owner)
    campaign = reviews.start_campaign(actor=scene.owner, workload=scene.workload)
    return scene, campaign, Run.objects.get(pk=campaign.runs["evaluation"]["ref"])


@pytest.mark.django_db
def test_the_campaign_runs_the_build_as_the_baseline_was_run() -> None:
    # given and when
    _, campaign, run = campaign_begun()
    # then
    baseline = Scorecard.objects.get(purpose=RunPurpose.BASELINE).run
    assert run.purpose == RunPurpose.CAMPAIGN
    assert run.plan["metrics"] == baseline.plan["metrics"]
    assert run.plan["dataset_version"] == baseline.plan["dataset_version"]
    assert run.plan["candidates"][0]["build_digest"] == campaign.build.digest
    assert run.plan["subject"] == {"kind": "campaign", "ref": str(campaign.pk)}
    assert run.cap_micro >= run.worst_case_micro


@pytest.mark.django_db
def test_a_build_that_is_as_good_gets_a_go_with_its_evidence() -> None:
    # given
    scene, campaign, run = campaign_begun()
    # when its run is complete and published, twice
    finish(run, accurate(scene.accuracies()))
    card = services.publish(run_id=run.pk)
    services.publish(run_id=run.pk)
    # then each criterion has one execution that cites the scorecard
    campaign.refresh_from_db()
    assert card is not None
    assert (campaign.state, campaign.verdict) == (CampaignState.CONCLUDED, CampaignVerdict.GO)
    executions = list(campaign.executions.all())
    assert len(executions) == len(CRITERIA)
    assert {one.evidence["digest"] for one in executions} == {card.digest}
    assert {one.attempt for one in executions} == {1}
    paired = executions[3]
    assert paired.value == 0.0
    assert paired.low is not None
    assert -0.15 < paired.low < 0.0
    # and the campaign's scorecard is no baseline
    assert card.purpose == RunPurpose.CAMPAIGN
    assert Scorecard.objects.filter(purpose=RunPurpose.BASELINE).count() == 1


@pytest.mark.django_db
def test_a_worse_build_is_a_no_go() -> None:
    scene, campaign, run = campaign_begun()
    finish(run, accurate({scene.entries[0].gateway_alias: 0.5}))
    services.publish(run_id=run.pk)
    campaign.refresh_from_db()
    assert campaign.verdict == CampaignVerdict.NO_GO
    verdicts = {one.criterion.title: one.verdict for one in campaign.executions.all()}
    assert verdicts["Field accuracy"] == Verdict.FAIL
    assert verdicts["Not worse than the baseline"] == Verdict.FAIL
    assert verdicts["p95 latency"] == Verdict.PASS


@pytest.mark.django_db
def test_ten_per_cent_failing_calls_are_inconclusive_and_block() -> None:
    # given a build that is always right when it answers
    scene, campaign, run = campaign_begun()
    alias = scene.entries[0].gateway_alias
    # when one call in ten fails
    finish(run, accurate({alias: 1.0}, failing={alias: 0.1}))
    services.publish(run_id=run.pk)
    # then nothing passes by absence
    campaign.refresh_from_db()
    assert campaign.verdict == CampaignVerdict.NO_GO
    verdicts = {one.verdict for one in campaign.executions.filter(criterion__scope="overall")}
    assert verdicts == {Verdict.INCONCLUSIVE}
    assert campaign.executions.get(criterion__position=0).missing == 6


@pytest.mark.django_db
def test_a_campaign_whose_run_was_cancelled_is_broken_off() -> None:
    # given
    scene, campaign, run = campaign_begun()
    runs.cancel_run(actor=scene.owner, run=run)
    # when nobody sent the message, the sweeper finds it
    assert services.publish_missing() == 1
    services.publish(run_id=run.pk)
    # then
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FAILED
    assert "ancelled" in campaign.state_reason
    assert services.publish_missing() == 0


def side(values: list[float | None], *, key: str = "contains") -> Side:
    """Return one candidate's results of a pass/fail or graded measure."""
    plan = rows.plan(("a",))
    measure = next(one for one in measures_of(plan.metrics, {}, "USD") if one.key == key)
    found = [
        rows.failed(0, place) if value is None else rows.row(0, place, value, value)
        for place, value in enumerate(values)
    ]
    revisions = [UUID(int=place + 1) for place in range(len(values))]
    return Side(measure, revisions, rows.examples(len(values)), found, 0, 1)


def test_pass_fail_measures_are_paired_by_tango() -> None:
    # given a build that loses two examples and wins one
    old = [1.0] * 40 + [0.0] * 10
    new = [0.0, 0.0, *[1.0] * 38, 1.0, *[0.0] * 9]
    # when
    seen = not_worse(side(new), side(old), "overall")
    # then
    limits = tango(PairedCounts(38, 1, 2, 9), 0.90)
    assert (seen.value, seen.n, seen.missing) == (-0.02, 50, 0)
    assert seen.low == pytest.approx(limits.low)
    assert seen.high == pytest.approx(limits.high)


def test_graded_measures_are_paired_by_t_at_ninety_per_cent() -> None:
    old = [0.5 + place / 100 for place in range(40)]
    new = [value + (0.1 if place % 2 else -0.1) for place, value in enumerate(old)]
    seen = not_worse(side(new, key="token_f1"), side(old, key="token_f1"), "overall")
    assert seen.value == pytest.approx(0.0)
    # half-width: t(0.95, 39) x 0.1 x sqrt(40/39) / sqrt(40)
    assert seen.high == pytest.approx(1.684875 * 0.1 / 39**0.5, rel=1e-5)


def test_a_missing_answer_of_the_build_is_wrong_and_one_of_the_baseline_says_nothing() -> None:
    # given one lost answer on each side
    old: list[float | None] = [1.0] * 49 + [None]
    new: list[float | None] = [None, *[1.0] * 49]
    # when
    seen = not_worse(side(new), side(old), "overall")
    # then the first pair is a loss, the last is left out, and both are counted
    assert seen.value == pytest.approx(-1 / 49)
    assert (seen.n, seen.missing) == (48, 2)


def test_a_scope_narrows_the_pairs_to_one_kind() -> None:
    values = [0.0 if place % 5 == 4 else 1.0 for place in range(50)]
    seen = not_worse(side([1.0] * 50), side(values), "kind:edge")
    assert (seen.value, seen.n) == (1.0, 10)
