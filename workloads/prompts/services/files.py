"""Taking a prompt file in as the draft."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.prompts.files import read_file
from workloads.prompts.models import Pointer, Prompt, PromptVersion
from workloads.prompts.selectors import pointed, versions_of
from workloads.prompts.services.drafts import save_draft
from workloads.prompts.services.pointers import move_pointer


@transaction.atomic
def import_file(
    *, actor: User, workload: Workload, data: bytes, row_version: int | None = None
) -> Prompt:
    """Make the prompt file ``data`` the draft, whole or not at all.

    When the file says that it was exported from a version of this workload, the draft descends
    from that version, so that what was edited in a repository becomes a branch of it. Raises
    Forbidden, Invalid (each wrong line; what a draft cannot hold) or Conflict (version_conflict).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    read = read_file(data)
    prompt = save_draft(
        actor=actor, workload=workload, content=read.content, row_version=row_version
    )
    origin = _origin(workload, read.workload, read.version, read.digest)
    before = pointed(workload, Pointer.DRAFT)
    if origin is not None and (before is None or before.pk != origin.pk):
        move_pointer(actor, origin, Pointer.DRAFT, before, "imported from a file")
    audit.record(
        actor=actor,
        action="prompt.imported",
        kind="prompt",
        ref=f"{workload.ref}/draft",
        workload=workload.ref,
        detail={"row_version": prompt.row_version, "from": origin.number if origin else None},
    )
    return prompt


def _origin(workload: Workload, ref: str, number: int | None, digest: str) -> PromptVersion | None:
    if ref != workload.ref or number is None or not 0 < number < 2**31:
        return None
    return versions_of(workload).filter(number=number, digest=digest).first()
