"""Reading judges: which, in which version, what people said, and what a judge may be used for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from evaluations.datasets.enums import Purpose
from evaluations.datasets.models import DatasetVersion
from evaluations.datasets.versioned import VersionedExample, views_of
from evaluations.judges.calibrating import Labelled, Rules, labelled
from evaluations.judges.enums import Standing
from evaluations.judges.models import Calibration, HumanLabel, Judge, JudgeVersion
from portal.accounts.selectors import AnyUser
from portal.common.policy import policy
from portal.common.readonce import read_once
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
NOT_CALIBRATED = "Nobody has compared it with people yet."


@dataclass(frozen=True, slots=True)
class Anchor:
    """A labelled example that is judged again in every evaluation, with what was said of it."""

    revision: UUID
    verdict: str
    truth: str


@dataclass(frozen=True, slots=True)
class LabelProgress:
    """How far people are: by all of them, and by one person."""

    examples: int
    people: Labelled
    mine: int
    raters: int

    @property
    def left(self) -> int:
        """How many examples this person has not labelled."""
        return self.examples - self.mine


def rules() -> Rules:
    """Return the policy's numbers for judges."""
    numbers = policy()
    return Rules(
        labelled_min=int(numbers.number("judges", "labelled_min")),
        rarer_min=int(numbers.number("judges", "rarer_min")),
        two_raters_min=int(numbers.number("judges", "two_raters_min")),
        kappa_low_min=float(numbers.number("judges", "kappa_low_min")),
        kappa_min=float(numbers.number("judges", "kappa_min")),
        below_people_max=float(numbers.number("judges", "below_people_max")),
        power_min=float(numbers.number("judges", "power_min")),
        judge_errors_max=float(numbers.number("judges", "judge_errors_max")),
        consistency_min=float(numbers.number("judges", "consistency_min")),
    )


def judges_for(user: AnyUser, workload: Workload) -> QuerySet[Judge]:
    """Return the workload's judges by name. Raises Http404 when it is not visible."""
    workload_for(user, workload.ref)
    return Judge.objects.filter(workload=workload).select_related("workload").order_by("name")


def judge_for(user: AnyUser, ref: str, name: str) -> Judge:
    """Return one judge through its workload. Raises Http404."""
    workload = workload_for(user, ref)
    found = judges_for(user, workload).filter(name=name).first() if NAME.fullmatch(name) else None
    if found is None:
        raise Http404
    found.workload = workload
    return found


def version_for(user: AnyUser, ref: str, name: str, number: int) -> JudgeVersion:
    """Return one version of a judge. Raises Http404."""
    judge = judge_for(user, ref, name)
    found = versions_of(judge).filter(number=number).first()
    if found is None:
        raise Http404
    found.judge = judge
    return found


def versions_of(judge: Judge) -> QuerySet[JudgeVersion]:
    """Return the versions of a judge, newest first."""
    return (
        JudgeVersion.objects.filter(judge=judge)
        .select_related("entry", "calibration_set__dataset", "created_by", "judge__workload")
        .order_by("-number")
    )


def newest_graders(workload: Workload) -> list[JudgeVersion]:
    """Return the newest version of every judge that grades an answer by itself, by name.

    These alone have a measure; a judge of two answers is asked about two candidates at a time.
    """
    return [one for one in newest_versions(workload) if not one.pairwise]


@read_once
def newest_versions(workload: Workload) -> list[JudgeVersion]:
    """Return the newest version of every judge of the workload, by name."""
    rows = (
        JudgeVersion.objects.filter(judge__workload=workload)
        .select_related("entry", "calibration_set__dataset", "judge__workload")
        .order_by("judge__name", "-number")
        .distinct("judge__name")
    )
    return list(rows)


def calibration_sets(workload: Workload) -> QuerySet[DatasetVersion]:
    """Return the committed versions that people can label, newest first.

    What the portal made by itself to check judges is none of them.
    """
    return (
        DatasetVersion.objects.filter(
            dataset__workload=workload, dataset__purpose=Purpose.CALIBRATION
        )
        .exclude(dataset__name__startswith=CHECKS_PREFIX)
        .select_related("dataset")
        .order_by("-dataset__number", "-number")
    )


# How the datasets are named that hold a judge's canaries and anchors.
CHECKS_PREFIX = "Checks of judge "


