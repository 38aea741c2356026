"""What a scorecard is made of: plain rows and facts, as they were stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from evaluations.metrics.types import Observation


@dataclass(frozen=True, slots=True)
class Example:
    """One example of the dataset version, by its place in it.

    ``applies`` says for each metric of the plan, and then for each of its judges, whether the
    example has what it compares with, ``absent`` what a metric's summary keeps when no answer came.
    ``held_out``: no name that it alone brings stands in the document.
    """

    kind: str
    applies: tuple[bool, ...]
    absent: tuple[Observation | None, ...] = ()
    tags: tuple[str, ...] = ()
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What one metric said about one result: outcome is scored, missing or error."""

    outcome: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One result; ``candidate`` and ``example`` are places in the plan and the version.

    ``scores`` follow the plan's metrics and then its judges; None where nothing was stored.
    ``held_back`` means that a guard of the build stopped the input, so that no call was made. Times
    in milliseconds, cost in the plan's currency. ``observed`` is what each metric's summary keeps
    of the answer.
    """

    candidate: int
    example: int
    repeat: int
    scores: tuple[ScoreRow | None, ...]
    error: str = ""
    refused: bool = False
    held_back: bool = False
    latency_ms: float | None = None
    ttft_ms: float | None = None
    cost: Decimal = Decimal(0)
    observed: tuple[Observation | None, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """What a page says about a candidate beside its figures."""

    provider: str = ""
    hosting: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is neither in the plan nor in the results.

    ``run`` and ``dataset`` go into the document as they are; ``attempts`` are the earlier runs on
    the same dataset in this cycle, oldest first.
    """

    workload: str
    cycle: int
    number: int
    run: Mapping[str, Any]
    dataset: Mapping[str, Any]
    candidates: Sequence[CandidateFacts]
    error_rate_max: float
    simulated: bool = False
    attempts: Sequence[Mapping[str, Any]] = field(default=())
    # Preference studies of this run that were closed before it was published.
    preferences: Sequence[Mapping[str, Any]] = field(default=())
    # One for each judge of the plan, in its order: `evaluations.scorecards.judging.judge_facts`.
    judges: Sequence[Mapping[str, Any]] = field(default=())
