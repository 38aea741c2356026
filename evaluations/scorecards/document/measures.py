"""The measures of a scorecard: what the plan's metrics become, with one key each.

A metric's key is its name, or ``name:field`` when it looks at one field. Latency is read as
``latency_p95`` and cost as ``cost_per_request``; both are always there, since every call has them.
A metric that stands in the plan twice with other arguments gets ``#2`` behind its second key.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.metrics import registry
from evaluations.metrics.types import Counts, Metric, Outcome, Scale, Summary, SummaryFigure
from evaluations.runs.plan import JudgePin, MetricPin
from evaluations.scorecards.document.rows import Example, ResultRow, ScoreRow

LATENCY, FIRST_TOKEN, COST, WEIGHTED = (
    "latency_p95",
    "first_token_p95",
    "cost_per_request",
    "weighted",
)
MAX_KEY = 80
# The metric of every measure that a judge gives.
JUDGE = "judge"


# What one result says in one measure is what a metric said of it, or read from it in the same form.
Reading = ScoreRow

_SCORED = Outcome.SCORED.value
MISSING = Reading(Outcome.MISSING.value, None)


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of a scorecard.

    ``applies`` says whether a place (example, result or None) counts for it at all, ``read`` what a
    result says. ``percentile`` is set where the value is a percentile rather than a mean.
    ``summarise`` gives the figures over all answers where the metric, the plan's at ``place``, has
    any, with their tables; ``figures`` without.
    """

    key: str
    label: str
    unit: str
    scale: Scale
    direction: str
    definition: str
    metric: str
    version: int
    arguments: Mapping[str, Any]
    applies: Callable[[Example, ResultRow | None], bool]
    read: Callable[[Example, ResultRow], Reading]
    percentile: float | None = None
    place: int = -1
    summarise: Callable[[Counts], Summary] | None = None
    figures: Callable[[Counts], tuple[SummaryFigure, ...]] | None = None

    @property
    def is_share(self) -> bool:
        """Whether values lie between 0 and 1."""
        return self.scale is not Scale.QUANTITY

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        return self.direction == "up"

    def as_json(self) -> dict[str, Any]:
        """Return what the document says about the measure itself."""
        return {
            "key": self.key,
            "label": self.label,
            "unit": self.unit,
            "scale": self.scale.value,
            "direction": self.direction,
            "definition": self.definition,
            "metric": self.metric,
            "version": self.version,
            "arguments": dict(self.arguments),
        }


def key_of(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the key of a metric with its arguments, before any ``#2``."""
    if name == "latency":
        return FIRST_TOKEN if arguments.get("part") == "first_token" else LATENCY
    if name == "cost":
        return COST
    field = str(arguments.get("field") or "")
    return _short(f"{name}:{field}") if field else name


def _short(key: str) -> str:
    # Criteria and KPIs keep a key in 80 characters; a path may be longer.
    if len(key) <= MAX_KEY - 4:
        return key
    return f"{key[: MAX_KEY - 13]}~{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def keys_of(pins: Sequence[MetricPin]) -> list[str]:
    """Return the key of each metric of a plan, in the plan's order."""
    seen: dict[str, int] = {}
    keys = []
    for pin in pins:
        key = key_of(pin.name, pin.arguments)
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 or key in _FROM_RESULTS else f"{key}#{seen[key]}")
    return keys


_FROM_RESULTS = (LATENCY, FIRST_TOKEN, COST)


def measures_of(
    pins: Sequence[MetricPin],
    weights: Mapping[str, float],
    currency: str,
    judges: Sequence[JudgePin] = (),
) -> list[Measure]:
    """Return the measures of a plan: its scores in order, those of its judges, the weighted score,
    time and money.

    ``weights`` are by key. Raises UnknownMetric for a metric that is not registered any more.
    """
    keys = keys_of(pins)
    scores = [
        _score(place, pin, key)
        for place, (pin, key) in enumerate(zip(pins, keys, strict=True))
        if key not in _FROM_RESULTS
    ]
    scores += [_judge(len(pins) + place, pin) for place, pin in enumerate(judges)]
    found = list(scores)
    if weights:
        found.append(_weighted(scores, weights))
    found.append(_latency(LATENCY))
    if FIRST_TOKEN in keys:
        found.append(_latency(FIRST_TOKEN))
    found.append(_cost(currency))
    return found


