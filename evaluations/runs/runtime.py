"""A run's plan brought to life in one process: its examples, targets, metrics, worst cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings

from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.models import JudgeVersion
from evaluations.metrics import registry
from evaluations.metrics.types import ArgumentError, Metric, UnknownMetric
from evaluations.runs.items import Order, Place, lease_size
from evaluations.runs.judging.cases import cases_of
from evaluations.runs.judging.target import JudgeTarget
from evaluations.runs.models import Result, Run
from evaluations.runs.plan import CandidatePin, RunPlan
from evaluations.runs.targets import BuildTarget, ModelTarget, Renderer, Target
from portal.common.errors import Conflict
from portal.common.money import to_micro
from portal.gateway.cost import Price, worst_case
from workloads.builds.models import Build
from workloads.prompts.models import PromptVersion


class PlanBroken(Conflict):
    """What the plan pins is not there any more, or not as it was."""

    default_code = "plan_broken"


@dataclass(frozen=True, slots=True)
class MetricInUse:
    """A metric of the plan with its complete arguments."""

    place: int
    metric: Metric
    arguments: Mapping[str, Any]


@dataclass
class Workbench:
    """Everything that is needed to ask, answer, score and price any item of a plan."""

    plan: RunPlan
    examples: list[VersionedExample]
    targets: list[Target]
    metrics: list[MetricInUse]
    prices: list[Price]
    # By candidate and tokens: most examples of a dataset are about as long as some other.
    _worst: dict[tuple[int, int], int] = field(default_factory=dict)

    @cached_property
    def order(self) -> Order:
        """The sealed order of the items."""
        return Order(len(self.targets), len(self.examples), self.plan.repeats)

    @cached_property
    def lease_size(self) -> int:
        """How many items a lease of this plan has."""
        return lease_size(self.order.planned, self.plan.concurrency)

    @cached_property
    def _example_index(self) -> dict[UUID, int]:
        return {one.revision_id: place for place, one in enumerate(self.examples)}

    def index_of(self, candidate: int, revision_id: UUID, repeat: int) -> int:
        """Return the item that a result belongs to (``repeat`` counts from 1)."""
        example = self._example_index[revision_id]
        return ((repeat - 1) * self.order.examples + example) * self.order.candidates + candidate

    def estimate(self, index: int) -> int:
        """Return the worst case of one call of item ``index``, in micro."""
        return self.estimate_at(self.order.place(index))

    def estimate_at(self, place: Place) -> int:
        """Return the worst case of one call at ``place``, in micro; the same for each repeat."""
        tokens = self.targets[place.candidate].prompt_tokens(self.examples[place.example])
        if not tokens:
            return 0
        key = (place.candidate, tokens)
        if key not in self._worst:
            limit = int(self.plan.candidates[place.candidate].params["max_tokens"])
            worst = worst_case(tokens, limit, self.prices[place.candidate])
            calls = self.targets[place.candidate].calls_at_most
            self._worst[key] = calls * to_micro(worst)
        return self._worst[key]

    def estimates(self) -> list[int]:
        """Return the worst case of every item in order."""
        return [self.estimate(index) for index in range(self.order.planned)]


def workbench(plan: RunPlan) -> Workbench:
    """Load what ``plan`` pins. Raises PlanBroken when something is gone or has another digest."""
    version = DatasetVersion.objects.filter(pk=plan.dataset_version.id).first()
    if version is None or version.digest != plan.dataset_version.digest:
        raise PlanBroken("The dataset version of this plan is not there as it was pinned.")
    return Workbench(
        plan=plan,
        examples=views_of(version),
        targets=_targets(plan),
        metrics=[_metric(place, plan) for place in range(len(plan.metrics))],
        prices=[pin.price.price() for pin in plan.candidates],
    )


def _targets(plan: RunPlan) -> list[Target]:
    shared: dict[str, Renderer] = {}
    return [target_of(pin, plan, shared) for pin in plan.candidates]


def target_of(
    pin: CandidatePin, plan: RunPlan, shared: dict[str, Renderer] | None = None
) -> Target:
    """Return the target of a candidate. Raises PlanBroken.

    ``shared`` keeps the renderers, so that candidates with one prompt render it once.
    """
    known = shared if shared is not None else {}
    if pin.judge_version_id is not None:
        return _judge_target(pin, pin.judge_version_id, plan)
    if pin.build_id is not None:
        build = Build.objects.filter(pk=pin.build_id).select_related("prompt_version").first()
        if build is None or build.digest != pin.build_digest:
            raise PlanBroken(f"The build of {pin.name} is not there as it was pinned.")
        renderer = known.setdefault(
            pin.build_digest, Renderer(build.prompt_version.content, build.content)
        )
        return BuildTarget(pin, renderer, plan.timeout_seconds, plan.seed)
    if pin.prompt_digest not in known:
        version = prompt_version(pin)
        if version is None or version.digest != pin.prompt_digest:
            raise PlanBroken(f"The prompt version of {pin.name} is not there as it was pinned.")
        known[pin.prompt_digest] = Renderer(version.content)
    return ModelTarget(pin, known[pin.prompt_digest], plan.timeout_seconds, plan.seed)


def _judge_target(pin: CandidatePin, version_id: str, plan: RunPlan) -> JudgeTarget:
    version = JudgeVersion.objects.filter(pk=version_id).select_related("calibration_set").first()
    if version is None or version.digest != pin.judge_digest:
        raise PlanBroken(f"The judge of {pin.name} is not there as it was pinned.")
    return JudgeTarget(
        pin,
        version.content,
        cases_of(pin, plan, version),
        plan.repeats,
        plan.timeout_seconds,
        settings.SECRET_KEY,
    )


def prompt_version(pin: CandidatePin) -> PromptVersion | None:
    """Return the prompt version that a candidate pins, if it is there."""
    if pin.prompt_version_id is None:
        return None
    return PromptVersion.objects.filter(pk=pin.prompt_version_id).select_related("prompt").first()


def _metric(place: int, plan: RunPlan) -> MetricInUse:
    pin = plan.metrics[place]
    try:
        metric = registry.get(pin.name, pin.version)
        if (metric.origin, metric.digest) != (pin.origin, pin.digest):
            raise PlanBroken(
                f"The metric {pin.name} is not as it was pinned: the plan has "
                f"{pin.origin or 'the one of the portal'}, here is {metric.origin or 'its own'}."
            )
        return MetricInUse(place, metric, registry.resolve_arguments(metric, pin.arguments))
    except (UnknownMetric, ArgumentError) as problem:
        raise PlanBroken(f"A metric of this plan cannot be used: {problem}.") from problem


def finished_items(run: Run, bench: Workbench, first: int, count: int) -> frozenset[int]:
    """Return the items from ``first`` on, ``count`` of them, that have a result."""
    places = [bench.order.place(index) for index in range(first, first + count)]
    rows = Result.objects.filter(
        run=run, revision_id__in={bench.examples[place.example].revision_id for place in places}
    ).values_list("candidate__position", "revision_id", "repeat")
    found = {bench.index_of(*row) for row in rows}
    return frozenset(found & set(range(first, first + count)))
