"""Proposed examples: quarantined until another person accepts them, or says why not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from evaluations.datasets.enums import ProposalState, Source
from evaluations.datasets.exporting import as_line
from evaluations.datasets.models import Dataset, DraftExample, ExampleRevision, Proposal
from evaluations.datasets.policies import can_decide, can_propose
from evaluations.datasets.services.drafting import Provenance, changing_draft, store
from evaluations.datasets.services.editing import read_values, refuse_known_input
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle.policies import require

DAY = timedelta(days=1)


@transaction.atomic
def propose_example(
    *,
    actor: User,
    dataset: Dataset,
    values: Mapping[str, Any],
    reason: str,
    replaces: str = "",
    source: Source = Source.AUTHORED,
    source_ref: str = "",
) -> Proposal:
    """Propose an example, or another wording of the one called ``replaces``; the draft stays.

    ``values`` are as a line of a JSONL file holds them. A person proposes at most so many a day
    on one workload (policy: evaluation.proposals_per_day). Raises Forbidden, Conflict
    (too_many_proposals) or Invalid.
    """
    verdict = can_propose(actor, dataset)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    words = clean_text(reason, field="reason", minimum=10, maximum=1_000)
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    most = int(policy().number("evaluation", "proposals_per_day"))
    lately = Proposal.objects.filter(
        dataset__workload=dataset.workload, proposed_by=actor, created_at__gt=now() - DAY
    )
    if lately.count() >= most:
        raise Conflict(
            f"You proposed {most} examples within a day, which is the most; go on tomorrow.",
            code="too_many_proposals",
        )
    given = {**values, "key": replaces} if replaces else values
    example = read_values(dataset, given)
    in_draft = DraftExample.objects.filter(dataset=dataset, key=example.key)
    if replaces and not in_draft.exists():
        raise Invalid.field("replaces", "choice", "The draft has no example of this key.")
    if not replaces and in_draft.exists():
        raise Invalid.field("key", "not_unique", "The draft has an example of this key already.")
    refuse_known_input(dataset, example)
    proposal = Proposal.objects.create(
        dataset=dataset,
        key=replaces,
        content=as_line(example),
        input_digest=example.input_digest,
        reason=words,
        source=source,
        source_ref=clean_text(source_ref, field="source_ref", maximum=400, single_line=True),
        proposed_by=actor,
        created_by=actor,
        updated_by=actor,
    )
    _tell(actor, proposal, "dataset.example_proposed", {"replaces": replaces})
    return proposal


@transaction.atomic
def accept_proposal(*, actor: User, proposal: Proposal) -> ExampleRevision:
    """Put a proposed example into the draft, with who proposed and who accepted it.

    Raises Forbidden (also self_approval, held_out), Conflict (already_decided), NotReady (gone)
    or Invalid when the draft has come to hold the same.
    """
    held = _waiting(proposal)
    verdict = can_decide(actor, held)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    dataset = held.dataset
    with changing_draft(actor, dataset):
        example = read_values(dataset, held.content)
        in_draft = DraftExample.objects.filter(dataset=dataset, key=example.key)
        if held.key and not in_draft.exists():
            raise NotReady(f"The draft has no example {held.key} any more.", code="gone")
        if not held.key and in_draft.exists():
            raise Invalid.field("key", "not_unique", f"The draft has an example {example.key}.")
        refuse_known_input(dataset, example)
        said = Provenance(Source(held.source), held.source_ref, held.proposed_by_id, actor.pk)
        store(actor, dataset, [(example, said)])
    revision = ExampleRevision.objects.get(dataset=dataset, key=example.key, digest=example.digest)
    _decide(actor, held, ProposalState.ACCEPTED, "", revision)
    _tell(actor, held, "dataset.proposal_accepted", {"key": example.key})
    return revision


@transaction.atomic
def reject_proposal(*, actor: User, proposal: Proposal, reason: str) -> Proposal:
    """Turn a proposal down and say why; it is kept. Whoever proposed it may take it back so.

    Raises Forbidden, Conflict (already_decided) or Invalid (reason).
    """
    held = _waiting(proposal)
    if held.proposed_by_id != actor.pk:
        require(actor, held.dataset.workload, "edit")
    words = clean_text(reason, field="reason", minimum=10, maximum=1_000)
    _decide(actor, held, ProposalState.REJECTED, words, None)
    _tell(actor, held, "dataset.proposal_rejected", {})
    return held


def _waiting(proposal: Proposal) -> Proposal:
    """Lock a proposal that is not decided yet. Raises Conflict (already_decided)."""
    held = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("dataset__workload")
        .get(pk=proposal.pk)
    )
    if held.state != ProposalState.WAITING:
        word = held.get_state_display().lower()
        raise Conflict(f"This proposal was {word} already.", code="already_decided")
    return held


def _decide(
    actor: User,
    proposal: Proposal,
    state: ProposalState,
    reason: str,
    revision: ExampleRevision | None,
) -> None:
    proposal.state = state
    proposal.decided_by = actor
    proposal.decided_at = now()
    proposal.decision_reason = reason
    proposal.revision = revision
    proposal.updated_by = actor
    proposal.save()


def _tell(actor: User, proposal: Proposal, action: str, detail: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="dataset",
        ref=proposal.dataset.ref,
        workload=proposal.dataset.workload.ref,
        detail={"proposal": str(proposal.pk), **detail},
    )
