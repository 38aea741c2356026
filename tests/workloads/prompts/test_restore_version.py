"""An earlier version is wanted again: as a new one, or as the beginning of a branch."""

import pytest

from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import lives, people, phase_four
from tests.factories import prompts as factory
from workloads.lifecycle.selectors import contributors, current_cycle, phase_record
from workloads.prompts import services
from workloads.prompts.models import Pointer, PointerMove
from workloads.prompts.selectors import (
    base_version,
    candidate_version,
    draft_content,
    draft_differs,
    pointers_of,
    prompt_of,
)

pytestmark = pytest.mark.django_db


def test_restoring_makes_a_new_version_with_the_same_bytes() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")

    made = services.restore_version(actor=workload.owner, workload=workload, version=first)

    assert (made.number, made.parent, made.digest) == (3, first, first.digest)
    assert made.note == "Restores version 1"
    assert candidate_version(workload) == base_version(workload) == made
    assert draft_content(prompt_of(workload)) == first.content


def test_restoring_leaves_a_draft_with_changes_alone() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    second = factory.commit(workload, tone="Calm.")
    factory.draft(workload, tone="Unfinished")

    services.restore_version(actor=workload.owner, workload=workload, version=first)

    assert draft_content(prompt_of(workload))["tone"] == "Unfinished"
    assert base_version(workload) == second


def test_restoring_opens_what_was_measured_with_another_version() -> None:
    workload = phase_four.workload("build")
    first = candidate_version(workload)
    assert first is not None
    factory.commit(workload, tone="Calm.")

    services.restore_version(actor=workload.owner, workload=workload, version=first)

    assert phase_record(current_cycle(workload), "evaluation").state == "open"


def test_who_restores_and_who_wrote_it_contributed_but_not_who_wrote_between() -> None:
    workload = lives.draft()
    writer, between, restorer = (phase_four.contributor(workload) for _ in range(3))
    first = factory.commit(workload, writer)
    factory.commit(workload, between, tone="Calm.")

    services.restore_version(actor=restorer, workload=workload, version=first)

    found = set(contributors(current_cycle(workload), "prompting"))
    assert {writer.pk, restorer.pk} <= found
    assert between.pk not in found


def test_restoring_what_the_candidate_holds_is_refused() -> None:
    workload = lives.draft()
    first = factory.commit(workload)

    with pytest.raises(Conflict, match="holds the same already"):
        services.restore_version(actor=workload.owner, workload=workload, version=first)


def test_a_draft_begun_from_an_earlier_version_makes_a_branch() -> None:
    # given two versions and a draft begun from the first
    workload = lives.draft()
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    services.start_from(actor=workload.owner, workload=workload, version=first)

    # when it is changed and committed
    third = factory.commit(workload, tone="Lively.")

    # then its parent is not the newest, and every pointer has left its row
    assert (third.number, third.parent) == (3, first)
    assert pointers_of(workload) == {
        Pointer.DRAFT: third,
        Pointer.CANDIDATE: third,
        Pointer.PRODUCTION: None,
    }
    drafts = PointerMove.objects.filter(pointer=Pointer.DRAFT).order_by("id")
    assert [move.to.number for move in drafts] == [1, 2, 1, 3]


def test_changes_that_nobody_committed_are_only_dropped_when_asked() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    factory.draft(workload, tone="Unfinished")

    with pytest.raises(Conflict) as refused:
        services.start_from(actor=workload.owner, workload=workload, version=first)
    assert refused.value.code == "draft_differs"
    assert draft_content(prompt_of(workload))["tone"] == "Unfinished"

    services.start_from(actor=workload.owner, workload=workload, version=first, replace=True)
    assert not draft_differs(workload, prompt_of(workload))


def test_readers_and_other_workloads_are_refused() -> None:
    workload, other = lives.draft(), lives.draft()
    version = factory.commit(other)
    auditor = people.auditor()

    for service in (services.restore_version, services.start_from):
        with pytest.raises(Invalid, match="another workload"):
            service(actor=workload.owner, workload=workload, version=version)
        with pytest.raises(Forbidden):
            service(actor=auditor, workload=other, version=version)


def test_production_moves_to_an_approved_version_only() -> None:
    workload = lives.draft()
    version = factory.commit(workload)

    with pytest.raises(Conflict) as refused:
        services.point_production(
            actor=workload.owner, workload=workload, version=version, decision_ref="by hand"
        )

    assert refused.value.code == "not_released"
    assert pointers_of(workload)[Pointer.PRODUCTION] is None
