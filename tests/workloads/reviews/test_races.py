"""Two people at once, with real threads and real transactions on PostgreSQL."""

import pytest

from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from tests.factories import people, phase_four
from tests.factories import reviews as factory
from tests.factories.racing import at_once
from workloads.lifecycle.models import Workload
from workloads.reviews import services
from workloads.reviews.models import Campaign, CriteriaSet, Execution
from workloads.reviews.services.criteria import material

pytestmark = pytest.mark.usefixtures("gateway")


def _start(workload: Workload) -> Campaign:
    return services.start_campaign(actor=workload.owner, workload=workload)


@pytest.mark.django_db(transaction=True)
def test_two_people_lock_at_once_and_one_lock_stands() -> None:
    workload = phase_four.workload("build")
    found = factory.write(workload)
    lockers = [people.reviewer("risk") for _ in range(3)]

    raised = at_once(
        [
            lambda locker=locker: services.lock_criteria(actor=locker, criteria=found)
            for locker in lockers
        ]
    )

    assert [getattr(one, "code", one) for one in raised] == ["criteria_locked"] * 2
    assert AuditEvent.objects.filter(action="criteria.locked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_writing_while_somebody_locks_leaves_the_bytes_that_were_locked() -> None:
    workload = phase_four.workload("build")
    found = factory.write(workload)
    locker = people.reviewer("risk")

    raised = at_once(
        [
            lambda: factory.write(workload, rows=factory.criteria()[:1]),
            lambda: services.lock_criteria(actor=locker, criteria=found),
        ]
    )

    locked = CriteriaSet.objects.get(pk=found.pk)
    assert all(getattr(one, "code", one) == "criteria_locked" for one in raised)
    assert locked.digest == digest(material(locked))


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_make_one_campaign() -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)

    raised = at_once([lambda: _start(workload)] * 4)

    assert [getattr(one, "code", one) for one in raised] == ["testing"] * 3
    assert Campaign.objects.count() == 1
    assert len(phase_four.started()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_conclude_once() -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    made = _start(workload)

    raised = at_once([lambda: factory.measure(made)] * 3)

    assert [getattr(one, "code", one) for one in raised] == ["not_testing"] * 2
    assert Execution.objects.count() == 3
    assert AuditEvent.objects.filter(action="campaign.concluded").count() == 1
