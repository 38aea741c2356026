"""Trying the tier: eight questions, answered before anything is written. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from portal.common.policy import policy
from workloads.briefs.answers import NotAnAnswer, choice, parse
from workloads.briefs.enums import ToolAccess, WorkloadType, WritesOutside, YesNo
from workloads.briefs.questions import BY_NAME
from workloads.briefs.tiering import Assessment, assess

OUTSIDE = "writes_outside"
ASKED = (
    "workload_type", "data_class", "data_categories", "audience", "autonomy", OUTSIDE,
    "decision_impact", "eu_class",
)  # fmt: skip
OUTSIDE_TOOL = "Outside system, to be named"


@dataclass(slots=True)
class TriedAnswers:
    """The eight answers, in the shape that the tier and the obligations read."""

    workload_type: str = ""
    data_class: str = ""
    data_categories: list[str] = field(default_factory=list)
    audience: str = ""
    autonomy: str = ""
    decision_impact: str = ""
    eu_class: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    eu_nexus: str = YesNo.YES.value
    output_use: str = ""

    def assessment(self) -> Assessment:
        """Return the tier that they demand."""
        return assess(self)


def read(raw: Mapping[str, Any], categories: Sequence[str]) -> tuple[TriedAnswers, list[str]]:
    """Return the answers in ``raw`` and the names of the questions that are still open.

    What is no answer counts as open; ``categories`` are the ticked kinds of data.
    """
    found: dict[str, Any] = {}
    for name in ASKED:
        if name == OUTSIDE:
            continue
        try:
            value = list(categories) if name == "data_categories" else raw.get(name, "")
            found[name] = parse(BY_NAME[name], value)
        except NotAnAnswer:
            found[name] = [] if name == "data_categories" else ""
    outside = _outside(raw)
    if found["workload_type"] == WorkloadType.AGENT:
        found["tools"] = tools_of(outside)
    open_ = [name for name in ASKED if name != OUTSIDE and not found[name]]
    if not outside:
        open_.insert(min(5, len(open_)), OUTSIDE)
    return TriedAnswers(**found), open_


def _outside(raw: Mapping[str, Any]) -> str:
    try:
        return choice(OUTSIDE, raw.get(OUTSIDE, ""), WritesOutside.values)
    except NotAnAnswer:
        return ""


def tools_of(outside: str) -> list[dict[str, Any]]:
    """Return the tool row that the answer about outside systems stands for."""
    if outside in ("", WritesOutside.NO):
        return []
    return [
        {
            "name": OUTSIDE_TOOL,
            "access": ToolAccess.EXTERNAL.value,
            "reversible": outside == WritesOutside.REVERSIBLE,
        }
    ]


def brief_answers(tried: TriedAnswers) -> dict[str, Any]:
    """Return the answers as a brief takes them; what is empty is left out."""
    names = [name for name in ASKED if name != OUTSIDE] + ["tools"]
    return {name: getattr(tried, name) for name in names if getattr(tried, name)}


def as_query(tried: TriedAnswers, outside: str, prefix: str = "") -> str:
    """Return the answers as the query of an address, so that they can be carried on."""
    pairs = [
        (f"{prefix}{name}", value)
        for name in ASKED
        for value in _values(outside if name == OUTSIDE else getattr(tried, name))
    ]
    return urlencode(pairs)


def _values(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def votes_at(assessment: Assessment) -> list[tuple[str, list[str]]]:
    """Return (gate, votes in words) for the gates that ask for votes at this tier."""
    found = []
    for key, gate in policy().gates.items():
        votes = gate.votes_needed(assessment.tier, personal_data=assessment.personal_data)
        if votes:
            words = [" or ".join(sorted(one)) for one in votes]
            found.append((key, words))
    return found
