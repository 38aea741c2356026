"""The risk tier of a brief: floors with their reasons, the highest wins, nothing is averaged.

Pure. Floors of the company's policy; a policy aid and not legal advice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from catalog.enums import DataClass
from workloads.briefs.enums import (
    PERSONAL_CATEGORIES,
    Audience,
    Autonomy,
    DataCategory,
    DecisionImpact,
    EuClass,
    ToolAccess,
    WorkloadType,
)

DATA_CLASS = {
    DataClass.PUBLIC: 1,
    DataClass.INTERNAL: 1,
    DataClass.CONFIDENTIAL: 2,
    DataClass.RESTRICTED: 3,
}
# Health is a special category under GDPR article 9. Categories that are not listed set no floor.
CATEGORY = {
    DataCategory.PERSONAL: 2,
    DataCategory.SPECIAL: 3,
    DataCategory.CHILDREN: 3,
    DataCategory.HEALTH: 3,
}
AUDIENCE = {
    Audience.TEAM: 1,
    Audience.INTERNAL: 1,
    Audience.PARTNERS: 2,
    Audience.CUSTOMERS: 2,
    Audience.PUBLIC: 3,
}
AUTONOMY = {Autonomy.DRAFTS: 1, Autonomy.APPROVED: 1, Autonomy.WATCHED: 2, Autonomy.UNWATCHED: 3}
IMPACT = {
    DecisionImpact.NONE: 1,
    DecisionImpact.OPERATIONAL: 1,
    DecisionImpact.INDIVIDUAL: 3,
    DecisionImpact.RIGHTS: 4,
}
# A derogation is a claim that a risk reviewer has to see, hence 3 until the company says otherwise.
EU_CLASS = {
    EuClass.OUT_OF_SCOPE: 1,
    EuClass.MINIMAL: 1,
    EuClass.TRANSPARENCY: 2,
    EuClass.DEROGATED: 3,
    EuClass.HIGH_RISK: 4,
    EuClass.PROHIBITED: 4,
}
AGENT_WRITES_OUTSIDE = 3
AGENT_WRITES_OUTSIDE_FOR_GOOD = 4
ASKED = ("data_class", "data_categories", "audience", "autonomy", "decision_impact", "eu_class")


class RiskAnswers(Protocol):
    """The answers that set the tier; empty means not answered yet."""

    workload_type: str
    data_class: str
    data_categories: list[str]
    audience: str
    autonomy: str
    decision_impact: str
    eu_class: str
    tools: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Floor:
    """The least tier that one answer allows, why, and the field that says so."""

    tier: int
    reason: str
    field: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The tier so far; ``missing`` names the answers that could still raise it."""

    tier: int
    prohibited: bool
    floors: list[Floor]
    missing: tuple[str, ...]
    personal_data: bool

    @property
    def complete(self) -> bool:
        """Whether every answer that sets the tier is given and determined."""
        return not self.missing

    def as_dict(self) -> dict[str, Any]:
        """Return what a reviewer approves when they approve the tier."""
        return {
            "tier": self.tier,
            "prohibited": self.prohibited,
            "floors": [[floor.field, floor.tier, floor.reason] for floor in self.floors],
        }


def assess(brief: RiskAnswers) -> Assessment:
    """Return the tier that the answers given so far demand, highest floor first."""
    floors = [
        *_one(DATA_CLASS, DataClass, brief.data_class, "data_class", "{} data"),
        *_categories(brief.data_categories),
        *_one(AUDIENCE, Audience, brief.audience, "audience", "Seen by: {}"),
        *_one(AUTONOMY, Autonomy, brief.autonomy, "autonomy", "{}"),
        *_one(IMPACT, DecisionImpact, brief.decision_impact, "decision_impact", "{}"),
        *_one(EU_CLASS, EuClass, brief.eu_class, "eu_class", "EU AI Act: {}"),
        *_agent(brief.workload_type, brief.tools),
    ]
    missing = tuple(
        name
        for name in ASKED
        if not getattr(brief, name) or getattr(brief, name) == EuClass.UNDETERMINED
    )
    return Assessment(
        tier=max((floor.tier for floor in floors), default=1),
        prohibited=brief.eu_class == EuClass.PROHIBITED,
        floors=sorted(floors, key=lambda floor: -floor.tier),
        missing=missing,
        personal_data=bool(PERSONAL_CATEGORIES.intersection(brief.data_categories)),
    )


def _one(table: Mapping[Any, int], words: Any, value: str, name: str, sentence: str) -> list[Floor]:
    if value not in table:
        return []
    return [Floor(table[value], sentence.format(words(value).label), name)]


def _categories(chosen: Sequence[str]) -> list[Floor]:
    return [
        Floor(CATEGORY[category], category.label, "data_categories")
        for category in DataCategory
        if category in chosen and category in CATEGORY
    ]


def _agent(workload_type: str, tools: Sequence[Mapping[str, Any]]) -> list[Floor]:
    outside = [tool for tool in tools if tool.get("access") == ToolAccess.EXTERNAL]
    if workload_type != WorkloadType.AGENT or not outside:
        return []
    for_good = [tool for tool in outside if not tool.get("reversible")]
    if for_good:
        reason = f"Agent writes outside, irreversibly: {for_good[0]['name']}"
        return [Floor(AGENT_WRITES_OUTSIDE_FOR_GOOD, reason, "tools")]
    return [Floor(AGENT_WRITES_OUTSIDE, f"Agent writes outside: {outside[0]['name']}", "tools")]
