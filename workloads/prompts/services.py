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
from portal.common.text import clean_text
from portal.gateway.cost import estimate_tokens
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.content import as_text, checked
from workloads.prompts.lint import problems
from workloads.prompts.models import Pointer, PointerMove, Prompt, PromptVersion
from workloads.prompts.selectors import SYSTEM, draft_content, pointed, prompt_of

NOTE_MAX = 280


def _version_conflict() -> Conflict:
    return Conflict(
        "Somebody else saved this draft after you opened it. Nothing of yours was saved: copy what"
        " you wrote, load the page again and put it in.",
        code="version_conflict",
    )


@transaction.atomic
def save_draft(
    *, actor: User, workload: Workload, content: Mapping[str, Any], row_version: int | None = None
) -> Prompt:
    """Keep ``content`` as the working draft, however unfinished; keys left out stay as they are.

    ``row_version`` is what the writer saw, 0 before the first save. Raises Forbidden, Invalid
    (what cannot be kept, see `content.checked`) or Conflict (version_conflict) when somebody
    saved in between.
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    kept = checked(content)
    prompt = prompt_of(workload)
    seen = prompt.row_version if prompt else 0
    if row_version is not None and row_version != seen:
        raise _version_conflict()
    if prompt is None:
        prompt = Prompt(workload=workload, key=SYSTEM, draft={}, created_by=actor, row_version=0)
    prompt.draft = {**draft_content(prompt), **kept}
    prompt.row_version = seen + 1
    prompt.updated_by = actor
    if actor.pk not in prompt.draft_authors:
        prompt.draft_authors = [*prompt.draft_authors, actor.pk]
    prompt.save()
    audit.record(
        actor=actor,
        action="prompt.draft_saved",
        kind="prompt",
        ref=f"{workload.ref}/draft",
        workload=workload.ref,
        detail={"row_version": prompt.row_version},
    )
    return prompt


@transaction.atomic
def commit_version(
    *, actor: User, workload: Workload, note: str = "", row_version: int | None = None
) -> PromptVersion:
    """Make the draft an immutable version and point the candidate at it.

    Raises Forbidden, Invalid (each problem of the draft; a note is required from version 2 on)
    or Conflict (unchanged; version_conflict when the draft is not the one of ``row_version``).
    When a candidate existed, phases that used it are opened again.
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    prompt = prompt_of(workload)
    if prompt is None:
        raise Invalid.field("instructions", "blank", "Write the prompt first.")
    if row_version is not None and row_version != prompt.row_version:
        raise _version_conflict()
    content = draft_content(prompt)
    blocking = [problem for problem in problems(content) if problem.blocks]
    last = prompt.versions.aggregate(last=Max("number"))["last"] or 0
    errors = [FieldError(p.field, p.code, p.message) for p in blocking]
    words = ""
    try:
        words = clean_text(note, field="note", maximum=NOTE_MAX, single_line=True)
    except Invalid as problem:
        errors.extend(problem.errors)
    else:
        if last and not words:
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
        authors=sorted({*prompt.draft_authors, actor.pk}),
        digest=fingerprint,
        note=words,
        tokens=estimate_tokens(as_text(content)),
        created_by=actor,
        updated_by=actor,
    )
    prompt.draft_authors = []
    prompt.save(update_fields=("draft_authors", "updated_at"))
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

    Raises Forbidden or Invalid (another workload's version, a reason that is too long).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    if version.prompt.workload_id != workload.pk:
        raise Invalid.field("version", "choice", "This version belongs to another workload.")
    words = clean_text(reason, field="reason", maximum=NOTE_MAX)
    before = pointed(workload, Pointer.CANDIDATE)
    if before is not None and before.pk == version.pk:
        return None
    move = _move(actor, version, Pointer.CANDIDATE, before, words)
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
    the pointer is already there.
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
