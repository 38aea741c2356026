"""The content of a brief written out in words, for reading, comparing and printing. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.shell.formats import money, number
from workloads.briefs.answers import in_words, plain
from workloads.briefs.enums import Direction, KpiSource
from workloads.briefs.questions import QUESTIONS, SECTIONS, SUCCESS, Kind, Question
from workloads.lifecycle.measures import measure


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and its answer in words; ``is_text`` when the answer is prose."""

    question: str
    answer: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """One section: questions with their answers, or the KPI rows."""

    title: str
    pairs: list[Pair]
    kpis: list[dict[str, str]]


def written_out(content: Mapping[str, Any]) -> list[WrittenSection]:
    """Return the sections of a version's content; what was not answered is left out."""
    found = []
    for title in SECTIONS:
        if title == SUCCESS:
            rows = [_kpi(content, index) for index in range(len(content["kpis"]))]
            found.append(WrittenSection(title, [], rows))
            continue
        pairs = [
            Pair(question.short, answer, question.is_text)
            for question in QUESTIONS
            if question.section == title and (answer := answer_in_words(question, content))
        ]
        if pairs:
            found.append(WrittenSection(title, pairs, []))
    return found


def answer_in_words(question: Question, content: Mapping[str, Any]) -> str:
    """Return the answer in ``content``, figures rounded and with units; empty when there is none.

    Money is written in the currency of the same content.
    """
    stored = content["answers"].get(question.name)
    if stored in (None, "", []):
        return ""
    match question.kind:
        case Kind.MONEY:
            return money(Decimal(stored), content["answers"].get("currency") or "USD")
        case Kind.WHOLE:
            return f"{number(stored)} {question.unit}".strip()
        case Kind.RATE:
            return in_words(question.name, Decimal(stored))
    return in_words(question.name, stored)


def kpi_in_words(content: Mapping[str, Any], index: int) -> str:
    """Return one KPI as lines of text, its name first; empty when there is no such KPI."""
    if index >= len(content["kpis"]):
        return ""
    row = _kpi(content, index)
    lines = [
        row["name"],
        row["definition"],
        f"Measured by: {row['source'] or 'not said'}",
        f"Today: {row['baseline']}",
        f"Target: {row['target']}",
        f"Floor: {row['floor']}",
        f"Before launch: {row['before_launch'] or 'no'}",
    ]
    return "\n".join(line for line in lines if line)


def _kpi(content: Mapping[str, Any], index: int) -> dict[str, str]:
    kpi = content["kpis"][index]
    names = content.get("kpi_names", [])
    metric = measure(kpi["measured_by"])
    source = KpiSource(kpi["source"]).label if kpi["source"] else ""
    sign = "≤" if kpi["direction"] == Direction.DOWN else "≥"
    return {
        "name": (names[index] if index < len(names) else "") or f"KPI {index + 1}",
        "definition": kpi["definition"],
        "source": metric.label if metric else source,
        "baseline": _figure(kpi["baseline"], kpi["unit"]),
        "target": _figure(kpi["target"], kpi["unit"], sign),
        "floor": _figure(kpi["floor"], kpi["unit"], sign),
        "before_launch": "yes" if kpi["before_launch"] else "",
    }


def _figure(value: str | None, unit: str, sign: str = "") -> str:
    return "–" if value is None else f"{sign} {plain(Decimal(value))} {unit}".strip()
