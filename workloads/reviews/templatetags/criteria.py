"""Figures of criteria and executions in the unit of their measure."""

from decimal import Decimal

from django import template

from portal.shell import formats
from workloads.reviews.enums import Rule
from workloads.reviews.models import Criterion, Execution

register = template.Library()


def _is_money(unit: str) -> bool:
    return len(unit) == 3 and unit.isupper()


def _in_unit(value: float | Decimal, unit: str, digits: int) -> str:
    """Return ``value`` in ``unit``: time as a duration, money as money, a score as a number."""
    if unit == "ms":
        return formats.duration(float(value))
    if _is_money(unit):
        return formats.money(Decimal(str(value)), unit, digits)
    return formats.number(value, digits)


def _digits(criterion: Criterion, unit: str) -> int:
    """How many decimals a bar and all that is held against it have, so that they line up."""
    small = 4 if _is_money(unit) else 3
    exponent = criterion.threshold.normalize().as_tuple().exponent
    return max(small if abs(criterion.threshold) <= 1 else 2, -int(exponent))


def _seen(value: float | None, criterion: Criterion, unit: str) -> str:
    """Return what was seen beside its bar; it reads like the bar only where it is the bar."""
    if value is None:
        return formats.MISSING
    digits, bar = _digits(criterion, unit), criterion.threshold
    if round(value, digits) == round(float(bar), digits) and value != float(bar):
        digits += 2
    return _in_unit(value, unit, digits)


@register.filter
def lookup(found: dict[str, str], key: str) -> str:
    """Return ``found[key]``, or the key itself."""
    return found.get(key, key)


@register.simple_tag
def bar(criterion: Criterion, unit: str) -> str:
    """Return the bar in words: "≥ 0.880, whole interval"."""
    if criterion.rule == Rule.NOT_WORSE:
        points = formats.number(Decimal(criterion.margin or 0) * 100, 1)
        return f"not worse, margin {points} points"
    sign = "≥" if criterion.comparator == ">=" else "≤"
    words = {"interval_bound": ", whole interval"}.get(criterion.rule, "")
    scope = "" if criterion.scope == "overall" else f", {criterion.scope.partition(':')[2]} only"
    shown = _in_unit(criterion.threshold, unit, _digits(criterion, unit))
    return f"{sign} {shown}{words}{scope}"


@register.simple_tag
def figure(execution: Execution, part: str, unit: str) -> str:
    """Return the value or the interval of an execution in the measure's unit."""
    difference = execution.criterion.rule == Rule.NOT_WORSE
    if part == "value":
        if difference and execution.value is not None:
            return f"{formats.points(execution.value)} points"
        return _seen(execution.value, execution.criterion, unit)
    if execution.low is None or execution.high is None:
        return formats.MISSING
    if difference:
        return f"{formats.points(execution.low)} to {formats.points(execution.high)} points"
    low, high = (_seen(one, execution.criterion, unit) for one in (execution.low, execution.high))
    return f"{low} to {high}"
