"""`manage.py evaluate`: the whole evaluation from the shell, over a real gateway on loopback."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evaluations.datasets.models import Dataset, DatasetVersion
from evaluations.datasets.versioned import views_of
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Result, Run
from evaluations.scorecards.models import Scorecard
from tests.factories import datasets, scorecards
from tests.factories.scorecards import Scene
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway(settings: Any) -> Iterator[StubGateway]:
    """A gateway on a loopback port, named by the settings."""
    with StubGateway() as stub:
        settings.GATEWAY_URL = stub.url
        settings.GATEWAY_API_KEY = "sk-test"
        settings.GATEWAY_ALLOW_LOOPBACK = True
        yield stub


def teach(gateway: StubGateway, scene: Scene, right: dict[str, int]) -> None:
    """Make each model answer rightly, except every so many tickets (0: always rightly)."""
    known = {
        str(one.given["subject"]): json.dumps(one.view.expected) for one in views_of(scene.version)
    }
    for entry in scene.entries:
        every = right[entry.gateway_alias]

        def answer(body: Any, every: int = every) -> str:
            subject = str(body["messages"][-1]["content"]).split("\n", 1)[0]
            number = int(subject.rsplit(" ", 1)[1])
            return '{"category": "?"}' if every and number % every == 0 else known[subject]

        gateway.behave(entry.gateway_alias, answer=answer)


def evaluate(*arguments: str) -> str:
    """Run the command; return what it printed."""
    out = io.StringIO()
    call_command("evaluate", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit status and the line on stderr."""
    with pytest.raises(CommandError) as problem:
        evaluate(*arguments)
    return problem.value.returncode, str(problem.value)


def test_the_main_job_ends_with_one_json_object(gateway: StubGateway) -> None:
    # given a workload whose first candidate is always right, and the second mostly
    scene = scorecards.scene(n=50, candidates=2)
    first, second = (one.gateway_alias for one in scene.entries)
    teach(gateway, scene, {first: 0, second: 5})
    # when
    printed = evaluate(scene.workload.ref, "--concurrency", "16", "--json")
    # then the last line is the result
    found = json.loads(printed.strip().splitlines()[-1])
    card = Scorecard.objects.get()
    assert (found["n"], found["errors"], found["missing"]) == (100, 0, 0)
    assert found["scorecard"] == f"{scene.workload.ref}/1"
    assert found["digest"] == card.digest
    assert found["wall_seconds"] > 0
    assert found["calls_per_second"] > 0
    # and what stands above it is for people
    assert "Field accuracy" in printed
    assert "Meets floors" in printed
    # and every example was asked once of each model
    assert gateway.count() == Result.objects.count() == 100
    # and it is the baseline of phase 4
    assert card.purpose == RunPurpose.BASELINE


def test_a_file_is_imported_once_by_its_content(gateway: StubGateway, tmp_path: Path) -> None:
    # given the golden tickets as a file, and another set
    scene = scorecards.scene(n=50, candidates=2)
    teach(gateway, scene, dict.fromkeys((e.gateway_alias for e in scene.entries), 0))
    same, other = tmp_path / "same.jsonl", tmp_path / "other.jsonl"
    same.write_bytes(datasets.jsonl(*(datasets.ticket(number) for number in range(50))))
    other.write_bytes(datasets.jsonl(*(datasets.ticket(number) for number in range(20))))
    # when the same content is given
    evaluate(scene.workload.ref, "--dataset", str(same))
    # then nothing is imported
    assert DatasetVersion.objects.count() == 1
    # when another file is given, twice
    alias = scene.entries[0].gateway_alias
    for _ in range(2):
        evaluate(scene.workload.ref, "--dataset", str(other), "--candidates", alias)
    # then it is a dataset of its own, imported once, and its runs are trials
    assert Dataset.objects.count() == 2
    assert DatasetVersion.objects.count() == 2
    assert [run.purpose for run in Run.objects.order_by("number")] == ["baseline", "trial", "trial"]


def test_exit_1_when_no_candidate_meets_the_floors(gateway: StubGateway) -> None:
    # given models that are wrong every second time, with a floor of 80 %
    scene = scorecards.scene(n=50, candidates=2)
    teach(gateway, scene, dict.fromkeys((e.gateway_alias for e in scene.entries), 2))
    # when
    status, line = refused(scene.workload.ref)
    # then
    assert status == 1
    assert "Routed to the right queue" in line
    # and the scorecard is published all the same
    assert Scorecard.objects.count() == 1


def test_exit_1_when_calls_fail(gateway: StubGateway) -> None:
    scene = scorecards.scene(n=50, candidates=2)
    teach(gateway, scene, dict.fromkeys((e.gateway_alias for e in scene.entries), 0))
    for entry in scene.entries:
        gateway.behave(entry.gateway_alias, "status=400")
    status, _ = refused(scene.workload.ref, "--json")
    assert status == 1
    assert all(
        one["verdict"]["state"] == "cannot_tell"
        for card in Scorecard.objects.all()
        for one in card.document["candidates"]
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--candidates", "nobody"), "the catalog has no nobody"),
        (("--candidates", ","), "name each model once"),
        (("--metrics", "sparkle"), "sparkle cannot score this dataset"),
        (("--metrics", "json_valid"), "at least 3 metrics"),
        (("--cap", "much"), "write an amount"),
        (("--cap", "0"), "at least 0.000001"),
        (("--concurrency", "1000"), "Between 1 and 256"),
        (("--repeats", "0"), "Between 1 and 10"),
        (("--dataset", "/no/such/file.jsonl"), "No such file"),
        (("--actor", "nobody@example.com"), "no active account"),
    ],
)
def test_exit_2_on_bad_input_with_one_line(arguments: tuple[str, ...], words: str) -> None:
    scene = scorecards.scene(n=10, candidates=2, floor=None)
    status, line = refused(scene.workload.ref, *arguments)
    assert status == 2
    assert words in line
    assert "\n" not in line
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no examples"),
        (b"not json\n", "line 1"),
        (b'{"input": "a", "expected": NaN}\n', "line 1"),
        (b"\xff\xfe{\x00", "file.jsonl"),
        (b'{"input": "a\\u0000"}\n', "line 1"),
    ],
)
def test_exit_2_on_a_file_that_cannot_be_read(tmp_path: Path, content: bytes, words: str) -> None:
    # given
    scene = scorecards.scene(n=10, candidates=2)
    file = tmp_path / "file.jsonl"
    file.write_bytes(content)
    # when
    status, line = refused(scene.workload.ref, "--dataset", str(file))
    # then nothing was kept
    assert status == 2
    assert words in line
    assert Dataset.objects.count() == 1


def test_exit_2_for_a_workload_that_does_not_exist() -> None:
    status, line = refused("WL-9999")
    assert (status, line) == (2, "There is no workload WL-9999.")
