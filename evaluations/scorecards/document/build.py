"""Putting a scorecard together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations.runs.plan import RunPlan
from evaluations.scorecards.document.comparisons import Column, compared, headline
from evaluations.scorecards.document.estimates import (
    Table,
    by_slice,
    cells_of,
    estimate,
    kept,
)
from evaluations.scorecards.document.floors import Floor, Limits, fit, monthly, scaled, verdict
from evaluations.scorecards.document.judged import judged_figures
from evaluations.scorecards.document.measures import COST, WEIGHTED, Measure, measures_of
from evaluations.scorecards.document.ranking import ranked, vetoes
from evaluations.scorecards.document.rows import Example, Facts, ResultRow
from evaluations.scorecards.document.summaries import per_right_answer, seed_of, summary_of
from evaluations.statistics.intervals import wilson
from portal.common.canonical import jsonable

SCHEMA = 2
# A tag that fewer examples carry says nothing; more tags than this are a wall of figures.
TAG_EXAMPLES, MOST_TAGS = 5, 12
# The usual example first, the one made to break things last.
KINDS = ("typical", "edge", "adversarial")


def build(
    plan: RunPlan, facts: Facts, examples: Sequence[Example], rows: Sequence[ResultRow]
) -> dict[str, Any]:
    """Return the scorecard of one run as JSON data.

    ``examples`` are the dataset version's in their order, ``rows`` the results in any order. What
    the plan's notes hold (floors, limits, weights, the named reference) was sealed before the run.
    Raises UnknownMetric when a metric of the plan is gone.
    """
    notes = plan.notes
    weights = {str(key): float(value) for key, value in notes.get("weights", {}).items()}
    measures = measures_of(plan.metrics, weights, plan.currency, plan.judges)
    advice = _advice(facts, weights)
    floors = [Floor.from_json(raw) for raw in notes.get("floors", ())]
    limits = Limits.from_json(notes.get("limits", {}))
    tables = _tables(len(plan.candidates), rows)
    kinds = sorted({example.kind for example in examples}, key=_kind_order)
    tags = tags_of(examples)
    primary = _primary([one for one in measures if one.key not in advice], floors)
    columns = {
        measure.key: [
            Column(pin.name, measure, cells_of(measure, examples, table, plan.repeats))
            for pin, table in zip(plan.candidates, tables, strict=True)
        ]
        for measure in measures
    }
    reference = _reference(plan)
    plan_digest = plan.digest()
    slices = _Slices(
        kinds,
        tags,
        [(example.kind,) for example in examples],
        [tuple(tag for tag in tags if tag in example.tags) for example in examples],
    )
    candidates = [
        _candidate(
            plan,
            place,
            facts,
            examples,
            table,
            [columns[measure.key][place] for measure in measures],
            advice,
            primary,
            slices,
            seed_of(plan_digest),
            floors,
            limits,
        )
        for place, table in enumerate(tables)
    ]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "workload": facts.workload,
        "cycle": facts.cycle,
        "number": facts.number,
        "purpose": plan.purpose,
        "run": dict(facts.run),
        "plan": {
            "digest": plan_digest,
            "repeats": plan.repeats,
            "concurrency": plan.concurrency,
            "seed": plan.seed,
            "cap": plan.cap,
            "code_version": plan.code_version,
            "policy_digest": plan.policy_digest,
            "prompt": notes.get("prompt"),
            "reason": notes.get("reason", ""),
        },
        "dataset": dict(facts.dataset),
        "currency": plan.currency,
        "simulated": facts.simulated or any(one.simulated for one in facts.candidates),
        "error_rate_max": facts.error_rate_max,
        "measures": [measure.as_json() for measure in measures],
        "primary": primary.key,
        "reference": reference,
        "weights": weights,
        "floors": [floor.as_json() for floor in floors],
        "limits": dict(notes.get("limits", {})),
        "kinds": kinds,
        "tags": tags,
        "candidates": candidates,
        "against_reference": _against(measures, columns, reference, facts.error_rate_max),
        "headline": headline(primary, columns[primary.key], error_rate_max=facts.error_rate_max),
        "ranking": ranked(
            primary,
            columns[primary.key],
            {one["name"]: vetoes(one["verdict"], one["fit"]) for one in candidates},
            error_rate_max=facts.error_rate_max,
        ),
        "attempts": [dict(one) for one in facts.attempts],
        "preferences": [dict(one) for one in facts.preferences],
    }
    if facts.judges:
        document["judges"] = [dict(one) for one in facts.judges]
    found: dict[str, Any] = jsonable(document)
    return found


def _advice(facts: Facts, weights: Mapping[str, float]) -> dict[str, str]:
    """Return the measures that decide nothing in this run, each with the reason.

    The weighted score is one of them where a judge that decides nothing has a weight in it.
    """
    found = {one["key"]: str(one["why"]) for one in facts.judges if one["why"]}
    weighed = [why for key, why in found.items() if weights.get(key)]
    return found | ({WEIGHTED: weighed[0]} if weighed else {})


def _kind_order(kind: str) -> tuple[int, str]:
    return (KINDS.index(kind) if kind in KINDS else len(KINDS)), kind


def tags_of(examples: Sequence[Example]) -> list[str]:
    """Return the tags with their own slice: those on enough examples but not on all, the most
    frequent first."""
    counts = Counter(tag for example in examples for tag in set(example.tags))
    telling = [tag for tag, count in counts.items() if TAG_EXAMPLES <= count < len(examples)]
    return sorted(telling, key=lambda tag: (-counts[tag], tag))[:MOST_TAGS]


def _tables(candidates: int, rows: Sequence[ResultRow]) -> list[Table]:
    tables: list[dict[tuple[int, int], ResultRow]] = [{} for _ in range(candidates)]
    for row in rows:
        tables[row.candidate][row.example, row.repeat] = row
    return list(tables)


def _primary(measures: Sequence[Measure], floors: Sequence[Floor]) -> Measure:
    """The measure that candidates are ranked by: the weighted one, the first with a floor, else
    the first score; with no score at all, the first there is."""
    by_key = {measure.key: measure for measure in measures}
    wanted = [WEIGHTED, *(floor.key for floor in floors)]
    shares = [by_key[key] for key in wanted if key in by_key and by_key[key].is_share]
    scores = [measure for measure in measures if measure.is_share]
    return (shares or scores or list(measures))[0]


def _reference(plan: RunPlan) -> str:
    names = [pin.name for pin in plan.candidates]
    named = str(plan.notes.get("reference", ""))
    return named if named in names else names[0]


@dataclass(frozen=True, slots=True)
class _Slices:
    """The kinds and tags with figures of their own, and of which each example is."""

    kinds: Sequence[str]
    tags: Sequence[str]
    kinds_of: Sequence[Sequence[str]]
    tags_of: Sequence[Sequence[str]]


def _sliced(
    columns: Sequence[Column], of: Sequence[Sequence[str]], names: Sequence[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The figures of each measure in each slice."""
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    for column in columns:
        for name, cells in by_slice(column.cells, of, names).items():
            found[name][column.measure.key] = estimate(column.measure, cells, column.means)
    return found


