"""What looks like a secret keeps a version from being made, until somebody says why it is none."""

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import lives, people
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.prompts import services
from workloads.prompts.models import FalseAlarm
from workloads.prompts.phase import Prompting
from workloads.prompts.secrets import findings
from workloads.prompts.selectors import false_alarms_in

pytestmark = pytest.mark.django_db

LOOKS_LIKE_ONE = "sk-" + "example0" * 3
REASON = "An invented key that shows the model what to redact."


def scene() -> tuple[Workload, str]:
    workload = lives.draft()
    factory.draft(workload, instructions=f"Redact keys such as {LOOKS_LIKE_ONE}.")
    return workload, findings(factory.content(instructions=LOOKS_LIKE_ONE))[0].digest


def test_with_a_reason_the_version_can_be_made_and_keeps_it_in_sight() -> None:
    workload, finding = scene()
    with pytest.raises(Invalid):
        services.commit_version(actor=workload.owner, workload=workload)

    services.clear_false_alarm(
        actor=workload.owner, workload=workload, finding=finding, reason=REASON
    )
    version = services.commit_version(actor=workload.owner, workload=workload)

    alarm = false_alarms_in(version.prompt, version.content)[0]
    assert (alarm.reason, alarm.by) == (REASON, workload.owner)
    assert LOOKS_LIKE_ONE not in alarm.shown
    states = {one.code: one.state for one in Prompting().checks(current_cycle(workload))}
    assert states["no_secret"] == "pass"
    event = AuditEvent.objects.get(action="prompt.false_alarm")
    assert LOOKS_LIKE_ONE not in str(event.detail)


def test_another_key_is_still_a_finding() -> None:
    workload, finding = scene()
    services.clear_false_alarm(
        actor=workload.owner, workload=workload, finding=finding, reason=REASON
    )
    factory.draft(workload, instructions=f"{LOOKS_LIKE_ONE} and sk-{'another1' * 3}")

    with pytest.raises(Invalid) as refused:
        services.commit_version(actor=workload.owner, workload=workload)

    assert [error.code for error in refused.value.errors] == ["secret_detected"]


@pytest.mark.parametrize("reason", ["", "too short", "x" * 281, "a\x00" + "b" * 20])
def test_without_a_reason_it_stays_a_finding(reason: str) -> None:
    workload, finding = scene()

    with pytest.raises(Invalid):
        services.clear_false_alarm(
            actor=workload.owner, workload=workload, finding=finding, reason=reason
        )

    assert not FalseAlarm.objects.exists()


def test_what_is_not_there_or_cleared_already_is_refused() -> None:
    workload, finding = scene()
    with pytest.raises(Invalid, match="no such text"):
        services.clear_false_alarm(
            actor=workload.owner, workload=workload, finding="sha256:0", reason=REASON
        )
    services.clear_false_alarm(
        actor=workload.owner, workload=workload, finding=finding, reason=REASON
    )
    with pytest.raises(Conflict):
        services.clear_false_alarm(
            actor=workload.owner, workload=workload, finding=finding, reason=REASON
        )


def test_a_reader_cannot_say_so_and_nobody_takes_it_back() -> None:
    workload, finding = scene()
    with pytest.raises(Forbidden):
        services.clear_false_alarm(
            actor=people.auditor(), workload=workload, finding=finding, reason=REASON
        )
    services.clear_false_alarm(
        actor=workload.owner, workload=workload, finding=finding, reason=REASON
    )
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM workloads_prompts_falsealarm")
