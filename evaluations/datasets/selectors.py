"""Reading datasets: which, in which version, with which examples and what balance."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import Http404
from django.shortcuts import get_object_or_404

from evaluations.datasets.enums import Kind, Purpose, UploadState
from evaluations.datasets.heldout import Sight
from evaluations.datasets.importing.types import Declared
from evaluations.datasets.models import (
    Dataset,
    DatasetVersion,
    DraftExample,
    ExampleRevision,
    ImportUpload,
    Proposal,
    VersionExample,
)
from portal.accounts.selectors import AnyUser
from portal.common.canonical import digest
from portal.common.policy import policy
from portal.common.readonce import read_once
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for

_REF = re.compile(r"DS-[0-9]{4,8}", re.ASCII)
# A field with more different values than this is free text, not a set of classes.
MAX_CLASSES = 12


@dataclass(frozen=True, slots=True)
class KindShare:
    """How many examples are of one kind, against the least share that the policy asks for."""

    kind: Kind
    count: int
    share: float
    minimum: float

    total: int = 0

    @property
    def enough(self) -> bool:
        """Whether the share reaches the policy's minimum."""
        return self.count > 0 and self.share >= self.minimum

    @property
    def missing(self) -> int:
        """How many more of this kind reach the minimum when nothing else is added."""
        if self.enough:
            return 0
        lacking = (self.minimum * self.total - self.count) / (1.0 - self.minimum)
        return max(1, math.ceil(lacking - 1e-9))


@dataclass(frozen=True, slots=True)
class Balance:
    """How often each value of one expected field occurs."""

    field: str
    counts: list[tuple[str, int]]


def datasets_for(user: AnyUser, workload: Workload) -> QuerySet[Dataset]:
    """Return the workload's datasets that ``user`` may see, with ``drafted`` counted.

    Raises Http404 when the workload itself is not visible.
    """
    workload_for(user, workload.ref)
    return (
        Dataset.objects.filter(workload=workload)
        .select_related("workload", "created_by")
        .annotate(drafted=Count("draft_examples"))
        .order_by("number")
    )


def dataset_for(user: AnyUser, workload_ref: str, ref: str) -> Dataset:
    """Return one dataset through its workload. Raises Http404."""
    workload = workload_for(user, workload_ref)
    if not _REF.fullmatch(ref):
        raise Http404
    return get_object_or_404(datasets_for(user, workload), ref=ref)


def version_for(user: AnyUser, workload_ref: str, ref: str, number: int) -> DatasetVersion:
    """Return one committed version. Raises Http404."""
    dataset = dataset_for(user, workload_ref, ref)
    version = DatasetVersion.objects.filter(dataset=dataset, number=number).first()
    if version is None:
        raise Http404
    version.dataset = dataset
    return version


def upload_for(user: AnyUser, workload_ref: str, ref: str, upload_id: UUID) -> ImportUpload:
    """Return one's own upload that still waits for its confirmation. Raises Http404.

    Nobody else's: what it brings may be held out, and is not known to be before it is imported.
    """
    dataset = dataset_for(user, workload_ref, ref)
    return get_object_or_404(
        ImportUpload,
        pk=upload_id,
        dataset=dataset,
        state=UploadState.WAITING,
        created_by=user.pk,
    )


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Return the committed versions, newest first."""
    return (
        DatasetVersion.objects.filter(dataset=dataset)
        .select_related("created_by", "dataset__workload")
        .order_by("-number")
    )


@read_once
def latest_version(dataset: Dataset) -> DatasetVersion | None:
    """Return the newest committed version, or None."""
    return versions_of(dataset).first()


def latest_versions(datasets: Iterable[Dataset]) -> dict[UUID, DatasetVersion]:
    """Return the newest committed version of each dataset that has one, by dataset id."""
    rows = (
        DatasetVersion.objects.filter(dataset__in=list(datasets))
        .order_by("dataset_id", "-number")
        .distinct("dataset_id")
    )
    return {row.dataset_id: row for row in rows}


def golden_dataset(workload: Workload) -> Dataset | None:
    """Return the workload's golden dataset: the newest one that has a committed version."""
    newest = golden_version(workload)
    return newest.dataset if newest else None


@read_once
def golden_version(workload: Workload) -> DatasetVersion | None:
    """Return the latest committed version of the golden dataset, or None."""
    found = DatasetVersion.objects.filter(
        dataset__workload=workload, dataset__purpose=Purpose.GOLDEN
    )
    return (
        found.order_by("-dataset__number", "-number")
        .select_related("created_by", "dataset__workload")
        .first()
    )


def draft_lines(dataset: Dataset, kind: str = "") -> QuerySet[DraftExample]:
    """Return the lines of the working draft, of one kind where ``kind`` says so."""
    rows = DraftExample.objects.filter(dataset=dataset).select_related("revision")
    return rows.filter(revision__kind=kind) if kind else rows


def version_lines(version: DatasetVersion, kind: str = "") -> QuerySet[VersionExample]:
    """Return the lines of a version, of one kind where ``kind`` says so."""
    rows = VersionExample.objects.filter(version=version).select_related("revision")
    return rows.filter(revision__kind=kind) if kind else rows


def version_digest(lines: Iterable[tuple[str, str]], declared: Declared | None = None) -> str:
    """Return the digest of a version from its (key, revision digest) pairs in order.

    What the dataset declares about its examples is part of it.
    """
    content = {"schema": 2, "examples": [list(line) for line in lines]}
    return digest(content | {"declared": (declared or Declared()).as_json()})


