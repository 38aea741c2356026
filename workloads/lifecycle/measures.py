"""The measures that KPIs and criteria may name; `evaluations` registers its metrics here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that can be measured by a run.

    ``scale`` is binary (a rate), graded (0 to 1) or quantity (ms, money); ``direction`` is up
    or down: which way is better; ``unit`` stands behind the number.
    """

    name: str
    label: str
    unit: str
    scale: str
    direction: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Measures that each workload has of its own: their names begin with ``prefix``.

    ``named`` returns the measure of a name, whether or not a workload has it, None for a name that
    can be none; ``of`` what a workload has, each with why it may not be named now, or "".
    """

    prefix: str
    named: Callable[[str], Measure | None]
    of: Callable[[UUID], Sequence[tuple[Measure, str]]]


_measures: dict[str, Measure] = {}
_sources: list[Callable[[], Sequence[Measure]]] = []
_families: dict[str, Family] = {}


def register(measure: Measure) -> None:
    """Make a measure known (called in an app's ``ready``)."""
    _measures[measure.name] = measure


def register_source(source: Callable[[], Sequence[Measure]]) -> None:
    """Make measures known that come and go while the portal runs: metrics people declare."""
    if source not in _sources:
        _sources.append(source)


def register_family(family: Family) -> None:
    """Make measures known that belong to one workload each: its judges."""
    _families[family.prefix] = family


def measures(workload: UUID | None = None) -> list[Measure]:
    """Return every known measure in order of its label, with those that ``workload`` may name."""
    moving = [one for source in _sources for one in source() if one.name not in _measures]
    if workload is not None:
        own = [pair for family in _families.values() for pair in family.of(workload)]
        moving += [one for one, why_not in own if not why_not]
    return sorted([*_measures.values(), *moving], key=lambda m: m.label)


def problem(name: str, workload: UUID) -> str:
    """Return why a KPI of ``workload`` may not name a measure of a family now; "" when it may."""
    family = _family(name)
    if family is None:
        return ""
    for one, why_not in family.of(workload):
        if one.name == name:
            return why_not
    return f"this workload has no {name}"


def _family(name: str) -> Family | None:
    return next((one for one in _families.values() if name.startswith(one.prefix)), None)


def measure(name: str) -> Measure | None:
    """Return the measure called ``name``, or None."""
    if name in _measures:
        return _measures[name]
    family = _family(name)
    if family is not None:
        return family.named(name)
    return next((one for source in _sources for one in source() if one.name == name), None)
