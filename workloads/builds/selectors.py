"""Reading builds, their trials and tokens."""

import hashlib

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from catalog.enums import DataClass
from portal.common.clock import now
from portal.common.readonce import read_once
from workloads.builds.models import (
    AccessToken,
    Build,
    Logging,
    Switch,
    TokenScope,
    Trial,
    TrialKind,
)
from workloads.builds.steps import PARTS
from workloads.lifecycle.models import Cycle, Workload

# The most that may be kept of a call, by how sensitive its data is.
LOGGING_LIMIT = {
    DataClass.PUBLIC: Logging.FULL,
    DataClass.INTERNAL: Logging.FULL,
    DataClass.CONFIDENTIAL: Logging.REDACTED,
    DataClass.RESTRICTED: Logging.OFF,
}


def builds_of(cycle: Cycle) -> QuerySet[Build]:
    """Return the builds of the cycle, newest first."""
    return (
        Build.objects.filter(cycle=cycle)
        .select_related("model_lock", "prompt_version", "created_by", "cycle__workload")
        .order_by("-number")
    )


@read_once
def build_of(cycle: Cycle) -> Build | None:
    """Return the latest build of the cycle, the one that is tested and released, or None."""
    return builds_of(cycle).first()


def build_numbered(cycle: Cycle, number: int) -> Build:
    """Return one build of the cycle. Raises Http404."""
    return get_object_or_404(builds_of(cycle), number=number)


@read_once
def last_trial(build: Build, kind: TrialKind) -> Trial | None:
    """Return the latest trial of ``kind`` on this very build, or None."""
    return build.trials.filter(kind=kind).select_related("by").first()


def logging_problem(logging: Logging, data_class: str) -> str:
    """Return why ``logging`` keeps too much for data of ``data_class``, or ""."""
    if data_class not in DataClass.values:
        return ""
    allowed = LOGGING_LIMIT[DataClass(data_class)]
    order = (Logging.OFF, Logging.REDACTED, Logging.FULL)
    if order.index(logging) <= order.index(allowed):
        return ""
    return (
        f"The brief says {DataClass(data_class).label.lower()} data;"
        f' keep at most "{allowed.label.lower()}".'
    )


def changed_parts(build: Build) -> list[str]:
    """Return the labels of parts whose code is another than when ``build`` was made."""
    versions = build.content.get("part_versions", {})
    return [
        PARTS[name].label if name in PARTS else name
        for name in build.content["parts"]
        if name not in PARTS or versions.get(name) != PARTS[name].version
    ]


def tokens_of(workload: Workload, scope: TokenScope) -> QuerySet[AccessToken]:
    """Return the tokens of the workload with ``scope`` that can still be used."""
    return AccessToken.objects.filter(
        workload=workload, scope=scope, revoked_at=None, expires_at__gt=now()
    ).select_related("created_by")


def token_for(secret: str, scope: TokenScope) -> AccessToken | None:
    """Return the usable token with this secret and scope, or None."""
    fingerprint = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
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
