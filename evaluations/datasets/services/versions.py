"""Committing a draft as a version that never changes, and taking an old one up again."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction

from evaluations.datasets.adversarial import lost_since
from evaluations.datasets.checks import findings
from evaluations.datasets.enums import Purpose
from evaluations.datasets.models import (
    Dataset,
    DatasetVersion,
    DraftExample,
    RemovalConsent,
    VersionExample,
)
from evaluations.datasets.policies import can_agree_to_removal
from evaluations.datasets.selectors import draft_revisions, latest_version, version_digest
from evaluations.datasets.services.drafting import changing_draft, declared_by
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, FieldError, Forbidden, Invalid, NotReady
from portal.common.text import clean_text
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import open_cycle
from workloads.lifecycle.services import evidence_changed, locked_cycle


@transaction.atomic
def commit_version(*, actor: User, dataset: Dataset, note: str = "") -> DatasetVersion:
    """Make the draft the next numbered version, which never changes again.

    Raises Forbidden, NotReady (empty, or the code of the first `checks.findings` that keeps it
    back), Conflict (unchanged) or Invalid (note: from version 2 on it says what changed).
    """
    require(actor, dataset.workload, "edit")
    cycle = open_cycle(dataset.workload)
    if cycle is not None:
        cycle = locked_cycle(cycle.pk)
    dataset = Dataset.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "workload"
    ).get(pk=dataset.pk)  # fmt: skip
    drafted = draft_revisions(dataset)
    if not drafted:
        raise NotReady("The draft has no examples; import some first.", code="empty")
    before = latest_version(dataset)
    number = before.number + 1 if before else 1
    text = clean_text(note, field="note", minimum=3 if before else 0, maximum=280)
    declared = declared_by(dataset)
    digest = version_digest(((one.key, one.digest) for one in drafted), declared)
    if before is not None and before.digest == digest:
        raise Conflict(f"Nothing changed since version {before.number}.", code="unchanged")
    kept_back = [one for one in findings(dataset, drafted) if one.level == "fail"]
    if kept_back:
        raise NotReady(
            kept_back[0].message,
            code=kept_back[0].code,
            errors=[FieldError("draft", one.code, one.message) for one in kept_back],
        )
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=number,
        digest=digest,
        note=text or "First version",
        n=len(drafted),
        kinds=dict(Counter(one.kind for one in drafted)),
        held_out=sum(one.held_out for one in drafted),
        declared=declared.as_json(),
        created_by=actor,
        updated_by=actor,
    )
    VersionExample.objects.bulk_create(
        [
            VersionExample(version=version, revision=one, position=place)
            for place, one in enumerate(drafted, start=1)
        ],
        batch_size=1_000,
    )
    audit.record(
        actor=actor,
        action="dataset.committed",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={
            "version": number,
            "digest": digest,
            "examples": len(drafted),
            "held_out": version.held_out,
        },
    )
    if cycle is not None and before is not None and dataset.purpose == Purpose.GOLDEN:
        for change in ("dataset.changed_after_baseline", "dataset.changed_after_lock"):
            evidence_changed(
                actor=actor,
                cycle=cycle,
                change=change,
                detail=f"{dataset.ref} version {number} was committed.",
                origin="evaluation",
            )
    return version


@transaction.atomic
def restore_version(*, actor: User, version: DatasetVersion) -> int:
    """Make the draft what ``version`` holds, in its order; return how many examples that is.

    What the draft held is gone unless it was committed. Raises Forbidden (also held_out).
    """
    dataset = version.dataset
    require(actor, dataset.workload, "edit")
    with changing_draft(actor, dataset):
        lines = VersionExample.objects.filter(version=version).order_by("position")
        DraftExample.objects.filter(dataset=dataset).delete()
        made = DraftExample.objects.bulk_create(
            [
                DraftExample(dataset=dataset, key=key, revision_id=revision, position=position)
                for key, revision, position in lines.values_list(
                    "revision__key", "revision_id", "position"
                )
            ],
            batch_size=1_000,
        )
    audit.record(
        actor=actor,
        action="dataset.restored",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={"version": version.number, "examples": len(made)},
    )
    return len(made)


@transaction.atomic
def agree_to_removal(
    *, actor: User, dataset: Dataset, keys: Sequence[str], reason: str
) -> tuple[str, ...]:
    """Let adversarial examples leave the dataset, or be what the draft makes of them; return which.

    Only those of `adversarial.lost_since` the draft. Raises Forbidden (role, self_approval),
    NotReady (nothing_gone) or Invalid (reason, keys).
    """
    verdict = can_agree_to_removal(actor, dataset)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    words = clean_text(reason, field="reason", minimum=20, maximum=1_000)
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    lost = lost_since(dataset, draft_revisions(dataset))
    gone = {one.key: one.how for _, keys_lost in lost for one in keys_lost}
    if not gone:
        raise NotReady("Every adversarial example is in the draft as it was.", code="nothing_gone")
    unknown = [key for key in keys if key not in gone]
    if unknown or not keys:
        known = ", ".join(list(gone)[:20])
        raise Invalid.field("keys", "choice", f"Choose among those that were lost: {known}.")
    agreed = tuple(dict.fromkeys(keys))
    RemovalConsent.objects.bulk_create(
        RemovalConsent(
            version=before, key=one.key, reason=words, created_by=actor, updated_by=actor
        )
        for before, keys_lost in lost
        for one in keys_lost
        if one.key in agreed
    )
    audit.record(
        actor=actor,
        action="dataset.removal_agreed",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={
            "of": [str(before) for before, _ in lost],
            "keys": [f"{key} {gone[key]}" for key in agreed[:50]],
            "examples": len(agreed),
        },
    )
    return agreed
