"""A committed brief written out for reading. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workloads.briefs.answers import in_words
from workloads.briefs.enums import Direction, KpiSource
from workloads.briefs.questions import QUESTIONS, SECTIONS, SUCCESS, Kind
from workloads.lifecycle.measures import measure


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """One section: pairs of question and answer, or the KPI rows."""

    title: str
    pairs: list[tuple[str, str]]
    kpis: list[dict[str, str]]


def written_out(content: Mapping[str, Any]) -> list[WrittenSection]:
    """Return the sections of a version's content; what was not answered is left out."""
    found = []
    for title in SECTIONS:
        if title == SUCCESS:
            found.append(WrittenSection(title, [], _kpis(content)))
            continue
        pairs = []
        for question in QUESTIONS:
            stored = content["answers"].get(question.name)
            if question.section != title or stored in (None, "", []):
                continue
            decimal = question.kind in (Kind.MONEY, Kind.RATE)
            value = Decimal(stored) if decimal else stored
            pairs.append((question.short, in_words(question.name, value)))
        if pairs:
            found.append(WrittenSection(title, pairs, []))
    return found


def _kpis(content: Mapping[str, Any]) -> list[dict[str, str]]:
    names = content.get("kpi_names", [])
    rows = []
    for index, kpi in enumerate(content["kpis"]):
        metric = measure(kpi["measured_by"])
        sign = "≥" if kpi["direction"] == Direction.UP else "≤"
        rows.append(
            {
                "name": names[index] if index < len(names) else f"KPI {index + 1}",
                "definition": kpi["definition"],
                "source": metric.label
                if metric
                else KpiSource(kpi["source"]).label
                if kpi["source"]
                else "",
                "baseline": _figure(kpi["baseline"], kpi["unit"]),
                "target": _figure(kpi["target"], kpi["unit"], sign),
                "floor": _figure(kpi["floor"], kpi["unit"], sign),
                "before_launch": "yes" if kpi["before_launch"] else "",
            }
        )
    return rows


def _figure(value: str | None, unit: str, sign: str = "") -> str:
    return "–" if value is None else f"{sign} {value} {unit}".strip()
