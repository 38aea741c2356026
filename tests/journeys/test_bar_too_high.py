"""The same walk with a criterion that is set too high ends in NO-GO, and nobody can approve it."""

from collections.abc import Callable

import pytest

from tests.journeys import walking
from tests.journeys.conftest import Persona
from workloads.lifecycle.models import Workload

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def test_a_criterion_set_too_high_ends_in_no_go_and_cannot_be_approved(
    persona: Callable[[str], Persona], site: str
) -> None:
    ref, people = walking.to_phase_7(persona, "Ticket triage, a bar too high", looks=False)
    owner, contributor = people["owner"], people["contributor"]
    walking.write_criteria(contributor, ref, threshold="0.999")
    contributor.go(f"/workloads/{ref}/build/")
    contributor.press("Pass build")
    walking.test_build(owner, contributor, ref)
    owner.go(f"/workloads/{ref}/go-no-go/")
    owner.says("NO-GO.")
    owner.looks = True
    owner.look("19-decision-no-go")

    assert owner.page.get_by_role("button", name="Ask for the review").count() == 0
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in owner.context.cookies())
    refused = owner.context.request.post(
        f"{site}/workloads/{ref}/gates/go_no_go/submit/", headers={"Cookie": cookies}
    )
    assert refused.status in (403, 409)
    workload = Workload.objects.get(ref=ref)
    assert not workload.releases.exists()
    business = people["business"]
    business.go(f"/workloads/{ref}/gates/go_no_go/")
    assert business.page.get_by_role("button", name="Cast the vote").count() == 0
