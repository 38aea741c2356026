"""What judges said beside the answers that they judged: on the comparison and on each example."""

import html
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.datasets.models import VersionExample
from evaluations.runs import services as runs
from evaluations.scorecards import services
from portal.accounts.models import User
from tests.factories import catalog, datasets, judges, people
from tests.factories import scorecards as evaluations
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db
SIDES = "?side=1.0&side=1.1"
UNREADABLE, FAILS, MISQUOTED = 3, 4, 5


@pytest.fixture
def scene() -> evaluations.Scene:
    """A scorecard whose judge, which nobody calibrated, passes the first candidate more often."""
    made = evaluations.scene(n=8, candidates=2, floor=None)
    judge = judges.version(made.owner, made.workload, entry=catalog.entry(price=("1", "4")))
    run = evaluations.finish(judges.start(made, judge), evaluations.accurate(made.accuracies()))
    asked: Counter[int] = Counter()

    def says(alias: str, example: judges.VersionedExample) -> str:
        # Both candidates' answers to an example come one after the other.
        asked[example.position] += 1
        if example.position == UNREADABLE:
            return "It passes."
        if example.position == FAILS:
            return judges.output("fail", "")
        if example.position == MISQUOTED and asked[MISQUOTED] == 2:
            return judges.output("pass", "words that stand nowhere")
        return judges.output("pass", '"category"')

    judges.judge(run, says, judges.strict)
    return made


def read(scene: evaluations.Scene, rest: str, user: User | None = None) -> str:
    """Return what the owner, or ``user``, reads of a page below the comparison."""
    client = Client()
    client.force_login(user or scene.owner)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(f"/workloads/{scene.workload.ref}/compare/{rest}")
    assert answer.status_code == 200
    assert len(caught) <= 31
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def example(scene: evaluations.Scene, place: int, user: User | None = None) -> str:
    """Return the page of the example at ``place``."""
    line = VersionExample.objects.get(version=scene.version, position=place)
    return read(scene, f"{line.revision_id}/{SIDES}", user)


def test_an_example_shows_verdict_quote_reason_and_version(scene: evaluations.Scene) -> None:
    passed = example(scene, 1)
    assert "What judges say" in passed
    assert "judge-one, version 1" in passed
    assert judges.CRITERION in passed
    assert '"category" By the reference.' in passed
    assert "is shown and decides nothing. Scorecard 1: Advisory: Nobody has compared" in passed
    client = Client()
    client.force_login(scene.owner)
    line = VersionExample.objects.get(version=scene.version, position=1)
    page = client.get(f"/workloads/{scene.workload.ref}/compare/{line.revision_id}/{SIDES}")
    regions = re.findall(r'role="region" aria-label="([^"]*)"', page.content.decode())
    assert "Words that judge-one, version 1, copied from answer 2" in regions
    assert len(regions) == len(set(regions)), "two regions of one name"
    failed = example(scene, FAILS)
    assert "Fail By the reference." in failed
    unreadable = example(scene, UNREADABLE)
    assert "Could not be read the output is not JSON; it counts as no pass." in unreadable
    misquoted = example(scene, MISQUOTED)
    assert "the evidence is not in the answer or the documents" in misquoted
    assert "words that stand nowhere" not in misquoted

    # and where the example is held out, whoever writes prompts sees no verdict, and whoever writes
    # none sees it without the words of the answer before they ask
    datasets.services.change_examples(
        actor=scene.owner, dataset=scene.version.dataset, keys=["t-0000"], act="hold_out"
    )
    assert "What judges say" not in example(scene, 1)
    reader = people.person("Reader")
    add_member(actor=scene.owner, workload=scene.workload, user=reader, role="observer")
    hidden = example(scene, 1, reader)
    assert "What judges say" in hidden
    assert "By the reference." not in hidden
    assert '"category"' not in hidden


def test_a_judge_is_a_measure_of_the_comparison(scene: evaluations.Scene) -> None:
    page = read(scene, f"{SIDES}&metric=judge:judge-one")
    assert "Judge: judge-one" in page
    assert "B against A: −" in page
    assert "decides nothing Scorecard 1: Advisory" in page
    # a verdict that cannot be used is no value, and the answer that passed is better
    worse = read(scene, f"{SIDES}&metric=judge:judge-one&show=regressions")
    assert "1 example " in worse
    client = Client()
    client.force_login(scene.owner)
    address = f"/api/v1/workloads/{scene.workload.ref}/comparison{SIDES}&metric=judge:judge-one"
    body = client.get(address).json()
    assert body["advisory"][0].startswith("Scorecard 1: Advisory")
    values = [one["sides"][0]["value"] for one in body["results"]]
    assert values.count(1.0) == 6
    # and a metric is not touched by the judge beside it
    plain = read(scene, f"{SIDES}&metric=field_accuracy")
    assert "decides nothing" not in plain


def test_what_was_not_judged_says_why(scene: evaluations.Scene) -> None:
    # given a second scorecard without the judge, and a third whose judging was called off
    plain = evaluations.finish(scene.start(), evaluations.accurate(scene.accuracies()))
    services.publish(run_id=plain.pk)
    judge = judges.JudgeVersion.objects.get()
    run = scene.start(
        baseline=judges.Baseline(
            metrics=evaluations.METRICS, judges=[judge], judging_cap=Decimal(5)
        ),
        reason="To see what a judging looks like that was cancelled.",
    )
    evaluations.finish(run, evaluations.accurate(scene.accuracies()))
    services.publish(run_id=run.pk)
    for one in runs.judging_of(run):
        runs.cancel_run(actor=scene.owner, run=one)
        services.publish(run_id=one.pk)

    # when an example of all three is opened
    line = VersionExample.objects.get(version=scene.version, position=1)
    page = read(scene, f"{line.revision_id}/?side=1.0&side=2.0&side=3.0")

    # then each side says what there is
    assert "was not asked in this run" in page
    assert "judging ended before it came to this answer" in page
    assert "Scorecard 3: Judging is incomplete" in page
