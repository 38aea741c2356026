"""Reading scorecards, winners, and what the brief asks of a candidate."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.http import Http404

from evaluations.datasets.heldout import may_see_all
from evaluations.judges.models import JudgeVersion
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.scorecards.document.floors import Floor
from evaluations.scorecards.models import OutsideEvidence, Scorecard, WinnerChoice
from portal.accounts.selectors import AnyUser
from portal.common.readonce import read_once
from workloads.briefs.enums import KpiSource
from workloads.briefs.models import Brief
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import workload_for


def scorecards_for(user: AnyUser, workload: Workload) -> QuerySet[Scorecard]:
    """Return the workload's scorecards, newest first. Raises Http404 when it is not visible."""
    workload_for(user, workload.ref)
    return (
        Scorecard.objects.filter(workload=workload)
        .select_related("run", "cycle", "workload")
        .order_by("-number")
    )


def scorecard_for(user: AnyUser, ref: str, number: int) -> Scorecard:
    """Return one scorecard through its workload. Raises Http404."""
    workload = workload_for(user, ref)
    found = scorecards_for(user, workload).filter(number=number).first()
    if found is None:
        raise Http404
    found.workload = found.cycle.workload = workload
    return found


def baselines_of(cycle: Cycle) -> QuerySet[Scorecard]:
    """Return the baselines of the cycle, newest first."""
    return Scorecard.objects.filter(cycle=cycle, purpose=RunPurpose.BASELINE).order_by("-number")


@read_once
def latest_baseline(cycle: Cycle) -> Scorecard | None:
    """Return the scorecard that phase 4 stands on: the newest baseline of the cycle, or None.

    The newest counts, whatever it shows; an older and better one cannot be picked instead.
    """
    rows = baselines_of(cycle).select_related("run")
    return rows.annotate(rests_on=ArraySubquery(_evidence(cycle.workload_id))).first()


@read_once
def newest_baseline(cycle: Cycle) -> Scorecard | None:
    """Return what `latest_baseline` returns, its document left in the database."""
    return baselines_of(cycle).defer("document").first()


def evidence_versions(cycle: Cycle) -> frozenset[UUID]:
    """Return the dataset versions, by id, that scorecards of the workload rest on; no trials.

    Of any cycle. They come with `latest_baseline`, where there is one.
    """
    newest = latest_baseline(cycle)
    known = getattr(newest, "rests_on", None)
    return frozenset(_evidence(cycle.workload_id) if known is None else known)


def _evidence(workload: Any) -> QuerySet[Scorecard, UUID]:
    cards = Scorecard.objects.filter(workload=workload).exclude(purpose=RunPurpose.TRIAL)
    return cards.order_by().values_list("run__dataset_version_id", flat=True).distinct()


def choices_of(cycle: Cycle) -> QuerySet[WinnerChoice]:
    """Return every choice of a winner in the cycle, newest first."""
    return (
        WinnerChoice.objects.filter(cycle=cycle)
        .select_related("scorecard", "entry", "created_by")
        .defer("scorecard__document")
        .order_by("-number")
    )


@read_once
def winner_choice(cycle: Cycle) -> WinnerChoice | None:
    """Return the choice that counts: the last one, if it is about the newest baseline."""
    choice = choices_of(cycle).first()
    if choice is None:
        return None
    newest = newest_baseline(cycle)
    return choice if newest is not None and choice.scorecard_id == newest.pk else None


def floors_of(cycle: Cycle) -> list[Floor]:
    """Return the floors that the brief sets now: its KPIs that a metric measures."""
    return floors_in(brief_of(cycle))


def floors_in(brief: Brief) -> list[Floor]:
    """Return the floors of one brief, in the unit of their measures."""
    return [
        Floor(
            name=kpi.name or kpi.measured_by,
            key=kpi.measured_by,
            at=float(kpi.as_measured(kpi.floor)),
            direction=kpi.direction or "up",
        )
        for kpi in brief.kpi_rows()
        if kpi.source == KpiSource.EVALUATION and kpi.measured_by and kpi.floor is not None
    ]


def limits_in(brief: Brief) -> dict[str, Any]:
    """Return the limits of one brief as plans keep them."""

    def figure(value: Any) -> float | None:
        return None if value is None else float(value)

    return {
        "latency_p95_ms": figure(brief.latency_p95_ms),
        "max_cost_per_request": figure(brief.max_cost_per_request),
        "budget_per_month": figure(brief.budget_per_month),
        "requests_per_day": brief.requests_per_day,
        "currency": brief.currency,
    }


def candidate_named(document: dict[str, Any], alias: str) -> dict[str, Any] | None:
    """Return the candidate of a scorecard with this gateway alias, or None."""
    found: dict[str, Any] | None = next(
        (one for one in document["candidates"] if one["alias"] == alias), None
    )
    return found


def checks_of(version: JudgeVersion) -> list[dict[str, Any]]:
    """Return what each scorecard says of a judge version, newest first: number, at, judge."""
    rows = (
        Scorecard.objects.filter(
            workload=version.judge.workload_id,
            document__judges__contains=[{"digest": version.digest}],
        )
        .order_by("-number")
        .values_list("number", "created_at", "document__judges")[:20]
    )
    return [
        {
            "number": number,
            "at": at,
            "judge": next(one for one in judges if one["digest"] == version.digest),
        }
        for number, at, judges in rows
    ]


def runs_of(cycle: Cycle) -> QuerySet[Run]:
    """Return the cycle's runs, newest first, with their scorecards where they have one."""
    return (
        Run.objects.filter(workload=cycle.workload_id, created_at__gte=cycle.created_at)
        .select_related("dataset_version__dataset", "created_by", "scorecard")
        .order_by("-number")
    )


def outside_of(cycle: Cycle) -> QuerySet[OutsideEvidence]:
    """Return what other tools measured and was brought into the cycle, newest first."""
    return (
        OutsideEvidence.objects.filter(cycle=cycle)
        .defer("content", "document")
        .select_related("created_by")
        .order_by("-number")
    )


def outside_in(workload: Workload) -> QuerySet[OutsideEvidence]:
    """Return every outside file of a visible workload, newest first, without what it holds."""
    return (
        OutsideEvidence.objects.filter(workload=workload)
        .defer("content", "document")
        .select_related("created_by")
        .order_by("-number")
    )


def outside_for(user: AnyUser, ref: str, number: int) -> OutsideEvidence:
    """Return one outside file through its workload, its bytes left in the database.

    Raises Http404.
    """
    workload = workload_for(user, ref)
    rows = OutsideEvidence.objects.filter(workload=workload, number=number)
    found = rows.defer("content").select_related("cycle", "created_by").first()
    if found is None:
        raise Http404
    found.workload = found.cycle.workload = workload
    return found


def may_read_cases(user: AnyUser, evidence: OutsideEvidence) -> bool:
    """Whether ``user`` may read the cases of an outside file: its inputs, answers and reasons.

    Another tool may well have asked what a dataset here holds out, and nothing in the file says
    so. Who writes prompts of the workload is therefore told its figures alone, unless they brought
    the file themselves or no dataset of the workload holds anything out.
    """
    return evidence.created_by_id == user.pk or may_see_all(user, evidence.workload)


def scored_prompts(workload: Workload) -> int:
    """Return how many prompt versions of the workload have a scorecard so far."""
    digests = set()
    documents = Scorecard.objects.filter(workload=workload).exclude(purpose=RunPurpose.CAMPAIGN)
    for candidates in documents.values_list("document__candidates", flat=True):
        digests |= {one["prompt_digest"] for one in candidates if one["prompt_digest"]}
    return len(digests)
