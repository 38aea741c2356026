"""The risk tier of a brief: floors with their reasons, the highest wins, nothing is averaged.

Pure. Floors of the company's policy; a policy aid and not legal advice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from catalog.enums import DataClass
from portal.common.canonical import digest
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
LAW = "eu_class"
ASKED = ("data_class", "data_categories", "audience", "autonomy", "decision_impact", LAW)


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
class Overridden:
    """A decision of reviewers that sets the tier aside from what the floors say.

    ``basis`` is the digest of the assessment that they saw; a lowered tier counts only for it.
    """

    tier: int
    raises: bool
    basis: str
    reason: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The tier so far; ``missing`` names the answers that could still raise it.

    ``computed`` is what the floors demand, ``tier`` what counts: another one when reviewers
    overrode it.
    """

    tier: int
    computed: int
    prohibited: bool
    floors: list[Floor]
    missing: tuple[str, ...]
    personal_data: bool
    override: Overridden | None = None

    @property
    def complete(self) -> bool:
        """Whether every answer that sets the tier is given and determined."""
        return not self.missing

    @property
    def basis(self) -> str:
        """The digest of what the answers say by themselves: what an override rests on."""
        return digest([*self._rules().items(), list(self.missing)])

    @property
    def least(self) -> int:
        """The tier below which nobody can go: the law's class is not the company's to lower."""
        return max((floor.tier for floor in self.floors if floor.field == LAW), default=1)

    def _rules(self) -> dict[str, Any]:
        return {
            "tier": self.computed,
            "prohibited": self.prohibited,
            "floors": [[floor.field, floor.tier, floor.reason] for floor in self.floors],
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what a reviewer approves when they approve the tier."""
        if self.override is None:
            return self._rules()
        return self._rules() | {
            "tier": self.tier,
            "computed": self.computed,
            "override": {"reason": self.override.reason, "people": list(self.override.people)},
        }


def assess(brief: RiskAnswers, override: Overridden | None = None) -> Assessment:
    """Return the tier that the answers given so far demand, highest floor first.

    ``override`` is the decision of reviewers that stands. A raised tier counts as another floor;
    a lowered one counts while the answers are those that it was decided on, and never below the
    floor of the law's class. A prohibited use is not touched by either.
    """
    floors = [
        *_one(DATA_CLASS, DataClass, brief.data_class, "data_class", "{} data"),
        *_categories(brief.data_categories),
        *_one(AUDIENCE, Audience, brief.audience, "audience", "Seen by: {}"),
        *_one(AUTONOMY, Autonomy, brief.autonomy, "autonomy", "{}"),
        *_one(IMPACT, DecisionImpact, brief.decision_impact, "decision_impact", "{}"),
        *_one(EU_CLASS, EuClass, brief.eu_class, LAW, "EU AI Act: {}"),
        *_agent(brief.workload_type, brief.tools),
    ]
    missing = tuple(
        name
        for name in ASKED
        if not getattr(brief, name) or getattr(brief, name) == EuClass.UNDETERMINED
    )
    computed = max((floor.tier for floor in floors), default=1)
    assessment = Assessment(
        tier=computed,
        computed=computed,
        prohibited=brief.eu_class == EuClass.PROHIBITED,
        floors=sorted(floors, key=lambda floor: -floor.tier),
        missing=missing,
        personal_data=bool(PERSONAL_CATEGORIES.intersection(brief.data_categories)),
    )
    return _overridden(assessment, override)


def _overridden(assessment: Assessment, override: Overridden | None) -> Assessment:
    if override is None or assessment.prohibited:
        return assessment
    if override.raises:
        if override.tier <= assessment.computed:
            return assessment
        return replace(assessment, tier=override.tier, override=override)
    if override.basis != assessment.basis:
        return assessment
    tier = max(override.tier, assessment.least)
    return replace(assessment, tier=tier, override=override)


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
