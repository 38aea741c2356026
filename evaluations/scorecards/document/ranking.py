"""In what order the candidates stand, as far as this many examples can say.

The rule. Candidates are ordered by the primary measure: the weighted score where weights were
sealed in the plan. Only scores from 0 to 1 are weighed, so that no unit is traded for another;
time and money have no weight but limits. A candidate that fails a floor, that nobody can tell from
it, or that is over a limit of the brief is vetoed: it has no place, however well it scores. Among
the rest a place is one more than the number of candidates that are shown to be better, by the
paired comparison of every two with Holm's correction over all pairs: the lower end of a confidence
set for the rank. What the comparison cannot tell apart shares a place.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.scorecards.document.comparisons import Column, compared, power_of
from evaluations.scorecards.document.estimates import kept
from evaluations.scorecards.document.measures import WEIGHTED, Measure
from evaluations.scorecards.document.words import points
from evaluations.scorecards.enums import Fit, Standing
from evaluations.statistics.comparison import Verdict


def vetoes(verdict: Mapping[str, Any], fits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why a candidate cannot win, a phrase each; empty when it can.

    A limit vetoes only where the whole interval is over it: to be above it by chance is no veto.
    """
    found = []
    if verdict["state"] in (Standing.FAILS, Standing.CANNOT_TELL):
        found.append(f"{Standing(verdict['state']).label.lower()}: {verdict['words']}")
    found += [f"over the limit: {one['label']}" for one in fits if one["state"] == Fit.OVER]
    return found


def ranked(
    measure: Measure,
    columns: Sequence[Column],
    vetoed: Mapping[str, Sequence[str]],
    *,
    error_rate_max: float,
) -> dict[str, Any]:
    """Return the ranking: a row per candidate, best first and the vetoed last, and a sentence.

    ``vetoed`` gives each candidate's `vetoes` by name. The order of ``columns`` changes nothing.
    """
    by_name = sorted(columns, key=lambda one: one.name)
    better = _better(measure, by_name, error_rate_max)
    free = [one.name for one in by_name if not vetoed[one.name]]
    place = {name: 1 + sum((other, name) in better for other in free) for name in free}
    rows = []
    for column in by_name:
        name = column.name
        tied = [
            other
            for other in free
            if name in place
            and other != name
            and (other, name) not in better
            and (name, other) not in better
        ]
        rows.append(
            {
                "name": name,
                "place": place.get(name),
                "value": kept(column.value),
                "vetoes": list(vetoed[name]),
                "not_told_from": tied,
            }
        )
    rows.sort(key=lambda row: _order(row, measure))
    return {
        "measure": measure.key,
        "weighted": measure.key == WEIGHTED,
        "rows": rows,
        "words": _words(measure, {one.name: one for one in columns}, rows),
    }


def _better(measure: Measure, columns: Sequence[Column], most: float) -> set[tuple[str, str]]:
    """Every pair (a, b) of which a is shown to be better."""
    pairs = [(a, b) for place, a in enumerate(columns) for b in columns[place + 1 :]]
    found = set()
    for row in compared(measure, pairs, error_rate_max=most):
        if row["verdict"] == Verdict.BETTER.value:
            found.add((row["a"], row["b"]))
        elif row["verdict"] == Verdict.WORSE.value:
            found.add((row["b"], row["a"]))
    return found


def _order(row: Mapping[str, Any], measure: Measure) -> tuple[float, float, str]:
    value = row["value"]
    worth = math.inf if value is None else -value if measure.higher_is_better else value
    return (math.inf if row["place"] is None else float(row["place"])), worth, row["name"]


def _words(
    measure: Measure, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]
) -> str:
    free = [row for row in rows if row["place"] is not None]
    if not free:
        return "No candidate may win: each is vetoed by a floor or a limit."
    first = free[0]
    tied = [row["name"] for row in free[1:] if row["name"] in first["not_told_from"]]
    if len(free) == 1:
        return f"{first['name']} is the only candidate that no floor and no limit vetoes."
    if not tied:
        return f"{first['name']} is shown to be better than every other candidate that may win."
    sentences = [
        _tie(measure, columns[first["name"]], columns[name]) for name in tied if name in columns
    ]
    return " ".join(sentences)


def _tie(measure: Measure, a: Column, b: Column) -> str:
    words = f"Cannot tell {a.name} from {b.name}"
    if not measure.is_share:
        return f"{words}."
    power = power_of(measure, a, b)
    if power["smallest"] is None:
        return f"{words} with n = {power['n']}: the two hardly ever differ."
    return f"{words} with n = {power['n']}; {points(power['smallest'])} would have shown."
