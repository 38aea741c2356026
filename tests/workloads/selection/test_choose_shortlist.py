"""Choosing candidates: the query, every model and its reasons are kept; the rules hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from catalog import services as catalog_services
from catalog.enums import EntryStatus
from catalog.matching import catalog_revision
from catalog.selectors import all_facts
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import briefs, catalog, lives, people, selection
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, holds, manifest, phase_record
from workloads.selection.models import Shortlist, ShortlistCandidate
from workloads.selection.selectors import candidates_of, considered, shortlist_of
from workloads.selection.services import Pick

pytestmark = pytest.mark.django_db


def scene() -> Workload:
    """A workload with a passed brief, two models that fit, a near miss and one ruled out."""
    workload = lives.workload(at="selection")
    catalog.entry("dear", price=("3", "12"))
    catalog.entry("cheap")
    catalog.entry("slow", latency_p95_ms=5_000)
    catalog.entry("abroad", regions=["us-east-1"])
    return workload


def submit(workload: Workload) -> None:
    lifecycle.submit_phase(
        actor=workload.owner, cycle=current_cycle(workload), phase_key="selection"
    )


def failing(workload: Workload) -> dict[str, str]:
    found = checks_of(current_cycle(workload), "selection")
    return {check.code: check.detail for check in found if check.state == "fail"}


def test_everything_that_was_looked_at_is_stored_with_its_reasons() -> None:
    workload = scene()
    chosen = selection.choose(workload, "cheap", "dear")
    assert chosen.counts() == {"fits": 2, "near_miss": 1, "ruled_out": 1}
    assert [row["alias"] for row in chosen.considered] == ["cheap", "dear", "slow", "abroad"]
    abroad = chosen.finding("abroad")
    assert abroad is not None
    assert abroad["reasons"][0]["text"] == "runs in us-east-1; only eu is allowed"
    assert chosen.catalog_revision == catalog_revision(all_facts())
    assert [entry.gateway_alias for entry in candidates_of(current_cycle(workload))] == [
        "cheap", "dear",
    ]  # fmt: skip


def test_a_fit_that_is_not_taken_needs_a_reason_of_its_own_or_one_for_all() -> None:
    workload = scene()
    catalog.entry("third")
    with pytest.raises(Invalid) as refused:
        selection.choose(workload, "cheap", "dear", not_taken_reason="")
    error = refused.value.errors[0]
    assert (error.field, error.code) == ("not_taken_reason", "blank")
    assert "third: fits and is not taken. Say why not." in error.message

    with pytest.raises(Invalid) as refused:
        selection.choose(workload, "cheap", "dear", not_taken={"third": "no"})
    assert refused.value.errors[0].field == "not_taken.third"

    catalog.entry("fourth")
    chosen = selection.choose(
        workload, "cheap", "dear", not_taken={"third": "It is the same model in another coat."},
        not_taken_reason="One more would only cost more.",
    )  # fmt: skip
    assert chosen.not_taken == {
        "third": "It is the same model in another coat.",
        "fourth": "One more would only cost more.",
    }


def test_the_stored_query_gives_the_same_answer_again() -> None:
    workload = scene()
    chosen = selection.choose(workload, "cheap", "dear")
    again = considered(chosen.requirements())
    assert [one.as_dict() for one in again.matches] == chosen.considered


@pytest.mark.parametrize(
    ("picks", "code", "words"),
    [
        (["cheap"], "count", "2 to 4"),
        ([], "count", "2 to 4"),
        (["cheap", "cheap"], "not_unique", "once"),
        (["cheap", "unheard-of"], "choice", "no such model"),
        (["cheap", "abroad"], "ruled_out", "only eu is allowed"),
        (["cheap", "slow"], "blank", "near miss; say why"),
        (["cheap", Pick("slow", "quick", "why not")], "min_length", "near miss; say why"),
        (["cheap", Pick("dear")], "blank", "say in a note why it is tested"),
        (["cheap", Pick("dear", "no")], "min_length", "say in a note why it is tested"),
        (["cheap", Pick("dear", "a\x00b")], "null_character", "null character"),
    ],
)
def test_what_cannot_be_chosen(picks: list[Any], code: str, words: str) -> None:
    workload = scene()
    with pytest.raises(Invalid) as refused:
        selection.choose(workload, *picks)
    assert [error.code for error in refused.value.errors] == [code]
    assert words in refused.value.errors[0].message
    assert Shortlist.objects.count() == 0


def test_a_near_miss_is_chosen_with_a_reason() -> None:
    workload = scene()
    selection.choose(workload, "cheap", Pick("slow", "steady", "It may be fast enough at night."))
    candidate = ShortlistCandidate.objects.get(entry__gateway_alias="slow")
    assert (candidate.outcome, candidate.reason[:6]) == ("near_miss", "It may")


def test_a_catalog_that_changed_meanwhile_is_looked_at_again() -> None:
    workload = scene()
    with pytest.raises(Conflict) as refused:
        selection.services.choose_shortlist(
            actor=workload.owner, workload=workload, picks=[Pick("cheap", "a"), Pick("dear", "b")],
            tokens_in=800, tokens_out=60, catalog_revision="sha256:old",
        )  # fmt: skip
    assert refused.value.code == "catalog_changed"


def test_only_those_who_work_on_it_choose() -> None:
    workload = scene()
    for user in (people.stranger(), people.reviewer("risk"), people.catalog_manager()):
        with pytest.raises(Forbidden):
            selection.choose(workload, "cheap", "dear", actor=user)


def test_a_shortlist_never_changes() -> None:
    workload = scene()
    selection.choose(workload, "cheap", "dear")
    for rows in (Shortlist.objects.all(), ShortlistCandidate.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Shortlist.objects.update(number=2)


def test_without_a_shortlist_the_gate_is_shut() -> None:
    workload = scene()
    with pytest.raises(NotReady):
        submit(workload)


def test_the_phase_passes_and_pins_the_entries() -> None:
    workload = scene()
    selection.choose(workload, "cheap", "dear")
    submit(workload)
    cycle = current_cycle(workload)
    assert holds(phase_record(cycle, "selection"))
    kinds = [(item.kind, item.ref) for item in manifest(cycle, "selection")]
    assert ("catalog_entry", "cheap") in kinds
    assert ("shortlist", workload.ref) in kinds


def test_an_approval_that_runs_out_shuts_the_gate_and_names_the_model() -> None:
    workload = scene()
    selection.choose(workload, "cheap", "dear")
    yesterday = timezone.now().date() - timedelta(days=1)
    type(candidates_of(current_cycle(workload))[0]).objects.filter(gateway_alias="dear").update(
        approval_expires=yesterday
    )
    assert "dear: its approval ended" in failing(workload)["candidates_approved"]


def test_a_brief_with_more_sensitive_data_strikes_a_candidate() -> None:
    workload = scene()
    catalog.entry("internal-only", max_data_class="internal")
    selection.choose(workload, "cheap", "internal-only")
    assert failing(workload) == {}
    briefs.edit(current_cycle(workload).brief, data_class="confidential")
    assert "internal-only: allowed up to internal" in failing(workload)["candidates_data"]


def test_a_deprecated_candidate_is_flagged_and_the_gate_holds() -> None:
    workload = scene()
    selection.choose(workload, "cheap", "dear")
    submit(workload)
    entry = candidates_of(current_cycle(workload))[0]
    catalog_services.change_status(
        actor=people.catalog_manager(), entry=entry, status=EntryStatus.DEPRECATED,
        reason="a newer one is better",
    )  # fmt: skip
    assert holds(phase_record(current_cycle(workload), "selection"))
    assert failing(workload) == {}
    limits = checks_of(current_cycle(workload), "selection")[-1]
    assert "cheap: it is deprecated" in limits.detail


def test_choosing_again_after_the_gate_asks_to_reconfirm() -> None:
    workload = scene()
    selection.choose(workload, "cheap", "dear")
    submit(workload)
    catalog.entry("third")
    again = selection.choose(workload, "cheap", "third")
    record = phase_record(current_cycle(workload), "selection")
    assert (again.number, record.state) == (2, "stale")
    assert "Shortlist 2: cheap, third" in record.reason
    found = shortlist_of(current_cycle(workload))
    assert found is not None
    assert found.number == 2
