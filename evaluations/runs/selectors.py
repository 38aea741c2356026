"""Reading runs: which, and how far they are. Never a score: those wait for the scorecard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.shortcuts import get_object_or_404

from evaluations.runs.enums import ERROR_LABELS, RunState
from evaluations.runs.models import Result, Run
from portal.accounts.selectors import AnyUser
from portal.common.clock import now
from portal.common.money import from_micro
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for

# Over what the pace of a run is measured, for the time that is left.
PACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CandidateProgress:
    """How far one candidate is; ``cost`` in the run's currency."""

    name: str
    alias: str
    planned: int
    done: int
    errors: int
    cost: Decimal
    stopped_reason: str

    @property
    def left(self) -> int:
        """How many items have no result yet."""
        return max(0, self.planned - self.done - self.errors)


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """How many items ended in one class of error, with its words."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: counts, money and time, and no score.

    ``cost`` is spent with what was booked at its estimate; ``reserved`` what calls in flight may
    still cost; ``seconds_left`` is None while nothing can be said.
    """

    state: RunState
    stop: str
    planned: int
    done: int
    errors: tuple[ErrorCount, ...]
    cost: Decimal
    reserved: Decimal
    cap: Decimal
    currency: str
    seconds_left: float | None
    seconds_taken: float | None
    candidates: tuple[CandidateProgress, ...]

    @property
    def error_count(self) -> int:
        """How many items ended in an error."""
        return sum(one.count for one in self.errors)

    @property
    def ended(self) -> int:
        """How many items have a result, answers and errors together."""
        return self.done + self.error_count

    @property
    def moving(self) -> bool:
        """Whether the figures may still change by themselves."""
        return self.state in (RunState.QUEUED, RunState.RUNNING)


def runs_for(user: AnyUser, workload: Workload) -> QuerySet[Run]:
    """Return the workload's runs, newest first. Raises Http404 when it is not visible."""
    workload_for(user, workload.ref)
    return (
        Run.objects.filter(workload=workload)
        .select_related("created_by", "dataset_version__dataset", "workload")
        .order_by("-number")
    )


def run_for(user: AnyUser, workload_ref: str, run_id: UUID) -> Run:
    """Return one run through its workload. Raises Http404."""
    workload = workload_for(user, workload_ref)
    return get_object_or_404(runs_for(user, workload), pk=run_id)


def progress(run: Run) -> Progress:
    """Return how far ``run`` is, counted now."""
    run.refresh_from_db()
    rows = list(
        Result.objects.filter(run=run)
        .values("candidate_id", "error_class")
        .annotate(n=Count("pk"), cost=Sum("cost_micro"))
        .order_by()
    )
    by_class: dict[str, int] = {}
    for row in rows:
        if row["error_class"]:
            by_class[row["error_class"]] = by_class.get(row["error_class"], 0) + row["n"]
    candidates = list(run.candidates.order_by("position"))
    share = run.planned // max(1, len(candidates))
    done = sum(row["n"] for row in rows if not row["error_class"])
    return Progress(
        state=RunState(run.state),
        stop=run.stop,
        planned=run.planned,
        done=done,
        errors=tuple(
            ErrorCount(code, ERROR_LABELS.get(code, code), count)
            for code, count in sorted(by_class.items())
        ),
        cost=from_micro(run.spent_micro + run.overrun_micro),
        reserved=from_micro(run.reserved_micro),
        cap=from_micro(run.cap_micro),
        currency=run.currency,
        seconds_left=_seconds_left(run, done + sum(by_class.values())),
        seconds_taken=_seconds(run.started_at, run.finished_at),
        candidates=tuple(
            CandidateProgress(
                name=one.name,
                alias=one.alias,
                planned=share,
                done=sum(
                    r["n"] for r in rows if r["candidate_id"] == one.pk and not r["error_class"]
                ),
                errors=sum(
                    r["n"] for r in rows if r["candidate_id"] == one.pk and r["error_class"]
                ),
                cost=from_micro(sum(r["cost"] or 0 for r in rows if r["candidate_id"] == one.pk)),
                stopped_reason=one.stopped_reason,
            )
            for one in candidates
        ),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None


def _seconds_left(run: Run, ended: int) -> float | None:
    """Return the time left at the pace of the last minute; None while there is no pace.

    Not the pace since the start: a run that was paused or waited for its budget has a hole in it.
    """
    if run.state != RunState.RUNNING or run.started_at is None:
        return None
    window = min(PACE, now() - run.started_at)
    recent = Result.objects.filter(run=run, at__gte=now() - window).count()
    return window.total_seconds() / recent * (run.planned - ended) if recent else None
