"""The examples that a judge is checked by in every evaluation: its canaries and its anchors."""

import json

from django.db import transaction

from evaluations.datasets import services as datasets
from evaluations.datasets.enums import ImportMode, Purpose
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision
from evaluations.datasets.selectors import draft_digest, latest_version
from evaluations.judges.canaries import CANARIES
from evaluations.judges.models import JudgeVersion
from evaluations.judges.selectors import CHECKS_PREFIX, anchors_of, calibration_of
from portal.accounts.models import User
from workloads.lifecycle import services as lifecycle

ANCHOR = "anchor-"


@transaction.atomic
def check_set(*, actor: User, version: JudgeVersion) -> DatasetVersion:
    """Return the committed set of a judge's canaries and anchors, made or renewed when it lacks.

    An anchor's key is ``anchor-`` and the id of the calibration example that it repeats. Raises
    what the services of datasets raise.
    """
    judge = version.judge
    lifecycle.locked_workload(judge.workload_id)
    name = f"{CHECKS_PREFIX}{judge.name}"
    found = Dataset.objects.filter(workload=judge.workload, name=name).first()
    if found is None:
        found = datasets.create_dataset(
            actor=actor,
            workload=judge.workload,
            name=name,
            purpose=Purpose.CALIBRATION,
            description="Made by the portal: answers that must never pass, and labelled examples"
            " that are judged again in every evaluation.",
        )
    data = "".join(json.dumps(row) + "\n" for row in _rows(version)).encode()
    datasets.import_examples(
        actor=actor, dataset=found, filename="checks.jsonl", data=data, mode=ImportMode.REPLACE
    )
    newest = latest_version(found)
    if newest is not None and newest.digest == draft_digest(found):
        return newest
    return datasets.commit_version(
        actor=actor, dataset=found, note=f"For version {version.number} of the judge"
    )


def _rows(version: JudgeVersion) -> list[dict[str, object]]:
    anchors = anchors_of(calibration_of(version))
    revisions = ExampleRevision.objects.in_bulk([one.revision for one in anchors])
    rows = [canary.pair() if version.pairwise else canary.example() for canary in CANARIES]
    for anchor in anchors:
        revision = revisions[anchor.revision]
        rows.append(
            {
                "key": f"{ANCHOR}{anchor.revision}",
                "kind": "typical",
                "input": revision.input,
                "context": revision.context,
                "expected": anchor.truth,
            }
        )
    return rows
