"""Putting a release live, taking it off, and serving it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.common.canonical import canonical_bytes
from portal.common.clock import now
from portal.common.errors import Conflict, NotReady
from portal.common.text import clean_text
from workloads.builds.invocation import Invocation, invoke
from workloads.builds.models import Build, Logging
from workloads.builds.steps import redact
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import LiveSpell, Workload
from workloads.operations.models import Interaction
from workloads.operations.selectors import (
    build_of_release,
    latest_release,
    live_spell,
    matches_approval,
)
from workloads.prompts.services import point_production


@transaction.atomic
def put_live(*, actor: User, workload: Workload) -> LiveSpell:
    """Serve the newest release of the workload from now on.

    Raises Forbidden (the owner alone), NotReady (no release, or what would run is not what was
    approved) or Conflict (it is live already).
    """
    policies.require(actor, workload, "own")
    lifecycle.locked_workload(workload.pk)
    release = latest_release(workload)
    if release is None:
        raise NotReady("There is no release: the go/no-go has not ended with GO.")
    build = build_of_release(release)
    if not matches_approval(release, build):
        raise NotReady(
            "What would run is not what was approved: the model's catalog entry has changed since."
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
    `builds.invocation.invoke` raises. The call itself is made outside any transaction.
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
        raise Conflict("This request id was served already.", code="duplicate_request")
    seen = invoke(build, given, documents)
    text = given if isinstance(given, str) else canonical_bytes(given).decode()
    try:
        Interaction.objects.create(
            workload=workload,
            release=release,
            request_id=request_id,
            at=now(),
            input=kept(build, text),
            output=kept(build, seen.text),
            blocked_by=seen.blocked.guard if seen.blocked else "",
            marks=list(seen.marks),
            finish_reason=seen.finish_reason,
            refused=seen.refused,
            resolved_model=seen.model,
            model_matches=seen.model_matches,
            tokens_in=seen.tokens_in,
            tokens_out=seen.tokens_out,
            latency_ms=seen.latency_ms,
            cost=seen.cost,
        )
    except IntegrityError as problem:
        raise Conflict("This request id was served already.", code="duplicate_request") from problem
    return seen


def kept(build: Build, text: str) -> str:
    """Return what the build's logging rule keeps of ``text``."""
    match build.content["logging"]:
        case Logging.FULL:
            return text
        case Logging.REDACTED:
            return redact(text)
    return ""
