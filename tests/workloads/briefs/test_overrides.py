"""Another tier than the answers demand: one reviewer up, two people down, nobody alone."""

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.described import as_described
from tests.factories import briefs, lives, people
from workloads.briefs import services
from workloads.briefs.models import Brief, TierOverride
from workloads.briefs.selectors import assessment_of, brief_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import contributors, current_cycle, open_review, phase_record

pytestmark = pytest.mark.django_db
WHY = "The team's lead answers complaints with it, which the questions of the brief do not ask."


def tier_of(workload: Workload) -> int | None:
    workload.refresh_from_db()
    assessment = assessment_of(brief_of(current_cycle(workload)))
    assert assessment.tier == workload.tier
    return workload.tier


def lowered(workload: Workload, tier: int = 1) -> tuple[User, User, TierOverride]:
    first, second = people.reviewer("risk"), people.reviewer("business")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=tier, reason=WHY)
    return first, second, services.confirm_lower_tier(actor=second, override=proposed)


def test_one_reviewer_raises_the_tier_and_the_page_says_who_and_why() -> None:
    _, workload, _ = briefs.scene()
    reviewer = people.reviewer("security")
    made = services.raise_tier(actor=reviewer, workload=workload, tier=3, reason=WHY)
    assert tier_of(workload) == 3
    assert (made.computed, made.state, made.raises) == (1, "standing", True)
    client = Client()
    client.force_login(workload.owner)
    for path in ("brief/", "brief/tier/"):
        html = client.get(f"/workloads/{workload.ref}/{path}").content.decode()
        assert "questions of the brief do not ask" in html
        assert str(reviewer) in html
    event = AuditEvent.objects.get(action="brief.tier_raised")
    assert (event.actor_id, event.workload_ref) == (reviewer.pk, workload.ref)


def test_a_raised_tier_voids_what_was_passed_and_asks_for_its_votes() -> None:
    owner, workload, _ = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    services.raise_tier(actor=people.reviewer("risk"), workload=workload, tier=2, reason=WHY)
    record = phase_record(current_cycle(workload), "scoping")
    assert record.state == "stale"
    assert "raised the risk tier to 2" in record.reason


def test_a_lower_tier_counts_only_when_a_second_person_confirms_it() -> None:
    _, workload, _ = briefs.scene(tier=2)
    first, second = people.reviewer("risk"), people.reviewer("privacy")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=1, reason=WHY)
    assert tier_of(workload) == 2
    with pytest.raises(Forbidden) as refused:
        services.confirm_lower_tier(actor=first, override=proposed)
    assert refused.value.code == "same_person"
    services.confirm_lower_tier(actor=second, override=proposed)
    assert tier_of(workload) == 1
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"brief.tier_proposed", "brief.tier_confirmed"} <= actions


def test_a_lower_tier_ends_a_review_that_was_asked_for_under_the_higher_one() -> None:
    owner, workload, _ = briefs.scene(tier=2)
    people.reviewer("risk")
    services.submit_brief(actor=owner, workload=workload)
    assert open_review(current_cycle(workload), "scoping") is not None
    lowered(workload)
    assert open_review(current_cycle(workload), "scoping") is None


def test_a_lower_tier_lapses_with_the_answers_that_it_was_decided_on() -> None:
    _, workload, brief = briefs.scene(tier=2)
    lowered(workload)
    briefs.edit(brief, audience="partners")
    assert tier_of(workload) == 2
    client = Client()
    client.force_login(workload.owner)
    html = client.get(f"/workloads/{workload.ref}/brief/tier/").content.decode()
    assert "No longer counts" in html


def test_a_raised_tier_stands_whatever_is_answered() -> None:
    _, workload, brief = briefs.scene()
    services.raise_tier(actor=people.reviewer("risk"), workload=workload, tier=3, reason=WHY)
    briefs.edit(brief, audience="internal")
    assert tier_of(workload) == 3