def draft_digest(dataset: Dataset) -> str:
    """Return the digest that the draft's version would have if it were committed now."""
    lines = DraftExample.objects.filter(dataset=dataset).order_by("position", "id")
    declared = Declared(tuple(dataset.variables), dataset.expected_schema)
    return version_digest(lines.values_list("key", "revision__digest"), declared)


def draft_revisions(dataset: Dataset) -> list[ExampleRevision]:
    """Return the examples of the draft in their order."""
    lines = DraftExample.objects.filter(dataset=dataset).select_related("revision")
    return [line.revision for line in lines.order_by("position", "id")]


def version_revisions(version: DatasetVersion) -> list[ExampleRevision]:
    """Return the examples of a version in their order."""
    lines = VersionExample.objects.filter(version=version).select_related("revision")
    return [line.revision for line in lines.order_by("position")]


def draft_example(dataset: Dataset, key: str) -> ExampleRevision:
    """Return one example of the draft as it is now. Raises Http404."""
    if "\x00" in key or len(key) > 64:
        raise Http404
    line = get_object_or_404(
        DraftExample.objects.select_related("revision"), dataset=dataset, key=key
    )
    return line.revision


def open_example(dataset: Dataset) -> ExampleRevision | None:
    """Return an example that is not held out, whose values a new one will have too, if any."""
    line = draft_lines(dataset).filter(revision__held_out=False).first()
    return line.revision if line else None


def proposals_of(dataset: Dataset) -> QuerySet[Proposal]:
    """Return the proposals of a dataset, those that wait first, then newest first."""
    return (
        Proposal.objects.filter(dataset=dataset)
        .select_related("proposed_by", "decided_by", "dataset__workload", "revision")
        .order_by("-state", "-created_at", "-id")
    )


def proposal_for(user: AnyUser, workload_ref: str, ref: str, proposal_id: UUID) -> Proposal:
    """Return one proposal through its dataset. Raises Http404."""
    return get_object_or_404(proposals_of(dataset_for(user, workload_ref, ref)), pk=proposal_id)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What examples are wanted: by kind, tag, words, whether held out, or what is wrong."""

    kind: str = ""
    tag: str = ""
    text: str = ""
    held_out: str = ""
    keys: frozenset[str] | None = None

    @property
    def anything(self) -> bool:
        """Whether it leaves any example out."""
        return bool(self.kind or self.tag or self.text or self.held_out) or self.keys is not None


def narrowed(lines: QuerySet[Any], wanted: Narrowing, sight: Sight) -> QuerySet[Any]:
    """Return the lines that are wanted.

    Words and tags of what is hidden from the reader are not looked into: only its key is.
    """
    if wanted.kind:
        lines = lines.filter(revision__kind=wanted.kind)
    if wanted.keys is not None:
        lines = lines.filter(revision__key__in=wanted.keys)
    held = Q(revision__held_out=True) | Q(revision__key__in=sight.keys)
    if wanted.held_out:
        lines = lines.filter(held if wanted.held_out == "yes" else ~held)
    # Without the right to see, a search that finds would tell what is there.
    open_to_them = Q() if sight.allowed else ~held
    if wanted.tag:
        lines = lines.filter(open_to_them, revision__tags__contains=[wanted.tag])
    if wanted.text:
        lines = lines.annotate(
            said=Concat(
                Cast("revision__input", TextField()),
                Value(" ", output_field=TextField()),
                Coalesce(
                    Cast("revision__expected", TextField()), Value("", output_field=TextField())
                ),
                output_field=TextField(),
            )
        ).filter(
            Q(revision__key__icontains=wanted.text)
            | (open_to_them & Q(said__icontains=wanted.text))
        )
    return lines


def shares(kinds: Mapping[str, int]) -> list[KindShare]:
    """Return the share of each kind beside the minimum of the policy."""
    total = sum(kinds.values()) or 1
    minimum: Mapping[str, float] = policy().numbers["evaluation"]["share_min"]
    return [
        KindShare(
            kind, kinds.get(kind, 0), kinds.get(kind, 0) / total, minimum.get(kind, 0.0), total
        )
        for kind in Kind
    ]


def draft_kinds(dataset: Dataset) -> dict[str, int]:
    """Return how many examples of the draft are of each kind."""
    rows = DraftExample.objects.filter(dataset=dataset).order_by()
    return dict(rows.values_list("revision__kind").annotate(n=Count("id")))


def expected_of(lines: QuerySet[Any]) -> list[Any]:
    """Return what each line's example expects, for `balance_of`."""
    return list(lines.values_list("revision__expected", flat=True))


def balance_of(expected: Iterable[Any]) -> list[Balance]:
    """Return the class balance of every expected field that has few different values.

    ``expected`` are the expected values of all examples: objects, or single values.
    """
    columns: dict[str, Counter[str]] = {}
    amounts: set[str] = set()
    for value in expected:
        fields = value if isinstance(value, Mapping) else {"expected": value}
        for name, item in fields.items():
            # Fractions are measured, not classes.
            if isinstance(item, float) and not item.is_integer():
                amounts.add(name)
            elif isinstance(item, str | int | float | bool) or item is None:
                columns.setdefault(name, Counter())[_word(item)] += 1
    return [
        Balance(name, counts.most_common())
        for name, counts in columns.items()
        if 1 < len(counts) <= MAX_CLASSES and name not in amounts
    ]


def _word(value: Any) -> str:
    match value:
        case None:
            return "none"
        case True:
            return "yes"
        case False:
            return "no"
    return str(value)
