"""What a judge said, read from the stored outputs of a judging run."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.canaries import BY_KEY
from evaluations.judges.enums import Levels
from evaluations.judges.models import JudgeVersion
from evaluations.judges.prompting import quotable
from evaluations.judges.services.checks import ANCHOR
from evaluations.judges.verdicts import Verdict, error, read_verdict
from evaluations.runs.judging.cases import all_cases
from evaluations.runs.models import Result, Run
from evaluations.runs.plan import RunPlan


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict: on which candidate of the judged run, which example and which repeat."""

    candidate: int
    example: VersionedExample
    repeat: int
    verdict: Verdict
    # The call brought no output, so that nothing is known of the judge.
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """How a judge did on its checks: the canaries that it passed, its verdicts on anchors.

    ``asked`` counts the canaries that it gave any output for.
    """

    asked: int
    passed: tuple[str, ...]
    anchors: dict[str, str]
    models: frozenset[str]


def judged(run: Run, version: JudgeVersion, *, revision: UUID | None = None) -> Iterator[Judged]:
    """Yield every verdict of a judging run, or those on one example; in three queries.

    A call that brought no output is a judge_error. Nothing is yielded where there was nothing to
    judge.
    """
    plan = RunPlan.from_json(run.plan)
    views = views_of(run.dataset_version, revision=revision)
    examples = {one.revision_id: one for one in views}
    cases = all_cases(plan, version, revision=revision)
    results = Result.objects.filter(run=run)
    if revision is not None:
        results = results.filter(revision=revision)
    stored = results.order_by("candidate__position", "repeat", "revision_id").values_list(
        "candidate__position", "revision_id", "repeat", "output", "error_class"
    )
    for place, known, repeat, output, failed in stored:
        example = examples[known]
        case = cases[place].of(example, repeat)
        if case is None:
            continue
        if failed:
            verdict = error(f"the judge gave no output: {failed}")
        else:
            verdict = read_verdict(output, Levels(version.levels), quotable(case))
        whose = plan.candidates[place].judged
        yield Judged(place if whose is None else whose, example, repeat, verdict, bool(failed))


def calibration_verdicts(run: Run, version: JudgeVersion) -> dict[str, list[str]]:
    """Return what the judge said of each calibration example, the first verdict first."""
    found: dict[str, list[str]] = {}
    for one in sorted(judged(run, version), key=lambda each: each.repeat):
        found.setdefault(str(one.example.revision_id), []).append(one.verdict.outcome)
    return found


def checked(run: Run, version: JudgeVersion) -> Checked:
    """Return how the judge did on its canaries and anchors."""
    asked, passed, anchors = 0, [], {}
    for one in judged(run, version):
        key = one.example.view.key
        if key in BY_KEY:
            asked += not one.unanswered
            if one.verdict.passed:
                passed.append(BY_KEY[key].label)
        elif key.startswith(ANCHOR):
            anchors[key.removeprefix(ANCHOR)] = one.verdict.outcome
    return Checked(asked, tuple(passed), anchors, models_of(run.pk))


def models_of(run: UUID) -> frozenset[str]:
    """Return the models that answered in a judging run, as the gateway named them."""
    names = Result.objects.filter(run=run, error_class="").exclude(resolved_model="")
    return frozenset(names.order_by().values_list("resolved_model", flat=True).distinct())
