"""The same walk with a criterion that is set too high ends in NO-GO, and nobody can approve it."""

from collections.abc import Callable

import pytest

from portal.common.errors import NotReady
from tests.journeys import walking
from tests.journeys.conftest import Persona
from workloads.lifecycle.models import Workload
from workloads.lifecycle.services import submit_phase

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def test_a_criterion_set_too_high_ends_in_no_go_and_cannot_be_approved(
    persona: Callable[[str], Persona],
) -> None:
    ref, people = walking.to_phase_7(persona, "Ticket triage, a bar too high", looks=False)
    owner, contributor = people["owner"], people["contributor"]
    walking.write_criteria(contributor, ref, threshold="0.999")
    contributor.go(f"/workloads/{ref}/build/")
    contributor.press("Pass build")
    walking.conclude_campaign(owner, contributor, ref)
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.says("NO-GO.")
    owner.looks = True
    owner.look("19-decision-no-go")

    assert owner.page.get_by_role("button", name="Ask for the review").count() == 0
    workload = Workload.objects.get(ref=ref)
    with pytest.raises(NotReady, match="Every criterion passes"):
        submit_phase(actor=workload.owner, cycle=workload.cycles.get(), phase_key="go_no_go")
    assert not workload.releases.exists()
    business = people["business"]
    business.go(f"/workloads/{ref}/gates/go_no_go/")
    assert business.page.get_by_role("button", name="Cast the vote").count() == 0