@pytest.mark.parametrize("who", ["owner", "contributor", "stranger", "admin", "auditor"])
def test_who_works_on_it_or_reviews_nothing_sets_no_tier(who: str) -> None:
    owner, workload, _ = briefs.scene(tier=2)
    actor = {
        "owner": lambda: owner, "stranger": people.stranger, "admin": people.administrator,
        "auditor": people.auditor, "contributor": lambda: people.reviewer("risk"),
    }[who]()  # fmt: skip
    if who == "contributor":
        lifecycle.add_member(actor=owner, workload=workload, user=actor, role="contributor")
    if who == "owner":
        people.grant(owner, "risk")
    for act, tier in ((services.raise_tier, 3), (services.propose_lower_tier, 1)):
        with pytest.raises(Forbidden):
            act(actor=actor, workload=workload, tier=tier, reason=WHY)
    assert not TierOverride.objects.exists()


def test_somebody_who_wrote_in_the_brief_and_left_the_team_sets_no_tier() -> None:
    owner, workload, brief = briefs.scene()
    writer = people.reviewer("risk")
    membership = lifecycle.add_member(
        actor=owner, workload=workload, user=writer, role="contributor"
    )
    briefs.edit(brief, actor=writer, users="Others")
    lifecycle.end_membership(actor=owner, membership=membership)
    with pytest.raises(Forbidden) as refused:
        services.raise_tier(actor=writer, workload=workload, tier=2, reason=WHY)
    assert refused.value.code == "contributed"


def test_only_a_risk_reviewer_proposes_a_lower_tier() -> None:
    _, workload, _ = briefs.scene(tier=2)
    with pytest.raises(Forbidden) as refused:
        services.propose_lower_tier(
            actor=people.reviewer("business"), workload=workload, tier=1, reason=WHY
        )
    assert refused.value.code == "role"


def test_a_prohibited_use_stays_stopped() -> None:
    _, workload, _ = briefs.scene()
    briefs.edit(Brief.objects.get(), eu_class="prohibited", eu_rationale="x" * 60)
    for act, tier in ((services.raise_tier, 4), (services.propose_lower_tier, 1)):
        with pytest.raises(Conflict) as refused:
            act(actor=people.reviewer("risk"), workload=workload, tier=tier, reason=WHY)
        assert refused.value.code == "prohibited"


def test_a_lower_tier_never_goes_below_the_class_of_the_law() -> None:
    _, workload, brief = briefs.scene(tier=2)
    briefs.edit(brief, eu_class="transparency", data_class="restricted", eu_rationale="x" * 60)
    risk = people.reviewer("risk")
    with pytest.raises(Invalid, match="from 2 to 2"):
        services.propose_lower_tier(actor=risk, workload=workload, tier=1, reason=WHY)
    services.propose_lower_tier(actor=risk, workload=workload, tier=2, reason=WHY)


@pytest.mark.parametrize("tier", [0, 1, 5])
def test_a_raise_goes_up_and_within_bounds(tier: int) -> None:
    _, workload, _ = briefs.scene()
    with pytest.raises(Invalid):
        services.raise_tier(actor=people.reviewer("risk"), workload=workload, tier=tier, reason=WHY)


def test_a_short_reason_is_refused() -> None:
    _, workload, _ = briefs.scene()
    with pytest.raises(Invalid) as refused:
        services.raise_tier(
            actor=people.reviewer("risk"), workload=workload, tier=2, reason="Better so."
        )
    assert refused.value.errors[0].field == "reason"


def test_a_proposal_for_answers_that_changed_cannot_be_confirmed() -> None:
    _, workload, brief = briefs.scene(tier=2)
    proposed = services.propose_lower_tier(
        actor=people.reviewer("risk"), workload=workload, tier=1, reason=WHY
    )
    briefs.edit(brief, audience="internal")
    with pytest.raises(Conflict) as refused:
        services.confirm_lower_tier(actor=people.reviewer("business"), override=proposed)
    assert refused.value.code == "answers_changed"


def test_ending_a_lower_tier_lets_the_answers_set_it_again() -> None:
    _, workload, _ = briefs.scene(tier=2)
    _, second, override = lowered(workload)
    services.end_override(actor=second, override=override, reason="It was decided too early.")
    assert tier_of(workload) == 2
    with pytest.raises(Conflict):
        services.end_override(actor=second, override=override, reason="It was decided too early.")


def test_nobody_ends_a_raised_tier_alone() -> None:
    _, workload, _ = briefs.scene()
    risk = people.reviewer("risk")
    made = services.raise_tier(actor=risk, workload=workload, tier=3, reason=WHY)
    for actor in (risk, people.reviewer("risk")):
        with pytest.raises(Conflict, match="proposes a lower tier") as refused:
            services.end_override(actor=actor, override=made, reason="It was decided too early.")
        assert refused.value.code == "raised"
    assert tier_of(workload) == 3


