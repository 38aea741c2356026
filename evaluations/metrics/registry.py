"""The metrics by name and version, and the one way to score an answer.

Importing this module (or the package) registers the built-in metrics.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jsonschema import Draft202012Validator

from evaluations.metrics.types import (
    NOT_APPLICABLE,
    Answer,
    ArgumentError,
    Counts,
    ExampleView,
    Metric,
    Observation,
    Outcome,
    Scale,
    Score,
    Summary,
    SummaryFigure,
    UnknownMetric,
    missing,
)

__all__ = [
    "ArgumentError",
    "UnknownMetric",
    "all_metrics",
    "applies",
    "built_in_names",
    "figures",
    "get",
    "observe",
    "provide",
    "register",
    "register_all",
    "resolve_arguments",
    "scale_of",
    "score",
    "static_metrics",
    "summarise",
    "versions_of",
]

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
_MAX_DETAIL = 2_000
OWN_PREFIX = "own_"
"""How the names of declared metrics begin, so that no later release can bring the same name."""

_metrics: dict[str, dict[int, Metric]] = {}


class Provider(Protocol):
    """Where declared metrics are kept; asked for names that begin with `own_` alone."""

    def find(self, name: str, version: int | None) -> Metric | None:
        """The metric in that version, the newest when None; None when there is none."""

    def newest(self) -> Sequence[Metric]:
        """The newest version of each that is offered for new plans."""

    def versions(self, name: str) -> Sequence[int]:
        """The versions of a name, oldest first."""


_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Make declared metrics known; called once, when their slice is ready."""
    if provider not in _providers:
        _providers.append(provider)


def register(metric: Metric) -> Metric:
    """Add a metric and return it.

    Raises ValueError for a name that is not lower_case, a version below 1, or another metric under
    the same name and version: a change of meaning needs a new version.
    """
    register_all([metric])
    return metric


def register_all(metrics: Sequence[Metric]) -> None:
    """Add several metrics, all or none. Raises ValueError as `register`.

    The versions of one name come from one origin.
    """
    wanted: dict[tuple[str, int], Metric] = {}
    for one in metrics:
        if not _NAME.fullmatch(one.name) or one.version < 1:
            raise ValueError(f"not a name and version of a metric: {one.name!r} {one.version!r}")
        if one.name.startswith(OWN_PREFIX):
            raise ValueError(f"{one.name}: names that begin with {OWN_PREFIX} are declared")
        there = _metrics.get(one.name, {})
        known = there.get(one.version, wanted.get((one.name, one.version), one))
        if known is not one:
            raise ValueError(f"{one.name} version {one.version} is registered already")
        if any(other.origin != one.origin for other in there.values()):
            raise ValueError(f"{one.name} is registered by somebody else already")
        wanted[one.name, one.version] = one
    for (name, version), one in wanted.items():
        _metrics.setdefault(name, {})[version] = one


def built_in_names() -> frozenset[str]:
    """The names of the portal's own metrics."""
    return frozenset(
        name for name, versions in _metrics.items() if not next(iter(versions.values())).origin
    )


def get(name: str, version: int | None = None) -> Metric:
    """The metric of that name, the newest version unless one is given. Raises UnknownMetric."""
    versions = _metrics.get(name)
    if not versions:
        if name.startswith(OWN_PREFIX):
            return _declared(name, version)
        raise UnknownMetric(f"there is no metric {name!r}; there are {', '.join(sorted(_metrics))}")
    if version is None:
        return versions[max(versions)]
    if version not in versions:
        have = ", ".join(map(str, sorted(versions)))
        raise UnknownMetric(f"{name} has no version {version}; it has {have}")
    return versions[version]


def _declared(name: str, version: int | None) -> Metric:
    for provider in _providers:
        found = provider.find(name, version)
        if found is not None:
            return found
    in_version = "" if version is None else f" in version {version}"
    raise UnknownMetric(f"there is no metric {name!r}{in_version}")


def versions_of(name: str) -> list[int]:
    """The versions of a metric, oldest first; empty when there is none."""
    if name in _metrics:
        return sorted(_metrics[name])
    return [one for provider in _providers for one in provider.versions(name)]


def static_metrics() -> list[Metric]:
    """The newest version of each metric that comes with code, by name."""
    return [get(name) for name in sorted(_metrics)]


def all_metrics() -> list[Metric]:
    """The newest version of each metric, the declared ones as well, by name."""
    declared = [one for provider in _providers for one in provider.newest()]
    return sorted([*static_metrics(), *declared], key=lambda one: one.name)


