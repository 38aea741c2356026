"""Making builds, trying them, and giving out tokens for them."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, DomainError, FieldError, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.builds.invocation import Invocation, invoke
from workloads.builds.models import (
    AccessToken,
    Architecture,
    Build,
    Logging,
    Switch,
    TokenScope,
    Trial,
    TrialKind,
)
from workloads.builds.selectors import build_of
from workloads.builds.steps import PARTS
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.content import sample_values
from workloads.prompts.selectors import candidate_version
from workloads.tuning.selectors import model_lock

ALERT_METRICS = ("error_rate", "latency_p95", "cost_per_day", "refusal_rate", "blocked_rate")
COMPARATORS = (">", "<")
TOKEN_DAYS = {TokenScope.STAGING: 30, TokenScope.LIVE: 365}


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


def _cycle(workload: Workload) -> Cycle:
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle.")
    return cycle


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
    policies.require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    cycle = _cycle(workload)
    entry, version = model_lock(cycle), candidate_version(workload)
    if entry is None:
        raise NotReady("Lock the final model in phase 5 first.")
    if version is None:
        raise NotReady("Commit a prompt version in phase 3 first.")
    chosen = sorted(set(parts))
    errors = [
        FieldError("parts", "choice", f"{name} is not a step or guard.")
        for name in chosen
        if name not in PARTS
    ]
    if architecture not in Architecture.values:
        errors.append(FieldError("architecture", "choice", "Choose one of the shapes listed."))
    if logging not in Logging.values:
        errors.append(FieldError("logging", "choice", "Choose what is kept of each call."))
    if not 0 <= retention_days <= 3650:
        errors.append(FieldError("retention_days", "out_of_range", "Enter 0 to 3,650 days."))
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
    told = list(alerts)
    for alert in told:
        if alert.metric not in ALERT_METRICS or alert.comparator not in COMPARATORS:
            errors.append(FieldError("alerts", "choice", f"No alert can watch {alert.metric!r}."))
    if errors:
        raise Invalid("The build cannot be made yet.", errors=errors)
    content = {
        "architecture": architecture,
        "decision_record": record,
        "parts": chosen,
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


def _note(
    actor: User, build: Build, kind: TrialKind, passed: bool, detail: dict[str, Any]
) -> Trial:
    workload = build.cycle.workload
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
    workload = build.cycle.workload
    policies.require(actor, workload, "edit")
    seen: Invocation | None = None
    problem = ""
    try:
        seen = invoke(build, sample_values(build.prompt_version.content))
    except DomainError as refusal:
        problem = refusal.message
    detail: dict[str, Any] = {"problem": problem}
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
    with transaction.atomic():
        return _note(actor, build, TrialKind.CALL, passed, detail)


def try_kill_switch(*, actor: User, build: Build) -> Trial:
    """Switch the workload's calls off, see that the build refuses one, and switch back on.

    Raises Forbidden, or Conflict when the workload is live (use suspend, or try it on staging
    before the release) or switched off already.
    """
    workload = build.cycle.workload
    policies.require(actor, workload, "edit")
    if workload.status == "live":
        raise Conflict("The workload is live: trying the switch would stop real calls.")
    switch_calls(actor=actor, workload=workload, off=True, reason="kill switch drill")
    refused = False
    try:
        invoke(build, sample_values(build.prompt_version.content))
    except Conflict as answer:
        refused = answer.code == "switched_off"
    except DomainError:
        refused = False
    finally:
        switch_calls(actor=actor, workload=workload, off=False, reason="drill over")
    with transaction.atomic():
        return _note(actor, build, TrialKind.KILL_SWITCH, refused, {})


@transaction.atomic
def switch_calls(*, actor: User, workload: Workload, off: bool, reason: str) -> Switch:
    """Stop or allow every call of the workload's builds, at once.

    Raises Forbidden, or Conflict (unchanged) when it stands that way already.
    """
    policies.require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    switch, _ = Switch.objects.get_or_create(workload=workload)
    if (switch.off_since is not None) == off:
        raise Conflict("The switch stands that way already.", code="unchanged")
    switch.off_since = now() if off else None
    switch.reason = reason[:280]
    switch.save()
    audit.record(
        actor=actor,
        action="build.switched_off" if off else "build.switched_on",
        kind="workload",
        ref=workload.ref,
        workload=workload.ref,
        detail={"reason": switch.reason},
    )
    return switch


@transaction.atomic
def issue_token(
    *, actor: User, workload: Workload, scope: TokenScope, name: str
) -> tuple[AccessToken, str]:
    """Make a token and return it with its secret, which is never shown again.

    A staging token needs an editor, a live one the owner. Raises Forbidden or Invalid.
    """
    policies.require(actor, workload, "own" if scope == TokenScope.LIVE else "edit")
    label = clean_text(name, field="name", minimum=1, maximum=80, single_line=True)
    secret = f"asy_{scope}_{secrets.token_urlsafe(32)}"
    token = AccessToken.objects.create(
        workload=workload,
        scope=scope,
        name=label,
        prefix=secret[:12],
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
        expires_at=now() + timedelta(days=TOKEN_DAYS[scope]),
        created_by=actor,
    )
    audit.record(
        actor=actor,
        action="token.issued",
        kind="token",
        ref=str(token.pk),
        workload=workload.ref,
        detail={"scope": scope, "name": label},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, actor: User, token: AccessToken) -> None:
    """End a token now. Raises Forbidden or Conflict (already_revoked)."""
    policies.require(actor, token.workload, "edit")
    ended = AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())
    if not ended:
        raise Conflict("This token was ended already.", code="already_revoked")
    audit.record(
        actor=actor,
        action="token.revoked",
        kind="token",
        ref=str(token.pk),
        workload=token.workload.ref,
    )
