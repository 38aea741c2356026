"""Metrics as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.metrics import plugs, registry
from evaluations.metrics.declared import ORIGIN
from evaluations.metrics.types import Family, Metric, Scale

_SCALES = {
    Scale.BINARY: "pass or fail",
    Scale.GRADED: "0 to 1",
    Scale.QUANTITY: "an amount",
}
_KINDS = {
    "string": "text",
    "array": "list of texts",
    "boolean": "yes or no",
    "integer": "whole number",
    "object": "JSON object",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of the list: its first sentence, and how it is read."""

    metric: Metric
    says: str
    scale: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a metric, with its default as JSON would write it."""

    name: str
    takes: str
    default: str
    description: str


def grouped() -> list[tuple[str, list[Row]]]:
    """Return every metric that is offered, by what it looks at, in the order of the families."""
    rows: dict[Family, list[Row]] = {family: [] for family in Family}
    for metric in registry.all_metrics():
        first = f"{metric.definition.split('. ')[0].rstrip('.')}."
        rows[metric.about.family].append(Row(metric, first, scale_words(metric)))
    return [
        (family.value, sorted(found, key=lambda row: row.metric.label.casefold()))
        for family, found in rows.items()
        if found
    ]


def scale_words(metric: Metric) -> str:
    """Return how a value of the metric is read."""
    words = _SCALES[metric.scale]
    if metric.scale is Scale.QUANTITY:
        words = f"{metric.unit}, {'more' if metric.direction == 'up' else 'less'} is better"
    if metric.scale_with is not None:
        words += ", pass or fail for one field"
    return words


def arguments_of(metric: Metric) -> list[Argument]:
    """Return the arguments of a metric for its table."""
    properties: Mapping[str, Mapping[str, Any]] = metric.arguments.get("properties", {})
    return [
        Argument(name, _takes(rule), _default(rule), str(rule.get("description", "")))
        for name, rule in properties.items()
    ]


def _takes(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return " or ".join(map(str, rule["enum"]))
    kinds = rule.get("type", "anything")
    named = [_KINDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    words = " or ".join(named)
    if "enum" in rule.get("items", {}):
        words = f"some of {', '.join(map(str, rule['items']['enum']))}"
    for key, sign in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to")):
        if key in rule:
            words += f" {sign} {rule[key]}"
    return words


def _default(rule: Mapping[str, Any]) -> str:
    default = rule.get("default")
    if default is None:
        return "none"
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, list):
        return "all" if default and default == rule.get("items", {}).get("enum") else "none"
    return str(default) or "empty"


def origin_words(metric: Metric) -> str:
    """Return who brought the metric."""
    if metric.origin == ORIGIN:
        return "declared by your organisation"
    return f"package {metric.origin}" if metric.origin else "comes with Assay"


def plug_rows() -> Sequence[plugs.Plug]:
    """Return the packages that bring metrics, as they were found when this process started."""
    return plugs.loaded()
