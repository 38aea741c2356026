"""A database that cannot take what is written: the run waits, loses nothing, and goes on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from evaluations.runs import services
from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Lease, Result, Run
from evaluations.runs.tasks import drive
from portal.audit.models import AuditEvent
from portal.common import storage
from portal.shell.models import Notification
from tests.factories import runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = 12


@pytest.fixture
def full_disk(settings: Any) -> Iterator[None]:
    """The table of results takes twelve rows, and then says what a full disk says."""
    settings.RUN_LEASE_SECONDS = 2.0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF (SELECT count(*) FROM evaluations_runs_result) >= {KEPT} THEN
                    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON evaluations_runs_result
            FOR EACH ROW EXECUTE FUNCTION no_room()"""
        )
    yield
    make_room()


def make_room() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS no_room() CASCADE")


def words(client: Client, run: Run, query: str = "", **more: Any) -> str:
    answer = client.get(f"/workloads/{run.workload.ref}/runs/{run.pk}/{query}", **more)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_run_waits_for_room_and_goes_on_by_itself(gateway: StubGateway, full_disk: None) -> None:
    # given a database whose disk is full after twelve results
    scene = runs.scene(40, ("alpha",))
    run = scene.start(concurrency=4)
    client = Client()
    client.force_login(scene.owner)
    # when the run is driven
    drive(str(run.pk))
    # then it is paused with its reason, no item is blamed, and no result is there by half
    run.refresh_from_db()
    assert (run.state, run.reason_code) == (RunState.PAUSED, "storage")
    kept = set(Result.objects.filter(run=run).values_list("pk", flat=True))
    assert len(kept) <= KEPT
    assert not Lease.objects.filter(run=run, deaths__gt=0).exists()
    assert violations(run) == []
    assert AuditEvent.objects.get(action="run.paused").detail["reason"] == "storage"
    asked = gateway.count()
    # and its page, its starter and its program are told
    page = words(client, run)
    assert "Paused: storage is full" in page
    assert "goes on by itself when there is room again" in page
    assert 'id="resume"' in page
    assert "?waited=yes" in page
    assert "disk is full" in Notification.objects.get(user=scene.owner).text
    told = client.get(f"/api/v1/workloads/{run.workload.ref}/runs/{run.pk}").json()
    assert told["state"] == "paused"
    assert "disk is full" in told["reason"]
    # when there is room again and the sweeper comes by
    make_room()
    services.sweep()
    # then the run goes on, what can be done with it is shown anew, and it completes
    went_on = words(client, run, "?waited=yes", headers={"HX-Request": "true"})
    assert 'id="pause"' in went_on
    drive(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done_count, run.reason) == (RunState.COMPLETE, 40, "")
    assert kept <= set(Result.objects.filter(run=run).values_list("pk", flat=True))
    assert gateway.count() <= asked + 40 - len(kept)
    assert AuditEvent.objects.get(action="run.resumed").actor_id is None
    assert violations(run) == []


def test_a_person_may_cancel_a_run_that_waits_for_room(
    gateway: StubGateway, full_disk: None
) -> None:
    scene = runs.scene(30, ("alpha",))
    run = scene.start(concurrency=4)
    drive(str(run.pk))
    services.cancel_run(actor=scene.owner, run=run)
    make_room()
    services.sweep()
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert violations(run) == []


def test_room_is_there_where_the_results_lie() -> None:
    assert storage.has_room(Result._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'room'")
        assert cursor.fetchone() == (0,)
