"""Moving the pointers of a prompt; every move leaves a row."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Invalid
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Release, Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.models import Pointer, PointerMove, PromptVersion
from workloads.prompts.selectors import pointed

REASON_MAX = 280


@transaction.atomic
def point_candidate(
    *, actor: User, workload: Workload, version: PromptVersion, reason: str = ""
) -> PointerMove | None:
    """Make ``version`` the one that evaluation uses. Does nothing when it is already.

    Raises Forbidden or Invalid (another workload's version, a reason that is too long).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    require_own(workload, version)
    words = clean_text(reason, field="reason", maximum=REASON_MAX)
    before = pointed(workload, Pointer.CANDIDATE)
    if before is not None and before.pk == version.pk:
        return None
    move = move_pointer(actor, version, Pointer.CANDIDATE, before, words)
    cycle = open_cycle(workload)
    if before is not None and cycle is not None:
        lifecycle.evidence_changed(
            actor=actor,
            cycle=cycle,
            change="prompt.changed_after_baseline",
            detail=f"prompt version {before.number} → {version.number}",
            origin="prompting",
        )
    return move


@transaction.atomic
def point_production(
    *, actor: User, workload: Workload, version: PromptVersion, decision_ref: str
) -> PointerMove | None:
    """Note that ``version`` serves production, on the decision ``decision_ref``.

    Only putting an approved release live calls this, which has checked who may. Does nothing when
    the pointer is already there. Raises Conflict (not_released) for a version that no release of
    the workload holds with these bytes.
    """
    lifecycle.locked_workload(workload.pk)
    require_own(workload, version)
    line = {
        "kind": "prompt",
        "ref": workload.ref,
        "version": str(version.number),
        "digest": version.digest,
    }
    if not Release.objects.filter(workload=workload, manifest__contains=[line]).exists():
        raise Conflict(
            f"Version {version.number} is in no approved release, so it cannot serve production.",
            code="not_released",
        )
    before = pointed(workload, Pointer.PRODUCTION)
    if before is not None and before.pk == version.pk:
        return None
    return move_pointer(actor, version, Pointer.PRODUCTION, before, "", decision_ref)


def require_own(workload: Workload, version: PromptVersion) -> None:
    """Raise Invalid unless ``version`` is one of the workload's own."""
    if version.prompt.workload_id != workload.pk:
        raise Invalid.field("version", "choice", "This version belongs to another workload.")


def move_pointer(
    actor: User,
    version: PromptVersion,
    pointer: Pointer,
    before: PromptVersion | None,
    reason: str,
    decision_ref: str = "",
) -> PointerMove:
    """Leave the row of one move and its audit event; for the services of this package."""
    move = PointerMove.objects.create(
        prompt=version.prompt,
        pointer=pointer,
        came_from=before,
        to=version,
        at=now(),
        by=actor,
        reason=reason,
        decision_ref=decision_ref,
    )
    workload = version.prompt.workload
    audit.record(
        actor=actor,
        action=f"prompt.{pointer}_moved",
        kind="prompt",
        ref=f"{workload.ref}/{version.number}",
        workload=workload.ref,
        detail={"from": before.number if before else None, "to": version.number},
    )
    return move
