"""Bringing in what another tool measured."""

import hashlib

from django.db import transaction
from django.db.models import Max

from evaluations.scorecards import outside
from evaluations.scorecards.models import OutsideEvidence
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, NotReady
from portal.common.text import clean_text, storable
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import open_cycle

MOST_OF_A_CYCLE = 100


@transaction.atomic
def import_outside_evidence(
    *, actor: User, workload: Workload, filename: str, data: bytes, note: str = ""
) -> OutsideEvidence:
    """Keep a promptfoo results file or an Inspect log beside the scorecards, as advice.

    It changes no readiness, no verdict and no manifest. Raises Forbidden, NotReady (no open cycle),
    Invalid (file, note) or Conflict (already_imported, too_many).
    """
    lifecycle.locked_workload(workload.pk)
    policies.require(actor, workload, "edit")
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle; outside evidence belongs to one.")
    words = clean_text(note, field="note", maximum=400)
    found = outside.read(data)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    rows = OutsideEvidence.objects.filter(workload=workload)
    twin = rows.filter(digest=digest).values_list("number", flat=True).first()
    if twin is not None:
        raise Conflict(
            f"This very file is here already, as outside evidence {twin}.", code="already_imported"
        )
    if rows.filter(cycle=cycle).count() >= MOST_OF_A_CYCLE:
        raise Conflict(
            f"{MOST_OF_A_CYCLE} files were brought into this cycle; that is the most.",
            code="too_many",
        )
    last = rows.aggregate(m=Max("number"))["m"] or 0
    name = storable("".join(c for c in filename if c.isprintable()))[0].strip()
    made = OutsideEvidence.objects.create(
        workload=workload,
        cycle=cycle,
        number=last + 1,
        format=found.format,
        filename=name[:120] or "results.json",
        note=words,
        title=found.title,
        cases=len(found.cases),
        size=len(data),
        content=data,
        document=found.as_json(),
        digest=digest,
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="outside_evidence.imported",
        kind="outside_evidence",
        ref=f"{workload.ref}/{made.number}",
        workload=workload.ref,
        detail={"format": made.format, "digest": digest, "cases": made.cases},
    )
    return made
