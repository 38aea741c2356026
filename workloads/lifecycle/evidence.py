"""The evidence registry: what a reference in a manifest stands for.

A record that cites evidence made above it holds `{kind, ref, version, digest}`; this registry
turns it into a title, a page, and the digest that the record has at present.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workloads.lifecycle.phases import EvidenceItem


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    """A cited record as a page shows it; ``present_digest`` is empty when the record is gone."""

    title: str
    url: str
    present_digest: str


Resolver = Callable[[str, str], EvidenceCard | None]
_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Say how records of ``kind`` are found by (ref, version); called in an app's ``ready``."""
    _resolvers[kind] = resolver


def resolve(item: EvidenceItem) -> EvidenceCard:
    """Return the card of ``item``; an unknown kind or a missing record gives a bare one."""
    resolver = _resolvers.get(item.kind)
    card = resolver(item.ref, item.version) if resolver else None
    if card is not None:
        return card
    words = item.kind.replace("_", " ")
    return EvidenceCard(title=f"{words} {item.version}".strip(), url="", present_digest="")