def resolve_arguments(metric: Metric, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, checked and with defaults. Raises ArgumentError for the first wrong one."""
    if not isinstance(given, Mapping):
        raise ArgumentError("", "arguments are an object of names and values")
    known = metric.arguments.get("properties", {})
    for name in given:
        if name not in known:
            takes = ", ".join(sorted(known)) or "none"
            raise ArgumentError(str(name), f"{metric.name} has no such argument; it takes: {takes}")
    arguments = _with_defaults(metric, given)
    for error in Draft202012Validator(dict(metric.arguments)).iter_errors(arguments):
        field = str(error.path[0]) if error.path else ""
        raise ArgumentError(field, _plain(error.validator, error.validator_value, error.message))
    if metric.check_arguments is not None:
        metric.check_arguments(arguments)
    return arguments


def scale_of(metric: Metric, arguments: Mapping[str, Any]) -> Scale:
    """The scale of the metric with these arguments (one field of field_accuracy is binary)."""
    if metric.scale_with is None:
        return metric.scale
    return metric.scale_with(_with_defaults(metric, arguments))


def applies(metric: Metric, example: ExampleView, arguments: Mapping[str, Any]) -> bool:
    """Whether the example has what the metric compares with: a reference, a field, documents."""
    return metric.applies(example, _with_defaults(metric, arguments))


def score(
    metric: Metric, example: ExampleView, answer: Answer, arguments: Mapping[str, Any]
) -> Score:
    """Score one answer. Never raises.

    MISSING: the example is not one for this metric ("not applicable: ..."), or no answer arrived
    (`answer.error`; latency still counts a time-out at its time). ERROR: the metric failed, with
    the reason in `detail`. Arguments may leave out defaults; check them once with
    `resolve_arguments`.
    """
    try:
        complete = _with_defaults(metric, arguments)
        if not metric.applies(example, complete):
            return missing(f"{NOT_APPLICABLE}: the example has nothing to compare with")
        if answer.error and answer.error not in metric.scored_errors:
            return missing(_clean(f"no answer: {answer.error}"))
        result = metric.compute(example, answer, complete)
    except Exception as error:  # one odd answer must not stop a run of thousands
        return Score(Outcome.ERROR, None, None, _clean(f"{type(error).__name__}: {error}"))
    if result.outcome is Outcome.SCORED and result.value != result.value:
        return Score(Outcome.ERROR, None, None, "the metric gave no number")
    return Score(result.outcome, result.value, result.passed, _clean(result.detail))


def observe(
    metric: Metric, example: ExampleView, answer: Answer, arguments: Mapping[str, Any]
) -> Observation | None:
    """What a summary keeps of one call; None where the metric has no summary or does not apply.

    Never raises: what cannot be observed is an observation of its own, ("error",).
    """
    if metric.observe is None:
        return None
    try:
        complete = _with_defaults(metric, arguments)
        return (
            metric.observe(example, answer, complete) if metric.applies(example, complete) else None
        )
    except Exception:  # as in score
        return ("error",)


def summarise(metric: Metric, counts: Counts, arguments: Mapping[str, Any]) -> Summary:
    """The figures over many calls; none at all for a metric that has no summary."""
    if metric.summarise is None:
        return Summary(())
    return metric.summarise(_observed(counts), _with_defaults(metric, arguments))


def figures(
    metric: Metric, counts: Counts, arguments: Mapping[str, Any]
) -> tuple[SummaryFigure, ...]:
    """The figures of `summarise` alone."""
    if metric.figures is None:
        return summarise(metric, counts, arguments).figures
    return metric.figures(_observed(counts), _with_defaults(metric, arguments))


def _observed(counts: Counts) -> Counts:
    return {kept: count for kept, count in counts.items() if kept != ("error",)}


def _with_defaults(metric: Metric, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**metric.defaults, **given}


def _clean(text: str) -> str:
    if len(text) <= _MAX_DETAIL and text.isascii() and "\x00" not in text:
        return text
    # Details quote answers: a NUL or a lone surrogate in one would be refused by the database.
    storable = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
    return storable if len(storable) <= _MAX_DETAIL else f"{storable[: _MAX_DETAIL - 1]}…"


def _plain(keyword: object, wanted: Any, message: str) -> str:
    if keyword == "enum":
        return f"must be one of: {', '.join(map(str, wanted))}"
    if keyword == "type":
        return f"must be {' or '.join([wanted] if isinstance(wanted, str) else wanted)}"
    if keyword in ("minimum", "exclusiveMinimum"):
        return f"must be {'at least' if keyword == 'minimum' else 'above'} {wanted}"
    if keyword == "maximum":
        return f"must be at most {wanted}"
    return message[:200]
