"""Freezing the brief: each submission leaves a version that never changes."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from workloads.briefs.authors import contributor_ids
from workloads.briefs.models import Brief, BriefVersion
from workloads.briefs.selectors import assessment_of, committed_version, content_of, version_number
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, PhaseRecord, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import current_cycle


def submit_brief(*, actor: User, workload: Workload) -> PhaseRecord:
    """Ask to pass the scoping gate, which commits the answers as a version.

    Raises Forbidden, Conflict or NotReady as `lifecycle.services.submit_phase` does; then no
    version is left behind.
    """
    return lifecycle.submit_phase(actor=actor, cycle=current_cycle(workload), phase_key="scoping")


@transaction.atomic
def commit_version(*, actor: User, cycle: Cycle) -> BriefVersion:
    """Freeze the present answers and their tier as the next version, if they have none yet.

    The same answers at the same tier give the version that they have; a tier that was decided
    anew makes the next one.

    Raises Forbidden (role, cycle_closed).
    """
    cycle = lifecycle.locked_cycle(cycle.pk)
    require(actor, cycle.workload, "edit")
    brief = locked_brief(cycle)
    return committed_version(brief) or _commit(actor, cycle, brief)


def _commit(actor: User, cycle: Cycle, brief: Brief) -> BriefVersion:
    assessment = assessment_of(brief)
    version = BriefVersion.objects.create(
        brief=brief,
        number=version_number(brief),
        content=content_of(brief),
        digest=brief.digest(),
        tier=assessment.tier,
        assessment=assessment.as_dict(),
        authors=sorted(contributor_ids(brief)),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="brief.version_committed",
        kind="brief",
        ref=cycle.workload.ref,
        workload=cycle.workload.ref,
        detail={"version": version.number, "digest": version.digest},
    )
    return version


def locked_brief(cycle: Cycle) -> Brief:
    """The cycle's lock is held, so that nobody else makes the brief at the same time."""
    brief, _ = Brief.objects.get_or_create(cycle=cycle)
    brief.cycle = cycle
    return brief
