"""Plain rows for documents, without a database."""

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from evaluations.metrics import registry
from evaluations.runs.plan import CandidatePin, DatasetPin, MetricPin, PricePin, RunPlan
from evaluations.scorecards.document import CandidateFacts, Example, Facts, ResultRow, ScoreRow

PRICE = PricePin("1", Decimal(1), Decimal(4), None, "USD")
FLOOR = {"name": "Right", "key": "contains", "at": 0.8}


def pin(name: str, **arguments: Any) -> MetricPin:
    """Return a metric with complete arguments."""
    metric = registry.get(name)
    return MetricPin(name, metric.version, registry.resolve_arguments(metric, arguments))


def plan(
    names: Sequence[str] = ("a", "b"),
    metrics: Sequence[MetricPin] = (pin("contains"), pin("token_f1")),
    repeats: int = 1,
    **notes: Any,
) -> RunPlan:
    """Return a plan over candidates called ``names``; by default the first metric has a floor."""
    return RunPlan(
        dataset_version=DatasetPin("d", "DS-0001", 1, "sha256:d"),
        candidates=tuple(
            CandidatePin(name, name, f"entry-{name}", "sha256:e", {"max_tokens": 64}, PRICE, "p")
            for name in names
        ),
        metrics=tuple(metrics),
        cap=Decimal(20),
        purpose="baseline",
        code_version="1",
        policy_digest="sha256:p",
        repeats=repeats,
        notes={"floors": [FLOOR], **notes},
    )


def facts(names: Sequence[str] = ("a", "b"), **more: Any) -> Facts:
    """Return what stands beside the figures."""
    settings: dict[str, Any] = {
        "workload": "WL-0001",
        "cycle": 1,
        "number": 1,
        "run": {"number": 1, "spent": "0.50"},
        "dataset": {"ref": "DS-0001", "version": 1, "digest": "sha256:d", "n": 1},
        "candidates": [CandidateFacts() for _ in names],
        "error_rate_max": 0.02,
        **more,
    }
    return Facts(**settings)


def examples(n: int, metrics: int = 2) -> list[Example]:
    """Return ``n`` examples, every fifth an edge case, all scored by every metric."""
    return [Example("edge" if i % 5 == 4 else "typical", (True,) * metrics) for i in range(n)]


def row(candidate: int, example: int, *values: float | None, **more: Any) -> ResultRow:
    """Return a result with one score per value; None is a score that is missing."""
    scores = tuple(
        ScoreRow("missing", None) if value is None else ScoreRow("scored", value)
        for value in values
    )
    settings: dict[str, Any] = {
        "repeat": 1,
        "latency_ms": 100.0 + example,
        "cost": Decimal("0.002"),
        **more,
    }
    return ResultRow(candidate=candidate, example=example, scores=scores, **settings)


def failed(
    candidate: int, example: int, metrics: int = 2, error: str = "server_error"
) -> ResultRow:
    """Return a call that gave no answer."""
    nothing = (None,) * metrics
    return row(candidate, example, *nothing, error=error, latency_ms=None, cost=Decimal(0))


def drawn(shares: Mapping[int, float], n: int, dice: random.Random) -> list[ResultRow]:
    """Return results whose first score is right in that share of the examples, by chance."""
    return [
        row(candidate, example, float(dice.random() < share), 0.5 + 0.5 * dice.random())
        for candidate, share in shares.items()
        for example in range(n)
    ]
