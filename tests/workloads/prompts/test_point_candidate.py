"""The candidate pointer moves by a row, to a version of the same workload."""

import pytest

from portal.common.errors import Invalid
from tests.factories import lives, phase_four
from tests.factories import prompts as factory
from workloads.lifecycle.selectors import contributors, current_cycle
from workloads.prompts import services
from workloads.prompts.models import PointerMove
from workloads.prompts.selectors import candidate_version

pytestmark = pytest.mark.django_db


def test_going_back_leaves_a_row_with_who_and_why() -> None:
    workload = lives.draft()
    first, second = factory.commit(workload), factory.commit(workload, tone="Calm.")

    services.point_candidate(
        actor=workload.owner, workload=workload, version=first, reason="it scored better"
    )

    move = PointerMove.objects.first()
    assert move is not None
    assert candidate_version(workload) == first
    assert (move.came_from, move.to, move.by) == (second, first, workload.owner)
    assert move.reason == "it scored better"


def test_pointing_where_it_points_changes_nothing() -> None:
    workload = lives.draft()
    version = factory.commit(workload)

    moved = services.point_candidate(actor=workload.owner, workload=workload, version=version)

    assert moved is None
    assert PointerMove.objects.filter(pointer="candidate").count() == 1


def test_another_workloads_version_is_refused() -> None:
    workload, other = lives.draft(), lives.draft()
    version = factory.commit(other)

    with pytest.raises(Invalid, match="another workload"):
        services.point_candidate(actor=workload.owner, workload=workload, version=version)


def test_who_chose_the_version_contributed() -> None:
    workload = lives.draft()
    first = factory.commit(workload)
    factory.commit(workload, tone="Calm.")
    chooser = phase_four.contributor(workload)

    services.point_candidate(actor=chooser, workload=workload, version=first)

    assert chooser.pk in contributors(current_cycle(workload), "prompting")
