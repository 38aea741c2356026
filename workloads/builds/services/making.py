"""Making a build from the locked model and the candidate prompt."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.errors import Conflict, FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.briefs.selectors import brief_of
from workloads.builds.models import Architecture, Build, Logging
from workloads.builds.selectors import build_of, logging_problem
from workloads.builds.steps import PARTS
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.selectors import candidate_version
from workloads.tuning.selectors import model_lock

ALERT_METRICS = ("error_rate", "latency_p95", "cost_per_day", "refusal_rate", "blocked_rate")
COMPARATORS = (">", "<")
ALERTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Alert:
    """When somebody is to be told: ``metric`` ``comparator`` ``threshold`` over ``minutes``."""

    metric: str
    comparator: str
    threshold: float
    minutes: int
    owner: str

    def as_dict(self) -> dict[str, Any]:
        """Return the alert as a build stores it."""
        return {name: getattr(self, name) for name in self.__slots__}


@transaction.atomic
def make_build(
    *,
    actor: User,
    workload: Workload,
    architecture: str,
    decision_record: str,
    parts: Iterable[str],
    logging: str,
    retention_days: int,
    alerts: Iterable[Alert],
) -> Build:
    """Make the next build from the locked model and the candidate prompt.

    Raises Forbidden, NotReady (no locked model, no committed prompt), Invalid (each field) or
    Conflict (unchanged). A build after the first opens the phases that tested the one before.
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle.")
    entry, version = model_lock(cycle), candidate_version(workload)
    if entry is None:
        raise NotReady("Lock the final model in phase 5 first.")
    if version is None:
        raise NotReady("Commit a prompt version in phase 3 first.")
    chosen, told = sorted(set(parts)), list(alerts)
    errors = [
        *_part_errors(chosen),
        *_shape_errors(cycle, architecture, logging, retention_days),
        *_alert_errors(told),
    ]
    record = ""
    try:
        record = clean_text(
            decision_record,
            field="decision_record",
            minimum=int(policy().number("build", "decision_record_min")),
            maximum=10_000,
        )
    except Invalid as problem:
        errors.extend(problem.errors)
    if errors:
        raise Invalid("The build cannot be made yet.", errors=errors)
    content = {
        "architecture": architecture,
        "decision_record": record,
        "parts": chosen,
        "part_versions": {name: PARTS[name].version for name in chosen},
        "logging": logging,
        "retention_days": retention_days,
        "alerts": [alert.as_dict() for alert in told],
    }
    fingerprint = digest({"content": content, "model": entry.digest(), "prompt": version.digest})
    before = build_of(cycle)
    if before is not None and before.digest == fingerprint:
        raise Conflict(f"Nothing differs from build {before.number}.", code="unchanged")
    last = Build.objects.filter(cycle=cycle).aggregate(last=Max("number"))["last"] or 0
    build = Build.objects.create(
        cycle=cycle,
        number=last + 1,
        content=content,
        model_lock=entry,
        model_digest=entry.digest(),
        prompt_version=version,
        part_tests={name: PARTS[name].works() for name in chosen},
        digest=fingerprint,
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="build.made",
        kind="build",
        ref=f"{workload.ref}/{build.number}",
        workload=workload.ref,
        detail={"digest": fingerprint},
    )
    if before is not None:
        lifecycle.evidence_changed(
            actor=actor,
            cycle=cycle,
            change="build.changed_after_campaign",
            detail=f"build {before.number} → {build.number}",
            origin="build",
        )
    return build


def _part_errors(chosen: list[str]) -> Iterator[FieldError]:
    for name in chosen:
        if name not in PARTS:
            yield FieldError("parts", "choice", f"{name!r:.60} is not a step or guard.")


def _shape_errors(
    cycle: Cycle, architecture: str, logging: str, retention_days: int
) -> Iterator[FieldError]:
    if architecture not in Architecture.values:
        yield FieldError("architecture", "choice", "Choose one of the shapes listed.")
    brief = brief_of(cycle)
    if logging not in Logging.values:
        yield FieldError("logging", "choice", "Choose what is kept of each call.")
    else:
        problem = logging_problem(Logging(logging), brief.data_class)
        if problem:
            yield FieldError("logging", "above_data_class", problem)
    most = brief.retention_days if brief.retention_days is not None else 3650
    if not 0 <= retention_days <= most:
        words = f"Enter 0 to {most:,} days; the brief allows no more."
        yield FieldError("retention_days", "out_of_range", words)


def _alert_errors(told: list[Alert]) -> Iterator[FieldError]:
    if len(told) > ALERTS_MAX:
        yield FieldError("alerts", "max_length", f"Set at most {ALERTS_MAX} alerts.")
    for alert in told:
        if alert.metric not in ALERT_METRICS or alert.comparator not in COMPARATORS:
            yield FieldError("alerts", "choice", f"No alert can watch {alert.metric!r:.60}.")
        elif not (math.isfinite(alert.threshold) and 0 <= alert.threshold <= 1e9):
            yield FieldError(
                alert.metric, "out_of_range", "Enter a number from 0 to 1,000,000,000."
            )
        elif not 1 <= alert.minutes <= 10_080:
            yield FieldError(alert.metric, "out_of_range", "Watch from a minute to a week.")
        else:
            try:
                clean_text(alert.owner, field="alerts", minimum=1, maximum=160, single_line=True)
            except Invalid as problem:
                yield from problem.errors
