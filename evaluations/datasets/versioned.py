"""The examples of a version as prompts and metrics see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from evaluations.datasets.models import DatasetVersion, ExampleRevision, VersionExample
from evaluations.datasets.ordering import in_order
from evaluations.metrics.types import ExampleView

# A process keeps so many versions that it has read, of so many examples at most.
KEPT_VERSIONS = 4
KEPT_EXAMPLES = 500


@dataclass(frozen=True, slots=True)
class VersionedExample:
    """One example of a version: its revision, its place, what metrics and what prompts see.

    ``given`` is the input as it was written: an object of values, or one text.
    """

    revision_id: UUID
    position: int
    given: Any
    view: ExampleView
    held_out: bool = False
    tags: tuple[str, ...] = ()


# What metrics see of an example beside its input, as `_view` takes it.
_COMPARED = (
    "key", "kind", "expected", "expects", "must_include", "must_not_include", "context", "weight",
)  # fmt: skip


def view_of(revision: ExampleRevision) -> ExampleView:
    """Return the example as metrics see it; a plain text input is named ``input``."""
    return _view(revision.input, *(getattr(revision, name) for name in _COMPARED))


def _view(
    given: Any,
    key: str,
    kind: str,
    expected: Any,
    expects: str,
    must_include: Sequence[str],
    must_not_include: Sequence[str],
    context: Sequence[Mapping[str, str]],
    weight: float,
) -> ExampleView:
    return ExampleView(
        key=key,
        kind=kind,
        input=given if isinstance(given, Mapping) else {"input": given},
        expected=expected,
        expects=expects,
        must_include=tuple(must_include),
        must_not_include=tuple(must_not_include),
        context=tuple(context),
        weight=weight,
    )


def views_of(version: DatasetVersion, *, revision: UUID | None = None) -> list[VersionedExample]:
    """Return every example of the version in its order, or only the one of ``revision``."""
    variables = tuple(version.declared.get("variables", ()))
    if revision is None and version.n <= KEPT_EXAMPLES:
        return list(_kept_views(version.pk, version.digest, variables))
    return _read_views(version.pk, variables, revision)


@lru_cache(maxsize=KEPT_VERSIONS)
def _kept_views(
    version_id: UUID, _digest: str, variables: tuple[str, ...]
) -> tuple[VersionedExample, ...]:
    """A version never changes: what drives a run and what publishes it read the same one."""
    return tuple(_read_views(version_id, variables))


def _read_views(
    version_id: UUID, variables: Sequence[str], revision: UUID | None = None
) -> list[VersionedExample]:
    lines = VersionExample.objects.filter(version=version_id).order_by("position")
    if revision is not None:
        lines = lines.filter(revision=revision)
    return [
        VersionedExample(
            key,
            position,
            in_order(given, variables),
            _view(given, *compared),
            held_out,
            tuple(tags),
        )
        for key, position, given, held_out, tags, *compared in lines.values_list(
            "revision_id", "position", "revision__input", "revision__held_out", "revision__tags",
            *(f"revision__{name}" for name in _COMPARED),
        )
    ]  # fmt: skip
