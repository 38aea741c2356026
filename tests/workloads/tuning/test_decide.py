"""The decision locks what the evaluation chose, says why, and never changes."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import catalog, people, phase_four
from tests.factories import tuning as factory
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.phases import EvidenceItem
from workloads.lifecycle.selectors import contributors, current_cycle, manifest, phase_record
from workloads.tuning import services
from workloads.tuning.citations import decision_card, lock_card
from workloads.tuning.models import TuningDecision
from workloads.tuning.selectors import decision_of, model_lock
from workloads.tuning.winners import winner_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: phase_four.workload("tuning"))
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


def _failing(workload: Workload) -> set[str]:
    found = checks_of(current_cycle(workload), "tuning")
    return {check.code for check in found if check.state == CheckState.FAIL}


def test_the_winner_becomes_the_final_model(workload: Workload) -> None:
    # given a winner
    winner = winner_of(current_cycle(workload))
    assert winner is not None

    # when the decision against tuning is recorded
    made = factory.decide(workload)

    # then the model is locked with the bytes it has, and the phase can be passed
    assert made.model_lock.gateway_alias == winner.alias
    assert made.scorecard == winner.scorecard.as_dict()
    assert model_lock(current_cycle(workload)) == made.model_lock
    assert _failing(workload) == set()
    assert workload.owner_id in contributors(current_cycle(workload), "tuning")


def test_its_digest_recomputes_from_what_is_stored(workload: Workload) -> None:
    made = TuningDecision.objects.get(pk=factory.decide(workload).pk)

    assert made.digest == digest(
        {
            "decision": made.decision,
            "prompting_evidence": made.prompting_evidence,
            "rationale": made.rationale,
            "migration_plan": made.migration_plan,
            "model": made.model_digest,
            "scorecard": made.scorecard,
        }
    )


def test_the_database_refuses_to_change_it(workload: Workload) -> None:
    factory.decide(workload)

    for sql in (
        "UPDATE workloads_tuning_tuningdecision SET rationale = 'x'",
        "DELETE FROM workloads_tuning_tuningdecision",
    ):
        with (
            pytest.raises(ProgrammingError, match="Cannot update or delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_another_decision_is_another_number_and_opens_the_build(workload: Workload) -> None:
    factory.decide(workload)
    phase_four.pass_phase_as_it_is(workload, "tuning")
    phase_four.pass_phase(workload, "build")

    second = factory.decide(workload, rationale=factory.RATIONALE + " Checked again.")

    cycle = current_cycle(workload)
    assert second.number == 2
    assert phase_record(cycle, "tuning").state == "stale"
    assert phase_record(cycle, "build").state == "open"
    actions = AuditEvent.objects.filter(action="tuning.decided", workload_ref=workload.ref)
    assert actions.count() == 2


def test_the_same_decision_twice_is_a_conflict(workload: Workload) -> None:
    factory.decide(workload)

    with pytest.raises(Conflict, match="recorded already"):
        factory.decide(workload)


def test_without_a_winner_there_is_nothing_to_lock() -> None:
    workload = phase_four.workload("evaluation")

    with pytest.raises(NotReady, match="Choose the winner"):
        factory.decide(workload)


@pytest.mark.parametrize("status", [EntryStatus.RETIRED, EntryStatus.BLOCKED])
def test_a_model_that_may_not_be_used_is_not_locked(workload: Workload, status: str) -> None:
    winner = winner_of(current_cycle(workload))
    assert winner is not None
    CatalogEntry.objects.filter(pk=winner.entry_id).update(status=status)

    with pytest.raises(NotReady, match="choose another winner"):
        factory.decide(workload)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": "fine_tune"}, "decision"),
        ({"rationale": "too short"}, "rationale"),
        ({"rationale": "x" * 10_001}, "rationale"),
        ({"rationale": "\x00" * 120}, "rationale"),
        ({"rationale": " " * 120}, "rationale"),
        ({"prompting_evidence": {}}, "prompt_versions"),
        ({"prompting_evidence": {**factory.EVIDENCE, "few_shot": "no"}}, "few_shot"),
        ({"prompting_evidence": {**factory.EVIDENCE, "retrieval": "\ud800" * 20}}, "retrieval"),
    ],
)
def test_what_is_missing_is_named(workload: Workload, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        factory.decide(workload, **changes)

    assert field in {error.field for error in refused.value.errors}
    assert decision_of(current_cycle(workload)) is None


def test_only_the_team_decides(workload: Workload) -> None:
    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            factory.decide(workload, person)


def test_a_closed_cycle_takes_no_decision(workload: Workload) -> None:
    Cycle.objects.filter(workload=workload).update(state="released")

    with pytest.raises(Forbidden) as refused:
        factory.decide(workload)

    assert refused.value.code == "cycle_closed"


def test_another_winner_asks_to_decide_again(workload: Workload) -> None:
    factory.decide(workload)

    phase_four.win(current_cycle(workload), catalog.entry())

    assert _failing(workload) == {"model_locked"}


def test_another_scorecard_asks_to_decide_again(workload: Workload) -> None:
    made = factory.decide(workload)

    phase_four.win(current_cycle(workload), made.model_lock, scorecard=2)

    assert _failing(workload) == {"model_locked"}


def test_a_changed_catalog_entry_asks_to_decide_again_and_shows_in_the_manifest(
    workload: Workload,
) -> None:
    made = factory.decide(workload)
    before = manifest(current_cycle(workload), "tuning")

    CatalogEntry.objects.filter(pk=made.model_lock_id).update(snapshot="newer-2026-12-01")

    assert _failing(workload) == {"model_locked"}
    assert manifest(current_cycle(workload), "tuning") != before


def test_two_decisions_in_one_moment_have_two_numbers(workload: Workload) -> None:
    first = factory.decide(workload)
    second = factory.decide(workload, decision="defer")

    assert (first.number, second.number) == (1, 2)
    assert decision_of(current_cycle(workload)) == second


def test_the_evidence_registry_knows_both_records(workload: Workload) -> None:
    made = factory.decide(workload)

    decision = decision_card(workload.ref, "1")
    lock = lock_card(made.model_lock.gateway_alias, made.model_lock.snapshot)

    assert decision is not None
    assert lock is not None
    assert decision.present_digest == made.digest
    assert lock.present_digest == made.model_digest
    assert decision_card(workload.ref, "9" * 400) is None
    assert EvidenceItem(**made.scorecard).version == "1"


POSTED = {"decision": "none", "rationale": factory.RATIONALE, **factory.EVIDENCE}


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def test_deciding_on_the_page(page: Client, workload: Workload) -> None:
    url = reverse("tuning:tuning", args=[workload.ref])

    shown = page.post(url, POSTED, follow=True).content.decode()

    assert "is the final model" in shown
    assert factory.EVIDENCE["few_shot"] in shown
    assert "Decide again" in shown


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "fine_tune"},
        {"rationale": "short"},
        {"rationale": "a\x00" * 100},
        {"few_shot": ""},
        {"few_shot": "x" * 2_001},
        {"larger_model": "\u200b" * 20},
    ],
    ids=str,
)
def test_a_refused_decision_keeps_the_typed_words(
    page: Client, workload: Workload, change: dict[str, str]
) -> None:
    answer = page.post(reverse("tuning:tuning", args=[workload.ref]), {**POSTED, **change})

    assert answer.status_code == 422
    assert factory.EVIDENCE["prompt_versions"] in answer.content.decode()


def test_a_decision_at_the_wrong_moment_keeps_the_typed_words(
    page: Client, workload: Workload
) -> None:
    factory.decide(workload)

    answer = page.post(reverse("tuning:tuning", args=[workload.ref]), POSTED)

    assert answer.status_code == 409
    assert "recorded already" in answer.content.decode()
    assert factory.EVIDENCE["retrieval"] in answer.content.decode()


def test_before_the_evaluation_the_page_says_where_to_go(client: Client) -> None:
    workload = phase_four.workload("evaluation")
    client.force_login(workload.owner)

    text = client.get(reverse("tuning:tuning", args=[workload.ref])).content.decode()

    assert "No winner yet" in text
    assert services.EVIDENCE[0] not in text
