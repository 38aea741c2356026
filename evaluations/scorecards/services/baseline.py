"""Starting the evaluation of a workload's candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.selectors import golden_version
from evaluations.datasets.versioned import views_of
from evaluations.judges.citations import PREFIX as JUDGED
from evaluations.judges.enums import Standing
from evaluations.judges.models import JudgeVersion
from evaluations.judges.policies import decides
from evaluations.judges.selectors import newest_graders, standing_of
from evaluations.metrics import registry
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan
from evaluations.runs.planning import make_plan, material_digest, metric_pin, model_candidate
from evaluations.runs.runtime import target_of
from evaluations.runs.targets import Unrenderable
from evaluations.scorecards.document.floors import Floor
from evaluations.scorecards.document.measures import FIRST_TOKEN, LATENCY, keys_of, measures_of
from evaluations.scorecards.options import MetricChoice, judging_cap, options_of
from evaluations.scorecards.selectors import floors_in, limits_in
from portal.accounts.models import User
from portal.common.clock import now
from portal.common.errors import FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version
from workloads.selection.selectors import candidates_of

REASON_MIN = 20


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is to be compared, on what, by which measures.

    Left out: the golden dataset's latest version, the candidate prompt, the shortlist.
    ``weights`` are by measure key; ``floors`` stand beside those of the brief's KPIs.
    ``reference`` names the candidate that all others are compared with (the first).
    """

    metrics: Sequence[MetricChoice]
    dataset_version: DatasetVersion | None = None
    prompt_version: PromptVersion | None = None
    entries: Sequence[CatalogEntry] | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    floors: Sequence[Floor] = ()
    reference: str = ""
    repeats: int = 1
    seed: int | None = None
    # Judges that score the answers, and what all of them may spend together. Those that a floor is
    # about come along. A cap of 0: what they cost at most, over all repeats.
    judges: Sequence[JudgeVersion] = ()
    judging_cap: Decimal = Decimal(0)


