"""One strength for each candidate, from all comparisons together."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from evaluations.preferences.document.figures import ends, kept
from evaluations.preferences.document.rows import VerdictRow
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.preference import bradley_terry, strength_intervals


def strengths(
    plan: Mapping[str, Any],
    pairs: Mapping[int, Mapping[str, Any]],
    rows: Sequence[VerdictRow],
) -> dict[str, Any] | None:
    """Bradley-Terry over three candidates or more; with two the win rate says it all."""
    places = [one["place"] for one in plan["candidates"]]
    if len(places) < 3:
        return None
    names = [one["name"] for one in plan["candidates"]]
    index = {place: at for at, place in enumerate(places)}
    wins = [[0.0] * len(places) for _ in places]
    examples: dict[Hashable, list[tuple[int, int, float]]] = {}
    for row in rows:
        pair = pairs[row.position]
        first, second = index[pair["first"]], index[pair["second"]]
        wins[first][second] += row.value
        wins[second][first] += 1.0 - row.value
        examples.setdefault(pair["example"], []).append((first, second, row.value))
    try:
        found = bradley_terry(wins)
        spread = strength_intervals(examples, len(places), seed=int(plan["seed"]) % 2**31)
    except StatisticsError:
        return {
            "refused": "One of the candidates never lost or never won against the rest, so no"
            " finite strengths exist.",
            "candidates": [],
        }
    intervals = spread.intervals or [None] * len(places)
    return {
        "refused": "",
        "resamples": spread.resamples,
        "lost": spread.lost,
        "seed": spread.seed,
        "candidates": [
            {
                "name": name,
                "theta": kept(theta),
                "share": kept(share),
                **ends(interval),
            }
            for name, theta, share, interval in zip(
                names, found.theta, found.share, intervals, strict=True
            )
        ],
    }
