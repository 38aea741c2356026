"""Writing prompts: drafts, committed versions, and moving the candidate pointer."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid
from portal.gateway.cost import estimate_tokens
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.content import EMPTY, as_text, problems
from workloads.prompts.models import Pointer, PointerMove, Prompt, PromptVersion
from workloads.prompts.selectors import SYSTEM, draft_content, pointed, prompt_of


@transaction.atomic
def save_draft(
    *, actor: User, workload: Workload, content: Mapping[str, Any], row_version: int | None = None
) -> Prompt:
    """Keep ``content`` as the working draft; anything that is text may be kept.

    Raises Forbidden, or Conflict (version_conflict) when ``row_version`` is given and somebody
    saved in between.
    """
    policies.require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    unknown = set(content) - set(EMPTY)
    if unknown:
        raise Invalid(
            f"Unknown field {sorted(unknown)[0]}.",
            errors=[
                FieldError(name, "unknown_field", "Not a part of a prompt.") for name in unknown
            ],
        )
    prompt = prompt_of(workload)
    if prompt is None:
        prompt = Prompt(workload=workload, key=SYSTEM, draft={}, created_by=actor, row_version=0)
    elif row_version is not None and prompt.row_version != row_version:
        raise Conflict(
            "The draft has changed since you opened it. Copy what you wrote, load the page again"
            " and put it in.",
            code="version_conflict",
        )
    prompt.draft = {**draft_content(prompt), **content}
    prompt.row_version += 1
    prompt.updated_by = actor
    prompt.save()
    audit.record(
        actor=actor, action="prompt.draft_saved", kind="prompt", ref=SYSTEM, workload=workload.ref
    )
    return prompt


@transaction.atomic
def commit_version(*, actor: User, workload: Workload, note: str = "") -> PromptVersion:
    """Make the draft an immutable version and point the candidate at it.

    Raises Forbidden, Invalid (each problem of the draft; a note is required from version 2 on)
    or Conflict (unchanged). When a candidate existed, phases that used it are opened again.
    """
    policies.require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    prompt = prompt_of(workload)
    if prompt is None:
        raise Invalid.field("instructions", "blank", "Write the prompt first.")
    content = draft_content(prompt)
    blocking = [problem for problem in problems(content) if problem.blocks]
    last = prompt.versions.aggregate(last=Max("number"))["last"] or 0
    errors = [FieldError(p.field, p.code, p.message) for p in blocking]
    if last and not note.strip():
        errors.append(FieldError("note", "blank", "Say in a few words what changed."))
    if errors:
        raise Invalid("The prompt cannot be committed yet.", errors=errors)
    fingerprint = digest(content)
    parent = pointed(workload, Pointer.CANDIDATE) or prompt.versions.order_by("-number").first()
    if parent is not None and parent.digest == fingerprint:
        raise Conflict(f"Nothing differs from version {parent.number}.", code="unchanged")
    version = PromptVersion.objects.create(
        prompt=prompt,
        number=last + 1,
        parent=parent,
        content=content,
        digest=fingerprint,
        note=note.strip()[:280],
        tokens=estimate_tokens(as_text(content)),
        created_by=actor,
    )
    audit.record(
        actor=actor,
        action="prompt.committed",
        kind="prompt",
        ref=f"{workload.ref}/{version.number}",
        workload=workload.ref,
        detail={"digest": fingerprint, "note": version.note},
    )
    point_candidate(actor=actor, workload=workload, version=version, reason=version.note)
    return version


@transaction.atomic
def point_candidate(
    *, actor: User, workload: Workload, version: PromptVersion, reason: str = ""
) -> PointerMove | None:
    """Make ``version`` the one that evaluation uses. Does nothing when it is already.

    Raises Forbidden or Invalid (another workload's version).
    """
    policies.require(actor, workload, "edit")
    lifecycle.locked_workload(workload.pk)
    if version.prompt.workload_id != workload.pk:
        raise Invalid.field("version", "choice", "This version belongs to another workload.")
    before = pointed(workload, Pointer.CANDIDATE)
    if before is not None and before.pk == version.pk:
        return None
    move = _move(actor, version, Pointer.CANDIDATE, before, reason)
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

    Only the release of an approved cycle calls this. Does nothing when it is already there.
    """
    lifecycle.locked_workload(workload.pk)
    before = pointed(workload, Pointer.PRODUCTION)
    if before is not None and before.pk == version.pk:
        return None
    return _move(actor, version, Pointer.PRODUCTION, before, "", decision_ref)


def _move(
    actor: User,
    version: PromptVersion,
    pointer: Pointer,
    before: PromptVersion | None,
    reason: str,
    decision_ref: str = "",
) -> PointerMove:
    move = PointerMove.objects.create(
        prompt=version.prompt,
        pointer=pointer,
        came_from=before,
        to=version,
        at=now(),
        by=actor,
        reason=reason[:280],
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
