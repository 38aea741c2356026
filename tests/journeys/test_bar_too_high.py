"""A build that is tested by a criterion set too high ends in NO-GO, and nobody can approve it.

The way to a build is the main walk's, page by page; here the same services have gone it.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from catalog.models import CatalogEntry
from evaluations.datasets.selectors import golden_version
from evaluations.datasets.versioned import views_of
from evaluations.scorecards import services as scorecards
from evaluations.scorecards.options import metric_options
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from portal.common.errors import NotReady
from portal.demo import seeding
from portal.demo.people import make_people
from tests.journeys import walking
from tests.journeys.conftest import Persona
from workloads.builds import services as builds
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.lifecycle.services import submit_phase
from workloads.prompts.selectors import candidate_version
from workloads.tuning import services as tuning

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def built(people: Mapping[str, User]) -> None:
    """Bring the ticket triage to a build that was tried, through a run against the gateway."""
    contributor, workload = people["contributor"], seeding.triage(people)
    cycle = current_cycle(workload)
    golden, prompt = golden_version(workload), candidate_version(workload)
    assert golden is not None
    assert prompt is not None
    options = metric_options(views_of(golden), prompt.content)
    run = scorecards.start_baseline(
        actor=contributor,
        workload=workload,
        baseline=Baseline(metrics=[one.choice for one in options if one.usual]),
        cap=Decimal(5),
        concurrency=16,
    )
    scorecard = scorecards.publish(run_id=seeding.finish(run).pk)
    assert scorecard is not None
    scorecards.choose_winner(
        actor=contributor,
        scorecard=scorecard,
        entry=CatalogEntry.objects.get(gateway_alias=walking.TRIAGE.winner),
        rationale="It serves the KPI best of those that meet every floor, well below the limits.",
    )
    submit_phase(actor=contributor, cycle=cycle, phase_key="evaluation")
    tried = ("prompt_versions", "few_shot", "retrieval", "larger_model")
    tuning.decide(
        actor=contributor,
        workload=workload,
        decision="none",
        rationale="The winner clears its floor with prompting alone; tuning would bind us to one"
        " model for a gain that this golden dataset could not show.",
        prompting_evidence=dict.fromkeys(tried, "Tried, or not needed for such short tickets."),
    )
    submit_phase(actor=contributor, cycle=cycle, phase_key="tuning")
    build = builds.make_build(
        actor=contributor,
        workload=workload,
        architecture="api",
        decision_record="One stateless service between the ticket system and the queue; without"
        " the model tickets go to the general queue as today.",
        parts=seeding.HANDBOOK_PARTS,
        logging="redacted",
        retention_days=30,
        alerts=[
            builds.Alert("error_rate", ">", 0.02, 60, "Mara Lindqvist"),
            builds.Alert("latency_p95", ">", 2000, 60, "Mara Lindqvist"),
            builds.Alert("cost_per_day", ">", 2, 1440, "Mara Lindqvist"),
        ],
    )
    builds.try_build(actor=contributor, build=build)
    builds.try_kill_switch(actor=contributor, build=build)


@pytest.fixture
def company() -> Callable[[], None]:
    """The people, the models, and a build that waits for its criteria."""

    def make() -> None:
        people = make_people()
        seeding.approve_models(people["catalog"])
        built(people)

    return make


def test_a_criterion_set_too_high_ends_in_no_go_and_cannot_be_approved(
    persona: Callable[[str], Persona],
) -> None:
    # given a build in phase 6
    owner, contributor, business = (persona(key) for key in ("owner", "contributor", "business"))
    contributor.looks = False
    workload = Workload.objects.get()
    ref = workload.ref
    # when it is tested by a criterion that nothing meets
    walking.write_criteria(contributor, ref, threshold="0.999")
    contributor.go(f"/workloads/{ref}/build/")
    contributor.press("Pass build")
    owner.looks = False
    walking.conclude_campaign(owner, contributor, ref)
    # then the verdict is NO-GO
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.says("NO-GO.")
    owner.looks = True
    owner.look("19-decision-no-go")
    # and no page and no service lets anybody ask for an approval or give one
    assert owner.page.get_by_role("button", name="Ask for the review").count() == 0
    with pytest.raises(NotReady, match="Every criterion passes"):
        submit_phase(actor=workload.owner, cycle=workload.cycles.get(), phase_key="go_no_go")
    assert not workload.releases.exists()
    business.go(f"/workloads/{ref}/gates/go_no_go/")
    assert business.page.get_by_role("button", name="Cast the vote").count() == 0
