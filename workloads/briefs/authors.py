"""Who counts as an author of a brief: they decide neither on it nor on its tier."""

from uuid import UUID

from portal.common.policy import policy
from workloads.briefs.enums import SuggestionOutcome
from workloads.briefs.models import Brief, Suggestion
from workloads.briefs.tiering import assess


def suggestion_makes_author(brief: Brief) -> bool:
    """Whether an accepted suggestion makes who made it an author, by the policy and the tier.

    By the tier that counts or the one that the answers demand, whichever is higher: lowering the
    tier turns no author into a voter. Before a tier is known as at the strictest.
    """
    tier = brief.cycle.workload.tier
    least = policy().number("brief", "suggestion_makes_author_from_tier")
    return tier is None or max(tier, assess(brief).computed) >= least


def contributor_ids(brief: Brief) -> set[UUID]:
    """Return everybody who changed an answer in this cycle, also in earlier versions.

    From the policy's tier up (3) that includes whose suggestions were accepted: below it a
    reviewer may propose a wording and still vote, since somebody else answers for it. Taken from
    the rows and the present tiers (`suggestion_makes_author`) at every question.
    """
    found = set(brief.editors)
    if not brief._state.adding and suggestion_makes_author(brief):
        accepted = Suggestion.objects.filter(brief=brief, outcome=SuggestionOutcome.ACCEPTED)
        found |= set(accepted.values_list("author_id", flat=True))
    return found
