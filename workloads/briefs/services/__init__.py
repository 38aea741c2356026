"""What can be done with a brief."""

from workloads.briefs.services.discussion import (
    SuggestionOutdated,
    accept,
    comment,
    decline,
    reopen,
    resolve,
    suggest,
    withdraw,
)
from workloads.briefs.services.drafts import KPIS, BriefChanged, Clash, SavedBrief, save_draft
from workloads.briefs.services.overrides import (
    confirm_lower_tier,
    end_override,
    propose_lower_tier,
    raise_tier,
)
from workloads.briefs.services.submission import commit_version, submit_brief

__all__ = [
    "KPIS",
    "BriefChanged",
    "Clash",
    "SavedBrief",
    "SuggestionOutdated",
    "accept",
    "comment",
    "commit_version",
    "confirm_lower_tier",
    "decline",
    "end_override",
    "propose_lower_tier",
    "raise_tier",
    "reopen",
    "resolve",
    "save_draft",
    "submit_brief",
    "suggest",
    "withdraw",
]
