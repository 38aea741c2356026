"""A stored result as the row that documents and comparisons count with."""

from collections.abc import Sequence
from typing import Any

from evaluations.metrics.types import Observation
from evaluations.scorecards.document import ResultRow, ScoreRow
from portal.common.money import from_micro

# How an answer ended: what ``result_row`` takes, in this order.
ENDED = (
    "error_class", "refused", "finish_reason", "attempts", "latency_ms", "ttft_ms", "cost_micro",
)  # fmt: skip


def result_row(
    ended: Sequence[Any],
    *,
    candidate: int,
    example: int,
    repeat: int,
    scores: tuple[ScoreRow | None, ...],
    observed: tuple[Observation | None, ...] = (),
) -> ResultRow:
    """Return one result with its scores; ``ended`` are the values of ENDED.

    An answer that ended blocked before anything was asked was held back by a guard of the build.
    """
    error, refused, finish, attempts, latency, first_token, micro = ended
    return ResultRow(
        candidate=candidate,
        example=example,
        repeat=repeat,
        scores=scores,
        error=error,
        refused=refused,
        held_back=finish == "blocked" and attempts == 0,
        latency_ms=latency,
        ttft_ms=first_token,
        cost=from_micro(micro),
        observed=observed,
    )
