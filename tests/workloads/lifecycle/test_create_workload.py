from functools import partial

import pytest

from portal.audit.models import AuditEvent
from portal.common.errors import DomainError, Forbidden
from tests.factories import lives, people
from tests.factories.racing import at_once
from tests.workloads.lifecycle.fake_phases import KEYS
from workloads.lifecycle import services
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import role_in
from workloads.lifecycle.selectors import current_cycle, phase_records

pytestmark = pytest.mark.django_db


def test_a_new_workload_has_an_owner_a_cycle_and_eight_open_phases() -> None:
    owner = people.person()

    made = services.create_workload(actor=owner, name="  Ticket triage ", tags=["b", "a", "a"])

    assert made.ref == f"WL-{made.number:04d}"
    assert made.name == "Ticket triage"
    assert made.tags == ["a", "b"]
    assert role_in(owner, made) == {"owner"}
    records = phase_records(current_cycle(made))
    assert list(KEYS) == [key for key in KEYS if records[key].state == "open"]
    event = AuditEvent.objects.get(action="workload.created")
    assert (event.actor_id, event.workload_ref) == (owner.pk, made.ref)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("\u200b\u200b\u200b", "blank"),
        ("ab", "min_length"),
        ("x" * 121, "max_length"),
        ("abc\u202etxt", "forbidden_character"),
        ("ab\x00c", "null_character"),
        ("ab\ud800c", "surrogate"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_its_field(name: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        services.create_workload(actor=people.person(), name=name)

    assert [(e.field, e.code) for e in refused.value.errors] == [("name", code)]
    assert not Workload.objects.exists()


@pytest.mark.parametrize("second", ["Caf\u00e9 menu", "Cafe\u0301 menu", "CAF\u00c9 MENU"])
def test_two_active_workloads_never_share_a_name(second: str) -> None:
    lives.draft(name="Caf\u00e9 menu")

    with pytest.raises(DomainError) as refused:
        lives.draft(name=second)

    assert refused.value.errors[0].code == "not_unique"


def test_an_auditor_reads_and_makes_nothing() -> None:
    with pytest.raises(Forbidden) as refused:
        services.create_workload(actor=people.auditor(), name="Mine now")

    assert refused.value.code == "role"


def test_a_rename_keeps_the_reference_and_asks_for_an_editor() -> None:
    made = lives.draft()

    services.rename_workload(actor=made.owner, workload=made, name="Another name", summary="New")
    made.refresh_from_db()

    assert (made.name, made.summary) == ("Another name", "New")
    with pytest.raises(Forbidden):
        services.rename_workload(actor=people.stranger(), workload=made, name="Taken over")
    made.refresh_from_db()
    assert made.name == "Another name"


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_twin_when_many_are_made_at_once() -> None:
    owner = people.person()

    def make(worker: int) -> None:
        for turn in range(5):
            services.create_workload(actor=owner, name=f"Workload {worker} {turn}")

    assert at_once([partial(make, worker) for worker in range(8)]) == []

    numbers = sorted(Workload.objects.values_list("number", flat=True))
    assert numbers == list(range(numbers[0], numbers[0] + 40))
