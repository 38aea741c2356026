"""Judging: pinned with the run, started by the portal when the answers are in; and calibrations."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import structlog
from django.db import transaction

from evaluations.judges import services as judges
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.pairs import position
from evaluations.runs.enums import FINAL, RunPurpose, RunState
from evaluations.runs.judging.cases import CALIBRATION, RUN, Part
from evaluations.runs.judging.plans import (
    asked_alone,
    judge_pin,
    judging_plan,
    plan_for,
    with_room,
)
from evaluations.runs.judging.reading import calibration_pairs, calibration_verdicts
from evaluations.runs.models import Run
from evaluations.runs.plan import JudgePin, RunPlan, Subject
from evaluations.runs.planning import dataset_pin
from evaluations.runs.services.starting import seal_run, start_run
from portal.accounts.models import User
from portal.common.errors import Invalid
from portal.common.policy import policy
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require

log = structlog.get_logger(__name__)


@transaction.atomic
def pin_judges(
    *, actor: User, workload: Workload, versions: Sequence[JudgeVersion], cap: Decimal
) -> tuple[JudgePin, ...]:
    """Return the pins of judges that may together spend at most ``cap``, each an equal share.

    Makes or renews each judge's set of canaries and anchors; what asking about those costs at most
    is set aside first. Raises Forbidden, or Invalid (judging_cap, judges).
    """
    require(actor, workload, "edit")
    if len({version.judge_id for version in versions}) != len(versions):
        raise Invalid.field("judges", "duplicate", "Two versions of one judge are chosen.")
    if not versions:
        return ()
    for version in versions:
        if version.pairwise:
            words = f"{version.judge.name} compares two answers; ask it on the scorecard."
            raise Invalid.field("judges", "pairwise", words)
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    if not cap.is_finite() or not 0 < cap <= most:
        raise Invalid.field(
            "judging_cap", "out_of_range", f"Say what judging may cost, at most {most}."
        )
    share = (cap / len(versions)).quantize(Decimal("0.000001"))
    pins = []
    for version in versions:
        pin = judge_pin(version, dataset_pin(judges.check_set(actor=actor, version=version)))
        checks = with_room(judging_plan(pin, asked_alone(pin), Part.CHECKS, Subject(RUN, "")))
        if share <= checks:
            raise Invalid.field(
                "judging_cap",
                "too_small",
                f"Checking {pin.name} with its canaries and anchors may take {checks}; allow more"
                f" than {checks * len(versions)} for judging.",
            )
        pins.append(replace(pin, cap=share - checks, checks_cap=checks))
    return tuple(pins)


def judging_of(run: Run) -> list[Run]:
    """Return the judging runs of ``run``, oldest first."""
    found = Run.objects.filter(
        workload=run.workload_id,
        purpose=RunPurpose.JUDGING,
        plan__subject__kind=RUN,
        plan__subject__ref=str(run.pk),
    )
    return list(found.select_related("dataset_version").order_by("number"))


def judging_settled(*, run: Run) -> bool:
    """Whether the judging of a complete run has ended, however it did; starts what lacks of it.

    True for a run without judges. May be asked any number of times at once.
    """
    plan = RunPlan.from_json(run.plan)
    if not plan.judges:
        return True
    wanted = {(pin.name, part) for pin in plan.judges for part in (Part.ANSWERS, Part.CHECKS)}
    found = judging_of(run)
    if {_name(one) for one in found} != wanted:
        found = _start_missing(run, plan)
    return all(one.state in FINAL for one in found)


@transaction.atomic
def _start_missing(run: Run, plan: RunPlan) -> list[Run]:
    # Under the workload's lock each part is started once, whoever asks at the same time.
    workload = lifecycle.locked_workload(run.workload_id)
    known = {_name(one) for one in judging_of(run)}
    for pin in plan.judges:
        for part in (Part.ANSWERS, Part.CHECKS):
            if (pin.name, part) in known:
                continue
            wanted = plan_for(pin, plan, part, str(run.pk))
            made = seal_run(actor=None, starter=run.created_by, workload=workload, plan=wanted)
            log.info("judging_started", run=str(run.pk), judging=str(made.pk), part=part.value)
    return judging_of(run)


def _name(run: Run) -> tuple[str, Part]:
    notes = run.plan["notes"]
    return notes["judge"], Part(notes["part"])


@transaction.atomic
def start_calibration(*, actor: User, version: JudgeVersion) -> Run:
    """Ask the judge about its calibration set, some of it repeatedly, to compare it with people.

    The labels are frozen as they are now. Raises Forbidden, NotReady (no_labels), Conflict
    (calibration_open, too_many_runs) or Invalid (candidates: the model may not be called).
    """
    workload = version.judge.workload
    opened = judges.open_calibration(actor=actor, version=version)
    pin = judge_pin(version, dataset_pin(version.calibration_set))
    repeats = int(policy().number("judges", "noise_repeats"))
    asked = asked_alone(pin, pairwise=version.pairwise)
    plan = judging_plan(
        pin, asked, Part.CALIBRATION, Subject(CALIBRATION, str(opened.pk)), repeats=repeats
    )
    run = start_run(actor=actor, workload=workload, plan=replace(plan, cap=with_room(plan)))
    judges.note_run(calibration=opened, run_ref=str(run.pk))
    return run


def calibration_ended(*, run: Run) -> None:
    """Compare the judge with people, when the run that asked it has ended, complete or not."""
    subject = run.plan.get("subject") or {}
    if run.state not in FINAL or subject.get("kind") != CALIBRATION:
        return
    found = Calibration.objects.select_related("version__calibration_set").get(pk=subject["ref"])
    if found.finished_at is not None:
        return
    complete = run.state == RunState.COMPLETE
    if found.version.pairwise:
        pairs = calibration_pairs(run, found.version) if complete else {}
        judges.finish_calibration(
            calibration_id=found.pk,
            verdicts={key: [one.outcome for one in said] for key, said in pairs.items()},
            position=position(said[0] for said in pairs.values()),
        )
        return
    said = calibration_verdicts(run, found.version) if complete else {}
    judges.finish_calibration(calibration_id=found.pk, verdicts=said)
