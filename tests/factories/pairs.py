"""Judges of two answers as tests need them: labelled pairs, and verdicts that are known."""

from collections.abc import Callable
from decimal import Decimal
from itertools import cycle
from typing import Any

from evaluations.datasets import services as datasets
from evaluations.datasets.enums import Purpose
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges import services
from evaluations.judges.enums import Levels
from evaluations.judges.models import JudgeVersion
from evaluations.runs import services as runs
from evaluations.runs.models import Run
from portal.accounts.models import User
from tests.factories import datasets as rows
from tests.factories import judges
from tests.factories import scorecards as evaluations
from workloads.lifecycle.models import Workload

JUDGE = "better-answer"

# What a judge outputs for an example, told whether the second answer is shown first.
Shown = Callable[[VersionedExample, bool], str]
_TURNED = {"first": "second", "second": "first"}


def line(number: int) -> dict[str, Any]:
    """Return one pair to be labelled: which answer is right is spread over both places."""
    reference = f"The fee of tariff {number} is {number + 10} euros."
    answers = [reference, f"The fee of tariff {number} is {number + 500}."]
    first, second = answers if number % 3 else reversed(answers)
    return {
        "key": f"p-{number:04d}",
        "kind": "typical",
        "input": {
            "question": f"What is the fee of tariff {number}?",
            "first": first,
            "second": second,
            "reference": reference,
        },
        "expected": "first" if number % 3 else "second",
    }


def calibration_set(owner: User, workload: Workload, n: int = 12) -> DatasetVersion:
    """Return a committed set of pairs: of every third one the second answer is right."""
    made = datasets.create_dataset(
        actor=owner, workload=workload, name="Labelled pairs", purpose=Purpose.CALIBRATION
    )
    rows.fill(owner, made, *(line(number) for number in range(n)))
    return datasets.commit_version(actor=owner, dataset=made)


def truth(example: VersionedExample) -> str:
    """Return which answer is better: of a pair of `calibration_set`, or of a check."""
    return str(example.view.expected)


def version(owner: User, workload: Workload, n: int = 12, **changes: Any) -> JudgeVersion:
    """Return the first version of a judge of two answers."""
    chosen = calibration_set(owner, workload, n)
    return services.make_judge(
        actor=owner,
        workload=workload,
        name=JUDGE,
        draft=judges.draft(chosen, levels=Levels.PAIR, **changes),
    )


def honest(better: judges.Says) -> Shown:
    """Say what ``better`` says, whichever answer is shown first."""

    def say(example: VersionedExample, swapped: bool) -> str:
        said = better(example)
        return _TURNED.get(said, said) if swapped else said

    return say


def calibrated(made: JudgeVersion, owner: User, *raters: User, shown: Shown | None = None) -> Run:
    """Let people label every pair, and let the judge say ``shown`` of them in a run."""
    for rater in raters:
        for one in views_of(made.calibration_set):
            services.label_example(
                actor=rater, version=made, revision_id=one.revision_id, label=truth(one)
            )
    run = finish(runs.start_calibration(actor=owner, version=made), shown or honest(truth))
    runs.calibration_ended(run=run)
    return run


def finish(run: Run, shown: Shown) -> Run:
    """Let the judge answer in a run that asks about pairs; what is no verdict is its output."""
    # Both orders of one pair follow each other in the order of a run.
    orders = cycle((False, True))

    def answer(alias: str, example: VersionedExample) -> str:
        said = shown(example, next(orders))
        if said not in ("first", "second", "tie"):
            return said
        given = example.given if isinstance(example.given, dict) else {}
        quote = given.get("first", '"category"')[:20] if said != "tie" else ""
        return judges.output(said, quote)

    return evaluations.finish(run, answer)


def compare(owner: User, run: Run, made: JudgeVersion, cap: str | None = None) -> Run:
    """Start comparing the first two candidates of a run."""
    return runs.start_comparison(
        actor=owner, run=run, version=made, first=0, second=1, cap=Decimal(cap) if cap else None
    )


def judge(run: Run, shown: Shown, checks: Shown | None = None) -> None:
    """Let the judge say something in the one comparison of a run's candidates, and of its checks."""
    [(pairs, checked)] = runs.comparisons_of(run)
    finish(pairs, shown)
    assert checked is not None
    finish(checked, checks or honest(truth))
