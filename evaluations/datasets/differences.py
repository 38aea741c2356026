"""What two lists of examples differ in: added, changed field by field, retired. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

FIELDS = (
    "kind", "input", "context", "expected", "expects", "must_include", "must_not_include", "tags",
    "weight", "held_out",
)  # fmt: skip


class Revision(Protocol):
    """One example as it was in a version: named by ``key``, the same where ``digest`` is."""

    @property
    def key(self) -> str:
        """Its identity over edits."""

    @property
    def digest(self) -> str:
        """What it holds."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as JSON values."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """An example whose words were changed; its key stayed."""

    key: str
    before: Any
    after: Any
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a list of examples. ``moved``: the same examples stand in another order."""

    added: tuple[Any, ...]
    changed: tuple[Changed, ...]
    retired: tuple[Any, ...]
    same: int
    moved: bool

    @property
    def nothing(self) -> bool:
        """Whether both lists are the same, order included."""
        return not (self.added or self.changed or self.retired or self.moved)


def difference(before: Sequence[Revision], after: Sequence[Revision]) -> Difference:
    """Return what changed from ``before`` to ``after``, each in the order of its list."""
    old = {one.key: one for one in before}
    new = {one.key: one for one in after}
    changed = tuple(
        Changed(key, old[key], one, field_changes(old[key], one))
        for key, one in new.items()
        if key in old and old[key].digest != one.digest
    )
    kept_before = [key for key in old if key in new]
    kept_after = [key for key in new if key in old]
    return Difference(
        added=tuple(one for key, one in new.items() if key not in old),
        changed=changed,
        retired=tuple(one for key, one in old.items() if key not in new),
        same=len(kept_after) - len(changed),
        moved=kept_before != kept_after,
    )


def applied(before: Sequence[Revision], found: Difference) -> dict[str, Any]:
    """Return the examples by key that ``before`` becomes by the difference; order aside."""
    made: dict[str, Any] = {one.key: one for one in before}
    for one in found.retired:
        del made[one.key]
    made.update({one.key: one.after for one in found.changed})
    made.update({one.key: one for one in found.added})
    return made


def field_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Return the fields in which two revisions of one example differ.

    Objects of values are told value by value: ``input.subject``.
    """
    found: list[FieldChange] = []
    for field in FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if old == new and type(old) is type(new):
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [
                FieldChange(f"{field}.{name}", old.get(name), new.get(name))
                for name in dict.fromkeys([*old, *new])
                if old.get(name) != new.get(name) or (name in old) != (name in new)
            ]
        elif old != new:
            found.append(FieldChange(field, old, new))
    return tuple(found)
