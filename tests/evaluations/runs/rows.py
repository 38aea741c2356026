"""Rows of a run as its drivers leave them, for tests of what is shown of them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from evaluations.runs.models import Result, Run


def answered(
    run: Run, count: int, *, candidate: int = 0, error: str = "", micro: int = 1_000, ago: float = 0
) -> None:
    """Give the next ``count`` examples of one candidate a result, and charge the run."""
    one = run.candidates.get(position=candidate)
    have = Result.objects.filter(run=run, candidate=one).count()
    lines = run.dataset_version.lines.order_by("position")[have : have + count]
    Result.objects.bulk_create(
        Result(
            id=uuid4(), run=run, candidate=one, revision_id=line.revision_id, repeat=1,
            output="" if error else "SECRET ANSWER", error_class=error, tokens_in=10, tokens_out=5,
            latency_ms=300, cost_micro=micro, at=timezone.now() - timedelta(seconds=ago),
        )
        for line in lines
    )  # fmt: skip
    moved(run, spent_micro=run.spent_micro + count * micro)


def moved(run: Run, **columns: Any) -> None:
    """Write columns of the run as its drivers would."""
    Run.objects.filter(pk=run.pk).update(**columns)
    run.refresh_from_db()


def running(run: Run, *, seconds: float = 30) -> None:
    """Let the run have begun so many seconds ago."""
    moved(run, state="running", started_at=timezone.now() - timedelta(seconds=seconds))


def completed(run: Run) -> None:
    """Let the run have ended with an answer to everything."""
    running(run)
    for position in range(run.candidates.count()):
        answered(run, run.dataset_version.n, candidate=position)
    moved(run, state="complete", finished_at=timezone.now(), done_count=run.planned)
