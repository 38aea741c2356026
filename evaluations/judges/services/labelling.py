"""What people say of calibration examples, blind to the judge."""

from uuid import UUID

from django.db import transaction

from evaluations.judges.calibrating import labelled
from evaluations.judges.enums import Label, Levels
from evaluations.judges.models import HumanLabel, Judge, JudgeVersion
from evaluations.judges.policies import can_label
from evaluations.judges.selectors import labels_of, used_labels
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Forbidden, Invalid
from workloads.lifecycle.policies import require


@transaction.atomic
def label_example(
    *, actor: User, version: JudgeVersion, revision_id: UUID, label: str
) -> HumanLabel:
    """Say of one example whether its answer passes; a second call changes one's own mind.

    A label that a calibration has used stays as it is: nobody changes it once the judge's verdicts
    are known. Raises Forbidden, Invalid (label, revision) or Conflict (label_used).
    """
    verdict = can_label(actor, version.judge.workload)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    said = _label(version, label)
    _require_example(version, revision_id)
    lock_labels(version)
    found = HumanLabel.objects.filter(
        judge=version.judge_id,
        criterion_digest=version.criterion_digest,
        revision=revision_id,
        rater=actor,
        settles=False,
    )
    before = found.first()
    _require_open(version, revision_id, before is not None)
    if before is not None:
        before.label, before.updated_by = said, actor
        before.save(update_fields=("label", "updated_by", "updated_at"))
        return before
    return _made(actor, version, revision_id, said, settles=False)


@transaction.atomic
def settle_example(
    *, actor: User, version: JudgeVersion, revision_id: UUID, label: str
) -> HumanLabel:
    """Decide an example on which raters differ, after they have talked about it.

    Once a calibration has used their labels the two cannot settle it any more, since the judge's
    verdicts are known; what a third person says of it then decides. Raises Forbidden, Invalid
    (label) or Conflict (not_split, label_used).
    """
    require(actor, version.judge.workload, "edit")
    said = _label(version, label)
    lock_labels(version)
    given, settled = labels_of(version)
    if str(revision_id) not in labelled(given, settled).split:
        raise Conflict("Raters do not differ on this example, or it is settled.", code="not_split")
    if str(revision_id) in used_labels(version):
        raise Conflict(
            "A calibration has used the labels of this example; the judge's verdicts are known"
            " since. Let a third person label it.",
            code="label_used",
        )
    made = _made(actor, version, revision_id, said, settles=True)
    audit.record(
        actor=actor,
        action="judge.label_settled",
        kind="judge",
        ref=f"{version.judge.workload.ref}/{version.judge.name}",
        workload=version.judge.workload.ref,
        detail={"revision": str(revision_id), "label": said.value},
    )
    return made


def lock_labels(version: JudgeVersion) -> None:
    """Let one label at a time be written, and none while a calibration freezes them."""
    Judge.objects.select_for_update(no_key=True).get(pk=version.judge_id)


def _made(
    actor: User, version: JudgeVersion, revision_id: UUID, said: Label, *, settles: bool
) -> HumanLabel:
    return HumanLabel.objects.create(
        judge_id=version.judge_id,
        criterion_digest=version.criterion_digest,
        revision_id=revision_id,
        rater=actor,
        label=said,
        settles=settles,
        created_by=actor,
        updated_by=actor,
    )


def _label(version: JudgeVersion, label: str) -> Label:
    scale = Levels(version.levels).labels
    if label not in scale:
        words = f"Use one of {', '.join(scale)}: that is this judge's scale."
        raise Invalid.field("label", "choice", words)
    return Label(label)


def _require_example(version: JudgeVersion, revision_id: UUID) -> None:
    if not version.calibration_set.lines.filter(revision=revision_id).exists():
        raise Invalid.field("revision", "choice", "This example is not in the calibration set.")


def _require_open(version: JudgeVersion, revision_id: UUID, known: bool) -> None:
    if known and str(revision_id) in used_labels(version):
        raise Conflict(
            "A calibration has used this label; the judge's verdicts are known since.",
            code="label_used",
        )
