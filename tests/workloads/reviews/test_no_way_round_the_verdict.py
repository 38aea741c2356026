"""Invariant 1: no GO with a failing, inconclusive or missing criterion, whoever asks and however."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.common.errors import Conflict, DomainError, NotReady
from tests.factories import lives, people, phase_four
from tests.factories import reviews as factory
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Release, Review, Workload
from workloads.lifecycle.selectors import current_cycle, open_review, phase_record
from workloads.operations import services as operations
from workloads.reviews import services
from workloads.reviews.models import Campaign
from workloads.reviews.verdicts import Measurement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]

STRADDLES = Measurement(value=0.01, n=100, low=-0.2, high=0.2)
ERRORS = Measurement(value=0.99, n=90, low=0.95, high=1.0, missing=10)
NOT_GO = {
    "failing": {"p95_latency": Measurement(value=2500.0, n=100)},
    "worse": {"Not_worse": Measurement(value=-0.3, n=100, low=-0.4, high=-0.2)},
    "inconclusive": {"Not_worse": STRADDLES},
    "too_few": {"Routed_to_the_right_queue": factory.FEW},
    "errors": {"Routed_to_the_right_queue": ERRORS},
    "nothing_measured": {"Routed_to_the_right_queue": factory.NONE},
    "one_missing": {"p95_latency": None},
}


@pytest.fixture(scope="module")
def locked(for_module: Any) -> Workload:
    """A workload whose criteria are locked."""

    def make() -> Workload:
        made = phase_four.workload("go_no_go")
        factory.lock(made)
        return made

    found: Workload = for_module(make)
    return found


@pytest.fixture(params=sorted(NOT_GO))
def workload(request: pytest.FixtureRequest, locked: Workload) -> Workload:
    """The same with one campaign that does not end GO, each in its own way."""
    made = phase_four.again(locked)
    factory.campaign(made, **NOT_GO[request.param])
    return made


def _untouched(workload: Workload) -> None:
    record = phase_record(current_cycle(workload), "go_no_go")
    assert Campaign.objects.get().verdict != "go"
    assert record.state == "open"
    assert not Review.objects.filter(cycle=current_cycle(workload), phase="go_no_go").exists()
    assert not Release.objects.exists()


def test_by_the_service(workload: Workload) -> None:
    for person in (workload.owner, phase_four.contributor(workload), people.administrator()):
        with pytest.raises(DomainError):
            lifecycle.submit_phase(
                actor=person, cycle=current_cycle(workload), phase_key="go_no_go"
            )
    with pytest.raises(NotReady):
        operations.put_live(actor=workload.owner, workload=workload)

    _untouched(workload)


def test_by_the_page(client: Client, workload: Workload) -> None:
    client.force_login(workload.owner)
    decision = reverse("reviews:go_no_go", args=[workload.ref])
    gate = reverse("lifecycle:submit", args=[workload.ref, "go_no_go"])

    shown = client.get(decision).content.decode()
    refused = client.post(gate)

    assert f'action="{gate}"' not in shown
    assert "GO." not in shown.replace("NO-GO.", "")
    assert refused.status_code == 409
    _untouched(workload)


def test_by_the_api(client: Client, workload: Workload) -> None:
    client.force_login(workload.owner)
    base = f"/api/v1/workloads/{workload.ref}"

    submitted = client.post(
        f"{base}/gates/go_no_go/submit", data={}, content_type="application/json"
    )
    put = client.put(f"{base}/campaigns", data={"verdict": "go"}, content_type="application/json")
    told = client.get(f"{base}/campaigns").json()["campaigns"][0]

    assert submitted.status_code == 409
    assert put.status_code == 405
    assert told["verdict"] != "go"
    _untouched(workload)


def test_by_reporting_again_once_it_is_over(locked: Workload) -> None:
    workload = phase_four.again(locked)
    campaign = factory.campaign(workload, **NOT_GO["failing"])

    with pytest.raises(Conflict):
        factory.measure(campaign)

    _untouched(workload)


def test_by_leaving_the_failing_one_out(locked: Workload) -> None:
    workload = phase_four.again(locked)

    campaign = factory.campaign(workload, **NOT_GO["one_missing"])

    assert (campaign.state, campaign.verdict) == ("testing", "incomplete")
    _untouched(workload)


def test_the_page_names_what_does_not_pass(client: Client, locked: Workload) -> None:
    workload = phase_four.again(locked)
    factory.campaign(workload, **NOT_GO["failing"], **NOT_GO["inconclusive"])
    client.force_login(people.auditor())

    text = client.get(reverse("reviews:go_no_go", args=[workload.ref])).content.decode()

    assert "NO-GO." in text
    assert "1 of 3 criteria fails and 1 is not shown." in text
    assert "Nobody can approve this campaign" in text


def test_a_go_that_is_replaced_by_a_no_go_ends_the_open_review(locked: Workload) -> None:
    # given a GO that people are about to approve
    workload = phase_four.again(locked)
    factory.campaign(workload)
    voters = lives.reviewers_for(workload, "go_no_go")
    lifecycle.submit_phase(
        actor=workload.owner, cycle=current_cycle(workload), phase_key="go_no_go"
    )
    review = open_review(current_cycle(workload), "go_no_go")
    assert review is not None

    # when the build is tested again
    again = services.start_campaign(
        actor=workload.owner, workload=workload, reason="A reviewer asked for a second look."
    )

    # then that review is over, and the worse result of the two does not pass
    review.refresh_from_db()
    assert review.outcome == "superseded"
    with pytest.raises(DomainError):
        lives.approve(review, voters)
    factory.measure(again, p95_latency=Measurement(value=9000.0, n=100))
    with pytest.raises(NotReady):
        lifecycle.submit_phase(
            actor=workload.owner, cycle=current_cycle(workload), phase_key="go_no_go"
        )
    assert not Release.objects.exists()


def test_who_locked_or_wrote_or_started_cannot_vote() -> None:
    # given a tier 2 workload whose criteria a risk reviewer locked
    workload = phase_four.workload("go_no_go", tier=2)
    locker = people.reviewer("risk")
    voters = [people.reviewer("business"), people.reviewer("security")]
    factory.lock(workload, locker)
    factory.campaign(workload)
    lifecycle.submit_phase(
        actor=workload.owner, cycle=current_cycle(workload), phase_key="go_no_go"
    )
    review = open_review(current_cycle(workload), "go_no_go")
    assert review is not None

    # then the locker's vote is refused by its rule, and the others' make the release
    with pytest.raises(DomainError) as refused:
        lives.vote(review, locker)
    assert refused.value.code == "contributed"
    lives.approve(review, voters)
    assert Release.objects.get().review == review
