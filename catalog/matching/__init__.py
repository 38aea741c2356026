"""How a model stands against a brief: pure functions on plain data, each reason in words.

What the company forbids rules a model out (status, expiry, data class, training on data, region,
retention, a capability that cannot be worked around). What it falls short of makes a near miss
(context, cost, latency, a missing price), which may be shortlisted with a reason. What is not
known but harmless is noted.

A stored answer can be found again: `Requirements`, `ModelFacts` and `Match` read and write plain
JSON data, `catalog_revision` names the facts by their content, and `RULES` the rules.
"""

from catalog.matching.facts import (
    ESTIMATE,
    MEASURED,
    TYPED,
    Measured,
    ModelFacts,
    Requirements,
    catalog_revision,
)
from catalog.matching.rules import (
    ANYWHERE,
    BLOCKS,
    DAYS_A_MONTH,
    NOTE,
    RULES,
    SHORT,
    Match,
    Move,
    Reason,
    match,
    moves,
    rank,
)

__all__ = [
    "ANYWHERE",
    "BLOCKS",
    "DAYS_A_MONTH",
    "ESTIMATE",
    "MEASURED",
    "NOTE",
    "RULES",
    "SHORT",
    "TYPED",
    "Match",
    "Measured",
    "ModelFacts",
    "Move",
    "Reason",
    "Requirements",
    "catalog_revision",
    "match",
    "moves",
    "rank",
]
