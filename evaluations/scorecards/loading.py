"""Reading one run into the plain rows that documents are built from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from catalog.enums import Hosting
from catalog.models import CatalogEntry
from evaluations.datasets.versioned import views_of
from evaluations.metrics import registry
from evaluations.metrics.types import Answer, ExampleView, Metric, Observation, UnknownMetric
from evaluations.preferences.citations import preferences_of
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Result, Run, Score
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.document import CandidateFacts, Example, Facts, ResultRow, ScoreRow
from evaluations.scorecards.judging import JudgeSeen, judge_facts, judges_of
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.stored import ENDED, result_row
from portal.common.errors import NotReady
from portal.common.money import from_micro
from portal.common.policy import policy
from workloads.lifecycle.models import Cycle


@dataclass(frozen=True, slots=True)
class RunRows:
    """The examples of a run's dataset version and its results, by place."""

    plan: RunPlan
    revisions: tuple[UUID, ...]
    examples: tuple[Example, ...]
    rows: tuple[ResultRow, ...]
    judges: tuple[JudgeSeen, ...] = ()


def rows_of(run: Run) -> RunRows:
    """Return everything that a run stored, in a few queries however many results there are.

    Raises NotReady (metric_gone) when a metric of the plan is not installed any more.
    """
    plan = RunPlan.from_json(run.plan)
    judges = judges_of(run, plan)
    try:
        metrics = [(registry.get(pin.name, pin.version), pin.arguments) for pin in plan.metrics]
    except UnknownMetric as problem:
        raise NotReady(
            f"A metric of run {run.number} is not here any more: {problem}. "
            "Install the package that brought it.",
            code="metric_gone",
        ) from problem
    views = views_of(run.dataset_version)
    told = {tag for one in views if not one.held_out for tag in one.tags}
    examples = tuple(
        Example(
            one.view.kind,
            (
                *(registry.applies(metric, one.view, arguments) for metric, arguments in metrics),
                *(judge.applies(one) for judge in judges),
            ),
            absent=_observations(metrics, one.view, Answer("", error="missing")),
            # A scorecard is read by whoever writes the prompts, and a tag says what an example is
            # about: tags that only held-out ones carry are left out.
            tags=tuple(tag for tag in one.tags if tag in told),
            held_out=one.held_out,
        )
        for one in views
    )
    places = {one.revision_id: place for place, one in enumerate(views)}
    scores = _scores(run, len(metrics))
    observed = _observed(run, metrics, {one.revision_id: one.view for one in views})
    nothing: tuple[ScoreRow | None, ...] = (None,) * len(metrics)
    found = Result.objects.filter(run=run).values_list(
        "pk", "candidate__position", "revision_id", "repeat", *ENDED
    )
    rows = tuple(
        result_row(
            ended,
            candidate=candidate,
            example=places[revision],
            repeat=repeat,
            scores=(
                *scores.get(pk, nothing),
                *(judge.score((candidate, revision, repeat)) for judge in judges),
            ),
            observed=observed.get(pk, ()),
        )
        for pk, candidate, revision, repeat, *ended in found
    )
    return RunRows(plan, tuple(one.revision_id for one in views), examples, rows, tuple(judges))


def _scores(run: Run, metrics: int) -> Mapping[UUID, tuple[ScoreRow | None, ...]]:
    found: dict[UUID, list[ScoreRow | None]] = {}
    stored = Score.objects.filter(result__run=run).values_list(
        "result_id", "place", "outcome", "value"
    )
    for result, place, outcome, value in stored:
        found.setdefault(result, [None] * metrics)[place] = ScoreRow(outcome, value)
    return {result: tuple(row) for result, row in found.items()}


_Metrics = Sequence[tuple[Metric, Mapping[str, Any]]]


def _observations(
    metrics: _Metrics, view: ExampleView, answer: Answer
) -> tuple[Observation | None, ...]:
    return tuple(registry.observe(metric, view, answer, arguments) for metric, arguments in metrics)


def _observed(
    run: Run, metrics: _Metrics, views: Mapping[UUID, ExampleView]
) -> Mapping[UUID, tuple[Observation | None, ...]]:
    """Return what the summaries keep of each result: answers are read again, none is kept."""
    if not any(metric.summarise for metric, _ in metrics):
        return {}
    stored = Result.objects.filter(run=run).values_list(
        "pk", "revision_id", "output", "finish_reason", "refused", "error_class"
    )
    return {
        pk: _observations(metrics, views[revision], Answer(output, finish, refused, error))
        for pk, revision, output, finish, refused, error in stored.iterator(chunk_size=500)
    }


def facts_of(run: Run, cycle: Cycle, number: int, judges: Sequence[JudgeSeen] = ()) -> Facts:
    """Return what a scorecard says beside its figures, as the records are now."""
    plan = RunPlan.from_json(run.plan)
    entries = CatalogEntry.objects.in_bulk([pin.entry_id for pin in plan.candidates])
    return Facts(
        workload=run.workload.ref,
        cycle=cycle.number,
        number=number,
        run={
            "id": run.pk,
            "number": run.number,
            "planned": run.planned,
            "done": run.done_count,
            "errors": run.error_count,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "spent": from_micro(run.spent_micro + run.overrun_micro),
        },
        dataset={
            "ref": run.dataset_version.dataset.ref,
            "name": run.dataset_version.dataset.name,
            "version": run.dataset_version.number,
            "digest": run.dataset_version.digest,
            "n": run.dataset_version.n,
            "kinds": run.dataset_version.kinds,
        },
        candidates=[_about(entries.get(UUID(pin.entry_id))) for pin in plan.candidates],
        error_rate_max=float(policy().number("evaluation", "error_rate_max")),
        simulated=bool(settings.GATEWAY_SIMULATED),
        attempts=attempts_before(run, cycle),
        preferences=preferences_of(run.pk, run.workload.ref),
        judges=judge_facts(judges, plan, entries),
    )


def _about(entry: CatalogEntry | None) -> CandidateFacts:
    if entry is None:
        return CandidateFacts()
    hosting = Hosting(entry.hosting).label if entry.hosting else ""
    return CandidateFacts(entry.provider, hosting, entry.simulated)


def attempts_before(run: Run, cycle: Cycle) -> Sequence[Mapping[str, Any]]:
    """Return every earlier run of the cycle on the same dataset, oldest first.

    None is left out: how often something was tried belongs to what was found.
    """
    earlier = (
        Run.objects.filter(
            workload=run.workload_id,
            dataset_version__dataset=run.dataset_version.dataset_id,
            created_at__gte=cycle.created_at,
            number__lt=run.number,
        )
        .exclude(purpose=RunPurpose.JUDGING)
        .select_related("dataset_version")
        .order_by("number")
    )
    numbers = dict(Scorecard.objects.filter(run__in=earlier).values_list("run_id", "number"))
    return [
        {
            "run": one.number,
            "id": one.pk,
            "purpose": one.purpose,
            "state": one.state,
            "dataset_version": one.dataset_version.number,
            "planned": one.planned,
            "done": one.done_count,
            "errors": one.error_count,
            "at": one.created_at,
            "spent": from_micro(one.spent_micro + one.overrun_micro),
            "scorecard": numbers.get(one.pk),
            "reason": str(one.plan.get("notes", {}).get("reason", "")),
        }
        for one in earlier
    ]
