"""Figures of criteria and executions in the unit of their measure."""

from decimal import Decimal

from django import template

from portal.shell import formats
from workloads.reviews.enums import Rule
from workloads.reviews.models import Criterion, Execution
from workloads.reviews.verdicts import number

register = template.Library()


def in_unit(value: float | Decimal | None, unit: str) -> str:
    """Return ``value`` in ``unit``: time as a duration, money as money, a score as it is."""
    if value is None:
        return formats.MISSING
    if unit == "ms":
        return formats.duration(float(value))
    if unit and len(unit) == 3 and unit.isupper():
        return formats.money(Decimal(str(value)), unit)
    return number(value)


@register.filter
def lookup(found: dict[str, str], key: str) -> str:
    """Return ``found[key]``, or the key itself."""
    return found.get(key, key)


@register.simple_tag
def bar(criterion: Criterion, unit: str) -> str:
    """Return the bar in words: "≥ 0.88, whole interval"."""
    if criterion.rule == Rule.NOT_WORSE:
        points = number(float(criterion.margin or 0) * 100)
        return f"not worse, margin {points} points"
    sign = "≥" if criterion.comparator == ">=" else "≤"
    words = {"interval_bound": ", whole interval"}.get(criterion.rule, "")
    scope = "" if criterion.scope == "overall" else f", {criterion.scope.partition(':')[2]} only"
    return f"{sign} {in_unit(criterion.threshold, unit)}{words}{scope}"


@register.simple_tag
def figure(execution: Execution, part: str, unit: str) -> str:
    """Return the value or the interval of an execution in the measure's unit."""
    difference = execution.criterion.rule == Rule.NOT_WORSE
    if part == "value":
        if difference and execution.value is not None:
            return f"{formats.points(execution.value)} points"
        return in_unit(execution.value, unit)
    if execution.low is None or execution.high is None:
        return formats.MISSING
    if difference:
        return f"{formats.points(execution.low)} to {formats.points(execution.high)} points"
    return f"{in_unit(execution.low, unit)} to {in_unit(execution.high, unit)}"
