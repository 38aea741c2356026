"""The audit chain verifies, and every way of tampering with it is found."""

from pathlib import Path

import pytest
from django.db import Error, connection, transaction

from portal.audit import services
from portal.audit.models import AuditEvent, AuditHead
from tests.factories.racing import at_once

pytestmark = pytest.mark.django_db


def _events(count: int = 5) -> None:
    for number in range(count):
        services.record(actor=None, action="thing.done", kind="thing", ref=f"T-{number}")


def _past_the_triggers(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_an_untouched_chain_verifies() -> None:
    _events()

    assert services.verify() == (5, [])


def test_an_edited_event_is_found() -> None:
    _events()

    _past_the_triggers("UPDATE portal_audit_auditevent SET action = 'thing.undone' WHERE seq = 3")

    assert [fault.seq for fault in services.verify()[1]] == [3]


def test_a_removed_row_is_found() -> None:
    _events()

    _past_the_triggers("DELETE FROM portal_audit_auditevent WHERE seq = 3")

    assert "events 3 to 3 are gone" in [fault.problem for fault in services.verify()[1]]


def test_a_cut_tail_is_found_by_the_head() -> None:
    _events()

    _past_the_triggers("DELETE FROM portal_audit_auditevent WHERE seq > 3")

    assert any("tail was cut" in fault.problem for fault in services.verify()[1])


def test_a_cut_tail_with_a_rewritten_head_is_found_by_the_anchor(
    settings: object, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    _events()
    services.anchor()
    third = AuditEvent.objects.get(seq=3)

    _past_the_triggers("DELETE FROM portal_audit_auditevent WHERE seq > 3")
    AuditHead.objects.update(seq=3, hash=third.hash)

    assert services.verify() == (3, [])  # the chain alone cannot tell
    found = services.verify(services.read_anchors(services.anchor_file()))[1]
    assert [fault.seq for fault in found] == [5]


def test_a_chain_hashed_again_is_found_by_the_anchor(settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    _events()
    services.anchor()

    _past_the_triggers("DELETE FROM portal_audit_auditevent")
    AuditHead.objects.all().delete()
    _events()  # the same words, written later

    assert services.verify()[1] == []
    found = services.verify(services.read_anchors(services.anchor_file()))[1]
    assert any("written again" in fault.problem for fault in found)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE portal_audit_auditevent SET action = 'x'",
        "DELETE FROM portal_audit_auditevent",
        "TRUNCATE portal_audit_auditevent",
    ],
)
def test_the_database_refuses_to_change_or_remove_events(sql: str) -> None:
    _events(1)

    with (
        pytest.raises(Error, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert AuditEvent.objects.count() == 1


def test_an_event_is_gone_with_the_change_that_rolled_back() -> None:
    class Change(Exception):
        pass

    with pytest.raises(Change), transaction.atomic():
        _events(1)
        raise Change

    assert services.verify() == (0, [])


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_no_gap_and_no_fork() -> None:
    assert at_once([lambda: _events(25)] * 8) == []

    assert services.verify() == (200, [])
