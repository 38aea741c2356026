"""What a criterion must ask so that it holds a KPI of the brief. Pure, over the records' fields.

A name alone holds nothing: the criterion is about the KPI's own metric, on the whole dataset, and
its bar is at the KPI's floor or above it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from workloads.briefs.enums import Direction, KpiSource
from workloads.briefs.models import Kpi
from workloads.reviews.enums import Comparator, Rule
from workloads.reviews.evidence import Baseline, BaselineMeasure
from workloads.reviews.verdicts import number

OVERALL = "overall"
# Field of the criterion, code, and a sentence that begins after "Criterion n:".
Problem = tuple[str, str, str]


class Asked(Protocol):
    """A criterion, stored or as somebody writes it."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def metric(self) -> str:
        """The key of its measure."""

    @property
    def comparator(self) -> str:
        """At least or at most."""

    @property
    def threshold(self) -> Decimal:
        """The bar, in the measure's unit."""

    @property
    def rule(self) -> str:
        """By which rule it is judged."""

    @property
    def scope(self) -> str:
        """The whole dataset, or a slice."""

    @property
    def kpi(self) -> str:
        """The name of the KPI that it holds, or nothing."""


def measure_for(name: str, baseline: Baseline) -> BaselineMeasure | None:
    """The KPI's measure, or the first that is a part of it ("field_accuracy:category")."""
    exact = baseline.measure(name)
    return exact or next((m for m in baseline.measures if m.key.split(":")[0] == name), None)


def in_unit_of(measure: BaselineMeasure, floor: Decimal, unit: str) -> Decimal:
    """Return a KPI's floor in the unit of ``measure``: a KPI in per cent meets a score to 1."""
    share = measure.scale != "quantity" and (
        unit.strip() in ("%", "percent", "per cent") or floor > 1
    )
    return (floor / 100 if share else floor).quantize(Decimal("0.000001")).normalize() + 0


def due_before_launch(kpis: Iterable[Kpi]) -> list[Kpi]:
    """Return the KPIs that an evaluation has to show before anything goes live."""
    return [kpi for kpi in kpis if kpi.before_launch and kpi.source == KpiSource.EVALUATION]


def gap(one: Asked, kpi: Kpi, baseline: Baseline) -> Problem | None:
    """Return why a criterion that names ``kpi`` does not hold it, or None when it does."""
    if kpi.source != KpiSource.EVALUATION or not kpi.measured_by:
        words = f"The KPI {kpi.name} is not measured by an evaluation; no criterion can hold it."
        return "kpi", "not_measured", words
    measure = measure_for(kpi.measured_by, baseline)
    if measure is None:
        words = f"The baseline does not measure {kpi.measured_by}, which the KPI {kpi.name} is by."
        return "metric", "not_measured", words
    if one.metric != measure.key:
        words = f"The KPI {kpi.name} is measured by {measure.key}, not by {one.metric[:60]}."
        return "metric", "other_metric", words
    if one.scope != OVERALL:
        words = f"The KPI {kpi.name} is about all examples; choose the scope {OVERALL}."
        return "scope", "other_scope", words
    if one.rule == Rule.NOT_WORSE:
        words = f"The KPI {kpi.name} has a floor; a comparison with the baseline does not hold it."
        return "rule", "no_bar", words
    up = kpi.direction != Direction.DOWN
    wanted = Comparator.AT_LEAST if up else Comparator.AT_MOST
    if one.comparator != wanted:
        words = f"The KPI {kpi.name} asks for {wanted.label} its floor."
        return "comparator", "other_side", words
    if kpi.floor is not None:
        floor = in_unit_of(measure, kpi.floor, kpi.unit)
        if one.threshold < floor if up else one.threshold > floor:
            words = (
                f"The brief's floor for {kpi.name} is {number(floor)}; a bar of"
                f" {number(one.threshold)} is looser."
            )
            return "threshold", "looser", words
    return None


def holding_problem(one: Asked, kpis: Sequence[Kpi], baseline: Baseline) -> Problem | None:
    """Return why ``one`` does not hold the KPI that it names, or None: it does, or names none."""
    named = [kpi for kpi in kpis if kpi.name == one.kpi] if one.kpi else []
    gaps = [gap(one, kpi, baseline) for kpi in named]
    return None if not gaps or None in gaps else gaps[0]


def not_held(kpis: Iterable[Kpi], criteria: Sequence[Asked], baseline: Baseline) -> list[str]:
    """Return a sentence for each KPI due before launch that no criterion holds."""
    found = []
    for kpi in due_before_launch(kpis):
        gaps = [gap(one, kpi, baseline) for one in criteria if one.kpi == kpi.name]
        if not gaps:
            found.append(f"No criterion holds {kpi.name}.")
        elif None not in gaps:
            found += [one[2] for one in gaps[:1] if one is not None]
    return found
