"""Manifests as data: their digest, their stored form, and what differs between two of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.canonical import digest
from workloads.lifecycle.enums import ManifestChange
from workloads.lifecycle.phases import EvidenceItem

POLICY_KIND = "policy"


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that was added, changed or taken out between two manifests."""

    change: ManifestChange
    before: EvidenceItem | None
    after: EvidenceItem | None

    @property
    def item(self) -> EvidenceItem:
        """The record as it is now; as it was, when it is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a difference has a record before, after, or both")
        return found


def manifest_digest(items: Iterable[EvidenceItem]) -> str:
    """Return ``sha256:…`` over the canonical JSON of the items, sorted, each once."""
    return digest(stored(items))


def stored(items: Iterable[EvidenceItem]) -> list[dict[str, str]]:
    """Return the items as manifests store them: sorted by kind, ref and version, each once."""
    return [item.as_dict() for item in sorted(set(items))]


def restored(raw: Iterable[Mapping[str, Any]]) -> list[EvidenceItem]:
    """Return the items of a stored manifest."""
    return [
        EvidenceItem(str(one["kind"]), str(one["ref"]), str(one["version"]), str(one["digest"]))
        for one in raw
    ]


def difference(before: Iterable[EvidenceItem], after: Iterable[EvidenceItem]) -> list[Difference]:
    """Return what differs, by kind and ref: added, changed, gone; in order of kind and ref.

    A kind and ref that a manifest holds in several versions is compared version by version.
    """
    old, new = _by_record(before), _by_record(after)
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key, []), new.get(key, [])
        kept = set(was) & set(now)
        was = [item for item in was if item not in kept]
        now = [item for item in now if item not in kept]
        paired = min(len(was), len(now))
        found += [Difference(ManifestChange.CHANGED, was[i], now[i]) for i in range(paired)]
        found += [Difference(ManifestChange.GONE, item, None) for item in was[paired:]]
        found += [Difference(ManifestChange.ADDED, None, item) for item in now[paired:]]
    return found


def _by_record(items: Iterable[EvidenceItem]) -> dict[tuple[str, str], list[EvidenceItem]]:
    found: dict[tuple[str, str], list[EvidenceItem]] = {}
    for item in sorted(set(items)):
        found.setdefault((item.kind, item.ref), []).append(item)
    return found


def without_policy(items: Iterable[EvidenceItem]) -> list[EvidenceItem]:
    """Return the records alone: a later policy does not change what was approved under this one."""
    return [item for item in items if item.kind != POLICY_KIND]
