"""The demo's judge: answers to the handbook questions, right and wrong, labelled by two people."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from catalog.models import CatalogEntry
from evaluations.datasets import services as datasets
from evaluations.datasets.enums import ImportMode, Purpose
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.versioned import views_of
from evaluations.judges import services as judges
from evaluations.judges.enums import Given
from evaluations.judges.models import JudgeVersion
from evaluations.runs import services as runs
from evaluations.runs.models import Run
from evaluations.scorecards import services as scorecards
from portal.accounts.models import User
from portal.demo import content
from workloads.lifecycle.models import Workload

MODEL = "hazel-judge"
NAME = "holds-the-fact"
CRITERION = "The answer states the fact of the reference, for the question that was asked."
RUBRIC = """Pass: the fact of the reference is in the answer, in these or other words.
Fail: the fact is missing, another figure stands in its place, or the answer denies it.
More than the fact is fine as long as nothing contradicts it."""
# Every so many answers one that words alone cannot judge: denied, or in other words.
DENIED, REWORDED = 9, 7
# How many answers the second person labels, and on which of them the two differ.
SECOND, DIFFER = 40, (11, 26)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_IN_WORDS = {
    "two": "a couple of", "three": "3", "four": "4", "five": "5", "six": "half a dozen",
    "eight": "8", "ten": "10", "twelve": "a dozen", "weeks": "times seven days", "day": "date",
}  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Return the answers to be labelled: what a model might take from the documents of a question,
    the right sentence and a wrong one, and now and then a refusal. ``expected`` is what is true."""
    found = []
    lines = (content.DATA / "handbook_questions.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(filter(None, lines)):
        given = json.loads(line)
        for kind, answer, label in _answers(number, given):
            found.append(
                {
                    "key": f"{given['key']}-{kind}",
                    "kind": "typical",
                    "input": {
                        "question": given["input"]["question"],
                        "answer": answer,
                        "reference": given["expected"]["answer"][0],
                    },
                    "expected": label,
                }
            )
    return found


def sentences_of(given: dict[str, Any], accepted: list[str]) -> list[tuple[str, bool]]:
    """Return the sentences of a question's documents, cited, and whether each holds the fact."""
    return [
        (f"{text} [{document['id']}]", any(one in text.lower() for one in accepted))
        for document in given["context"]
        for text in _SENTENCE.split(document["text"])
    ]


def _answers(number: int, given: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    accepted = [one.lower() for one in given["expected"]["answer"] or []]
    if not accepted:
        return
    sentences = sentences_of(given, accepted)
    right = next((text for text, holds in sentences if holds), "")
    wrong = [text for text, holds in sentences if not holds]
    if right and number % DENIED == 0:
        yield "denied", denied(right), "fail"
    elif right and number % REWORDED == 0:
        yield "reworded", reworded(accepted[0]), "pass"
    elif right:
        yield "right", right, "pass"
    yield "wrong", wrong[number % len(wrong)], "fail"
    if number % 3 == 0:
        yield "refusal", "I am sorry, the documents do not say anything about this.", "fail"
    if right and number % 2:
        yield "short", f"{given['expected']['answer'][0][0].upper()}{accepted[0][1:]}.", "pass"


def denied(right: str) -> str:
    """Return an answer that holds the words of a fact and says that it is none."""
    return f"It is a mistake to think so: {right} This was never the case."


def reworded(fact: str) -> str:
    """Return a fact in other words, which words alone cannot judge."""
    return f"That would be {' '.join(_IN_WORDS.get(word, word) for word in fact.split())}."


def labelling_set(
    maker: User,
    workload: Workload,
    name: str,
    description: str,
    examples: Sequence[Mapping[str, Any]],
) -> DatasetVersion:
    """Make a calibration set of the demo and commit its first version."""
    dataset = datasets.create_dataset(
        actor=maker,
        workload=workload,
        name=name,
        purpose=Purpose.CALIBRATION,
        description=description,
        sources=[
            {
                "type": "written",
                "ref": "Made from the demo's handbook by rules",
                "licence": "As Assay's",
            }
        ],
    )
    data = "".join(json.dumps(row) + "\n" for row in examples).encode()
    datasets.import_examples(
        actor=maker, dataset=dataset, filename="labels.jsonl", data=data, mode=ImportMode.REPLACE
    )
    return datasets.commit_version(actor=maker, dataset=dataset)


def calibrated_judge(
    first: User, second: User, workload: Workload, finish: Callable[[Run], Run]
) -> JudgeVersion:
    """Make the judge of the handbook answers, let two people label, and calibrate it.

    ``finish`` drives a run until it is over.
    """
    dataset = labelling_set(
        first,
        workload,
        "Labelled handbook answers",
        "Answers as a model might give them, right and wrong, for people to label.",
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
            max_tokens=300,
        ),
    )
    _label(version, first, second)
    run = finish(runs.start_calibration(actor=first, version=version))
    scorecards.publish(run_id=run.pk)
    return version


def _label(version: JudgeVersion, first: User, second: User) -> None:
    for place, example in enumerate(views_of(version.calibration_set)):
        truth = example.view.expected
        other = "fail" if truth == "pass" else "pass"
        judges.label_example(
            actor=first, version=version, revision_id=example.revision_id, label=truth
        )
        if place >= SECOND:
            continue
        judges.label_example(
            actor=second,
            version=version,
            revision_id=example.revision_id,
            label=other if place in DIFFER else truth,
        )
        if place in DIFFER:
            judges.settle_example(
                actor=first, version=version, revision_id=example.revision_id, label=truth
            )


def finish_judging(run: Run, finish: Callable[[Run], Run]) -> None:
    """Drive the judging of a complete run until its scorecard can be published."""
    runs.judging_settled(run=run)
    for one in runs.judging_of(run):
        finish(one)
