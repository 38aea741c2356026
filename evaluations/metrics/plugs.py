"""Metrics that a company brings along in a package of its own: entry points of `assay.metrics`.

An entry point is a `Metric`, several of them, or a function that gives either. A broken one is
named and left out; it never stops the portal. None can take the place of another metric.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points

from evaluations.metrics import registry
from evaluations.metrics.types import Metric

GROUP = "assay.metrics"


@dataclass(frozen=True, slots=True)
class Plug:
    """One entry point: which distribution in which version brings which metrics.

    `problem` says why it brings none; "" when all is well.
    """

    entry_point: str
    distribution: str
    version: str
    metrics: tuple[str, ...] = ()
    problem: str = ""

    @property
    def origin(self) -> str:
        """The distribution and its version, as plans seal them."""
        return f"{self.distribution} {self.version}"


_loaded: list[Plug] = []


def loaded() -> tuple[Plug, ...]:
    """The plugs of this process as they were found when it started."""
    return tuple(_loaded)


def load(found: Iterable[EntryPoint] | None = None) -> tuple[Plug, ...]:
    """Register the metrics of every entry point and return what became of each, in order.

    All metrics of an entry point are registered or none. Never raises.
    """
    points = entry_points(group=GROUP) if found is None else found
    _loaded[:] = [_plugged(point) for point in sorted(points, key=_order)]
    return loaded()


def _order(point: EntryPoint) -> tuple[str, str]:
    # The same order in every process: who comes first keeps a name that two packages want.
    return (point.dist.name if point.dist else "", point.name)


def _plugged(point: EntryPoint) -> Plug:
    name = point.dist.name if point.dist else "unknown"
    version = point.dist.version if point.dist else "0"
    plug = Plug(point.name, name, version)
    try:
        metrics = [replace(one, origin=plug.origin) for one in _metrics_of(point)]
        registry.register_all(metrics)
    except (Exception, SystemExit) as error:  # a package of somebody else may do anything
        return replace(plug, problem=f"{type(error).__name__}: {error}"[:500])
    return replace(plug, metrics=tuple(f"{one.name} {one.version}" for one in metrics))


def _metrics_of(point: EntryPoint) -> list[Metric]:
    brought = point.load()
    if callable(brought) and not isinstance(brought, Metric):
        brought = brought()
    metrics = [brought] if isinstance(brought, Metric) else list(brought)
    for one in metrics:
        if not isinstance(one, Metric):
            raise TypeError(f"gives {type(one).__name__} where a Metric is wanted")
        if one.origin or one.digest:
            raise ValueError(f"{one.name} sets its origin; the portal does")
        if one.name in registry.built_in_names():
            raise ValueError(f"{one.name} is a metric of the portal; choose another name")
        # Defaults that its own schema refuses would break every run that uses it.
        registry.resolve_arguments(one, {})
    return metrics