@transaction.atomic
def start_baseline(
    *,
    actor: User,
    workload: Workload,
    baseline: Baseline,
    cap: Decimal,
    concurrency: int | None = None,
    reason: str = "",
    purpose: RunPurpose = RunPurpose.BASELINE,
) -> Run:
    """Run every candidate on the same dataset with the same prompt, at most for ``cap``.

    What was compared in the same way before is compared again only for a ``reason``. Raises
    Forbidden, NotReady (no cycle, dataset, prompt or candidates; a prompt that the examples do not
    fit), Invalid (metrics, candidates, cap, concurrency, repeats, reason, weights) or Conflict
    (too_many_runs).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    plan = baseline_plan(
        workload=workload, baseline=baseline, cap=cap, concurrency=concurrency, purpose=purpose
    )
    judges = _judges(workload, baseline, plan)
    cap_of_judges = baseline.judging_cap
    if judges and not cap_of_judges:
        # Nobody named an amount: the worst case is theirs, over every time an example is asked.
        cap_of_judges = judging_cap(options_of(judges), plan, views_of(_version(plan)))
    pins = runs.pin_judges(actor=actor, workload=workload, versions=judges, cap=cap_of_judges)
    plan = replace(plan, judges=pins)
    _check_judges(plan)
    if compared_before(workload, plan):
        words = clean_text(reason, field="reason", maximum=400)
        if len(words) < REASON_MIN:
            raise Invalid.field(
                "reason",
                "required",
                "This very comparison is complete already. Say in at least"
                f" {REASON_MIN} characters why it is run again; both stay on record.",
            )
        plan = replace(plan, notes={**plan.notes, "reason": words})
    return runs.start_run(actor=actor, workload=workload, plan=plan)


def baseline_plan(
    *,
    workload: Workload,
    baseline: Baseline,
    cap: Decimal,
    concurrency: int | None = None,
    purpose: RunPurpose = RunPurpose.BASELINE,
) -> RunPlan:
    """Return the plan that `start_baseline` would start, without starting it. Raises as it does."""
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle; an evaluation belongs to one.")
    version = baseline.dataset_version or golden_version(workload)
    if version is None:
        raise NotReady(
            "Commit a golden dataset first; it says what a right answer is.",
            code="no_dataset",
            link=reverse("datasets:list", args=[workload.ref]),
        )
    prompt = baseline.prompt_version or candidate_version(workload)
    if prompt is None:
        raise NotReady(
            "Commit a prompt first; every candidate gets the same one.",
            code="no_prompt",
            link=reverse("prompts:prompts", args=[workload.ref]),
        )
    entries = _entries(cycle, baseline)
    brief = brief_of(cycle)
    floors = [*floors_in(brief), *baseline.floors]
    metrics = _metrics(baseline, version, floors, purpose)
    plan = make_plan(
        version=version,
        candidates=[model_candidate(entry, prompt) for entry in entries],
        metrics=[metric_pin(one.name, one.arguments) for one in metrics],
        cap=cap,
        purpose=purpose,
        concurrency=settings.RUN_CONCURRENCY if concurrency is None else concurrency,
        repeats=baseline.repeats,
        seed=baseline.seed,
        notes={
            "cycle": cycle.number,
            "prompt": {"number": prompt.number, "digest": prompt.digest},
            "floors": [floor.as_json() for floor in floors],
            "limits": limits_in(brief),
            "weights": dict(baseline.weights),
            "reference": baseline.reference or entries[0].gateway_alias,
        },
    )
    _check_names(plan, baseline)
    _check_prompt_fits(plan, version)
    return plan


def _entries(cycle: Cycle, baseline: Baseline) -> list[CatalogEntry]:
    entries = list(candidates_of(cycle) if baseline.entries is None else baseline.entries)
    if not entries:
        raise NotReady(
            "Choose the candidates first; the evaluation compares a shortlist.",
            code="no_shortlist",
            link=reverse("selection:selection", args=[cycle.workload.ref]),
        )
    today = now().date()
    errors = [
        FieldError(
            "candidates",
            "not_usable",
            f"{entry.gateway_alias} may not be called now: it is not approved, or no longer.",
        )
        for entry in entries
        if not entry.is_usable(today)
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return entries


def _metrics(
    baseline: Baseline, version: DatasetVersion, floors: Sequence[Floor], purpose: RunPurpose
) -> list[MetricChoice]:
    """The chosen metrics, and those that a floor is about: a floor is never left unmeasured."""
    metrics = list(baseline.metrics)
    if len({_identity(one) for one in metrics}) != len(metrics):
        words = "A metric is chosen twice with the same arguments."
        raise Invalid.field("metrics", "duplicate", words)
    keys = {one.key for one in metrics}
    for floor in floors:
        name, _, part = floor.key.partition(":")
        known = {metric.name for metric in registry.all_metrics()}
        if floor.key not in keys and name in known:
            metrics.append(MetricChoice(name, {"field": part} if part else {}))
            keys.add(floor.key)
    most = int(policy().number("evaluation", "metrics_min"))
    if purpose == RunPurpose.BASELINE and len(metrics) < most:
        raise Invalid.field(
            "metrics", "too_few", f"Choose at least {most} metrics; there are {len(metrics)}."
        )
    views = [one.view for one in views_of(version)]
    errors = []
    for one in metrics:
        pin = metric_pin(one.name, one.arguments)
        metric = registry.get(pin.name, pin.version)
        if not any(registry.applies(metric, view, pin.arguments) for view in views):
            errors.append(
                FieldError(
                    "metrics",
                    "not_applicable",
                    f"{one.key}: no example of the dataset has anything to compare with.",
                )
            )
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return metrics


def _judges(workload: Workload, baseline: Baseline, plan: RunPlan) -> list[JudgeVersion]:
    """The chosen judges, and those that a floor is about: a floor is never left unmeasured."""
    judges = list(baseline.judges)
    chosen = {one.judge.name for one in judges}
    named = dict.fromkeys(floor["key"] for floor in plan.notes["floors"])
    missing = [
        key.removeprefix(JUDGED)
        for key in named
        if key.startswith(JUDGED) and key.removeprefix(JUDGED) not in chosen
    ]
    if not missing:
        return judges
    newest = {one.judge.name: one for one in newest_graders(workload)}
    for name in missing:
        if name not in newest:
            words = f"A floor is about the judge {name}, which this workload does not have."
            raise Invalid.field("judges", "choice", words)
    return [*judges, *(newest[name] for name in missing)]


def _version(plan: RunPlan) -> DatasetVersion:
    return DatasetVersion.objects.get(pk=plan.dataset_version.id)


def _check_judges(plan: RunPlan) -> None:
    """Refuse a judge that is off, one priced in other money, and a weight or floor on one that may
    not decide."""
    named = {**plan.notes["weights"], **{floor["key"]: 1 for floor in plan.notes["floors"]}}
    for pin in plan.judges:
        version = JudgeVersion.objects.get(pk=pin.version_id)
        standing, reasons, _ = standing_of(version)
        if pin.price.currency != plan.currency:
            raise Invalid.field(
                "judges", "currency", f"{pin.name} is priced in {pin.price.currency}."
            )
        if standing is Standing.OFF:
            raise Invalid.field("judges", "off", f"{pin.name} is off. {' '.join(reasons)}")
        if pin.key in named and not decides(standing):
            raise Invalid.field(
                "judges",
                "advisory",
                f"{pin.name} is advisory: it has neither weight nor floor. {' '.join(reasons)}",
            )


def _identity(one: MetricChoice) -> str:
    pin = metric_pin(one.name, one.arguments)
    return repr((pin.name, sorted(pin.arguments.items(), key=lambda item: item[0])))


def _check_names(plan: RunPlan, baseline: Baseline) -> None:
    names = [pin.name for pin in plan.candidates]
    if baseline.reference and baseline.reference not in names:
        raise Invalid.field(
            "reference", "choice", f"The reference is one of the candidates: {', '.join(names)}."
        )
    keys = set(keys_of(plan.metrics)) - {LATENCY, FIRST_TOKEN}
    keys |= {f"judge:{version.judge.name}" for version in baseline.judges}
    unknown = sorted(set(baseline.weights) - keys)
    if unknown:
        raise Invalid.field(
            "weights", "choice", f"No chosen score is called {unknown[0]!r}; weigh one of those."
        )
    if any(not 0 <= weight <= 100 for weight in baseline.weights.values()):
        raise Invalid.field("weights", "out_of_range", "A weight lies between 0 and 100.")
    measures = {one.key: one for one in measures_of(plan.metrics, {}, plan.currency)}
    # What a judge says is a share; whether it may decide is asked once it is pinned.
    amounts = [key for key in baseline.weights if key in measures and not measures[key].is_share]
    if amounts:
        raise Invalid.field(
            "weights",
            "scale",
            f"{measures[amounts[0]].label} is no score from 0 to 1; only scores are weighed."
            " Set a limit for it in the brief.",
        )
    if baseline.weights and not any(baseline.weights.values()):
        raise Invalid.field("weights", "all_zero", "Give at least one score a weight above 0.")


def _check_prompt_fits(plan: RunPlan, version: DatasetVersion) -> None:
    """Refuse a run of which too many calls could never be made: it could not pass, and costs."""
    target = target_of(plan.candidates[0], plan)
    broken, first = 0, ""
    views = views_of(version)
    for one in views:
        try:
            target.request(one)
        except Unrenderable as problem:
            broken += 1
            first = first or f"example {one.view.key}: {problem}"
    if broken > float(policy().number("evaluation", "error_rate_max")) * len(views):
        raise NotReady(
            f"The prompt does not fit {broken} of {len(views)} examples. {first}",
            code="prompt_does_not_fit",
        )


def compared_before(workload: Workload, plan: RunPlan, *, judged: bool = True) -> bool:
    """Whether a complete run of the workload measured exactly what ``plan`` would measure.

    Without ``judged``, whoever judged it: for a plan that has no pins of its judges yet.
    """

    def measured(one: RunPlan) -> str:
        bare = _without_reason(one)
        return material_digest(bare if judged else replace(bare, judges=()))

    wanted = measured(plan)
    complete = Run.objects.filter(
        workload=workload,
        dataset_version_id=UUID(plan.dataset_version.id),
        purpose=plan.purpose,
        state=RunState.COMPLETE,
    )
    return any(
        measured(RunPlan.from_json(stored)) == wanted
        for stored in complete.values_list("plan", flat=True)
    )


def _without_reason(plan: RunPlan) -> RunPlan:
    notes: dict[str, Any] = {name: plan.notes[name] for name in plan.notes if name != "reason"}
    return replace(plan, notes=notes)
