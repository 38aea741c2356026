"""Adversarial examples that were evidence: whether they are still there, and as they were.

What is easiest to fail is what a team would most like to see gone. It can go by being taken out, by
being called typical, by other words, by counting less, or by a new golden dataset that lacks it:
each takes a reviewer's consent. The next version of a dataset is not committed without it; a new
golden dataset is, and the gate stays shut.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from evaluations.datasets.enums import Kind, Purpose
from evaluations.datasets.models import (
    Dataset,
    DatasetVersion,
    ExampleRevision,
    RemovalConsent,
    VersionExample,
)
from evaluations.datasets.selectors import latest_version
from portal.common.canonical import digest
from workloads.lifecycle.models import Workload


@dataclass(frozen=True, slots=True)
class Lost:
    """An adversarial example that is not there as it was; ``how`` follows its key in a sentence."""

    key: str
    how: str


def substance(example: ExampleRevision) -> str:
    """Return the digest of what an example tests, whatever it is called, tagged and held out."""
    return digest(
        [
            example.input_digest,
            example.expected,
            str(example.expects),
            sorted(example.must_include),
            sorted(example.must_not_include),
        ]
    )


def golden_before(dataset: Dataset) -> DatasetVersion | None:
    """Return the last version of the golden dataset that ``dataset`` takes the place of, or None.

    Of several golden datasets of a workload the newest counts.
    """
    if dataset.purpose != Purpose.GOLDEN:
        return None
    return (
        DatasetVersion.objects.filter(
            dataset__workload=dataset.workload_id,
            dataset__purpose=Purpose.GOLDEN,
            dataset__number__lt=dataset.number,
        )
        .order_by("-dataset__number", "-number")
        .select_related("dataset")
        .first()
    )


def lost_since(
    dataset: Dataset, drafted: Sequence[ExampleRevision]
) -> list[tuple[DatasetVersion, tuple[Lost, ...]]]:
    """Return what ``drafted`` lost of the dataset's last version, and of the golden one before it.

    Without what a reviewer let go; versions of which nothing was lost are left out.
    """
    found = []
    own, before = latest_version(dataset), golden_before(dataset)
    if own is not None:
        agreed = set(RemovalConsent.objects.filter(version=own).values_list("key", flat=True))
        was = [one for one in _adversarial([own.pk]) if one.key not in agreed]
        found.append((own, lost_among(was, drafted)))
    if before is not None:
        was = _adversarial([before.pk])
        lost = lost_among(was, drafted)
        if lost:
            lost = lost_among(was, drafted, consented=consents_in(dataset.workload))
        found.append((before, lost))
    return [(version, lost) for version, lost in found if lost]


def lost_of_evidence(now: DatasetVersion, evidence: Collection[UUID]) -> tuple[Lost, ...]:
    """Return what ``now`` lost of all versions (by id) that evidence of its workload rested on.

    Without what a reviewer let go. One query where nothing was lost.
    """
    was = _adversarial(evidence, not_in=now)
    if not was:
        return ()
    lines = VersionExample.objects.filter(version=now).select_related("revision")
    rows = [line.revision for line in lines]
    return lost_among(was, rows, consented=consents_in(now.dataset.workload))


def _adversarial(
    versions: Iterable[UUID], not_in: DatasetVersion | None = None
) -> list[ExampleRevision]:
    """The adversarial examples of versions, each revision once, in their order."""
    lines = VersionExample.objects.filter(
        version__in=list(versions), revision__kind=Kind.ADVERSARIAL
    ).select_related("revision")
    if not_in is not None:
        kept = VersionExample.objects.filter(version=not_in)
        lines = lines.exclude(revision__in=kept.values("revision"))
    found = {line.revision_id: line.revision for line in lines.order_by("position")}
    return list(found.values())


def lost_among(
    was: Sequence[ExampleRevision],
    rows: Sequence[ExampleRevision],
    *,
    consented: Collection[str] = (),
) -> tuple[Lost, ...]:
    """Return which of ``was`` are not among ``rows`` as they were, in their order.

    Without those whose `substance` is in ``consented``.
    """
    weights: dict[str, float] = {}
    for one in rows:
        if one.kind == Kind.ADVERSARIAL:
            tests = substance(one)
            weights[tests] = max(one.weight, weights.get(tests, 0.0))
    now = {one.key: one for one in rows}
    lost: dict[str, Lost] = {}
    for one in was:
        tests = substance(one)
        if tests in consented or one.key in lost:
            continue
        if tests not in weights:
            lost[one.key] = Lost(one.key, _how(now.get(one.key)))
        elif weights[tests] < one.weight:
            words = f"counts {weights[tests]:g} times and not {one.weight:g}"
            lost[one.key] = Lost(one.key, words)
    return tuple(lost.values())


def _how(now: ExampleRevision | None) -> str:
    if now is None:
        return "is gone"
    if now.kind != Kind.ADVERSARIAL:
        return f"is {Kind(now.kind).label.lower()} now"
    return "says something else"


def consents_in(workload: Workload) -> frozenset[str]:
    """Return the `substance` of everything that reviewers let go from datasets of a workload."""
    given = RemovalConsent.objects.filter(version__dataset__workload=workload)
    keys = set(given.values_list("version_id", "key"))
    lines = VersionExample.objects.filter(
        version__in={version for version, _ in keys}, revision__key__in={key for _, key in keys}
    ).select_related("revision")
    return frozenset(
        substance(line.revision) for line in lines if (line.version_id, line.revision.key) in keys
    )