@pytest.mark.parametrize(("tier", "raises"), [(3, True), (2, False), (1, False)])
def test_two_people_ease_a_raised_tier(tier: int, raises: bool) -> None:
    _, workload, brief = briefs.scene(tier=2)
    services.raise_tier(actor=people.reviewer("risk"), workload=workload, tier=4, reason=WHY)
    first, second = people.reviewer("risk"), people.reviewer("security")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=tier, reason=WHY)
    assert tier_of(workload) == 4
    client = Client()
    client.force_login(second)
    page = f"/workloads/{workload.ref}/brief/tier/"
    assert f"Tier {tier} proposed" in client.get(page).content.decode()
    eased = services.confirm_lower_tier(actor=second, override=proposed)
    assert (tier_of(workload), eased.raises) == (tier, raises)
    assert client.get(page).status_code == 200
    client.force_login(workload.owner)
    assert str(second) in client.get(f"/workloads/{workload.ref}/brief/").content.decode()
    briefs.edit(brief, audience="partners")
    assert tier_of(workload) == max(tier, 2)


def test_a_proposal_to_ease_a_raise_is_taken_back_by_one() -> None:
    _, workload, _ = briefs.scene()
    risk = people.reviewer("risk")
    services.raise_tier(actor=risk, workload=workload, tier=4, reason=WHY)
    proposed = services.propose_lower_tier(actor=risk, workload=workload, tier=3, reason=WHY)
    services.end_override(actor=risk, override=proposed, reason="It was proposed too early.")
    assert tier_of(workload) == 4


def test_a_reviewer_whose_suggestion_was_accepted_has_no_say_in_the_tier() -> None:
    owner, workload, brief = briefs.scene(tier=2)
    briefs.edit(brief, decision_impact="individual")
    author, risk, second = (people.reviewer("risk") for _ in range(3))
    suggestion = services.suggest(
        actor=author, workload=workload, field="users", value="12 agents",
        reason="The pilot showed that fewer people use it.",
    )  # fmt: skip
    services.accept(actor=owner, suggestion=suggestion)
    proposed = services.propose_lower_tier(actor=risk, workload=workload, tier=1, reason=WHY)
    for act in (
        lambda: services.raise_tier(actor=author, workload=workload, tier=4, reason=WHY),
        lambda: services.propose_lower_tier(actor=author, workload=workload, tier=1, reason=WHY),
        lambda: services.confirm_lower_tier(actor=author, override=proposed),
        lambda: services.end_override(actor=author, override=proposed, reason="x" * 30),
    ):
        with pytest.raises(Forbidden) as refused:
            act()
        assert refused.value.code == "contributed"
    services.confirm_lower_tier(actor=second, override=proposed)
    assert tier_of(workload) == 1
    assert author.pk in contributors(current_cycle(workload), "scoping")


def test_a_proposal_falls_with_the_eligibility_of_who_made_it() -> None:
    owner, workload, _ = briefs.scene(tier=2)
    first, second = people.reviewer("risk"), people.reviewer("business")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=1, reason=WHY)
    lifecycle.add_member(actor=owner, workload=workload, user=first, role="contributor")
    with pytest.raises(Conflict) as refused:
        services.confirm_lower_tier(actor=second, override=proposed)
    assert refused.value.code == "proposer_ineligible"
    client = Client()
    client.force_login(second)
    html = client.get(f"/workloads/{workload.ref}/brief/tier/").content.decode()
    assert "Confirm tier" not in html
    assert tier_of(workload) == 2


def test_a_raise_ends_a_proposal_to_lower_that_did_not_know_of_it() -> None:
    _, workload, _ = briefs.scene(tier=2)
    first, second = people.reviewer("risk"), people.reviewer("business")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=1, reason=WHY)
    services.raise_tier(actor=second, workload=workload, tier=4, reason=WHY)
    with pytest.raises(Conflict) as refused:
        services.confirm_lower_tier(actor=second, override=proposed)
    assert (refused.value.code, tier_of(workload)) == ("closed", 4)
    proposed.refresh_from_db()
    assert proposed.end_reason == "The tier was raised meanwhile."
    event = AuditEvent.objects.get(action="brief.tier_ended")
    assert (event.subject_ref, event.actor_id) == (str(proposed.pk), second.pk)


