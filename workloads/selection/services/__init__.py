"""Every change of a shortlist: one function per use case, each in one transaction."""

from workloads.selection.services.choosing import TOKENS_MOST, Pick, choose_shortlist
from workloads.selection.services.striking import strike_candidates

__all__ = ["TOKENS_MOST", "Pick", "choose_shortlist", "strike_candidates"]
