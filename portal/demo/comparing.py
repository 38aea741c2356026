"""The demo's judge of two answers: pairs of handbook answers, labelled by two people, and what it
prefers of two candidates."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catalog.models import CatalogEntry
from evaluations.datasets.versioned import views_of
from evaluations.judges import services as judges
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import JudgeVersion
from evaluations.runs import services as runs
from evaluations.runs.models import Run
from evaluations.scorecards import services as scorecards
from portal.accounts.models import User
from portal.demo import content
from portal.demo.judging import (
    DENIED,
    MODEL,
    REWORDED,
    denied,
    labelling_set,
    reworded,
    sentences_of,
)
from workloads.lifecycle.models import Workload

NAME = "states-it-better"
CRITERION = "The answer states the fact of the reference, for the question that was asked."
RUBRIC = """Prefer the answer that holds the fact of the reference, in these or other words.
A wrong figure in its place, or no answer to the question, loses against it.
No difference when both hold the fact, or neither does: length and manners say nothing."""
# How many pairs the second person labels, and on which of them the two differ.
SECOND, DIFFER = 40, (8, 31)
_TURNED = {"first": "second", "second": "first", "tie": "tie"}


def rows() -> list[dict[str, Any]]:
    """Return the pairs to be labelled: the fact against a sentence of the same documents that does
    not hold it, on either side, and now and then the fact twice."""
    found: list[dict[str, Any]] = []
    lines = (content.DATA / "handbook_questions.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(filter(None, lines)):
        given = json.loads(line)
        for kind, better, worse, label in _pairs(number, given):
            swapped = len(found) % 2 == 1
            found.append(
                {
                    "key": f"{given['key']}-{kind}",
                    "kind": "typical",
                    "input": {
                        "question": given["input"]["question"],
                        "first": worse if swapped else better,
                        "second": better if swapped else worse,
                        "reference": given["expected"]["answer"][0],
                    },
                    "expected": _TURNED[label] if swapped else label,
                }
            )
    return found


def _pairs(number: int, given: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    accepted = [one.lower() for one in given["expected"]["answer"] or []]
    if not accepted:
        return
    told = sentences_of(given, accepted)
    right = next((text for text, holds in told if holds), "")
    wrong = [text for text, holds in told if not holds]
    fact = given["expected"]["answer"][0]
    short = f"{fact[0].upper()}{fact[1:]}."
    if number % REWORDED == 0:
        short = reworded(accepted[0])
    if right and number % DENIED == 0:
        yield "denied", right, denied(right), "first"
    elif right:
        yield "fact", right, wrong[number % len(wrong)], "first"
    yield "short", short, wrong[(number + 1) % len(wrong)], "first"
    if right and number % 4 == 0:
        yield "both", right, short, "tie"


def compare(
    first: User,
    second: User,
    run: Run,
    names: Sequence[str],
    finish: Callable[[Run], Run],
) -> JudgeVersion:
    """Make and calibrate the judge, and let it compare two candidates of a complete run.

    ``finish`` drives a run until it is over.
    """
    version = _calibrated(first, second, run.workload, finish)
    places = [[one["name"] for one in run.plan["candidates"]].index(name) for name in names]
    runs.start_comparison(actor=first, run=run, version=version, first=places[0], second=places[1])
    for pairs, checks in runs.comparisons_of(run):
        for one in (pairs, checks):
            if one is not None:
                finish(one)
    return version


def _calibrated(
    first: User, second: User, workload: Workload, finish: Callable[[Run], Run]
) -> JudgeVersion:
    dataset = labelling_set(
        first,
        workload,
        "Labelled pairs of answers",
        "Two answers to one question, for people to say which is better.",
        rows(),
    )
    version = judges.make_judge(
        actor=first,
        workload=workload,
        name=NAME,
        draft=judges.JudgeDraft(
            criterion=CRITERION,
            rubric=RUBRIC,
            given=Given.REFERENCE,
            entry=CatalogEntry.objects.get(gateway_alias=MODEL),
            calibration_set=dataset,
            levels=Levels.PAIR,
            max_tokens=300,
        ),
    )
    for place, example in enumerate(views_of(version.calibration_set)):
        truth = str(example.view.expected)
        said = {first: truth}
        if place < SECOND:
            said[second] = "tie" if place in DIFFER and truth != "tie" else truth
        for rater, label in said.items():
            judges.label_example(
                actor=rater, version=version, revision_id=example.revision_id, label=label
            )
        if len(set(said.values())) > 1:
            judges.settle_example(
                actor=first, version=version, revision_id=example.revision_id, label=truth
            )
    asked = finish(runs.start_calibration(actor=first, version=version))
    scorecards.publish(run_id=asked.pk)
    return version
