"""What phase 7 asks of the slices above it: the baseline, and who produces evidence.

`evaluations` stands above `workloads`; it registers here at start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.accounts.models import User
from portal.common.readonce import read_once
from workloads.lifecycle.models import Cycle
from workloads.reviews.models import Campaign


@dataclass(frozen=True, slots=True)
class BaselineMeasure:
    """One measure of the winner in the baseline: what a criterion may be about.

    ``scale`` is binary, graded or quantity; ``direction`` up or down; ``scopes`` the slices that
    have their own figures ("overall", "kind:edge").
    """

    key: str
    label: str
    unit: str
    scale: str
    direction: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    scopes: tuple[str, ...] = ("overall",)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scorecard that a build is measured against, and the dataset both are measured on.

    ``scorecard`` and ``dataset`` are references {kind, ref, version, digest}.
    """

    scorecard: Mapping[str, str]
    dataset: Mapping[str, str]
    n: int
    measures: tuple[BaselineMeasure, ...] = field(default=())

    def measure(self, key: str) -> BaselineMeasure | None:
        """Return the measure called ``key``, or None."""
        return next((m for m in self.measures if m.key == key), None)


Executor = Callable[[User, Campaign], Mapping[str, Any]]
_baselines: list[Callable[[Cycle], Baseline | None]] = []
_executors: dict[str, Executor] = {}


def register_baseline(finder: Callable[[Cycle], Baseline | None]) -> None:
    """Say how the baseline of a cycle is found."""
    if finder not in _baselines:
        _baselines.append(finder)


@read_once
def baseline_of(cycle: Cycle) -> Baseline | None:
    """Return the baseline of the cycle, or None while no winner is chosen."""
    for finder in _baselines:
        found = finder(cycle)
        if found is not None:
            return found
    return None


def register_executor(category: str, executor: Executor) -> None:
    """Say who produces the evidence of ``category``.

    The executor starts the work for a campaign, in the same transaction, and returns the
    reference of what it started; it reports by `reviews.services.record_executions`.
    """
    _executors[category] = executor


def executor(category: str) -> Executor | None:
    """Return who produces evidence of ``category``, or None when nobody does."""
    return _executors.get(category)
