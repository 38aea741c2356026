"""Two drivers of two runs on one limited model: the second begins where the first has got to."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.models import Run
from tests.factories import runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(act: Callable[[], object]) -> threading.Thread:
    def work() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("shared", [True, False], ids=["with valkey", "without valkey"])
def test_a_second_driver_does_not_run_into_the_limit_that_the_first_has_found(
    gateway: StubGateway, drive: Callable[..., Drive], settings: Any, tmp_path: Any, shared: bool
) -> None:
    if not shared:
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    # given a model that takes 40 calls in any second, and a run that has found that out
    gateway.behave("alpha", "window=40+retry-after=1")
    scene = runs.scene(120, ("alpha",))
    first, second = scene.start(concurrency=32), scene.start(concurrency=32)
    one = in_a_thread(lambda: drive(first))
    until = time.monotonic() + 20
    while gateway.count("alpha", status=429) == 0 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.6)
    # when another driver begins with the same model
    began = time.monotonic()
    two = in_a_thread(lambda: drive(second))
    for thread in (one, two):
        thread.join(60)
    # then both get all their answers, with Valkey or without it
    for run in (Run.objects.get(pk=first.pk), Run.objects.get(pk=second.pk)):
        assert (run.state, run.done_count) == ("complete", 120)
        assert violations(run) == []
    # and with it the second one does not begin with a flood
    mine = [c for c in gateway.calls if c.idempotency_key.startswith(str(second.pk))]
    flood = sum(1 for c in mine if c.at < min(m.at for m in mine) + 0.2)
    assert began
    assert (flood <= 16) is shared
