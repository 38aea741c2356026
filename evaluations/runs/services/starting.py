"""Starting a run: the plan is checked, sealed and cut into leases."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.judges.models import JudgeVersion
from evaluations.runs.enums import ACTIVE, RunPurpose
from evaluations.runs.items import cut
from evaluations.runs.models import Lease, Run, RunCandidate
from evaluations.runs.plan import CandidatePin, RunPlan
from evaluations.runs.runtime import PlanBroken, prompt_version, workbench
from evaluations.runs.services.nudges import nudge
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.money import MICRO, to_micro
from portal.common.policy import policy
from workloads.builds.models import Build
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require

MOST_CONCURRENCY = 256
MOST_REPEATS = 10
MOST_MAX_TOKENS = 100_000


@transaction.atomic
def start_run(*, actor: User, workload: Workload, plan: RunPlan) -> Run:
    """Seal ``plan`` and start it; drivers are asked for after the commit.

    Raises Forbidden, Invalid (what the plan asks for), PlanBroken (what it pins has changed) or
    Conflict (too_many_runs). Nothing is called and nothing is spent before this has committed.
    """
    require(actor, workload, "edit")
    _check_plan(plan)
    _check_pins(workload, plan)
    Workload.objects.select_for_update(no_key=True).get(pk=workload.pk)
    most = int(policy().number("evaluation", "active_runs_max"))
    # The judging of a run belongs to it and never stands in the way of another.
    active = Run.objects.filter(workload=workload, state__in=ACTIVE)
    if active.exclude(purpose=RunPurpose.JUDGING).count() >= most:
        raise Conflict(
            f"{most} runs of this workload are under way already; wait for one or cancel it.",
            code="too_many_runs",
        )
    return seal_run(actor=actor, starter=actor, workload=workload, plan=plan)


def seal_run(*, actor: User | None, starter: User | None, workload: Workload, plan: RunPlan) -> Run:
    """Write the run of a plan that was checked, with its leases, and ask for drivers.

    ``actor`` is who does it in the audit log: nobody where the portal goes on by itself with what
    ``starter`` began. Within the caller's transaction, which holds the workload.
    """
    bench = workbench(plan)
    estimates = bench.estimates()
    run = Run.objects.create(
        workload=workload,
        number=(Run.objects.filter(workload=workload).aggregate(m=Max("number"))["m"] or 0) + 1,
        purpose=plan.purpose,
        dataset_version_id=plan.dataset_version.id,
        plan=plan.as_json(),
        digest=plan.digest(),
        planned=bench.order.planned,
        concurrency=plan.concurrency,
        currency=plan.currency,
        cap_micro=to_micro(plan.cap),
        worst_case_micro=sum(estimates),
        code_versions=[plan.code_version],
        created_by=starter,
        updated_by=starter,
    )
    RunCandidate.objects.bulk_create(
        RunCandidate(run=run, position=place, name=pin.name, alias=pin.alias, entry_id=pin.entry_id)
        for place, pin in enumerate(plan.candidates)
    )
    Lease.objects.bulk_create(
        (
            Lease(run=run, first=first, count=count, estimate_micro=micro)
            for first, count, micro in cut(run.planned, bench.lease_size, estimates)
        ),
        batch_size=1_000,
    )
    audit.record(
        actor=actor,
        action="run.started",
        kind="run",
        ref=str(run.pk),
        workload=workload.ref,
        detail={
            "number": run.number,
            "plan": run.digest,
            "purpose": run.purpose,
            "planned": run.planned,
            "cap": plan.cap,
        },
    )
    nudge(run)
    return run


def _check_plan(plan: RunPlan) -> None:
    errors = []
    cap_max = Decimal(str(policy().number("evaluation", "run_cap_max")))
    if not plan.cap.is_finite() or not 0 < plan.cap <= cap_max or to_micro(plan.cap) < 1:
        words = f"The cap is an amount of at least {MICRO:f}, at most {cap_max}."
        errors.append(FieldError("cap", "out_of_range", words))
    if not 1 <= plan.concurrency <= MOST_CONCURRENCY:
        errors.append(
            FieldError("concurrency", "out_of_range", f"Between 1 and {MOST_CONCURRENCY} calls.")
        )
    if not 1 <= plan.repeats <= MOST_REPEATS:
        errors.append(FieldError("repeats", "out_of_range", f"Between 1 and {MOST_REPEATS}."))
    if not 1 <= plan.timeout_seconds <= 120:
        errors.append(FieldError("timeout_seconds", "out_of_range", "Between 1 and 120 seconds."))
    if plan.purpose not in RunPurpose.values:
        errors.append(
            FieldError("purpose", "choice", f"Use one of {', '.join(RunPurpose.values)}.")
        )
    if not plan.candidates:
        errors.append(FieldError("candidates", "required", "Choose at least one candidate."))
    if not plan.metrics and plan.purpose != RunPurpose.JUDGING:
        errors.append(FieldError("metrics", "required", "Choose at least one metric."))
    names = [pin.name for pin in plan.candidates]
    if len(set(names)) != len(names):
        errors.append(FieldError("candidates", "duplicate", "Two candidates have the same name."))
    if len({pin.price.currency for pin in plan.candidates}) > 1:
        errors.append(
            FieldError("candidates", "currency", "All candidates must be priced in one currency.")
        )
    for pin in plan.candidates:
        most = pin.params.get("max_tokens")
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_MAX_TOKENS:
            errors.append(
                FieldError(
                    "candidates",
                    "max_tokens",
                    f"{pin.name}: max_tokens is a whole number from 1 to {MOST_MAX_TOKENS:,}.",
                )
            )
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _check_pins(workload: Workload, plan: RunPlan) -> None:
    """Refuse records of another workload, and records that changed since they were pinned."""
    if plan.policy_digest != policy().digest:
        raise PlanBroken("The policy has changed since this plan was made; make it again.")
    version = DatasetVersion.objects.filter(
        pk=plan.dataset_version.id, dataset__workload=workload
    ).first()
    if version is None or version.digest != plan.dataset_version.digest:
        raise PlanBroken("The dataset version is not one of this workload, as it was pinned.")
    for pin in plan.candidates:
        _check_candidate(workload, pin)
    for judge in plan.judges:
        if not JudgeVersion.objects.filter(
            pk=judge.version_id, digest=judge.digest, judge__workload=workload
        ).exists():
            raise PlanBroken(f"The judge {judge.name} is not there as it was pinned.")


def _check_candidate(workload: Workload, pin: CandidatePin) -> None:
    entry = CatalogEntry.objects.filter(pk=pin.entry_id, gateway_alias=pin.alias).first()
    if entry is None or entry.digest() != pin.entry_digest:
        raise PlanBroken(f"The catalog entry of {pin.name} has changed since it was pinned.")
    if not entry.is_usable(now().date()):
        raise Invalid.field(
            "candidates",
            "not_usable",
            f"{pin.name} may not be called: it is {entry.get_status_display().lower()} or its"
            " approval has expired.",
        )
    if pin.judge_version_id is not None:
        mine = JudgeVersion.objects.filter(
            pk=pin.judge_version_id, judge__workload=workload
        ).exists()
    elif pin.build_id is not None:
        mine = Build.objects.filter(pk=pin.build_id, cycle__workload=workload).exists()
    else:
        version = prompt_version(pin)
        mine = version is not None and version.prompt.workload_id == workload.pk
    if not mine:
        raise PlanBroken(f"What {pin.name} runs is not of this workload.")
