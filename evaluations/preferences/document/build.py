"""The document of a closed study, put together from the plan and the verdicts."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.preferences.document.comparisons import comparison, judge
from evaluations.preferences.document.figures import kept
from evaluations.preferences.document.raters import position, rater, rater_agreement
from evaluations.preferences.document.rows import Facts, VerdictRow
from evaluations.preferences.document.strengths import strengths
from portal.common.canonical import jsonable

SCHEMA = 1


def build(facts: Facts, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """Return the result of a study as JSON data."""
    plan, needs = facts.plan, facts.plan["limits"]
    names = {one["place"]: one["name"] for one in plan["candidates"]}
    pairs = {one["position"]: one for one in plan["pairs"]}
    given = Counter(row.position for row in rows)
    complete = sum(given[position] >= needs["raters_min"] for position in pairs)
    comparisons = [comparison(facts, asked, names, pairs, rows) for asked in plan["comparisons"]]
    judge(comparisons, needs)
    document = {
        "schema": SCHEMA,
        "workload": plan["workload"],
        "cycle": facts.cycle,
        "number": plan["number"],
        "question": plan["question"],
        "plan": {"digest": facts.plan_digest, "seed": plan["seed"], "limits": dict(needs)},
        "run": dict(plan["run"]),
        "dataset": dict(plan["dataset"]),
        "simulated": facts.simulated,
        "candidates": [_candidate(one, facts, pairs) for one in plan["candidates"]],
        "raters": [rater(seat, facts, rows) for seat in sorted(facts.seats)],
        "pairs": len(pairs),
        "verdicts": len(rows),
        "planned": sum(facts.asked.values()),
        "complete_pairs": complete,
        "complete": complete == len(pairs),
        "closed_at": facts.closed_at,
        "close_reason": facts.close_reason,
        "comparisons": comparisons,
        "position": position(rows),
        "agreement": rater_agreement(rows, sorted(facts.seats), sorted(pairs)),
        "strengths": strengths(plan, pairs, rows),
        "said": [_said(one, rows) for one in plan["pairs"]],
    }
    found: dict[str, Any] = jsonable(document)
    return found


def _candidate(
    one: Mapping[str, Any], facts: Facts, pairs: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    lengths = {
        (pairs[position]["example"]): both[0 if pairs[position]["first"] == one["place"] else 1]
        for position, both in facts.lengths.items()
        if one["place"] in (pairs[position]["first"], pairs[position]["second"])
    }
    mean = math.fsum(lengths.values()) / len(lengths) if lengths else None
    return {**one, "mean_length": kept(mean)}


def _said(pair: Mapping[str, Any], rows: Sequence[VerdictRow]) -> dict[str, Any]:
    return {
        **pair,
        "verdicts": [
            {"seat": row.seat, "outcome": row.outcome.value, "first_was_a": row.first_is_a}
            for row in rows
            if row.position == pair["position"]
        ],
    }
