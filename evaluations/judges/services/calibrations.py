"""Comparing a judge with people: the labels are frozen first, the verdicts come later."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from evaluations.judges.calibrating import calibrated
from evaluations.judges.models import Calibration, JudgeVersion
from evaluations.judges.selectors import labels_of, rules
from evaluations.judges.services.labelling import lock_labels
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, NotReady
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.policies import require


@transaction.atomic
def open_calibration(*, actor: User, version: JudgeVersion) -> Calibration:
    """Freeze the labels as they are and begin a calibration on them.

    Raises Forbidden, NotReady (no_labels) or Conflict (calibration_open).
    """
    require(actor, version.judge.workload, "edit")
    lifecycle.locked_workload(version.judge.workload_id)
    lock_labels(version)
    given, settled = labels_of(version)
    if not given:
        raise NotReady("Label some examples first; the judge is compared with people.")
    if version.calibrations.filter(finished_at=None).exists():
        raise Conflict("A calibration of this version is under way.", code="calibration_open")
    last = version.calibrations.aggregate(last=Max("number"))["last"] or 0
    made = Calibration.objects.create(
        version=version,
        number=last + 1,
        labels={"given": given, "settled": settled},
        created_by=actor,
        updated_by=actor,
    )
    _record(actor, made, "judge.calibration_started", labelled=len(given))
    return made


def note_run(*, calibration: Calibration, run_ref: str) -> None:
    """Note which run asks the judge."""
    calibration.run_ref = run_ref
    calibration.save(update_fields=("run_ref",))


@transaction.atomic
def finish_calibration(
    *,
    calibration_id: UUID,
    verdicts: Mapping[str, Sequence[str]],
    position: Mapping[str, Any] | None = None,
) -> Calibration:
    """Compare the judge's ``verdicts`` (by example, the first one first) with the frozen labels.

    ``position`` says how far the order of two answers decides, of a judge that compares them.

    Finishing twice changes nothing. What was not judged, because the run did not complete, is
    counted: such a calibration allows no more than advice.
    """
    found = (
        Calibration.objects.select_for_update(of=("self",))
        .select_related("version__judge__workload")
        .get(pk=calibration_id)
    )
    if found.finished_at is not None:
        return found
    kept = {key: list(said) for key, said in verdicts.items()}
    document = calibrated(
        found.labels["given"],
        found.labels["settled"],
        kept,
        rules(),
        pairwise=found.version.pairwise,
        position=position,
    )
    found.verdicts, found.document = kept, document
    found.standing = document["standing"]
    found.finished_at = now()
    found.save(update_fields=("verdicts", "document", "standing", "finished_at"))
    _record(
        None,
        found,
        "judge.calibrated",
        standing=found.standing,
        judged=document["judged"],
        kappa=(document["judge"] or {}).get("kappa"),
    )
    return found


def _record(actor: User | None, calibration: Calibration, action: str, **detail: object) -> None:
    judge = calibration.version.judge
    audit.record(
        actor=actor,
        action=action,
        kind="judge",
        ref=f"{judge.workload.ref}/{judge.name}",
        workload=judge.workload.ref,
        detail={"version": calibration.version.number, "number": calibration.number, **detail},
    )
