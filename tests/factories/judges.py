"""Judges as tests need them: a calibration set, labels by people, verdicts that are known."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from catalog.models import CatalogEntry
from evaluations.datasets import services as datasets
from evaluations.datasets.enums import Purpose
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges import services
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.services import JudgeDraft
from evaluations.runs import services as runs
from evaluations.runs.models import Run
from evaluations.scorecards import services as scorecards
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.models import User
from tests.factories import catalog
from tests.factories import datasets as rows
from tests.factories import scorecards as evaluations
from workloads.lifecycle.models import Workload

CRITERION = "The answer names the category of the reference."
RUBRIC = "Pass when category and urgency are those of the reference. Anything else is a fail."
JUDGE = "judge-one"

# What a judge says of an example: pass, fail, cannot_tell, or the text of an output.
Says = Callable[[VersionedExample], str]


def calibration_set(owner: User, workload: Workload, n: int = 12) -> DatasetVersion:
    """Return a committed set of answers: every third one is wrong."""
    made = datasets.create_dataset(
        actor=owner, workload=workload, name="Labelled answers", purpose=Purpose.CALIBRATION
    )
    rows.fill(owner, made, *(line(number) for number in range(n)))
    return datasets.commit_version(actor=owner, dataset=made)


def line(number: int) -> dict[str, Any]:
    """Return one answer to be labelled."""
    reference = f"The fee of tariff {number} is {number + 10} euros."
    answer = reference if is_right(number) else f"The fee of tariff {number} is {number + 500}."
    question = f"What is the fee of tariff {number}?"
    return {
        "key": f"a-{number:04d}",
        "kind": "typical",
        "input": {"question": question, "answer": answer, "reference": reference},
        "context": [{"id": "fees", "text": reference}],
        "expected": "pass" if is_right(number) else "fail",
    }


def is_right(number: int) -> bool:
    """Whether the answer of `line` is right."""
    return number % 3 != 0


def truth(example: VersionedExample) -> str:
    """Return what people say of an example of `calibration_set`."""
    return "pass" if is_right(int(example.view.key.split("-")[1])) else "fail"


def draft(chosen: DatasetVersion, entry: CatalogEntry | None = None, **changes: Any) -> JudgeDraft:
    """Return a draft that can be made a version."""
    given: dict[str, Any] = {
        "criterion": CRITERION,
        "rubric": RUBRIC,
        "given": Given.REFERENCE,
        "entry": entry or catalog.entry(price=("1", "4")),
        "calibration_set": chosen,
        "levels": Levels.TWO,
        **changes,
    }
    return JudgeDraft(**given)


def version(owner: User, workload: Workload, n: int = 12, **changes: Any) -> JudgeVersion:
    """Return the first version of a judge with a calibration set of ``n`` answers."""
    chosen = calibration_set(owner, workload, n)
    return services.make_judge(
        actor=owner, workload=workload, name=JUDGE, draft=draft(chosen, **changes)
    )


def label_all(made: JudgeVersion, *raters: User, says: Says = truth) -> None:
    """Let each rater label every example of the calibration set."""
    for rater in raters:
        for one in views_of(made.calibration_set):
            services.label_example(
                actor=rater, version=made, revision_id=one.revision_id, label=says(one)
            )


def calibrated(
    made: JudgeVersion, owner: User, *raters: User, says: Says | None = None
) -> Calibration:
    """Return a finished calibration without any run: the judge says what ``says`` says."""
    label_all(made, *raters)
    opened = services.open_calibration(actor=owner, version=made)
    verdicts = {
        str(one.revision_id): [(says or truth)(one)] for one in views_of(made.calibration_set)
    }
    return services.finish_calibration(calibration_id=opened.pk, verdicts=verdicts)


def output(verdict: str, evidence: str) -> str:
    """Return a well-formed output of a judge."""
    return json.dumps({"evidence": evidence, "reason": "By the reference.", "verdict": verdict})


def answers(says: Says) -> Callable[[str, VersionedExample], str]:
    """Return what the judge outputs in `evaluations.finish`, its evidence copied from the answer.

    Where ``says`` gives anything but a verdict, that is its output.
    """

    def answer(alias: str, example: VersionedExample) -> str:
        said = says(example)
        if said not in ("pass", "fail", "cannot_tell"):
            return said
        given = example.given
        text = given.get("answer", "") if isinstance(given, dict) else ""
        return output(said, text[:20] if said == "pass" else "")

    return answer


def strict(example: VersionedExample) -> str:
    """Say what is true of a check: no canary passes, an anchor is what people said."""
    return str(example.view.expected)


def start(scene: evaluations.Scene, *versions: JudgeVersion, cap: str = "5", **more: Any) -> Run:
    """Start a baseline with judges."""
    return scene.start(
        baseline=Baseline(
            metrics=evaluations.METRICS, judges=versions, judging_cap=Decimal(cap), **more
        )
    )


def judge(run: Run, answers_say: Callable[[str, VersionedExample], str], checks: Says) -> None:
    """Let the judge of a complete run say something on its answers and on its checks."""
    scorecards.publish(run_id=run.pk)
    for one in runs.judging_of(run):
        part = one.plan["notes"]["part"]
        evaluations.finish(one, answers_say if part == "answers" else answers(checks))
        scorecards.publish(run_id=one.pk)


def by_words(verdicts: Sequence[str]) -> Callable[[str, VersionedExample], str]:
    """Say the verdicts in turn, one for each example by its place; a pass quotes the answer."""

    def answer(alias: str, example: VersionedExample) -> str:
        said = verdicts[example.position % len(verdicts)]
        return output(said, '"category"' if said == "pass" else "")

    return answer
