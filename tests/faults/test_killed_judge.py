"""kill -9 of a worker while a judge is asked: every answer is judged once."""

import pytest

from evaluations.runs import services
from evaluations.runs.checking import violations
from evaluations.runs.models import Result
from tests.factories import judges, runs
from tests.faults.conftest import Workers, kill, state_of, wait_for
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_a_calibration_survives_the_death_of_its_workers(
    workers: Workers, gateway: StubGateway
) -> None:
    # given a judge that is asked about 120 answers
    scene = runs.scene(3, ("alpha",))
    made = judges.version(scene.owner, scene.workload, n=120, entry=runs.entry("judge-model"))
    judges.label_all(made, scene.owner)
    gateway.behave("judge-model", "latency=80", answer=lambda body: judges.output("fail", ""))
    workers.beat()
    worker = workers.worker()
    run = services.start_calibration(actor=scene.owner, version=made)
    wait_for(lambda: gateway.count() >= 40)

    # when its children are killed
    for child in workers.children(worker):
        kill(child)

    # then it completes with one result for each item, and the judge is compared with people
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    run.refresh_from_db()
    assert (run.state, run.done_count, run.error_count) == ("complete", 360, 0)
    assert Result.objects.filter(run=run).count() == 360
    assert violations(run) == []
    wait_for(lambda: made.calibrations.exclude(finished_at=None).exists())
    document = made.calibrations.get().document
    assert document is not None
    assert (document["judged"], document["noise"]["examples"]) == (120, 20)
