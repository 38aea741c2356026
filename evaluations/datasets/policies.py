"""Who may do what with a dataset, beyond what the workload's own policies say."""

from evaluations.datasets.models import Dataset, Proposal
from portal.accounts.models import OrganisationRole, User
from portal.accounts.selectors import AnyUser, has_role, remits_of
from workloads.lifecycle.policies import EDITORS, Verdict, can_edit, can_view, role_in

ALLOWED = Verdict(True)
# From this tier up, and while the tier is not known, another person accepts what one proposes.
FOUR_EYES_FROM = 2


def can_propose(user: AnyUser, dataset: Dataset) -> Verdict:
    """Whether ``user`` may propose an example: whoever may see the workload, but an auditor."""
    verdict = can_view(user, dataset.workload)
    if not verdict:
        return verdict
    if not isinstance(user, User) or has_role(user, OrganisationRole.AUDITOR):
        return Verdict(False, "role", "An auditor reads everything and changes nothing.")
    return ALLOWED


def can_decide(user: AnyUser, proposal: Proposal) -> Verdict:
    """Whether ``user`` may accept ``proposal``: who may edit, and did not propose it."""
    workload = proposal.dataset.workload
    verdict = can_edit(user, workload)
    if not verdict:
        return verdict
    tier = workload.tier or FOUR_EYES_FROM
    if proposal.proposed_by_id == user.pk and tier >= FOUR_EYES_FROM:
        return Verdict(
            False, "self_approval", "You proposed this example; another person accepts it."
        )
    return ALLOWED


def can_agree_to_removal(user: AnyUser, dataset: Dataset) -> Verdict:
    """Whether ``user`` may let an adversarial example go: a reviewer who does not work here."""
    if not isinstance(user, User) or not remits_of(user):
        return Verdict(False, "role", "Only a reviewer lets an adversarial example go.")
    if user.is_superuser or has_role(user, OrganisationRole.PLATFORM_ADMIN):
        return Verdict(False, "role", "An administrator decides nothing about a workload.")
    if role_in(user, dataset.workload) & EDITORS:
        return Verdict(
            False, "self_approval", "Who owns or works on a workload does not let its tests go."
        )
    return can_view(user, dataset.workload)
