"""KPI rows as they are typed or sent: each value parsed, and whether a row makes sense."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.common.errors import FieldError
from workloads.briefs.answers import NotAnAnswer, choice, number, plain, refuse, text
from workloads.briefs.enums import Direction, KpiSource
from workloads.lifecycle.measures import measure, measures, problem

MOST = Decimal(1_000_000_000)
MAX_KPIS = 20
FIELDS = (
    "name", "definition", "unit", "direction", "baseline", "target", "floor", "source",
    "measured_by", "before_launch",
)  # fmt: skip
FIGURES = ("baseline", "target", "floor")
# What a row that nobody touched holds; a row with nothing else is no KPI.
BLANK: dict[str, Any] = {
    "name": "", "definition": "", "unit": "", "direction": Direction.UP.value, "baseline": None,
    "target": None, "floor": None, "source": KpiSource.EVALUATION.value, "measured_by": "",
    "before_launch": True,
}  # fmt: skip


def parse(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, FieldError]]:
    """Return (typed values, problems by field) of one row; a wrong field keeps its blank value."""
    values: dict[str, Any] = {}
    problems: dict[str, FieldError] = {}
    for field in FIELDS:
        try:
            values[field] = _value(field, raw.get(field, BLANK[field]))
        except NotAnAnswer as wrong:
            values[field] = BLANK[field]
            problems[field] = wrong.error
    return values, problems


def _value(field: str, raw: Any) -> Any:
    if field in FIGURES:
        return number(field, raw, places=6, most=MOST, least=-MOST)
    if field == "direction":
        return choice(field, raw, Direction.values)
    if field == "source":
        return choice(field, raw, KpiSource.values)
    if field == "measured_by":
        if raw in (None, "") or (isinstance(raw, str) and measure(raw) is not None):
            return raw or ""
        return choice(field, raw, [one.name for one in measures()])
    if field == "before_launch":
        if isinstance(raw, bool):
            return raw
        raise refuse(field, "invalid", "Say true or false.")
    if field == "name":
        return text(field, raw, 120, single_line=True)
    return text(field, raw, 24 if field == "unit" else 2_000)


def is_blank(values: Mapping[str, Any], problems: Mapping[str, FieldError]) -> bool:
    """Whether nothing was written into the row."""
    written = ("name", "definition", "unit", *FIGURES, "measured_by")
    return not problems and all(values[field] in ("", None) for field in written)


def refused(name: str, workload: UUID, before: str = "") -> FieldError | None:
    """Return why a KPI cannot be measured by ``name`` from now on, or None.

    A KPI that was measured by it ``before`` keeps it until somebody chooses another: the gate says
    what is wrong with it then.
    """
    why = problem(name, workload) if name and name != before else ""
    return FieldError("measured_by", "not_usable", f"{why[0].upper()}{why[1:]}") if why else None


def gaps(values: Mapping[str, Any], workload: UUID) -> list[FieldError]:
    """Return what a KPI of ``workload`` lacks for the gate, each with what would be right."""
    found = [
        FieldError(field, "required", words)
        for field, words in (
            ("name", "give it a name"),
            ("definition", "say how it is counted"),
            ("unit", "give its unit"),
            ("direction", "say which way is better"),
            ("target", "set a target"),
            ("floor", "set the floor below which it fails"),
            ("source", "say where the figure comes from"),
        )
        if values[field] in ("", None)
    ]
    if values["source"] == KpiSource.EVALUATION:
        if not values["measured_by"]:
            found.append(FieldError("measured_by", "required", "choose the metric"))
        elif measure(values["measured_by"]) is None:
            found.append(FieldError("measured_by", "choice", "choose a metric that exists"))
        elif why := problem(values["measured_by"], workload):
            found.append(FieldError("measured_by", "not_usable", why))
    elif values["before_launch"]:
        words = "only an evaluation can be tested before launch; choose that source or not before"
        found.append(FieldError("before_launch", "source", words))
    return found + _order(values)


def in_words(values: Mapping[str, Any]) -> str:
    """Return a KPI on one line: "Routed right: ≥ 96 %, floor 90 %, today 86 %"."""

    def figure(name: str) -> str:
        value = values.get(name)
        written = plain(value) if isinstance(value, Decimal) else str(value or "").strip()
        return f"{written} {values.get('unit') or ''}".strip() if written else ""

    sign = "≤" if values.get("direction") == Direction.DOWN else "≥"
    parts = [
        f"{words}{figure(name)}"
        for name, words in (("target", f"{sign} "), ("floor", "floor "), ("baseline", "today "))
        if figure(name)
    ]
    return ", ".join(parts)


def _order(values: Mapping[str, Any]) -> list[FieldError]:
    """The floor lies on the baseline's side of the target, and the target is better than today."""
    target, floor, baseline = values["target"], values["floor"], values["baseline"]
    if target is None:
        return []
    up = values["direction"] != Direction.DOWN
    found = []
    if floor is not None and (floor > target if up else floor < target):
        side = "at most" if up else "at least"
        found.append(
            FieldError("floor", "order", f"the floor must be {side} the target, {plain(target)}")
        )
    if baseline is not None and (baseline > target if up else baseline < target):
        found.append(
            FieldError("target", "order", f"the target is worse than today's {plain(baseline)}")
        )
    return found
