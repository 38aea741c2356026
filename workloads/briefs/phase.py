"""Phase 1: what problem, for whom, how will we know, within which limits?"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from portal.accounts.models import User
from portal.common.canonical import digest
from workloads.briefs import readiness, services
from workloads.briefs.authors import contributor_ids
from workloads.briefs.changes import LOOSENED, SCOPE, THRESHOLD, TIGHTENED
from workloads.briefs.selectors import assessment_of, brief_of, committed_version, version_number
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase


class Scoping(Phase):
    """A brief that says the problem, the bar and the limits, and the tier that follows."""

    key = "scoping"
    number = 1
    label = "Scoping"
    question = "What problem, for whom, how will we know, within which limits?"
    evidence_kinds = ("brief", "tier")
    url_name = "briefs:brief"
    # A reworded answer is cosmetic here; the comparison of manifests still makes the gate stale.
    impact: ClassVar[Mapping[str, Impact]] = {
        LOOSENED: Impact.RECONFIRM,
        TIGHTENED: Impact.RECONFIRM,
        THRESHOLD: Impact.RECONFIRM,
        SCOPE: Impact.REOPEN,
        "tier.raised": Impact.RECONFIRM,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The brief as its answers are now, and the tier that they demand."""
        brief = brief_of(cycle)
        if brief._state.adding:
            return []
        assessment = assessment_of(brief)
        ref = cycle.workload.ref
        return [
            EvidenceItem("brief", ref, str(version_number(brief)), brief.digest()),
            EvidenceItem("tier", ref, str(assessment.tier), digest(assessment.as_dict())),
        ]

    def checks(self, cycle: Cycle) -> list[Check]:
        """Every gap of the brief, each with the way to mend it."""
        return readiness.checks(brief_of(cycle))

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Everybody who changed a material answer in this cycle."""
        return contributor_ids(brief_of(cycle))

    def submitting(self, cycle: Cycle, actor: User) -> None:
        """Commit the answers as a version, whichever page or program submits."""
        services.commit_version(actor=actor, cycle=cycle)

    def note(self, cycle: Cycle) -> str:
        """The version, and whether its answers are still a draft."""
        brief = brief_of(cycle)
        if brief._state.adding:
            return ""
        draft = ", draft" if committed_version(brief) is None else ""
        return f"version {version_number(brief)}{draft}"
