"""What a judge said, read from the stored outputs of a judging run."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.canaries import BY_KEY
from evaluations.judges.enums import Levels
from evaluations.judges.models import JudgeVersion
from evaluations.judges.pairs import PairVerdict, turned
from evaluations.judges.prompting import can_judge, quotable
from evaluations.judges.services.checks import ANCHOR
from evaluations.judges.verdicts import Verdict, error, read_verdict
from evaluations.runs.judging.cases import Part, all_cases, part_of
from evaluations.runs.models import Result, Run
from evaluations.runs.plan import RunPlan

SAME = Verdict("tie", reason="Both answers are word for word the same.")


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict: on which candidate of the judged run, which example and which repeat."""

    candidate: int
    example: VersionedExample
    repeat: int
    verdict: Verdict
    # The call brought no output, so that nothing is known of the judge.
    unanswered: bool = False
    # Of a pair: it was shown the other way round; the verdict is told of the pair as it is.
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class Paired:
    """Both verdicts on one pair: of which example and which repeat.

    ``same`` marks answers that are word for word the same, so that nobody was asked.
    """

    example: VersionedExample
    repeat: int
    pair: PairVerdict
    unanswered: bool = False
    same: bool = False


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
        pin = plan.candidates[place]
        whose = place if pin.judged is None else pin.judged
        said = turned(verdict) if pin.swapped else verdict
        yield Judged(whose, example, repeat, said, bool(failed), pin.swapped)


def paired(run: Run, version: JudgeVersion, *, revision: UUID | None = None) -> list[Paired]:
    """Return the pairs that a judge of two answers was asked about in both orders, or that are the
    same anyway; by repeat and place, or only those of one example. In four queries."""
    plan = RunPlan.from_json(run.plan)
    found: list[Paired] = []
    if part_of(plan) is Part.PAIRS:
        one = all_cases(plan, version, revision=revision)[0]
        alike = PairVerdict(SAME, SAME)
        for example in views_of(run.dataset_version, revision=revision):
            for repeat in range(1, plan.repeats + 1):
                if can_judge(one.given, example) and one.same(example, repeat):
                    found.append(Paired(example, repeat, alike, same=True))
    orders: dict[tuple[UUID, int], dict[bool, Judged]] = {}
    for said in judged(run, version, revision=revision):
        place = (said.example.revision_id, said.repeat)
        orders.setdefault(place, {})[said.swapped] = said
    for both in orders.values():
        if len(both) == 2:
            straight, crossed = both[False], both[True]
            found.append(
                Paired(
                    straight.example,
                    straight.repeat,
                    PairVerdict(straight.verdict, crossed.verdict),
                    straight.unanswered or crossed.unanswered,
                )
            )
    return sorted(found, key=lambda one: (one.repeat, one.example.position))


def calibration_pairs(run: Run, version: JudgeVersion) -> dict[str, list[PairVerdict]]:
    """Return what a judge of two answers said of each calibration example, the first one first."""
    found: dict[str, list[PairVerdict]] = {}
    for one in paired(run, version):
        found.setdefault(str(one.example.revision_id), []).append(one.pair)
    return found


def calibration_verdicts(run: Run, version: JudgeVersion) -> dict[str, list[str]]:
    """Return what the judge said of each calibration example, the first verdict first."""
    found: dict[str, list[str]] = {}
    for one in sorted(judged(run, version), key=lambda each: each.repeat):
        found.setdefault(str(one.example.revision_id), []).append(one.verdict.outcome)
    return found


def checked(run: Run, version: JudgeVersion) -> Checked:
    """Return how the judge did on its canaries and anchors."""
    if version.pairwise:
        return _checked_pairs(run, version)
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


def _checked_pairs(run: Run, version: JudgeVersion) -> Checked:
    """A canary must lose against the right answer in either order; a tie lets it through too."""
    asked, passed, anchors = 0, [], {}
    for one in paired(run, version):
        key = one.example.view.key
        if key in BY_KEY:
            asked += not one.unanswered
            if {one.pair.straight.outcome, one.pair.crossed.outcome} & {"second", "tie"}:
                passed.append(BY_KEY[key].label)
        elif key.startswith(ANCHOR):
            anchors[key.removeprefix(ANCHOR)] = one.pair.outcome
    return Checked(asked, tuple(passed), anchors, models_of(run.pk))


def models_of(run: UUID) -> frozenset[str]:
    """Return the models that answered in a judging run, as the gateway named them."""
    names = Result.objects.filter(run=run, error_class="").exclude(resolved_model="")
    return frozenset(names.order_by().values_list("resolved_model", flat=True).distinct())
