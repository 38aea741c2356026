"""The measures that KPIs and criteria may name; `evaluations` registers its metrics here."""

from dataclasses import dataclass


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


_measures: dict[str, Measure] = {}


def register(measure: Measure) -> None:
    """Make a measure known (called in an app's ``ready``)."""
    _measures[measure.name] = measure


def measures() -> list[Measure]:
    """Return every known measure in order of its label."""
    return sorted(_measures.values(), key=lambda m: m.label)


def measure(name: str) -> Measure | None:
    """Return the measure called ``name``, or None."""
    return _measures.get(name)
