"""The stub gateway that runs of these tests call, and a driver in this process."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evaluations.runs.driver import Drive, Driver, Timing
from evaluations.runs.models import Run, RunCandidate
from evaluations.runs.plan import RunPlan
from evaluations.runs.runtime import workbench
from evaluations.runs.services import begin_run, close_run
from portal.gateway.connection import connect
from tests.stubs.gateway import StubGateway


@pytest.fixture
def gateway(settings: Any) -> Iterator[StubGateway]:
    """A gateway on a loopback port, named by the settings."""
    with StubGateway() as stub:
        settings.GATEWAY_URL = stub.url
        settings.GATEWAY_API_KEY = "sk-test"
        settings.GATEWAY_ALLOW_LOOPBACK = True
        yield stub


@pytest.fixture
def drive() -> Callable[..., Drive]:
    """Drive a run here and now, as the task does."""

    def work(run: Run, *, lease: float = 30.0, seconds: float = 60.0, **more: Any) -> Drive:
        begun = begin_run(run_id=run.pk)
        assert begun is not None
        driver = Driver(
            begun,
            workbench(RunPlan.from_json(begun.plan)),
            list(
                RunCandidate.objects.filter(run=run)
                .order_by("position")
                .values_list("pk", flat=True)
            ),
            connect=lambda: connect(max_connections=begun.concurrency),
            timing=Timing(lease, seconds),
            handed_over=lambda: None,
            **more,
        )
        drove = asyncio.run(driver.drive())
        close_run(run_id=run.pk)
        run.refresh_from_db()
        return drove

    return work