def _score(place: int, pin: MetricPin, key: str) -> Measure:
    metric: Metric = registry.get(pin.name, pin.version)
    about = str(pin.arguments.get("field") or "")
    if "k" in pin.arguments:
        about = f"k = {pin.arguments['k']}"

    return Measure(
        key=key,
        label=f"{metric.label}: {about}" if about else metric.label,
        unit=metric.unit,
        scale=registry.scale_of(metric, pin.arguments),
        direction=metric.direction,
        definition=metric.definition,
        metric=metric.name,
        version=metric.version,
        arguments=pin.arguments,
        applies=lambda example, row: example.applies[place],
        read=lambda example, row: row.scores[place] or MISSING,
        place=place,
        summarise=(
            None
            if metric.summarise is None
            else lambda counts: registry.summarise(metric, counts, pin.arguments)
        ),
        figures=(
            None
            if metric.summarise is None
            else lambda counts: registry.figures(metric, counts, pin.arguments)
        ),
    )


def _judge(place: int, pin: JudgePin) -> Measure:
    return Measure(
        key=pin.key,
        label=f"Judge: {pin.name}",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        definition=f"Answers that version {pin.number} of the judge passes, as {pin.alias} said it:"
        " what it cannot tell, and outputs that cannot be read, are no pass.",
        metric=JUDGE,
        version=pin.number,
        # Two versions of a judge are two rulers: what tells them apart.
        arguments={"judge": pin.digest},
        applies=lambda example, row: example.applies[place],
        read=lambda example, row: row.scores[place] or MISSING,
    )


def _weighted(scores: Sequence[Measure], weights: Mapping[str, float]) -> Measure:
    parts = [(one, weights[one.key]) for one in scores if weights.get(one.key, 0) > 0]

    def read(example: Example, row: ResultRow) -> Reading:
        total = shared = 0.0
        scored = False
        for one, weight in parts:
            if not one.applies(example, row):
                continue
            shared += weight
            reading = one.read(example, row)
            # A part that could not be scored counts as 0: leaving it out could raise the whole.
            if reading.value is not None:
                total += weight * (reading.value if one.higher_is_better else 1.0 - reading.value)
                scored = True
        return Reading(_SCORED, total / shared) if scored else MISSING

    return Measure(
        key=WEIGHTED,
        label="Weighted score",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        definition=(
            "Each example's mean over the weighted measures that apply to it; one that is better"
            " low counts by what it lacks to 1. The weights were sealed before the run."
        ),
        metric="",
        version=1,
        arguments={one.key: weight for one, weight in parts},
        applies=lambda example, row: any(one.applies(example, row) for one, _ in parts),
        read=read,
    )


def _latency(key: str) -> Measure:
    first = key == FIRST_TOKEN

    def read(example: Example, row: ResultRow) -> Reading:
        taken = row.ttft_ms if first and not row.error else row.latency_ms
        # A call that timed out took at least this long; leaving it out would flatter slow models.
        if taken is None or (row.error and row.error != "timeout"):
            return MISSING
        return Reading(_SCORED, taken)

    return Measure(
        key=key,
        label="First token, p95" if first else "Latency, p95",
        unit="ms",
        scale=Scale.QUANTITY,
        direction="down",
        definition=(
            f"95 % of the calls {'began to answer' if first else 'were answered'} within this time;"
            " a time-out counts at the time-out."
        ),
        metric="latency",
        version=1,
        arguments={"part": "first_token" if first else "total"},
        applies=lambda example, row: row is None or not row.held_back,
        read=read,
        percentile=95.0,
    )


def _cost(currency: str) -> Measure:
    return Measure(
        key=COST,
        label="Cost per request",
        unit=currency,
        scale=Scale.QUANTITY,
        direction="down",
        definition="Mean cost of a call by the sealed prices.",
        metric="cost",
        version=1,
        arguments={},
        applies=lambda example, row: True,
        read=lambda example, row: MISSING if row.error else Reading(_SCORED, float(row.cost)),
    )