def test_a_decision_that_another_replaces_ends_with_an_audit_event() -> None:
    _, workload, _ = briefs.scene(tier=2)
    risk = people.reviewer("risk")
    raised = services.raise_tier(actor=risk, workload=workload, tier=3, reason=WHY)
    higher = services.raise_tier(actor=risk, workload=workload, tier=4, reason=WHY)
    lowered(workload)
    ended = AuditEvent.objects.filter(action="brief.tier_ended").order_by("seq")
    assert [event.subject_ref for event in ended] == [str(raised.pk), str(higher.pk)]


def test_a_decision_of_a_closed_cycle_stays_as_it_is() -> None:
    owner, workload, _ = briefs.scene(tier=2)
    first, second = people.reviewer("risk"), people.reviewer("business")
    proposed = services.propose_lower_tier(actor=first, workload=workload, tier=1, reason=WHY)
    Cycle.objects.update(state="released")
    Cycle.objects.create(workload=workload, number=2, created_by=owner, updated_by=owner)
    for act in (
        lambda: services.confirm_lower_tier(actor=second, override=proposed),
        lambda: services.end_override(actor=second, override=proposed, reason="x" * 30),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "cycle_closed"
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_a_superuser_administers_and_sets_no_tier() -> None:
    _, workload, _ = briefs.scene(tier=2)
    root = people.reviewer("risk")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    root.refresh_from_db()
    with pytest.raises(Forbidden, match="administrator") as refused:
        services.raise_tier(actor=root, workload=workload, tier=3, reason=WHY)
    assert refused.value.code == "role"


def test_the_database_refuses_a_lower_tier_by_one_person_and_a_rewritten_decision() -> None:
    _, workload, _ = briefs.scene(tier=2)
    proposed = services.propose_lower_tier(
        actor=people.reviewer("risk"), workload=workload, tier=1, reason=WHY
    )
    rows = TierOverride.objects.filter(pk=proposed.pk)
    for change in (
        {"state": "standing"},
        {"seconded_by": proposed.proposed_by},
        {"reason": "another"},
        {"tier": 3},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_a_higher_tier_never_asks_for_fewer_votes_also_when_it_was_raised() -> None:
    _, workload, _ = briefs.scene()
    before = len(lives.reviewers_for(workload, "scoping"))
    for tier in (2, 3, 4):
        services.raise_tier(actor=people.reviewer("risk"), workload=workload, tier=tier, reason=WHY)
        workload.refresh_from_db()
        now = len(lives.reviewers_for(workload, "scoping"))
        assert now >= before
        before = now


def test_the_page_and_the_api_decide_by_the_same_services() -> None:
    _, workload, _ = briefs.scene(tier=2)
    first, second = people.reviewer("risk"), people.reviewer("business")
    client = Client()
    client.force_login(first)
    page = f"/workloads/{workload.ref}/brief/tier/"
    answer = client.post(page, {"tier": "1", "reason": "Too short."})
    assert answer.status_code == 422
    assert "Too short." in answer.content.decode()
    assert client.post(page, {"tier": "1", "reason": WHY}).status_code == 302
    override = TierOverride.objects.get()
    assert client.post(f"{page}{override.pk}/confirm/").status_code == 403
    client.force_login(second)
    api = f"/api/v1/workloads/{workload.ref}/brief/tier"
    body = as_described(
        client.post(f"{api}/{override.pk}/confirm", content_type="application/json")
    )
    assert (body["state"], body["tier"]) == ("standing", 1)
    told = as_described(client.get(api))
    assert (told["tier"], told["computed"]) == (1, 2)
    ended = client.post(
        f"{api}/{override.pk}/end", {"reason": "It was decided too early."},
        content_type="application/json",
    )  # fmt: skip
    assert as_described(ended)["state"] == "ended"
    raised = client.post(api, {"tier": 4, "reason": WHY}, content_type="application/json")
    assert as_described(raised)["tier"] == 4
    told, path = {"reason": "It was decided too early."}, f"{as_described(raised)['id']}/end"
    alone = client.post(f"{api}/{path}", told, content_type="application/json")
    assert (alone.status_code, alone.json()["code"]) == (409, "raised")
    assert client.post(f"{page}{path}/", told).status_code == 409
    assert tier_of(workload) == 4