def labels_of(
    version: JudgeVersion,
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the labels of the version's calibration set: by example and rater, and the settled.

    Raters come in the order in which they labelled an example.
    """
    rows = HumanLabel.objects.filter(
        judge=version.judge_id,
        criterion_digest=version.criterion_digest,
        revision__in=version.calibration_set.lines.values("revision"),
    ).order_by("created_at", "id")
    given: dict[str, dict[str, str]] = {}
    settled: dict[str, str] = {}
    for row in rows:
        if row.settles:
            settled[str(row.revision_id)] = row.label
        else:
            given.setdefault(str(row.revision_id), {})[str(row.rater_id)] = row.label
    return given, settled


def used_labels(version: JudgeVersion) -> frozenset[str]:
    """Return the examples whose labels a finished calibration of the same criterion has used."""
    used = Calibration.objects.filter(
        version__judge=version.judge_id, version__criterion_digest=version.criterion_digest
    ).exclude(finished_at=None)
    return frozenset(
        key for labels in used.values_list("labels__given", flat=True) for key in labels
    )


def label_progress(version: JudgeVersion, user: AnyUser) -> LabelProgress:
    """Return how far the labelling is, for the page of ``user``."""
    given, settled = labels_of(version)
    mine = sum(str(user.pk) in raters for raters in given.values())
    raters = {rater for said in given.values() for rater in said}
    return LabelProgress(version.calibration_set.n, labelled(given, settled), mine, len(raters))


def next_to_label(version: JudgeVersion, user: AnyUser) -> VersionedExample | None:
    """Return the first example, in the order of the set, that ``user`` has not labelled."""
    given, _ = labels_of(version)
    return next(
        (
            one
            for one in views_of(version.calibration_set)
            if str(user.pk) not in given.get(str(one.revision_id), {})
        ),
        None,
    )


def split_examples(version: JudgeVersion) -> list[tuple[VersionedExample, list[str]]]:
    """Return the examples on which raters differ and that nobody settled, with what they said."""
    given, settled = labels_of(version)
    split = set(labelled(given, settled).split)
    return [
        (one, list(given[str(one.revision_id)].values()))
        for one in views_of(version.calibration_set)
        if str(one.revision_id) in split
    ]


def calibrations_of(version: JudgeVersion) -> QuerySet[Calibration]:
    """Return the calibrations of a version, newest first."""
    return Calibration.objects.filter(version=version).order_by("-number")


def calibration_of(version: JudgeVersion) -> Calibration | None:
    """Return the calibration that counts: the newest finished one, or None."""
    return calibrations_of(version).exclude(finished_at=None).first()


def newest_calibrations(versions: Iterable[JudgeVersion]) -> Mapping[UUID, Calibration]:
    """Return the calibration that counts of each version that has one, in one query."""
    rows = (
        Calibration.objects.filter(version__in=list(versions))
        .exclude(finished_at=None)
        .order_by("version_id", "-number")
        .distinct("version_id")
    )
    return {row.version_id: row for row in rows}


def standing_of(version: JudgeVersion) -> tuple[Standing, list[str], dict[str, Any] | None]:
    """Return what the judge may be used for now, why not for more, and the report behind it."""
    found = calibration_of(version)
    return standing_by(found)


def standing_by(found: Calibration | None) -> tuple[Standing, list[str], dict[str, Any] | None]:
    """Return what a calibration allows; nothing but advice without one."""
    if found is None or found.document is None:
        return Standing.ADVISORY, [NOT_CALIBRATED], None
    return Standing(found.standing), list(found.document["reasons"]), found.document


def anchors_of(found: Calibration | None) -> list[Anchor]:
    """Return the anchors of a calibration: labelled examples that the judge gave a verdict.

    The same ones each time, spread over the set by a digest; as many as the policy says.
    """
    if found is None or not found.verdicts:
        return []
    settled = found.labels["settled"]
    truth = labelled(found.labels["given"], settled).truth
    known = [
        Anchor(UUID(key), said[0], truth[key])
        for key, said in found.verdicts.items()
        if said and key in truth and said[0] != "judge_error"
    ]
    most = int(policy().number("judges", "anchors"))
    return sorted(known, key=lambda one: sha256(one.revision.bytes).digest())[:most]


def noise_places(examples: int) -> range:
    """Return the places in a calibration set that are judged repeatedly: the first few."""
    return range(min(examples, int(policy().number("judges", "noise_examples"))))


def example_of(version: JudgeVersion, revision: str) -> VersionedExample | None:
    """Return the example of the calibration set with this id, or None."""
    found = views_of(version.calibration_set)
    return next((one for one in found if str(one.revision_id) == revision), None)


def last_labelled(version: JudgeVersion, user: AnyUser) -> UUID | None:
    """Return the example that ``user`` labelled last, so that a slip can be mended."""
    mine = HumanLabel.objects.filter(
        judge=version.judge_id,
        criterion_digest=version.criterion_digest,
        rater=user.pk,
        settles=False,
    )
    return mine.order_by("-updated_at").values_list("revision_id", flat=True).first()