def _candidate(
    plan: RunPlan,
    place: int,
    facts: Facts,
    examples: Sequence[Example],
    table: Table,
    columns: Sequence[Column],
    advice: Mapping[str, str],
    primary: Measure,
    slices: _Slices,
    seed: int,
    floors: Sequence[Floor],
    limits: Limits,
) -> dict[str, Any]:
    pin, about = plan.candidates[place], facts.candidates[place]
    figures = {one.measure.key: estimate(one.measure, one.cells, one.means) for one in columns}
    for one in columns:
        summary = summary_of(one.measure, examples, table, plan.repeats, seed)
        if summary is not None:
            figures[one.measure.key]["summary"] = summary
    if primary.is_share:
        cells = next(one.cells for one in columns if one.measure is primary)
        figures[COST]["summary"] = per_right_answer(
            primary, cells, table, plan.repeats, plan.currency
        )
    sliced = _sliced(columns, slices.kinds_of, slices.kinds)
    tagged = _sliced(columns, slices.tags_of, slices.tags)
    for judge in facts.judges:
        cells = next(one.cells for one in columns if one.measure.key == judge["key"])
        figures[judge["key"]] = judged_figures(figures[judge["key"]], judge, place, cells)
    for key, why in advice.items():
        for part in (figures, *sliced.values(), *tagged.values()):
            part[key]["advisory"] = why
    planned = len(examples) * plan.repeats
    errors: dict[str, int] = {}
    for row in table.values():
        if row.error:
            errors[row.error] = errors.get(row.error, 0) + 1
    answered = len(table) - sum(errors.values())
    lost = 1.0 - answered / planned if planned else 1.0
    refused = sum(row.refused for row in table.values())
    cost = figures[COST]
    return {
        "name": pin.name,
        "alias": pin.alias,
        "entry_id": pin.entry_id,
        "entry_digest": pin.entry_digest,
        "prompt_digest": pin.prompt_digest,
        "build_digest": pin.build_digest,
        "params": dict(pin.params),
        "price": {
            "in": pin.price.price_in,
            "out": pin.price.price_out,
            "cached": pin.price.price_cached,
            "currency": pin.price.currency,
        },
        "provider": about.provider,
        "hosting": about.hosting,
        "simulated": about.simulated,
        "planned": planned,
        "answered": answered,
        "missing": planned - len(table),
        "errors": errors,
        "lost": kept(lost),
        "refused": _refused(refused, answered),
        "spent": _total(table),
        "measures": figures,
        "kinds": sliced,
        "tags": tagged,
        "per_1000": scaled(cost, 1000.0),
        "per_month": monthly(cost, limits),
        "fit": fit(limits, figures, plan.currency, facts.error_rate_max),
        "verdict": verdict(
            floors,
            figures,
            {one.measure.key: one.measure.unit for one in columns},
            lost=lost,
            error_rate_max=facts.error_rate_max,
        ),
    }


def _refused(count: int, answered: int) -> dict[str, Any]:
    if not answered:
        return {"count": count, "n": 0, "value": None, "low": None, "high": None}
    limits = wilson(min(count, answered), answered)
    return {
        "count": count,
        "n": answered,
        "value": kept(count / answered),
        "low": kept(limits.low),
        "high": kept(limits.high),
    }


def _total(table: Table) -> Decimal:
    return sum((row.cost for row in table.values()), Decimal(0))


def _against(
    measures: Sequence[Measure],
    columns: Mapping[str, Sequence[Column]],
    reference: str,
    error_rate_max: float,
) -> dict[str, list[dict[str, Any]]]:
    """Every candidate against the named reference, measure by measure, Holm within each."""
    found = {}
    for measure in measures:
        base = next(one for one in columns[measure.key] if one.name == reference)
        pairs = [(one, base) for one in columns[measure.key] if one is not base]
        found[measure.key] = compared(measure, pairs, error_rate_max=error_rate_max)
    return found
