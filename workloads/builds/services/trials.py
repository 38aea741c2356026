"""Trying a build: a call through the gateway, and the kill switch."""

from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, DomainError, Forbidden
from portal.common.text import clean_text
from workloads.builds.invocation import Invocation, invoke
from workloads.builds.models import Build, Switch, Trial, TrialKind
from workloads.builds.policies import can_switch
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import WorkloadStatus
from workloads.lifecycle.models import Workload
from workloads.prompts.content import sample_values


@transaction.atomic
def _note(
    actor: User, build: Build, kind: TrialKind, passed: bool, detail: dict[str, Any]
) -> Trial:
    workload = build.cycle.workload
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    trial = Trial.objects.create(
        build=build, kind=kind, passed=passed, detail=detail, at=now(), by=actor
    )
    audit.record(
        actor=actor,
        action=f"build.{kind}_tried",
        kind="build",
        ref=f"{workload.ref}/{build.number}",
        workload=workload.ref,
        detail={"passed": passed},
    )
    return trial


def try_build(*, actor: User, build: Build) -> Trial:
    """Call the build with its prompt's sample values, through the gateway, and note what came.

    The call is made outside any transaction. Raises Forbidden; a failed call is noted, not raised.
    """
    policies.require(actor, build.cycle.workload, "edit")
    seen: Invocation | None = None
    problem = ""
    try:
        seen = invoke(build, sample_values(build.prompt_version.content))
    except DomainError as refusal:
        problem = refusal.message
    detail: dict[str, Any] = {"problem": problem[:400]}
    if seen is not None:
        detail |= {
            "text": seen.text[:2_000],
            "blocked": seen.blocked.words if seen.blocked else "",
            "model": seen.model,
            "model_matches": seen.model_matches,
            "latency_ms": round(seen.latency_ms, 1),
            "tokens_in": seen.tokens_in,
            "tokens_out": seen.tokens_out,
        }
    passed = seen is not None and seen.blocked is None and seen.model_matches
    return _note(actor, build, TrialKind.CALL, passed, detail)


def try_kill_switch(*, actor: User, build: Build) -> Trial:
    """Switch the workload's calls off, see that the build refuses one, and switch back on.

    Raises Forbidden, or Conflict when the workload is live (real calls would stop) or its calls
    are switched off already.
    """
    workload = build.cycle.workload
    policies.require(actor, workload, "edit")
    if workload.status == WorkloadStatus.LIVE:
        raise Conflict("The workload is live: trying the switch would stop real calls.")
    switch_calls(actor=actor, workload=workload, off=True, reason="Kill switch drill.")
    refused = False
    try:
        invoke(build, sample_values(build.prompt_version.content))
    except DomainError as answer:
        refused = answer.code == "switched_off"
    finally:
        switch_calls(actor=actor, workload=workload, off=False, reason="Drill over.")
    return _note(actor, build, TrialKind.KILL_SWITCH, refused, {})


@transaction.atomic
def switch_calls(*, actor: User, workload: Workload, off: bool, reason: str) -> Switch:
    """Stop or allow every call of the workload's builds, at once.

    The owner and the contributors can, whether a cycle is open or not. Raises Forbidden, Invalid
    (reason) or Conflict (unchanged) when it stands that way already.
    """
    lifecycle.locked_workload(workload.pk)
    verdict = can_switch(actor, workload)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    words = clean_text(reason, field="reason", minimum=5, maximum=280, single_line=True)
    switch, _ = Switch.objects.get_or_create(workload=workload)
    if (switch.off_since is not None) == off:
        state = "off" if off else "on"
        raise Conflict(f"Calls are switched {state} already.", code="unchanged")
    switch.off_since = now() if off else None
    switch.reason = words
    switch.save()
    audit.record(
        actor=actor,
        action="build.switched_off" if off else "build.switched_on",
        kind="workload",
        ref=workload.ref,
        workload=workload.ref,
        detail={"reason": words},
    )
    return switch
