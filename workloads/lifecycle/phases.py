"""What a phase is, and the list of them that the settings name.

A slice writes one subclass of `Phase` in its ``phase.py``; a company adds a ninth phase by
writing one more and naming it in ``settings.PHASES``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from workloads.lifecycle.enums import CheckState, Impact

if TYPE_CHECKING:
    from portal.accounts.models import User
    from workloads.lifecycle.models import Cycle


@dataclass(frozen=True, slots=True, order=True)
class EvidenceItem:
    """One line of a manifest: which record, in which version, with which bytes.

    ``digest`` is SHA-256 over the canonical JSON of the record's material fields.
    """

    kind: str
    ref: str
    version: str
    digest: str

    def as_dict(self) -> dict[str, str]:
        """Return the line as manifests store it."""
        return {"kind": self.kind, "ref": self.ref, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Check:
    """One exit check of a phase, as of now.

    ``detail`` says in plain words what is there or missing, ``link`` is the page where it is
    mended, ``who`` the people who can act ("the owner", "a risk reviewer").
    """

    code: str
    label: str
    state: CheckState
    detail: str = ""
    link: str = ""
    link_label: str = ""
    who: str = ""

    @classmethod
    def of(cls, code: str, label: str, passed: bool, **more: str) -> "Check":
        """Return a check that passes or fails."""
        return cls(code, label, CheckState.PASS if passed else CheckState.FAIL, **more)


class Phase:
    """One of the phases of a cycle. Subclasses are stateless; everything comes from rows."""

    key: ClassVar[str]
    number: ClassVar[int]
    label: ClassVar[str]
    question: ClassVar[str]
    evidence_kinds: ClassVar[tuple[str, ...]] = ()
    # The page of the phase: a URL name that takes the workload's reference as ``ref``.
    url_name: ClassVar[str]
    # Change code -> what such a change does to this phase. What is not listed does nothing.
    impact: ClassVar[Mapping[str, Impact]] = {}
    # Whether the manifest of this gate spans all phases up to it (the go/no-go) or its own.
    spans_cycle: ClassVar[bool] = False
    # Whether passing this phase makes a release of the cycle.
    makes_release: ClassVar[bool] = False
    # Whether the phase ever passes; operations never ends.
    has_gate: ClassVar[bool] = True

    def evidence(self, cycle: "Cycle") -> list[EvidenceItem]:
        """Return the records this phase produced, as they are now (in their digests)."""
        raise NotImplementedError

    def checks(self, cycle: "Cycle") -> list[Check]:
        """Return the phase's own exit checks; other slices add theirs in `lifecycle.checks`."""
        raise NotImplementedError

    def contributors(self, cycle: "Cycle") -> Iterable[UUID]:
        """Return who made or materially edited a version that this phase's evidence pins."""
        return ()

    def submitting(self, cycle: "Cycle", actor: "User") -> None:
        """Freeze what is a draft until now, as the phase is submitted by ``actor``.

        Called within the transaction of `lifecycle.services.submit_phase`, with the cycle locked
        and before the checks: what they refuse leaves nothing behind. May not change the digest
        of any record.
        """

    def note(self, cycle: "Cycle") -> str:
        """Return a few words for the rail ("version 7", "4 of 31 fit"), or nothing."""
        return ""


@cache
def _load(names: tuple[str, ...]) -> tuple[Phase, ...]:
    return tuple(import_string(name)() for name in names)


def phases() -> tuple[Phase, ...]:
    """Return the phases in their order."""
    return _load(tuple(settings.PHASES))


def phase(key: str) -> Phase:
    """Return the phase called ``key``. Raises KeyError."""
    for one in phases():
        if one.key == key:
            return one
    raise KeyError(key)


def up_to(key: str) -> tuple[Phase, ...]:
    """Return the phases from the first up to and including ``key``."""
    keys = [one.key for one in phases()]
    return phases()[: keys.index(key) + 1]
