"""Who may speak about a brief, and who decides on what was suggested."""

from portal.accounts.models import OrganisationRole, User
from portal.accounts.selectors import AnyUser, has_role
from workloads.briefs.enums import SuggestionOutcome
from workloads.briefs.models import Suggestion
from workloads.lifecycle.enums import CycleState
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.policies import Verdict, can_edit, can_view


def can_discuss(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may comment and suggest: whoever sees the workload, but no auditor."""
    if not isinstance(user, User) or not user.is_active:
        return Verdict(False, "role", "Sign in to take part.")
    if has_role(user, OrganisationRole.AUDITOR):
        return Verdict(False, "role", "An auditor reads everything and changes nothing.")
    seen = can_view(user, workload)
    if not seen:
        return seen
    if not Cycle.objects.filter(workload=workload, state=CycleState.OPEN).exists():
        return Verdict(False, "cycle_closed", "This cycle is closed; its discussion ended with it.")
    return Verdict(True)


def can_decide(user: AnyUser, workload: Workload, suggestion: Suggestion) -> Verdict:
    """Whether ``user`` may accept or decline ``suggestion``: the owner and contributors."""
    if suggestion.outcome != SuggestionOutcome.OPEN:
        return Verdict(False, "decided", "This suggestion is decided already.")
    return can_edit(user, workload)


def can_withdraw(user: AnyUser, suggestion: Suggestion) -> Verdict:
    """Whether ``user`` may take ``suggestion`` back: who made it, while nobody decided."""
    if suggestion.outcome != SuggestionOutcome.OPEN:
        return Verdict(False, "decided", "This suggestion is decided already.")
    if suggestion.author_id != user.pk:
        return Verdict(False, "not_author", "Only who made a suggestion can take it back.")
    return Verdict(True)
