"""Recording that somebody reads what is held out."""

from django.db import transaction

from evaluations.datasets.models import Dataset
from evaluations.scorecards.heldout import is_prompt_author
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Forbidden
from workloads.lifecycle.policies import require


@transaction.atomic
def record_reading(
    *, actor: User, dataset: Dataset, place: str, examples: int, version: int | None = None
) -> None:
    """Record that ``actor`` is shown the content of held-out examples; call it before showing.

    Nothing is recorded when there is none to show. Raises Forbidden (also held_out).
    """
    require(actor, dataset.workload, "view")
    if is_prompt_author(actor, dataset.workload):
        raise Forbidden(
            "You write prompts of this workload: what is held out is kept from you.",
            code="held_out",
        )
    if not examples:
        return
    audit.record(
        actor=actor,
        action="dataset.held_out_read",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={"place": place, "examples": examples, "version": version},
    )
