"""Figures over all answers of one candidate, each with an interval: what no mean can say."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.metrics.types import Observation, Summary, SummaryFigure
from evaluations.scorecards.document.estimates import Cell, Table, kept
from evaluations.scorecards.document.hiding import names_to_hide, without_names
from evaluations.scorecards.document.measures import Measure
from evaluations.scorecards.document.rows import Example
from evaluations.statistics.bootstrap import cluster_bootstrap
from evaluations.statistics.intervals import Interval, mean_t, wilson

RESAMPLES = 1_000
_SAME = "no interval: every resample is the same or undefined"
_ONE = "no interval for a single example"


def seed_of(plan_digest: str) -> int:
    """Return the seed of a scorecard's bootstraps: the same for the same plan."""
    return int(plan_digest.rpartition(":")[2][:8], 16)


def summary_of(
    measure: Measure, examples: Sequence[Example], table: Table, repeats: int, seed: int
) -> dict[str, Any] | None:
    """Return the summary of one measure as JSON data, or None where its metric has none.

    A call without a result counts as its example's ``absent`` observation.
    """
    summarise, figures_of = measure.summarise, measure.figures
    if summarise is None or figures_of is None:
        return None
    seen = _clusters(measure, examples, table, repeats)
    clusters = [cluster for _, cluster in seen]
    if not clusters:
        return None
    hidden = names_to_hide(
        (cluster for example, cluster in seen if example.held_out),
        (cluster for example, cluster in seen if not example.held_out),
        measure.arguments.get("labels") or (),
    )
    summary = summarise(_spread(Counter(clusters)))

    def figures(drawn: Mapping[tuple[Observation, ...], int]) -> dict[str, float | None]:
        return {one.key: one.value for one in figures_of(_spread(drawn))}

    plain = repeats == 1 and all(one.passed is not None for one in summary.figures if one.n)
    drawn: Mapping[str, Interval | None] = {}
    if not plain and len(clusters) > 1:
        drawn = cluster_bootstrap(clusters, figures, seed, RESAMPLES)
    return {
        "seed": None if plain else seed,
        "resamples": 0 if plain else RESAMPLES,
        "figures": [_figure(one, drawn, repeats, len(clusters)) for one in summary.figures],
        "tables": [without_names(one, hidden) for one in _tables(summary)],
    }


def _clusters(
    measure: Measure, examples: Sequence[Example], table: Table, repeats: int
) -> list[tuple[Example, tuple[Observation, ...]]]:
    found = []
    for place, example in enumerate(examples):
        if not measure.applies(example, None):
            continue
        absent = example.absent[measure.place] if example.absent else None
        seen = []
        for repeat in range(1, repeats + 1):
            row = table.get((place, repeat))
            one = row.observed[measure.place] if row is not None and row.observed else absent
            if one is not None:
                seen.append(one)
        if seen:
            found.append((example, tuple(seen)))
    return found


def _spread(clusters: Mapping[tuple[Observation, ...], int]) -> dict[Observation, int]:
    counts: dict[Observation, int] = {}
    for cluster, times in clusters.items():
        for one in cluster:
            counts[one] = counts.get(one, 0) + times
    return counts


def _figure(
    one: SummaryFigure, drawn: Mapping[str, Interval | None], repeats: int, examples: int
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": one.key,
        "label": one.label,
        "unit": one.unit,
        "value": kept(one.value),
        "low": None,
        "high": None,
        "n": one.n,
        "passed": one.passed,
        "method": "",
    }
    if one.value is None:
        return found | {"method": "nothing counts for it"}
    if one.passed is not None and repeats == 1:
        limits: Interval | None = wilson(one.passed, one.n)
        method = "Wilson"
    else:
        limits = drawn.get(one.key)
        method = "bootstrap over examples" if limits else _SAME if examples > 1 else _ONE
    if limits is None:
        return found | {"method": method}
    return found | {"low": kept(limits.low), "high": kept(limits.high), "method": method}


def _tables(summary: Summary) -> list[dict[str, Any]]:
    return [
        {
            "key": one.key,
            "label": one.label,
            "corner": one.corner,
            "columns": list(one.columns),
            "rows": [
                {
                    "label": label,
                    "cells": [kept(cell) if isinstance(cell, float) else cell for cell in cells],
                }
                for label, cells in one.rows
            ],
        }
        for one in summary.tables
    ]


def per_right_answer(
    primary: Measure, cells: Sequence[Cell], table: Table, repeats: int, currency: str
) -> dict[str, Any]:
    """Return what one right answer costs: all calls' cost over those right in ``primary``, of which
    ``cells`` are the readings.

    Right is a full score. Unknown, and not 0, when no answer is right. The interval is that of a
    ratio of sums over examples (Cochran 1977, 6.3: linearised, t with n - 1 degrees of freedom).
    """
    costs: dict[int, float] = {}
    for (place, _), row in table.items():
        costs[place] = costs.get(place, 0.0) + float(row.cost)
    right: dict[int, int] = {}
    for cell in cells:
        full = cell.reading.value is not None and cell.reading.value >= 1.0 - 1e-12
        right[cell.example] = right.get(cell.example, 0) + full
    pairs = [(costs.get(place, 0.0), hits) for place, hits in sorted(right.items())]
    hits = sum(one for _, one in pairs)
    value = math.fsum(cost for cost, _ in pairs) / hits if hits else None
    found = _figure(
        SummaryFigure("per_right", "Cost of a right answer", value, hits, unit=currency),
        {}, repeats, len(pairs),
    )  # fmt: skip
    if value is None:
        found["method"] = f"no answer is right in {primary.label}"
    elif len(pairs) > 1:
        scale = len(pairs) / hits
        limits = mean_t([value + (cost - value * one) * scale for cost, one in pairs]).interval
        if limits is not None and limits.high - limits.low > 1e-15:
            found |= {
                "low": kept(max(0.0, limits.low)),
                "high": kept(limits.high),
                "method": "ratio over examples, t",
            }
    return {"seed": None, "resamples": 0, "figures": [found], "tables": []}
