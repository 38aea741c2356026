"""Comparing two candidates of a complete run by a judge of two answers; its checks go along."""

from dataclasses import replace
from decimal import Decimal

from django.db import transaction
from django.urls import reverse

from evaluations.judges import services as judges
from evaluations.judges.enums import Standing
from evaluations.judges.models import JudgeVersion
from evaluations.judges.selectors import calibration_of, standing_by
from evaluations.runs.enums import FINAL, RunPurpose, RunState
from evaluations.runs.judging.cases import PAIRS, PAIRS_CHECKED, Part
from evaluations.runs.judging.plans import (
    SMALLEST_CAP,
    asked_alone,
    judge_pin,
    judging_plan,
    pairs_plan,
    with_room,
)
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan, Subject
from evaluations.runs.planning import dataset_pin
from evaluations.runs.services.starting import start_run
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid
from portal.common.policy import policy
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.policies import require


@transaction.atomic
def start_comparison(
    *,
    actor: User,
    run: Run,
    version: JudgeVersion,
    first: int,
    second: int,
    cap: Decimal | None = None,
) -> Run:
    """Ask a judge which of two candidates answered better, on every example and in both orders.

    ``first`` and ``second`` are the candidates' places in the plan; ``cap`` is the most that it
    may cost, its checks included, and None the most that it can cost. Returns the run over the
    answers; the one over canaries and anchors is started with it. Raises Forbidden, Invalid
    (judge, first, second, cap) or Conflict (not_complete, compared_before).
    """
    require(actor, run.workload, "edit")
    workload = lifecycle.locked_workload(run.workload_id)
    plan = RunPlan.from_json(run.plan)
    _check_run(run)
    _check_judge(run, version)
    places = _places(plan, first, second)
    before = _known(run, version, places)
    if before is not None:
        problem = Conflict(
            f"Run {before.number} compares the two by this version of the judge.",
            code="compared_before",
        )
        problem.link = reverse("runs:run", args=[workload.ref, before.pk])
        raise problem
    found = calibration_of(version)
    notes = {"version": str(version.pk), "calibration": str(found.pk) if found else ""}
    pin = judge_pin(version, dataset_pin(judges.check_set(actor=actor, version=version)))
    asked = pairs_plan(pin, plan, str(run.pk), places, notes)
    checked = judging_plan(
        pin, asked_alone(pin, pairwise=True), Part.CHECKS, Subject(PAIRS_CHECKED, ""), notes=notes
    )
    for_checks = with_room(checked)
    left = _cap(cap, for_checks, with_room(asked))
    pairs = start_run(actor=actor, workload=workload, plan=replace(asked, cap=left))
    subject = Subject(PAIRS_CHECKED, str(pairs.pk))
    start_run(
        actor=actor, workload=workload, plan=replace(checked, cap=for_checks, subject=subject)
    )
    return pairs


def comparisons_of(run: Run) -> list[tuple[Run, Run | None]]:
    """Return the comparisons of a run's candidates, newest first, each with its checks' run."""
    found = list(
        Run.objects.filter(
            workload=run.workload_id,
            purpose=RunPurpose.JUDGING,
            plan__subject__kind=PAIRS,
            plan__subject__ref=str(run.pk),
        )
        .select_related("dataset_version", "created_by")
        .order_by("-number")
    )
    checks = Run.objects.filter(
        workload=run.workload_id,
        purpose=RunPurpose.JUDGING,
        plan__subject__kind=PAIRS_CHECKED,
        plan__subject__ref__in=[str(one.pk) for one in found],
    ).select_related("dataset_version")
    by_ref = {one.plan["subject"]["ref"]: one for one in checks} if found else {}
    return [(one, by_ref.get(str(one.pk))) for one in found]


def _check_run(run: Run) -> None:
    if run.state != RunState.COMPLETE or run.purpose == RunPurpose.JUDGING:
        raise Conflict("Answers are compared when all of them are in.", code="not_complete")


def _check_judge(run: Run, version: JudgeVersion) -> None:
    if version.judge.workload_id != run.workload_id or not version.pairwise:
        words = "Choose a judge of this workload that compares two answers."
        raise Invalid.field("judge", "choice", words)
    standing, reasons, _ = standing_by(calibration_of(version))
    if standing is Standing.OFF:
        raise Invalid.field("judge", "off", f"{version.judge} is off. {' '.join(reasons)}")


def _places(plan: RunPlan, first: int, second: int) -> tuple[int, int]:
    for name, place in (("first", first), ("second", second)):
        if not 0 <= place < len(plan.candidates):
            raise Invalid.field(name, "choice", "Choose a candidate of this run.")
    if first == second:
        raise Invalid.field("second", "same", "Choose two different candidates.")
    return min(first, second), max(first, second)


def _known(run: Run, version: JudgeVersion, places: tuple[int, int]) -> Run | None:
    """The comparison that is there already: under way or complete, its checks not given up."""
    for pairs, checks in comparisons_of(run):
        notes = pairs.plan["notes"]
        same = (notes["first"], notes["second"]) == places and notes["version"] == str(version.pk)
        lost = any(
            one.state in FINAL and one.state != RunState.COMPLETE
            for one in (pairs, checks)
            if one is not None
        )
        if same and not lost:
            return pairs
    return None


def _cap(cap: Decimal | None, for_checks: Decimal, worst: Decimal) -> Decimal:
    """What comparing the answers may cost when its checks are set aside."""
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    if cap is None:
        return max(SMALLEST_CAP, min(worst, most - for_checks))
    if not cap.is_finite() or not 0 < cap <= most:
        raise Invalid.field("cap", "out_of_range", f"An amount of at most {most}.")
    if cap <= for_checks:
        words = f"Checking the judge alone may take {for_checks}; allow more than that."
        raise Invalid.field("cap", "too_small", words)
    return cap - for_checks
