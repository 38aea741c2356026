"""Only what was approved goes live, by its owner, one at a time."""

from typing import Any

import pytest

from catalog.models import CatalogEntry
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid, NotReady
from tests.factories import operations as factory
from tests.factories import people, phase_four
from workloads.builds.selectors import build_of
from workloads.lifecycle.models import LiveSpell, Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.operations import services
from workloads.prompts.models import Pointer
from workloads.prompts.selectors import pointed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(factory.released)
    return found


@pytest.fixture
def released(made: Workload) -> Workload:
    return phase_four.again(made)


@pytest.fixture
def live(released: Workload) -> Workload:
    services.put_live(actor=released.owner, workload=released)
    return phase_four.again(released)


def test_the_owner_puts_the_release_live_and_the_pointer_follows(released: Workload) -> None:
    # given a workload whose go/no-go ended with GO
    workload = released

    # when its owner puts the release live
    spell = services.put_live(actor=workload.owner, workload=workload)

    # then it is live, and production points at the prompt that was approved, on that decision
    workload.refresh_from_db()
    build = build_of(current_cycle(workload))
    version = pointed(workload, Pointer.PRODUCTION)
    assert workload.status == "live"
    assert spell.release.number == 1
    assert build is not None
    assert version == build.prompt_version
    assert (
        version.prompt.moves.filter(pointer="production").get().decision_ref.endswith("release 1")
    )


def test_each_step_leaves_one_event(live: Workload) -> None:
    workload = live

    services.suspend(actor=workload.owner, workload=workload, reason="The vendor asked us to stop.")

    actions = AuditEvent.objects.filter(workload_ref=workload.ref).order_by("seq")
    told = [
        a for a in phase_four.audit_actions(actions) if a.startswith(("release.", "prompt.prod"))
    ]
    assert told[-3:] == ["release.went_live", "prompt.production_moved", "release.ended"]


def test_nothing_goes_live_before_the_decision() -> None:
    workload = phase_four.workload("go_no_go")

    with pytest.raises(NotReady, match="no release"):
        services.put_live(actor=workload.owner, workload=workload)


def test_a_contributor_cannot(released: Workload) -> None:
    workload = released

    with pytest.raises(Forbidden):
        services.put_live(actor=people.stranger(), workload=workload)


def test_twice_is_a_conflict_and_one_spell_stands(live: Workload) -> None:
    workload = live

    with pytest.raises(Conflict, match="live already"):
        services.put_live(actor=workload.owner, workload=workload)

    assert LiveSpell.objects.filter(workload=workload, ended_at=None).count() == 1


def test_a_changed_catalog_entry_does_not_go_live(released: Workload) -> None:
    workload = released
    build = build_of(current_cycle(workload))
    assert build is not None
    CatalogEntry.objects.filter(pk=build.model_lock_id).update(snapshot="another-2026-12-01")

    with pytest.raises(NotReady, match="not what was approved"):
        services.put_live(actor=workload.owner, workload=workload)


def test_a_changed_part_of_the_pipeline_does_not_go_live(
    released: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = released
    monkeypatch.setattr("workloads.builds.selectors.PARTS", {})

    with pytest.raises(NotReady, match="part of the pipeline"):
        services.put_live(actor=workload.owner, workload=workload)


@pytest.mark.parametrize("reason", ["", "short", "x" * 281, "null \x00 character inside"])
def test_taking_off_asks_for_a_reason(live: Workload, reason: str) -> None:
    workload = live

    with pytest.raises(Invalid):
        services.suspend(actor=workload.owner, workload=workload, reason=reason)

    assert LiveSpell.objects.filter(workload=workload, ended_at=None).exists()


def test_taking_off_what_is_not_live_is_refused(released: Workload) -> None:
    workload = released

    with pytest.raises(DomainError, match="Nothing is live"):
        services.suspend(
            actor=workload.owner, workload=workload, reason="There is nothing to stop."
        )
