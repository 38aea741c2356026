"""The working draft: saved loosely, begun from any version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.prompts.content import checked
from workloads.prompts.models import Pointer, Prompt, PromptVersion
from workloads.prompts.selectors import SYSTEM, draft_content, draft_differs, pointed, prompt_of
from workloads.prompts.services.pointers import move_pointer, require_own


def version_conflict() -> Conflict:
    """The draft is not the one that the writer saw."""
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
        raise version_conflict()
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
def start_from(
    *, actor: User, workload: Workload, version: PromptVersion, replace: bool = False
) -> Prompt:
    """Begin the draft again from ``version``; what is committed next descends from it.

    Raises Forbidden, Invalid (another workload's version) or Conflict (draft_differs) when the
    draft holds changes that nobody committed and ``replace`` does not say to drop them.
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    require_own(workload, version)
    prompt = Prompt.objects.get(pk=version.prompt_id)
    if not replace and draft_differs(workload, prompt):
        raise Conflict(
            "The draft holds changes that nobody committed. Commit them first, or say that they"
            " may go.",
            code="draft_differs",
        )
    take_over(actor, workload, prompt, version, f"draft begun from version {version.number}")
    audit.record(
        actor=actor,
        action="prompt.draft_started",
        kind="prompt",
        ref=f"{workload.ref}/draft",
        workload=workload.ref,
        detail={"from": version.number, "row_version": prompt.row_version},
    )
    return prompt


def take_over(
    actor: User, workload: Workload, prompt: Prompt, version: PromptVersion, reason: str
) -> None:
    """Make the draft what ``version`` is, and descend from it; for the services of this package."""
    prompt.draft = version.content
    prompt.draft_authors = []
    prompt.row_version += 1
    prompt.updated_by = actor
    prompt.save()
    before = pointed(workload, Pointer.DRAFT)
    if before is None or before.pk != version.pk:
        move_pointer(actor, version, Pointer.DRAFT, before, reason)
