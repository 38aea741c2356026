"""The templates that a brief can be started from: one file for each usual kind of work.

A template answers what is alike in most workloads of its kind. It leaves the problem, the data,
the audience and the law to the person: those are theirs to know.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "data" / "templates"
TEMPLATE, WORKLOAD = "template:", "workload:"


@dataclass(frozen=True, slots=True)
class BriefTemplate:
    """One template: raw answers and KPIs as the API takes them, examples by question."""

    key: str
    title: str
    line: str
    order: int
    answers: Mapping[str, Any]
    kpis: list[dict[str, Any]]
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def workload_type(self) -> str:
        """The kind of work it is for."""
        return str(self.answers["workload_type"])


@cache
def templates() -> tuple[BriefTemplate, ...]:
    """Return the templates in the order of the page."""
    found = [
        BriefTemplate(key=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
        for path in FOLDER.glob("*.toml")
    ]
    return tuple(sorted(found, key=lambda one: one.order))


def template(start: str) -> BriefTemplate | None:
    """Return the template that a start key such as "template:agent" names, or None."""
    if not start.startswith(TEMPLATE):
        return None
    key = start.removeprefix(TEMPLATE)
    return next((one for one in templates() if one.key == key), None)


def template_for(workload_type: str) -> BriefTemplate | None:
    """Return the template for a kind of work, or None where there is none."""
    return next((one for one in templates() if one.workload_type == workload_type), None)


def examples_of(started_from: str) -> Mapping[str, str]:
    """Return the examples that fit a brief by what it was started from."""
    found = template(started_from)
    return found.examples if found is not None else {}


def origin(started_from: str) -> str:
    """Return what a brief was started from as its page says it, or nothing."""
    found = template(started_from)
    if found is not None:
        return (
            f"Started from the template “{found.title}”. Its figures and texts are those of a"
            " usual case: read each as your own and change what differs."
        )
    if started_from.startswith(WORKLOAD):
        return (
            f"Started as a copy of {started_from.removeprefix(WORKLOAD)}. Owners, what was"
            " measured, and the answers about data, reach and law were left out."
        )
    return ""
