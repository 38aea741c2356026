"""One criterion as somebody writes it, and what can be wrong with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.common.errors import FieldError, Invalid
from portal.common.text import clean_text
from workloads.briefs.models import Kpi
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import Category, Comparator, Rule
from workloads.reviews.evidence import Baseline, BaselineMeasure, executor
from workloads.reviews.kpis import Problem, holding_problem
from workloads.reviews.models import Criterion

CRITERIA_MAX = 40
LARGEST = Decimal(10) ** 12
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class CriterionInput:
    """One criterion as somebody writes it.

    ``threshold`` is in the measure's unit (a score from 0 to 1, ms, money), ``margin`` the share
    by which the build may be worse than the baseline (0.05 is 5 points).
    """

    title: str
    metric: str
    comparator: str
    threshold: Decimal
    rule: str
    min_n: int = 1
    margin: Decimal | None = None
    scope: str = "overall"
    category: str = Category.EVALUATION
    kpi: str = ""


def as_input(criterion: Criterion) -> CriterionInput:
    """Return a stored criterion as it was written."""
    return CriterionInput(
        title=criterion.title,
        metric=criterion.metric,
        comparator=criterion.comparator,
        threshold=criterion.threshold,
        rule=criterion.rule,
        min_n=criterion.min_n,
        margin=criterion.margin,
        scope=criterion.scope,
        category=criterion.category,
        kpi=criterion.kpi,
    )


def problems(
    criteria: Sequence[CriterionInput], baseline: Baseline, cycle: Cycle
) -> list[FieldError]:
    """Return everything that is wrong with ``criteria``, each as ``criteria[n].field``."""
    if not criteria:
        return [FieldError("criteria", "blank", "Write at least one criterion.")]
    if len(criteria) > CRITERIA_MAX:
        return [FieldError("criteria", "max_length", f"Write at most {CRITERIA_MAX} criteria.")]
    kpis = list(brief_of(cycle).kpi_rows())
    titles = Counter(one.title.strip().casefold() for one in criteria)
    return [
        FieldError(f"criteria[{index}].{name}", code, f"Criterion {index + 1}: {message}")
        for index, one in enumerate(criteria)
        for name, code, message in _problems(one, baseline, kpis, titles)
    ]


def _problems(
    one: CriterionInput, baseline: Baseline, kpis: Sequence[Kpi], titles: Counter[str]
) -> Iterator[Problem]:
    try:
        clean_text(one.title, field="title", minimum=3, maximum=160, single_line=True)
    except Invalid as problem:
        yield "title", problem.errors[0].code, problem.message
    else:
        if titles[one.title.strip().casefold()] > 1:
            yield "title", "duplicate", "Another criterion has the same name."
    if one.category not in Category.values:
        yield "category", "choice", "Choose one of the categories listed."
    elif executor(one.category) is None:
        label = Category(one.category).label.lower()
        yield "category", "choice", f"Nothing here can test {label} yet."
    measure = baseline.measure(one.metric)
    if measure is None:
        yield "metric", "choice", f"The baseline has no measure called {one.metric[:60]!r}."
    elif one.scope not in measure.scopes:
        yield "scope", "choice", f"Choose one of {', '.join(measure.scopes)}."
    if one.kpi and all(kpi.name != one.kpi for kpi in kpis):
        yield "kpi", "choice", f"The brief has no KPI called {one.kpi[:60]!r}."
    found = list(_number_problems(one, measure))
    yield from found
    # What cannot be read as a bar yet cannot be held against a floor either.
    held = None if found or measure is None else holding_problem(one, kpis, baseline)
    if held is not None:
        yield held


def _number_problems(one: CriterionInput, measure: BaselineMeasure | None) -> Iterator[Problem]:
    if one.comparator not in Comparator.values:
        yield "comparator", "choice", "Choose at least or at most."
    if one.rule not in Rule.values:
        yield "rule", "choice", "Choose one of the rules listed."
    if not _storable(one.threshold):
        yield "threshold", "out_of_range", f"Enter a number with at most {DECIMALS} decimals."
    scored = measure is not None and measure.scale != "quantity"
    if one.rule == Rule.NOT_WORSE:
        if one.margin is None or not _storable(one.margin) or not 0 < one.margin <= 1:
            yield "margin", "required", "Enter the margin, for example 0.05 for 5 points."
        if measure is not None and not scored:
            yield "rule", "choice", "This rule is for scores; use a bar for time and money."
    elif scored and _storable(one.threshold) and not 0 <= one.threshold <= 1:
        yield "threshold", "out_of_range", "This is a score: enter 0 to 1, 0.9 for 90 %."
    if not 1 <= one.min_n <= 1_000_000:
        yield "min_n", "out_of_range", "Enter at least 1."


def _storable(value: Decimal) -> bool:
    if not value.is_finite() or abs(value) >= LARGEST:
        return False
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DECIMALS
