"""Putting a release live, taking it off, serving it, and forgetting its calls in time."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import canonical_bytes
from portal.common.clock import now
from portal.common.errors import Conflict, DomainError, Invalid, NotReady
from portal.common.text import clean_text
from workloads.builds.invocation import Invocation, invoke
from workloads.builds.models import Build, Logging
from workloads.builds.steps import redact
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import LiveSpell, Release, Workload
from workloads.operations.models import Interaction
from workloads.operations.selectors import (
    build_of_release,
    latest_release,
    live_spell,
    matches_approval,
)
from workloads.prompts.content import declared_names
from workloads.prompts.services import point_production


@transaction.atomic
def put_live(*, actor: User, workload: Workload) -> LiveSpell:
    """Serve the newest release of the workload from now on.

    Raises Forbidden (the owner alone), NotReady (no release, or what would run is not what was
    approved) or Conflict (it is live already, or its approval no longer holds).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "own")
    release = latest_release(workload)
    if release is None:
        raise NotReady("There is no release: the go/no-go has not ended with GO.")
    build = build_of_release(release)
    if not matches_approval(release, build):
        raise NotReady(
            "What would run is not what was approved: the model's catalog entry or a part of the"
            " pipeline has changed since."
        )
    standing = live_spell(workload)
    if standing is not None and standing.release_id == release.pk:
        raise Conflict(f"Release {release.number} is live already.", code="unchanged")
    spell = lifecycle.start_live(actor=actor, release=release)
    point_production(
        actor=actor,
        workload=workload,
        version=build.prompt_version,
        decision_ref=f"{workload.ref} release {release.number}",
    )
    return spell


@transaction.atomic
def suspend(*, actor: User, workload: Workload, reason: str) -> None:
    """Take the live release off. Raises Forbidden, Invalid (reason) or NotReady (nothing live)."""
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "own")
    words = clean_text(reason, field="reason", minimum=10, maximum=280)
    if live_spell(workload) is None:
        raise NotReady("Nothing is live.")
    lifecycle.end_live(actor=actor, workload=workload, reason=words)


def serve(
    *,
    workload: Workload,
    given: Any,
    documents: Sequence[Mapping[str, str]] = (),
    request_id: str,
) -> Invocation:
    """Run one input through the live release and keep the interaction.

    Raises Conflict (not_live, not_approved, switched_off, duplicate_request) and what
    `builds.invocation.invoke` raises. The call itself is made outside any transaction; one that
    the gateway did not answer is kept too, with its error.
    """
    spell = live_spell(workload)
    if spell is None:
        raise Conflict(
            f"{workload.ref} has no live release: it is not approved, or was taken off.",
            code="not_live",
        )
    release = spell.release
    build = build_of_release(release)
    if not matches_approval(release, build):
        raise Conflict("What would run is not what was approved.", code="not_approved")
    if Interaction.objects.filter(workload=workload, request_id=request_id).exists():
        raise _duplicate()
    row = Interaction(
        workload=workload,
        release=release,
        request_id=request_id,
        input=kept(build, _as_text(build, given)),
    )
    try:
        seen = invoke(build, given, documents)
    except (Conflict, Invalid):
        raise
    except DomainError as problem:
        row.error, row.finish_reason, row.latency_ms = problem.code[:40], "error", 0.0
        _keep(row)
        raise
    row.output = kept(build, seen.text)
    row.blocked_by = seen.blocked.guard if seen.blocked else ""
    row.marks = list(seen.marks)
    row.finish_reason = seen.finish_reason[:40]
    row.refused = seen.refused
    row.resolved_model = seen.model[:200]
    row.model_matches = seen.model_matches
    row.tokens_in, row.tokens_out = seen.tokens_in, seen.tokens_out
    row.latency_ms = seen.latency_ms
    row.cost, row.currency = seen.cost, seen.currency
    _keep(row)
    return seen


def _duplicate() -> Conflict:
    return Conflict("This request id was served already.", code="duplicate_request")


def _keep(row: Interaction) -> None:
    row.at = now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as problem:
        # Two calls with one id at once: the database lets one of them be kept.
        raise _duplicate() from problem


def _as_text(build: Build, given: Any) -> str:
    """What was given of the prompt's variables; anything else is not looked at and not kept."""
    if isinstance(given, str):
        return given
    names = set(declared_names(build.prompt_version.content))
    return canonical_bytes({k: v for k, v in given.items() if k in names}).decode()


def kept(build: Build, text: str) -> str:
    """Return what the build's logging rule keeps of ``text``."""
    match build.content["logging"]:
        case Logging.FULL:
            return text
        case Logging.REDACTED:
            return redact(text)
    return ""


def forget_interactions() -> int:
    """Delete the calls whose retention time is over. Returns how many; harmless to run twice.

    Each release is its own transaction with its own audit event; run by beat.
    """
    gone = 0
    for release in Release.objects.select_related("cycle__workload").order_by("pk"):
        days = int(build_of_release(release).content["retention_days"])
        before = now() - timedelta(days=days)
        with transaction.atomic():
            count, _ = Interaction.objects.filter(release=release, at__lt=before).delete()
            if count:
                workload = release.cycle.workload
                audit.record(
                    actor=None,
                    action="interactions.forgotten",
                    kind="release",
                    ref=f"{workload.ref}/{release.number}",
                    workload=workload.ref,
                    detail={"count": count, "older_than_days": days},
                )
        gone += count
    return gone
