"""A database that has no connection left: pages say try again, runs wait and go on."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from evaluations.runs.models import Result
from tests.factories import runs
from tests.faults.conftest import OPTIONS, Workers, each_seed, ended, wait_for, whole
from tests.faults.test_web_faults import ask, free_port
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

LIMIT = 8


@dataclass
class NarrowDoor:
    """A role that may connect so many times and no more; it owns what the tests own."""

    role: str
    host: str
    held: list[psycopg.Connection[Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        name = connection.settings_dict["NAME"]
        return f"postgresql://{self.role}@/{name}?host={self.host}&options={quote(OPTIONS)}"

    def take_all(self) -> None:
        """Take every connection that the role may have, also from those who have one."""

        def full() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = %s AND pid <> ALL(%s)",
                    [self.role, [one.info.backend_pid for one in self.held]],
                )
            while True:
                try:
                    self.held.append(psycopg.connect(self.url))
                except psycopg.OperationalError:
                    return len(self.held) >= LIMIT

        wait_for(full, every=0.01)

    def give_back(self) -> None:
        """End what was taken."""
        while self.held:
            self.held.pop().close()


@pytest.fixture
def door(workers: Workers) -> Iterator[NarrowDoor]:
    """The workers and the web server of this test may have eight connections."""
    settings = connection.settings_dict
    made = NarrowDoor(
        f"narrow_{settings['NAME']}", settings["HOST"] or settings["OPTIONS"].get("host", "")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {made.role} LOGIN CONNECTION LIMIT {LIMIT}")
        cursor.execute(f"GRANT {settings['USER']} TO {made.role}")
    workers.environment["DATABASE_URL"] = made.url
    try:
        yield made
    finally:
        workers.stop()
        made.give_back()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {made.role}; DROP ROLE {made.role}")


def test_pages_say_try_again_and_do_not_hang(workers: Workers, door: NarrowDoor) -> None:
    # given a web server that has answered
    port = free_port()
    workers.web(port)
    wait_for(lambda: ask(port, "/readyz")[0] == 200, seconds=90, every=0.2)
    # when the database has no connection left
    door.take_all()
    # then pages and programs are told to come back, long before anybody gives up
    began = time.monotonic()
    for path in ("/accounts/login/", "/api/v1/catalog"):
        status, headers, body = ask(port, path)
        assert (status, path) == (503, path)
        assert headers is not None
        assert int(headers["Retry-After"]) > 0
        assert "Traceback" not in body
    assert ask(port, "/readyz")[0] == 503
    assert time.monotonic() - began < 15
    # and once there are some again, pages are pages, without a restart
    door.give_back()
    wait_for(lambda: ask(port, "/accounts/login/")[0] == 200, seconds=10)


@each_seed
def test_a_run_waits_for_a_connection_and_loses_nothing(
    workers: Workers, gateway: StubGateway, door: NarrowDoor, seed: int
) -> None:
    # given a run under way
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=60")
    workers.sweeper()
    workers.worker(children=1)
    run = runs.scene(100, ("alpha",)).start(concurrency=8)
    moment = moments.randint(5, 70)
    wait_for(lambda: Result.objects.filter(run=run).count() >= moment)
    # when its driver loses its connection and there is no other, for less or more than a lease
    door.take_all()
    kept = set(Result.objects.filter(run=run).values_list("pk", flat=True))
    time.sleep(moments.uniform(0.5, 4.0))
    door.give_back()
    # then nothing that was there is lost, and the run completes
    wait_for(lambda: ended(run), seconds=120)
    whole(run, 100)
    assert kept <= set(Result.objects.filter(run=run).values_list("pk", flat=True))
    assert gateway.count() <= 100 + 4 * 8
