"""Committed versions: made of the draft, or of an earlier version that is wanted again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.text import clean_text
from portal.gateway.cost import estimate_tokens
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.prompts.content import as_text
from workloads.prompts.lint import problems
from workloads.prompts.models import Pointer, Prompt, PromptVersion
from workloads.prompts.selectors import (
    base_version,
    cleared_findings,
    draft_content,
    draft_differs,
    pointed,
    prompt_of,
)
from workloads.prompts.services.drafts import take_over, version_conflict
from workloads.prompts.services.pointers import move_pointer, point_candidate, require_own

NOTE_MAX = 280


@transaction.atomic
def commit_version(
    *, actor: User, workload: Workload, note: str = "", row_version: int | None = None
) -> PromptVersion:
    """Make the draft an immutable version and point the candidate at it.

    Its parent is the version that the draft was begun from, which need not be the newest. Raises
    Forbidden, Invalid (each problem of the draft; a note is required from version 2 on) or
    Conflict (unchanged; version_conflict when the draft is not the one of ``row_version``). When
    a candidate existed, phases that used it are opened again.
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    prompt = prompt_of(workload)
    if prompt is None:
        raise Invalid.field("instructions", "blank", "Write the prompt first.")
    if row_version is not None and row_version != prompt.row_version:
        raise version_conflict()
    content = draft_content(prompt)
    words, errors = _note(note, prompt)
    _require_good(workload, prompt, content, errors)
    parent = base_version(workload)
    if parent is not None and parent.digest == digest(content):
        raise Conflict(f"Nothing differs from version {parent.number}.", code="unchanged")
    authors = {*prompt.draft_authors, actor.pk}
    version = _make(actor, prompt, content, parent=parent, authors=authors, note=words)
    prompt.draft_authors = []
    prompt.save(update_fields=("draft_authors", "updated_at"))
    move_pointer(actor, version, Pointer.DRAFT, pointed(workload, Pointer.DRAFT), words)
    point_candidate(actor=actor, workload=workload, version=version, reason=words)
    return version


@transaction.atomic
def restore_version(
    *, actor: User, workload: Workload, version: PromptVersion, note: str = ""
) -> PromptVersion:
    """Commit what ``version`` holds once more, as the newest version, and make it the candidate.

    The new version descends from ``version``. A draft with changes of its own stays as it is; one
    without becomes the new version. Raises Forbidden, Invalid (another workload's version, a
    problem that was not one before, a note that is no line) or Conflict (unchanged).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    require_own(workload, version)
    candidate = pointed(workload, Pointer.CANDIDATE)
    if candidate is not None and candidate.digest == version.digest:
        raise Conflict(
            f"Version {candidate.number}, the candidate, holds the same already.", code="unchanged"
        )
    prompt = Prompt.objects.get(pk=version.prompt_id)
    words, errors = _note(note.strip() or f"Restores version {version.number}", prompt)
    _require_good(workload, prompt, version.content, errors)
    dirty = draft_differs(workload, prompt)
    made = _make(actor, prompt, version.content, parent=version, authors={actor.pk}, note=words)
    if not dirty:
        take_over(actor, workload, prompt, made, words)
    point_candidate(actor=actor, workload=workload, version=made, reason=words)
    return made


def _note(note: str, prompt: Prompt) -> tuple[str, list[FieldError]]:
    try:
        words = clean_text(note, field="note", maximum=NOTE_MAX, single_line=True)
    except Invalid as problem:
        return "", list(problem.errors)
    if not words and prompt.versions.exists():
        return "", [FieldError("note", "blank", "Say in a few words what changed.")]
    return words, []


def _require_good(
    workload: Workload, prompt: Prompt, content: Mapping[str, Any], errors: list[FieldError]
) -> None:
    found = problems(content, tier=workload.tier, cleared=cleared_findings(prompt))
    blocking = [FieldError(p.field, p.code, p.message) for p in found if p.blocks]
    if blocking or errors:
        raise Invalid("The prompt cannot be committed yet.", errors=[*blocking, *errors])


def _make(
    actor: User,
    prompt: Prompt,
    content: Mapping[str, Any],
    *,
    parent: PromptVersion | None,
    authors: set[Any],
    note: str,
) -> PromptVersion:
    last = prompt.versions.aggregate(last=Max("number"))["last"] or 0
    version = PromptVersion.objects.create(
        prompt=prompt,
        number=last + 1,
        parent=parent,
        content=content,
        authors=sorted(authors),
        digest=digest(content),
        note=note,
        tokens=estimate_tokens(as_text(content)),
        created_by=actor,
        updated_by=actor,
    )
    workload = prompt.workload
    audit.record(
        actor=actor,
        action="prompt.committed",
        kind="prompt",
        ref=f"{workload.ref}/{version.number}",
        workload=workload.ref,
        detail={
            "digest": version.digest,
            "note": version.note,
            "parent": parent.number if parent else None,
        },
    )
    return version
