"""Which metrics a dataset can be measured by, each with sensible arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.enums import Standing
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.selectors import newest_calibrations, newest_graders, standing_by
from evaluations.metrics import registry
from evaluations.metrics.classification import true_label
from evaluations.metrics.expected import expected_fields, references
from evaluations.metrics.types import ArgumentError, ExampleView, Metric, Scale
from evaluations.runs.judging.outlook import judging_worst_case
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.document.measures import key_of
from portal.common.policy import policy
from workloads.lifecycle.models import Workload

# A field accuracy for each of more fields than this would be a wall of checkboxes.
MOST_FIELDS = 12
MOST_LABELS = 20
_BY_FIELD = ("field_accuracy", "classification")
_FOR_TEXT = ("normalised_match", "contains", "token_f1")
_ALWAYS = ("refusal", "latency", "cost")


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric with its arguments, as somebody chose it."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The key of the measure that it becomes."""
        return key_of(self.name, self.arguments)


@dataclass(frozen=True, slots=True)
class MetricOption:
    """One metric that can be ticked; ``token`` names it: ``name`` or ``name:field``.

    ``applies`` is the number of examples that it can score, ``usual`` whether it is proposed,
    ``scored`` whether it gives a score from 0 to 1, which can have a weight.
    """

    token: str
    label: str
    definition: str
    choice: MetricChoice
    applies: int
    usual: bool
    scored: bool = True


@dataclass(frozen=True, slots=True)
class JudgeOption:
    """One judge that can be asked, in its newest version, with what it may be used for."""

    version: JudgeVersion
    standing: Standing
    calibration: Calibration | None = None

    @property
    def label(self) -> str:
        """What stands beside its box."""
        return f"{self.version.judge.name}, version {self.version.number}: {self.standing.label}"


def judge_options(workload: Workload) -> list[JudgeOption]:
    """Return the judges that may be asked: the newest version of each that is not off."""
    options = options_of(newest_graders(workload))
    return [one for one in options if one.standing is not Standing.OFF]


def options_of(versions: Sequence[JudgeVersion]) -> list[JudgeOption]:
    """Return judge versions with what each may be used for."""
    found = newest_calibrations(versions)
    return [
        JudgeOption(one, standing_by(found.get(one.pk))[0], found.get(one.pk)) for one in versions
    ]


def judging_cap(
    options: Sequence[JudgeOption], plan: RunPlan, examples: Sequence[VersionedExample]
) -> Decimal:
    """Return what judging ``plan`` may cost at most by all of ``options``; 0 without any.

    Each judge gets an equal share, so the dearest decides. Never more than a run may spend. Raises
    Invalid (price_missing).
    """
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    needs = [judging_worst_case(one.version, one.calibration, plan, examples) for one in options]
    return min(most, len(needs) * max(needs, default=Decimal(0)))


def metric_options(
    examples: Sequence[VersionedExample], prompt: Mapping[str, Any] | None
) -> list[MetricOption]:
    """Return every metric that can score at least one of ``examples``, the proposed ones first.

    ``prompt`` is the content of the prompt version: its output schema and its words of refusal
    become arguments.
    """
    views = [one.view for one in examples]
    names = _fields(views)
    usual = _usual(views, names)
    found = []
    for metric in registry.all_metrics():
        for field in ["", *(names if metric.name in _BY_FIELD else ())]:
            arguments = _arguments(metric, field, prompt)
            if metric.name == "classification":
                labels = _labels(views, field)
                if not labels:
                    continue
                arguments = {**arguments, "labels": labels}
            choice = MetricChoice(metric.name, arguments)
            count = sum(registry.applies(metric, view, choice.arguments) for view in views)
            if not count:
                continue
            token = f"{metric.name}:{field}" if field else metric.name
            label = f"{metric.label}: {field}" if field else metric.label
            # A field of few examples can be measured, but says little by itself.
            proposed = token in usual and (not field or 2 * count >= len(views))
            scored = registry.scale_of(metric, choice.arguments) is not Scale.QUANTITY
            option = MetricOption(token, label, metric.definition, choice, count, proposed, scored)
            found.append(option)
    order = {token: place for place, token in enumerate(usual)}
    return sorted(found, key=lambda one: order.get(one.token, len(order)))


def chosen(options: Sequence[MetricOption], tokens: Sequence[str]) -> list[MetricChoice]:
    """Return the choices that ``tokens`` name, in the order of the options.

    Raises KeyError with the first token that is no option.
    """
    by_token = {one.token: one for one in options}
    for token in tokens:
        if token not in by_token:
            raise KeyError(token)
    return [one.choice for one in options if one.token in tokens]


def _fields(views: Sequence[ExampleView]) -> list[str]:
    names: dict[str, None] = {}
    for view in views:
        for name in expected_fields(view) or ():
            names.setdefault(str(name))
    return list(names)[:MOST_FIELDS]


def _labels(views: Sequence[ExampleView], field: str) -> list[str]:
    """Return the classes of a field, or of the whole answer; none where they are no classes.

    Classes are few and come back: free text has nearly as many values as examples.
    """
    seen = [label for view in views if (label := true_label(view, field)) is not None]
    labels = sorted(set(seen))
    return labels if 2 <= len(labels) <= min(MOST_LABELS, len(seen) // 2) else []


def _usual(views: Sequence[ExampleView], fields: Sequence[str]) -> list[str]:
    scores: list[str] = []
    if fields:
        scores += ["field_accuracy", *(f"field_accuracy:{name}" for name in fields), "json_valid"]
    if any(references(view) for view in views):
        scores += _FOR_TEXT
    if any(view.must_include or view.must_not_include for view in views):
        scores.append("must_include")
    return [*scores, *_ALWAYS]


def _arguments(metric: Metric, field: str, prompt: Mapping[str, Any] | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if field:
        given["field"] = field
    if metric.name == "json_valid" and prompt and prompt.get("output_schema"):
        given["schema"] = prompt["output_schema"]
    words = str((prompt or {}).get("refusal_text") or "").strip()
    if metric.name == "refusal" and 3 <= len(words) <= 500 and "{{" not in words:
        given["phrases"] = [words]
    try:
        return registry.resolve_arguments(metric, given)
    except ArgumentError:
        # A schema beyond what the metric reads: whether it is JSON at all is still measured.
        return registry.resolve_arguments(metric, {"field": field} if field else {})
