"""Reading builds, their trials and tokens."""

import hashlib

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.common.clock import now
from workloads.builds.models import AccessToken, Build, Switch, TokenScope, Trial, TrialKind
from workloads.lifecycle.models import Cycle, Workload


def builds_of(cycle: Cycle) -> QuerySet[Build]:
    """Return the builds of the cycle, newest first."""
    return (
        Build.objects.filter(cycle=cycle)
        .select_related("model_lock", "prompt_version", "created_by", "cycle__workload")
        .order_by("-number")
    )


def build_of(cycle: Cycle) -> Build | None:
    """Return the latest build of the cycle, the one that is tested and released, or None."""
    return builds_of(cycle).first()


def build_numbered(cycle: Cycle, number: int) -> Build:
    """Return one build of the cycle. Raises Http404."""
    return get_object_or_404(builds_of(cycle), number=number)


def last_trial(build: Build, kind: TrialKind) -> Trial | None:
    """Return the latest trial of ``kind`` on this very build, or None."""
    return build.trials.filter(kind=kind).select_related("by").first()


def tokens_of(workload: Workload) -> QuerySet[AccessToken]:
    """Return the tokens of the workload that can still be used."""
    return AccessToken.objects.filter(
        workload=workload, revoked_at=None, expires_at__gt=now()
    ).select_related("created_by")


def token_for(secret: str, scope: TokenScope) -> AccessToken | None:
    """Return the usable token with this secret and scope, or None."""
    fingerprint = hashlib.sha256(secret.encode()).hexdigest()
    return (
        AccessToken.objects.filter(
            secret_hash=fingerprint, scope=scope, revoked_at=None, expires_at__gt=now()
        )
        .select_related("workload")
        .first()
    )


def switched_off(workload: Workload) -> Switch | None:
    """Return the switch when it is off, else None."""
    return Switch.objects.filter(workload=workload).exclude(off_since=None).first()
