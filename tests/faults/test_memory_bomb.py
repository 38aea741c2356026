"""A metric of somebody else's that asks for all the memory there is."""

import os
import resource
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import psutil
import pytest

from evaluations.metrics import plugs, registry
from evaluations.runs.models import Lease, Result, Score
from evaluations.runs.planning import metric_pin
from tests.factories import runs
from tests.faults.conftest import Workers, ended, wait_for, whole
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

MEGABYTES = 600
CODE = """
from evaluations.metrics.types import Metric, Scale, binary, no_arguments


def unfolds(example, answer, arguments):
    if "bomb" in answer.text:
        len("a" * 2**30)
    return binary(True)


METRIC = Metric(
    name="acme_unfolds", version=1, label="Unfolds", definition="The answer can be unfolded.",
    source="style guide", unit="share", scale=Scale.BINARY, direction="up",
    arguments=no_arguments(), compute=unfolds,
)
"""


@pytest.fixture
def plugged(workers: Workers, tmp_path: Path) -> Iterator[None]:
    """A package with that metric, in the workers and here."""
    folder = tmp_path / "packages"
    info = folder / "acme_unfolds-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "acme_unfolds.py").write_text(CODE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-unfolds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[assay.metrics]\nunfolds = acme_unfolds:METRIC\n")
    workers.environment["PYTHONPATH"] += os.pathsep + str(folder)
    workers.environment["WORKER_MEMORY_MB"] = str(MEGABYTES)
    before = plugs.loaded()
    sys.path.append(str(folder))
    (found,) = distributions(path=[str(folder)])
    plugs.load(found.entry_points)
    yield
    sys.path.remove(str(folder))
    sys.modules.pop("acme_unfolds", None)
    registry._metrics.pop("acme_unfolds", None)
    plugs._loaded[:] = before


def test_a_memory_bomb_is_an_error_of_its_example_and_the_rest_finishes(
    workers: Workers, gateway: StubGateway, plugged: None
) -> None:
    # given three answers that a metric unfolds to a gigabyte, in workers that may take 600 MB
    def answer(body: dict[str, object]) -> str:
        words = str(body["messages"]).replace("\\n", "\n")
        bombs = any(f"Ticket {n}\n" in words for n in (3, 11, 19))
        return "a bomb" if bombs else "an answer"

    gateway.behave("alpha", answer=answer)
    workers.sweeper()
    worker = workers.worker(children=1)
    scene = runs.scene(30, ("alpha",))
    run = scene.start(concurrency=4, metrics=[*runs.metrics(), metric_pin("acme_unfolds")])
    wait_for(lambda: gateway.count() > 0)
    (child,) = workers.children(worker)
    # when they are scored
    wait_for(lambda: ended(run))
    # then those three scores are errors, every other is there, and the worker is still the same
    whole(run, 30)
    place = len(runs.metrics())
    scores = Score.objects.filter(result__run=run, place=place)
    assert scores.filter(outcome="scored").count() == 27
    failed = scores.filter(outcome="error")
    assert {one.result.revision.key for one in failed} == {"t-0003", "t-0011", "t-0019"}
    assert all("MemoryError" in one.detail for one in failed)
    assert not Lease.objects.filter(run=run, deaths__gt=0).exists()
    assert Result.objects.filter(run=run).exclude(error_class="").count() == 0
    assert workers.children(worker) == [child]
    limit, _ = psutil.Process(child).rlimit(resource.RLIMIT_DATA)
    assert limit == MEGABYTES * 2**20
