"""A disk that fills up in mid-run: the results lie in a tablespace on a small file system."""

import os
import random
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from evaluations.runs.models import Lease, Result
from portal.audit.models import AuditEvent
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, ended, state_of, wait_for, whole
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

TABLES = ("evaluations_runs_result", "evaluations_runs_score")
PLANNED = 100


@dataclass(frozen=True)
class Disk:
    """A file system of 40 MB, and the file that takes what is left of it."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave nothing."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (2**20, 2**12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def make_room(self) -> None:
        """Give it back."""
        self._filler.unlink()


@pytest.fixture
def disk(transactional_db: None) -> Iterator[Disk]:
    """The tables of results lie on a disk of their own. Skips, and says why, where none is made."""
    if os.geteuid() != 0:
        pytest.skip("B-10: only root can mount a small file system")
    settings = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = Path(cursor.fetchone()[0])
    if not data.exists():
        pytest.skip("B-10: the database server is not on this machine")
    with tempfile.TemporaryDirectory(prefix="assay-disk-", dir="/tmp") as mount:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=40m,mode=755", "tmpfs", mount],
            capture_output=True,
            text=True,
        )
        if mounted.returncode:
            pytest.skip(f"B-10: no file system can be mounted here: {mounted.stderr.strip()}")
        try:
            yield from _tables_on(Path(mount), data, f"small_{settings['NAME']}")
        finally:
            subprocess.run(["umount", "--lazy", mount], check=True)


def _tables_on(mount: Path, data: Path, name: str) -> Iterator[Disk]:
    owner = data.stat()
    place = mount / "tables"
    place.mkdir(mode=0o700)
    os.chown(place, owner.st_uid, owner.st_gid)
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")
        except DatabaseError as problem:
            pytest.skip(f"B-10: the database server does not see this file system: {problem}")
        try:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} SET TABLESPACE {name}")
            yield Disk(mount)
        finally:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            cursor.execute(f"DROP TABLESPACE {name}")


@each_seed
def test_a_full_disk_pauses_a_run_which_goes_on_when_there_is_room(
    disk: Disk, workers: Workers, gateway: StubGateway, seed: int
) -> None:
    # given a run under way whose answers take some room
    noise = secrets.token_hex(4_000)
    gateway.behave("alpha", f"latency=60+text={noise}")
    workers.sweeper()
    workers.worker(children=1)
    scene = runs.scene(PLANNED, ("alpha",))
    run = scene.start(concurrency=8)
    moment = random.Random(seed).randint(5, 60)
    wait_for(lambda: Result.objects.filter(run=run).count() >= moment)
    # when the disk fills up
    disk.fill()
    # then the run is paused and says why, nothing is there by half, and no call is made any more
    wait_for(lambda: state_of(run) == "paused")
    run.refresh_from_db()
    assert run.reason_code == "storage"
    kept = set(Result.objects.filter(run=run).values_list("pk", flat=True))
    assert moment <= len(kept) < PLANNED
    assert not Lease.objects.filter(run=run, deaths__gt=0).exists()
    assert AuditEvent.objects.get(action="run.paused").detail["reason"] == "storage"
    client = Client()
    client.force_login(scene.owner)
    page = client.get(f"/workloads/{run.workload.ref}/runs/{run.pk}/").content.decode()
    assert "Paused: storage is full" in page
    asked = gateway.count()
    # and while the sweeper, which comes by each half second, finds no room, it stays so
    events = AuditEvent.objects.count()
    time.sleep(2)
    assert state_of(run) == "paused"
    assert (gateway.count(), AuditEvent.objects.count()) == (asked, events)
    # when there is room again, it goes on by itself
    disk.make_room()
    wait_for(lambda: ended(run))
    whole(run, PLANNED)
    assert kept <= set(Result.objects.filter(run=run).values_list("pk", flat=True))
    # What drivers have in hand while they still hope for room: some times their slots, and a lease.
    assert gateway.count() <= PLANNED + 10 * 8
    assert AuditEvent.objects.get(action="run.resumed").actor_id is None
