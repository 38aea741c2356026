"""Suggestions: a new answer with a reason, which the owner or a contributor decides on."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from portal.accounts.models import User
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import briefs, lives, people
from workloads.briefs import services
from workloads.briefs.models import Brief, Suggestion
from workloads.briefs.services import SuggestionOutdated
from workloads.briefs.threads import thread_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import contributors, current_cycle, open_review, phase_record

pytestmark = pytest.mark.django_db
REASON = "The pilot showed that fewer people use it."


def suggested(workload: Workload, actor: User, field: str, value: Any, **more: Any) -> Suggestion:
    return services.suggest(
        actor=actor, workload=workload, field=field, value=value, reason=REASON, **more
    )


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("users", "12 agents", "12 agents"),
        ("latency_p95_ms", "1.5", 1_500),
        ("latency_p95_ms", 1_500, 1_500),
        ("max_cost_per_request", "0.01", Decimal("0.01")),
        ("data_class", "confidential", "confidential"),
        ("residency", ["eu", "uk"], ["eu", "uk"]),
        ("languages", "English, German", ["en", "de"]),
        ("min_context_tokens", "32,000", 32_000),
        ("latency_p95_ms", "", None),
    ],
)
def test_an_accepted_value_is_the_answer_by_an_edit_of_who_accepts(
    field: str, value: Any, stored: Any
) -> None:
    owner, workload, brief = briefs.scene()
    made = suggested(workload, people.reviewer("risk"), field, value)
    done = services.accept(actor=owner, suggestion=made)
    brief.refresh_from_db()
    assert getattr(brief, field) == stored
    assert (done.outcome, done.decided_by) == ("accepted", owner)
    assert brief.touched[field][1] == str(owner.pk)
    assert brief.editors == [owner.pk]


def test_a_figure_of_a_kpi_is_suggested_too_and_what_else_was_typed_stays() -> None:
    owner, workload, brief = briefs.scene()
    first = brief.kpi_rows()[0]
    services.save_draft(
        actor=owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(id=str(first.pk)), briefs.kpi(name="Second", target="much")],
    )  # fmt: skip
    made = suggested(workload, people.reviewer("risk"), "kpis", "94", kpi=first.pk, part="target")
    services.accept(actor=owner, suggestion=made)
    rows = Brief.objects.get().kpi_rows()
    assert [(kpi.name, kpi.target, kpi.unparsed) for kpi in rows] == [
        ("Routed to the right queue", 94, {}), ("Second", None, {"target": "much"}),
    ]  # fmt: skip
    assert rows[0].owner == owner


def test_accepting_follows_all_rules_of_an_edit() -> None:
    owner, workload, _ = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    made = suggested(workload, people.reviewer("risk"), "audience", "internal")
    services.accept(actor=owner, suggestion=made)
    record = phase_record(current_cycle(workload), "scoping")
    assert record.state == "open"
    assert "One team → Colleagues" in record.reason


def test_an_answer_that_changed_meanwhile_is_shown_beside_the_suggested_one() -> None:
    owner, workload, brief = briefs.scene()
    made = suggested(workload, people.reviewer("risk"), "users", "12 agents")
    briefs.edit(brief, users="40 agents")
    with pytest.raises(SuggestionOutdated) as refused:
        services.accept(actor=owner, suggestion=made)
    problem = refused.value
    assert (problem.status, problem.code) == (409, "suggestion_outdated")
    assert (problem.present, problem.proposed) == ("40 agents", "12 agents")
    assert Brief.objects.get().users == "40 agents"
    briefs.edit(brief, users="41 agents")
    with pytest.raises(SuggestionOutdated):
        services.accept(actor=owner, suggestion=made, replacing=problem.replacing)
    with pytest.raises(SuggestionOutdated) as again:
        services.accept(actor=owner, suggestion=made)
    services.accept(actor=owner, suggestion=made, replacing=again.value.replacing)
    assert Brief.objects.get().users == "12 agents"


def test_a_kpi_that_was_taken_out_can_only_be_declined() -> None:
    owner, workload, brief = briefs.scene()
    kpi = brief.kpi_rows()[0]
    made = suggested(workload, owner, "kpis", "94", kpi=kpi.pk, part="target")
    services.save_draft(
        actor=owner, workload=workload, row_version=brief.row_version, answers={}, kpis=[]
    )
    with pytest.raises(Conflict, match="taken out"):
        services.accept(actor=owner, suggestion=made)
    services.decline(actor=owner, suggestion=made, reason="The KPI is gone.")


def test_declining_needs_a_reason_and_leaves_the_answer() -> None:
    owner, workload, brief = briefs.scene()
    made = suggested(workload, people.reviewer("risk"), "users", "12 agents")
    with pytest.raises(Invalid):
        services.decline(actor=owner, suggestion=made, reason="No.")
    done = services.decline(actor=owner, suggestion=made, reason="The pilot was a small one.")
    brief.refresh_from_db()
    assert (done.outcome, brief.users) == ("declined", briefs.ANSWERS["users"])


def test_a_suggestion_is_decided_once_and_never_changes() -> None:
    owner, workload, _ = briefs.scene()
    made = suggested(workload, people.reviewer("risk"), "users", "12 agents")
    with pytest.raises(DatabaseError), transaction.atomic():
        Suggestion.objects.update(reason="Another one.")
    services.accept(actor=owner, suggestion=made)
    for act in (
        lambda: services.accept(actor=owner, suggestion=made),
        lambda: services.decline(actor=owner, suggestion=made, reason="Too late for that."),
        lambda: services.withdraw(actor=made.author, suggestion=made),
    ):
        with pytest.raises(Conflict, match="decided already: accepted"):
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        Suggestion.objects.update(answer="Another one.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Suggestion.objects.all().delete()


def test_the_owner_and_contributors_decide_and_the_author_takes_back() -> None:
    owner, workload, _ = briefs.scene()
    reviewer, observer = people.reviewer("risk"), people.person("Observer")
    lifecycle.add_member(actor=owner, workload=workload, user=observer, role="observer")
    made = suggested(workload, reviewer, "users", "12 agents")
    for actor in (reviewer, observer, people.auditor()):
        with pytest.raises(Forbidden):
            services.accept(actor=actor, suggestion=made)
        with pytest.raises(Forbidden):
            services.decline(actor=actor, suggestion=made, reason="Because I say so.")
    with pytest.raises(Forbidden, match="who made"):
        services.withdraw(actor=owner, suggestion=made)
    assert services.withdraw(actor=reviewer, suggestion=made).outcome == "withdrawn"


@pytest.mark.parametrize(
    ("field", "value", "more", "named"),
    [
        ("users", briefs.ANSWERS["users"], {}, "value"),
        ("latency_p95_ms", "soon", {}, "value"),
        ("data_class", "secret", {}, "value"),
        ("users", ["a"], {}, "value"),
        ("kpis", "94", {}, "part"),
        ("kpis", "94", {"part": "source"}, "part"),
        ("kpis", "94", {"part": "target"}, "kpi"),
        ("users", "others", {"part": "target"}, "kpi"),
        ("nothing", "x", {}, "field"),
    ],
)
def test_what_cannot_be_suggested(field: str, value: Any, more: dict[str, Any], named: str) -> None:
    owner, workload, _ = briefs.scene()
    with pytest.raises(Invalid) as refused:
        suggested(workload, owner, field, value, **more)
    assert refused.value.errors[0].field == named
    assert not Suggestion.objects.exists()


def test_an_answer_has_at_most_ten_suggestions_waiting() -> None:
    owner, workload, _ = briefs.scene()
    for number in range(10):
        suggested(workload, owner, "users", f"{number} agents")
    with pytest.raises(Conflict, match="let some be decided"):
        suggested(workload, owner, "users", "others")


def test_a_discussion_with_a_suggestion_that_waits_is_not_over() -> None:
    owner, workload, brief = briefs.scene()
    made = suggested(workload, owner, "users", "12 agents")
    with pytest.raises(Conflict, match="Decide on the suggestion"):
        services.resolve(actor=owner, workload=workload, field="users")
    services.accept(actor=owner, suggestion=made)
    assert thread_of(brief, "users").resolved


def voted(tier: int, **answers: Any) -> None:
    """A reviewer suggests, the owner accepts and submits, the same reviewer approves."""
    owner, workload, brief = briefs.scene(tier=2)
    if answers:
        rows = [briefs.kpi(name=f"KPI {number}") for number in (1, 2, 3)]
        services.save_draft(
            actor=owner,
            workload=workload,
            row_version=brief.row_version,
            answers=answers,
            kpis=rows,
        )
    reviewer, others = (
        people.reviewer("risk"),
        [people.reviewer("business"), people.reviewer("risk")],
    )
    made = suggested(workload, reviewer, "users", "12 agents")
    services.accept(actor=owner, suggestion=made)
    workload.refresh_from_db()
    assert workload.tier == tier
    services.submit_brief(actor=owner, workload=workload)
    review = open_review(current_cycle(workload), "scoping")
    assert review is not None
    lives.vote(review, reviewer)
    for other in others if tier > 2 else []:
        lives.vote(review, other)
    assert phase_record(current_cycle(workload), "scoping").state == "passed"


def test_at_tier_2_whose_suggestion_was_accepted_still_votes() -> None:
    voted(2)


def test_at_tier_3_whose_suggestion_was_accepted_cannot_vote() -> None:
    with pytest.raises(Forbidden) as refused:
        voted(3, decision_impact="individual")
    assert refused.value.code == "contributed"


def test_when_the_tier_rises_the_author_of_an_accepted_suggestion_stops_counting() -> None:
    owner, workload, brief = briefs.scene(tier=2)
    reviewer = people.reviewer("risk")
    services.accept(actor=owner, suggestion=suggested(workload, reviewer, "users", "12 agents"))
    assert reviewer.pk not in contributors(current_cycle(workload), "scoping")
    briefs.edit(brief, decision_impact="individual")
    workload.refresh_from_db()
    assert reviewer.pk in contributors(current_cycle(workload), "scoping")


def test_the_version_names_whose_suggestion_it_holds_where_that_makes_an_author() -> None:
    owner, workload, brief = briefs.scene(tier=2)
    reviewer = people.reviewer("risk")
    services.accept(actor=owner, suggestion=suggested(workload, reviewer, "users", "12 agents"))
    briefs.edit(brief, decision_impact="individual")
    version = services.commit_version(actor=owner, cycle=current_cycle(workload))
    assert set(version.authors) == {owner.pk, reviewer.pk}
