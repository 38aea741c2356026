"""What a changed brief means: which changes are cosmetic, looser, tighter, or another scope.

Pure. Works on two `Brief.material()` records, so that any two versions can be compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workloads.briefs.answers import in_words
from workloads.briefs.enums import Direction, KpiSource
from workloads.briefs.questions import QUESTIONS, Change, Kind, Question

COSMETIC, LOOSENED, TIGHTENED = "brief.cosmetic", "brief.loosened", "brief.tightened"
THRESHOLD, SCOPE = "brief.threshold_tightened", "brief.scope"
MEANINGS = {
    SCOPE: "another scope", THRESHOLD: "a measured threshold is tighter", TIGHTENED: "tighter",
    LOOSENED: "looser", COSMETIC: "reworded",
}  # fmt: skip
# Strongest first: when one save holds several, each is told.
CODES = (SCOPE, THRESHOLD, TIGHTENED, LOOSENED, COSMETIC)


@dataclass(frozen=True, slots=True)
class BriefChange:
    """One changed answer: its code for the lifecycle, and the sentence that says it.

    ``kpi`` is the place of the KPI in the list, from 0; None for every other answer.
    """

    code: str
    field: str
    detail: str
    kpi: int | None = None

    @property
    def meaning(self) -> str:
        """The code as a page says it."""
        return MEANINGS[self.code]


def classify(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[BriefChange]:
    """Return every material change from ``before`` to ``after``, strongest first."""
    found = []
    for question in QUESTIONS:
        old, new = before["answers"].get(question.name), after["answers"].get(question.name)
        if old != new:
            detail = _detail(question, old, new)
            found.append(BriefChange(_code(question, old, new), question.name, detail))
    found += _kpis(before["kpis"], after["kpis"])
    return sorted(found, key=lambda change: CODES.index(change.code))


def by_code(changes: Sequence[BriefChange]) -> dict[str, str]:
    """Return one sentence for each code that occurs, strongest first."""
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(change.code, []).append(change.detail)
    return {code: "; ".join(details) for code, details in found.items()}


def _detail(question: Question, old: Any, new: Any) -> str:
    if question.is_text:
        return f"{question.short}: reworded" if old and new else f"{question.short}: written anew"
    return f"{question.short}: {_said(question, old)} → {_said(question, new)}"


def _said(question: Question, stored: Any) -> str:
    # Material records hold Decimals as text, as canonical JSON does.
    decimal = question.kind in (Kind.MONEY, Kind.RATE) and stored is not None
    return in_words(question.name, Decimal(stored) if decimal else stored)


def _code(question: Question, old: Any, new: Any) -> str:
    match question.change:
        case Change.COSMETIC:
            return COSMETIC
        case Change.SCOPE:
            return SCOPE
        case Change.CEILING:
            return _moved(old, new, lower_is_tighter=True)
        case Change.DEMAND:
            return _moved(old, new, lower_is_tighter=False)
        case Change.ALLOWED:
            return TIGHTENED if _fewer_regions(old, new) else LOOSENED
        case Change.ASKED:
            return TIGHTENED if set(new or ()) - set(old or ()) else LOOSENED


def _moved(old: Any, new: Any, *, lower_is_tighter: bool) -> str:
    """A limit that appears is tighter, one that goes is looser."""
    if old is None:
        return TIGHTENED
    if new is None:
        return LOOSENED
    lower = Decimal(str(new)) < Decimal(str(old))
    return TIGHTENED if lower == lower_is_tighter else LOOSENED


def _fewer_regions(old: Sequence[str] | None, new: Sequence[str] | None) -> bool:
    """Whether something that was allowed no longer is; no answer, like "any", allows all."""
    before, after = set(old or ("any",)), set(new or ("any",))
    if "any" in after:
        return False
    return "any" in before or bool(before - after)


def _kpis(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[BriefChange]:
    found = []
    for index in range(max(len(before), len(after))):
        old = before[index] if index < len(before) else None
        new = after[index] if index < len(after) else None
        if old == new:
            continue
        name = f"KPI {index + 1}"
        if old is None and new is not None:
            code = THRESHOLD if _binds(new) else TIGHTENED
            found.append(BriefChange(code, "kpis", f"{name}: added", index))
        elif new is None:
            found.append(BriefChange(LOOSENED, "kpis", f"{name}: taken out", index))
        elif old is not None:
            found.append(_kpi(index, old, new))
    return found


def _binds(kpi: Mapping[str, Any]) -> bool:
    """Whether the KPI is a threshold that an evaluation measures."""
    return kpi["source"] == KpiSource.EVALUATION and bool(kpi["measured_by"])


def _kpi(index: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> BriefChange:
    changed = [field for field in new if old.get(field) != new[field]]
    words = ", ".join(
        f"{field.replace('_', ' ')} {_figure(old.get(field))} → {_figure(new[field])}"
        if field != "definition"
        else "definition reworded"
        for field in changed
    )
    detail = f"KPI {index + 1}: {words}"
    if {"direction", "source", "measured_by", "unit"} & set(changed):
        return BriefChange(THRESHOLD if _binds(new) else TIGHTENED, "kpis", detail, index)
    if changed == ["definition"]:
        return BriefChange(COSMETIC, "kpis", detail, index)
    tighter = "before_launch" in changed and new["before_launch"]
    for field in ("target", "floor"):
        tighter = tighter or _tighter(old.get(field), new[field], new["direction"])
    if not tighter:
        return BriefChange(LOOSENED, "kpis", detail, index)
    return BriefChange(THRESHOLD if _binds(new) else TIGHTENED, "kpis", detail, index)


def _tighter(old: Any, new: Any, direction: str) -> bool:
    if old == new or new is None:
        return False
    if old is None:
        return True
    higher = Decimal(str(new)) > Decimal(str(old))
    return higher == (direction != Direction.DOWN)


def _figure(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
