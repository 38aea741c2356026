"""A queue that dies and comes back empty, and one that takes everything and says nothing."""

import os
import random
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from evaluations.runs import services
from evaluations.runs.models import Run
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, ended, state_of, wait_for, whole
from tests.faults.cutter import Cutter, Server
from tests.faults.valkeys import PrivateValkey
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PLANNED = 80


def page(run: Run, rest: str = "") -> str:
    return f"/workloads/{run.workload.ref}/runs/{run.pk}/{rest}"


def valkey_server() -> tuple[Server, str]:
    """Return where the queue of these tests listens, and the number of its database."""
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme == "unix":
        return parts.path, parse_qs(parts.query).get("db", ["0"])[0]
    return (parts.hostname or "127.0.0.1", parts.port or 6379), parts.path.strip("/") or "0"


@each_seed
def test_a_queue_that_dies_and_comes_back_empty_costs_only_time(
    workers: Workers, gateway: StubGateway, send_to: Callable[[str], None], seed: int
) -> None:
    # given a run under way, by a queue of its own
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=40")
    with PrivateValkey(dict(os.environ)) as queue:
        send_to(queue.celery_url)
        workers.environment["REDIS_URL"] = queue.url
        workers.worker(children=1)
        scene = runs.scene(PLANNED, ("alpha",))
        client = Client()
        client.force_login(scene.owner)
        first = scene.start(concurrency=8)
        moment = moments.randint(5, 60)
        wait_for(lambda: gateway.count() >= moment)
        # when the queue is killed
        queue.kill()
        # then pages answer, another run can be started, and the first one goes on to its end
        assert client.get(page(first)).status_code == 200
        second = scene.start(concurrency=8)
        wait_for(lambda: ended(first))
        whole(first, PLANNED)
        assert state_of(second) == "queued"
        assert client.get(page(second)).status_code == 200
        time.sleep(moments.uniform(0.0, 2.0))
        # and once it is there again, empty, the same worker takes up the second one
        queue.start()
        workers.sweeper()
        wait_for(lambda: ended(second))
        whole(second, PLANNED)
        assert gateway.count() == 2 * PLANNED
        workers.stop()


@each_seed
def test_a_queue_that_stands_still_holds_up_no_page_and_no_run(
    workers: Workers, gateway: StubGateway, send_to: Callable[[str], None], seed: int
) -> None:
    # given a run under way and one that is paused
    gateway.behave("alpha", "latency=40")
    server, number = valkey_server()
    with Cutter(server) as cutter:
        send_to(f"redis://127.0.0.1:{cutter.port}/{number}")
        workers.environment["REDIS_URL"] = f"redis://127.0.0.1:{cutter.port}/{number}"
        workers.worker(children=1)
        scene = runs.scene(PLANNED, ("alpha",))
        client = Client()
        client.force_login(scene.owner)
        paused = services.pause_run(actor=scene.owner, run=scene.start(concurrency=8))
        first = scene.start(concurrency=8)
        moment = random.Random(seed).randint(5, 60)
        wait_for(lambda: gateway.count() >= moment)
        # when the queue takes what it is sent and never answers
        cutter.freeze(True)
        # then a page that sends something answers all the same, long before 30 s are over
        began = time.monotonic()
        assert client.post(page(paused, "resume/")).status_code == 302
        assert time.monotonic() - began < 10
        assert state_of(paused) == "running"
        # and the run under way ends without the queue
        wait_for(lambda: ended(first))
        whole(first, PLANNED)
        # and once it answers again, the other one is taken up
        cutter.freeze(False)
        workers.sweeper()
        wait_for(lambda: ended(paused))
        whole(paused, PLANNED)
        assert gateway.count() == 2 * PLANNED
        workers.stop()
