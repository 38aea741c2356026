"""One look at a cycle: what gates compare and count, each read once.

A page asks the same of eight gates; with one look it reads evidence, authors and roles once for
all of them. A look is of its moment: services take a new one wherever they decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from portal.accounts.models import OrganisationRole, RoleGrant, User
from portal.common.policy import policy
from workloads.lifecycle.enums import MemberRole, ReviewOutcome
from workloads.lifecycle.manifests import POLICY_KIND
from workloads.lifecycle.models import Cycle, PhaseRecord, Review, Vote
from workloads.lifecycle.phases import EvidenceItem, Phase, phase, up_to
from workloads.lifecycle.roles import standing_memberships


@dataclass(slots=True)
class Holder:
    """One standing grant of a remit to somebody who may vote."""

    user: User
    remit: str
    granted_at: datetime


@dataclass
class Look:
    """What is there around ``cycle`` now; each part is read when it is first asked for."""

    cycle: Cycle
    _evidence: dict[str, frozenset[EvidenceItem]] = field(default_factory=dict)
    _authors: dict[str, frozenset[UUID]] = field(default_factory=dict)

    def evidence(self, one: Phase) -> frozenset[EvidenceItem]:
        """Return the records of one phase."""
        if one.key not in self._evidence:
            self._evidence[one.key] = frozenset(one.evidence(self.cycle))
        return self._evidence[one.key]

    def items(self, spanned: Sequence[Phase]) -> list[EvidenceItem]:
        """Return the records of these phases and the policy, sorted, each once."""
        found = {item for one in spanned for item in self.evidence(one)}
        found.add(EvidenceItem(POLICY_KIND, "policy.toml", "", policy().digest))
        return sorted(found)

    def manifest(self, phase_key: str) -> list[EvidenceItem]:
        """Return what the gate of the phase would pass now."""
        return self.items(scope(phase_key))

    def authors(self, phase_key: str) -> frozenset[UUID]:
        """Return who made or edited what the phases up to this one pin."""
        found: set[UUID] = set()
        for one in up_to(phase_key):
            if one.key not in self._authors:
                self._authors[one.key] = frozenset(one.contributors(self.cycle))
            found |= self._authors[one.key]
        return frozenset(found)

    @cached_property
    def records(self) -> dict[str, PhaseRecord]:
        """The phase records by key, each with its review and this look's cycle."""
        found = {}
        reviews = {review.pk: review for review in self.reviews}
        for record in PhaseRecord.objects.filter(cycle=self.cycle):
            record.cycle = self.cycle
            if record.review_id is not None:
                record.review = reviews[record.review_id]
            found[record.phase] = record
        return found

    @cached_property
    def reviews(self) -> list[Review]:
        """Every review of the cycle, newest first, with who asked for it and this look's cycle."""
        found = list(
            Review.objects.filter(cycle=self.cycle)
            .select_related("requested_by")
            .order_by("-requested_at")
        )
        for review in found:
            review.cycle = self.cycle
        return found

    def open_review(self, phase_key: str) -> Review | None:
        """Return the open review of the phase, if there is one."""
        return next(
            (
                review
                for review in self.reviews
                if review.phase == phase_key and review.outcome == ReviewOutcome.OPEN
            ),
            None,
        )

    @cached_property
    def _votes(self) -> dict[UUID, list[Vote]]:
        found: dict[UUID, list[Vote]] = {}
        standing = Vote.objects.filter(
            review__cycle=self.cycle, lifted_at=None, struck_at=None
        ).select_related("voter")
        for vote in standing:
            found.setdefault(vote.review_id, []).append(vote)
        return found

    def votes(self, review: Review) -> list[Vote]:
        """Return the standing votes of a review of this cycle, in the order they were given."""
        return self._votes.get(review.pk, [])

    @cached_property
    def owners(self) -> frozenset[UUID]:
        """The owner and every co-owner."""
        workload = self.cycle.workload
        co_owners = {
            one.user_id for one in standing_memberships(workload) if one.role == MemberRole.OWNER
        }
        return frozenset({workload.owner_id, *co_owners})

    def requesters(self, phase_key: str) -> frozenset[UUID]:
        """Return who asked for a review of this phase or of one before it, in this cycle."""
        keys = {one.key for one in up_to(phase_key)}
        return frozenset(one.requested_by_id for one in self.reviews if one.phase in keys)

    @cached_property
    def administrators(self) -> frozenset[UUID]:
        """Who administers the portal: they never vote, whatever other role they hold.

        A superuser without a remit is not among them; without one nobody votes anyhow.
        """
        return frozenset(
            grant.user_id
            for grant in self._grants
            if grant.role == OrganisationRole.PLATFORM_ADMIN or grant.user.is_superuser
        )

    @cached_property
    def _grants(self) -> list[RoleGrant]:
        roles = (OrganisationRole.REVIEWER, OrganisationRole.PLATFORM_ADMIN)
        found = RoleGrant.objects.filter(role__in=roles, revoked_at=None)
        return list(found.select_related("user"))

    @cached_property
    def holders(self) -> list[Holder]:
        """The standing grants of every remit to active people, in order of name."""
        grants = [
            grant
            for grant in self._grants
            if grant.role == OrganisationRole.REVIEWER
            and grant.user.is_active
            and not grant.user.is_service_account
        ]
        return [
            Holder(grant.user, grant.remit, grant.granted_at)
            for grant in sorted(grants, key=lambda one: (str(one.user), one.remit))
        ]


def scope(phase_key: str) -> tuple[Phase, ...]:
    """Return the phases whose evidence the gate of phase ``phase_key`` passes."""
    one = phase(phase_key)
    return up_to(phase_key) if one.spans_cycle else (one,)
