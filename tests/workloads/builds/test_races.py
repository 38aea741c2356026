"""Two people at once, with real threads and real transactions on PostgreSQL."""

import pytest

from portal.audit.models import AuditEvent
from tests.factories import builds as factory
from tests.factories import phase_four
from tests.factories.racing import at_once
from workloads.builds import services
from workloads.builds.models import Build, Switch


@pytest.mark.django_db(transaction=True)
def test_two_builds_at_once_have_two_numbers() -> None:
    workload = phase_four.workload("build")

    def make(days: int) -> None:
        factory.make(workload, retention_days=days)

    raised = at_once([lambda days=days: make(days) for days in (1, 2, 3)])

    numbers = Build.objects.filter(cycle__workload=workload).values_list("number", flat=True)
    assert raised == []
    assert sorted(numbers) == [1, 2, 3]


@pytest.mark.usefixtures("gateway")
@pytest.mark.django_db(transaction=True)
def test_two_people_pull_the_switch_at_once_and_one_event_tells() -> None:
    workload = phase_four.workload("build")

    def pull() -> None:
        services.switch_calls(
            actor=workload.owner, workload=workload, off=True, reason="Stop, both of us."
        )

    raised = at_once([pull, pull, pull])

    assert [getattr(one, "code", one) for one in raised] == ["unchanged", "unchanged"]
    assert Switch.objects.get(workload=workload).off_since is not None
    assert AuditEvent.objects.filter(action="build.switched_off").count() == 1
