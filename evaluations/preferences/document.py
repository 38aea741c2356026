"""What a closed study showed, as one JSON document: pure, from plan and verdicts alone.

Every verdict stands in it, so that each figure can be computed again; raters are seats, not names.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluations.preferences.enums import Choice, Outcome, outcome_of
from evaluations.preferences.words import ALPHA, comparison_words, position_words
from evaluations.statistics.agreement import agreement, fleiss_kappa, krippendorff_alpha
from evaluations.statistics.comparison import Verdict
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.intervals import Interval
from evaluations.statistics.multiplicity import holm
from evaluations.statistics.power import needed_n_to_detect, smallest_detectable_difference
from evaluations.statistics.preference import (
    LOSS,
    TIE,
    WIN,
    WinRate,
    bradley_terry,
    by_pair,
    clustered_win_rate,
    position_bias,
    strength_intervals,
)
from portal.common.canonical import jsonable

SCHEMA = 1
# Digits behind the point that a document keeps: beyond them, libraries of mathematics differ.
DIGITS = 10
_LARGEST_NEEDED = 100_000
_VALUES = {Outcome.FIRST: WIN, Outcome.SECOND: LOSS, Outcome.TIE: TIE, Outcome.BOTH_BAD: TIE}
_LABELS = tuple(one.value for one in Outcome)


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What the rater at ``seat`` said about the pair at ``position``."""

    position: int
    seat: int
    choice: str
    first_is_a: bool

    @property
    def outcome(self) -> Outcome:
        """The verdict with the sides taken away."""
        return outcome_of(self.choice, first_is_a=self.first_is_a)

    @property
    def value(self) -> float:
        """The verdict as a number, seen from the first candidate."""
        return _VALUES[self.outcome]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything beside the verdicts.

    ``seats`` says by seat whether that rater works on the workload, ``asked`` how many pairs were
    theirs; ``lengths`` are the characters of both answers of each pair.
    """

    plan: Mapping[str, Any]
    plan_digest: str
    cycle: int
    seats: Mapping[int, bool]
    asked: Mapping[int, int]
    lengths: Mapping[int, tuple[int, int]]
    simulated: bool
    closed_at: datetime | None
    close_reason: str


def build(facts: Facts, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """Return the result of a study as JSON data."""
    plan, needs = facts.plan, facts.plan["limits"]
    names = {one["place"]: one["name"] for one in plan["candidates"]}
    pairs = {one["position"]: one for one in plan["pairs"]}
    given = Counter(row.position for row in rows)
    complete = sum(given[position] >= needs["raters_min"] for position in pairs)
    comparisons = [_comparison(facts, asked, names, pairs, rows) for asked in plan["comparisons"]]
    _judge(comparisons, needs)
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
        "raters": [_rater(seat, facts, rows) for seat in sorted(facts.seats)],
        "pairs": len(pairs),
        "verdicts": len(rows),
        "planned": sum(facts.asked.values()),
        "complete_pairs": complete,
        "complete": complete == len(pairs),
        "closed_at": facts.closed_at,
        "close_reason": facts.close_reason,
        "comparisons": comparisons,
        "position": _position(rows),
        "agreement": _agreement(rows, sorted(facts.seats), sorted(pairs)),
        "strengths": _strengths(plan, pairs, rows),
        "said": [_said(one, rows) for one in plan["pairs"]],
    }
    found: dict[str, Any] = jsonable(document)
    return found


def kept(value: float | None) -> float | None:
    """Return ``value`` as documents store it: ten digits behind the point, never -0 or NaN."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, DIGITS) + 0.0


def _limits(interval: Interval | None) -> dict[str, float | None]:
    return {
        "low": kept(interval.low) if interval else None,
        "high": kept(interval.high) if interval else None,
    }


def _comparison(
    facts: Facts,
    asked: Mapping[str, Any],
    names: Mapping[int, str],
    pairs: Mapping[int, Mapping[str, Any]],
    rows: Sequence[VerdictRow],
) -> dict[str, Any]:
    both = (asked["first"], asked["second"])
    mine = [
        row for row in rows if (pairs[row.position]["first"], pairs[row.position]["second"]) == both
    ]
    counts = Counter(row.outcome for row in mine)
    needs = facts.plan["limits"]
    given = Counter(row.position for row in mine)
    found: dict[str, Any] = {
        "first": names[both[0]],
        "second": names[both[1]],
        "eligible": asked["eligible"],
        "identical": asked["identical"],
        "unanswered": asked["unanswered"],
        "named": asked["named"],
        "held_out": asked["held_out"],
        "pairs": sum((one["first"], one["second"]) == both for one in pairs.values()),
        "complete_pairs": sum(n >= needs["raters_min"] for n in given.values()),
        "raters": len({row.seat for row in mine}),
        "verdicts": len(mine),
        "wins": counts[Outcome.FIRST],
        "losses": counts[Outcome.SECOND],
        "ties": counts[Outcome.TIE],
        "both_bad": counts[Outcome.BOTH_BAD],
        "rate": None,
        "low": None,
        "high": None,
        "method": "",
        "tie_share": None,
        "both_bad_share": None,
        "by_example": None,
        "by_rater": None,
        "by_seat": [],
        "decided": None,
        "longer": _longer(facts, mine),
        "could_show": None,
        "needed": None,
    }
    if not mine:
        return found
    rate = clustered_win_rate(
        [row.value for row in mine],
        [row.position for row in mine],
        [row.seat for row in mine],
        fewest_raters=needs["spread_raters"],
    )
    decided = by_pair([row.value for row in mine], [row.position for row in mine])
    return found | {
        "rate": kept(rate.rate),
        **_limits(rate.interval),
        "method": rate.method,
        "tie_share": kept(counts[Outcome.TIE] / len(mine)),
        "both_bad_share": kept(counts[Outcome.BOTH_BAD] / len(mine)),
        "by_example": _limits(rate.by_example),
        "by_rater": _limits(rate.by_rater),
        "by_seat": _by_seat(mine),
        "decided": _decided(decided),
        **_power(decided),
    }


def _by_seat(rows: Sequence[VerdictRow]) -> list[dict[str, Any]]:
    found = []
    for seat in sorted({row.seat for row in rows}):
        values = [row.value for row in rows if row.seat == seat]
        found.append(
            {"seat": seat, "n": len(values), "rate": kept(math.fsum(values) / len(values))}
        )
    return found


def _decided(found: WinRate) -> dict[str, Any]:
    return {
        "wins": found.wins,
        "losses": found.losses,
        "ties": found.ties,
        "rate": kept(found.decided_rate),
        **_limits(found.decided),
        "p": kept(found.sign_p),
        "p_adjusted": None,
    }


def _power(found: WinRate) -> dict[str, Any]:
    """What this many pairs could have shown as a difference of shares, and how many would do.

    A sign test on pairs is McNemar's on examples: a tie is a pair on which the two agree.
    """
    share = 1.0 - found.tie_share
    smallest = smallest_detectable_difference(found.n, share) if share else None
    needed = None
    if found.net and abs(found.net) <= share:
        needed = needed_n_to_detect(found.net, share)
        if needed <= found.n or needed > _LARGEST_NEEDED:
            needed = None
    return {"could_show": kept(smallest), "needed": needed}


def _longer(facts: Facts, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """How often the longer of two answers was preferred, among decided verdicts."""
    won = n = 0
    for row in rows:
        first, second = facts.lengths.get(row.position, (0, 0))
        if first == second or row.outcome not in (Outcome.FIRST, Outcome.SECOND):
            continue
        n += 1
        won += (first > second) is (row.outcome == Outcome.FIRST)
    return {"won": won, "n": n, "share": kept(won / n) if n else None}


def _judge(comparisons: Sequence[dict[str, Any]], needs: Mapping[str, int]) -> None:
    """Give each comparison its verdict: Holm over all of them, and never beyond what was asked."""
    tested = [one for one in comparisons if one["decided"] and one["decided"]["p"] is not None]
    adjusted = holm([one["decided"]["p"] for one in tested])
    for one, p in zip(tested, adjusted, strict=True):
        one["decided"]["p_adjusted"] = kept(p)
    for one in comparisons:
        one["enough"] = (
            one["complete_pairs"] >= needs["pairs_min"] and one["raters"] >= needs["raters_min"]
        )
        one["verdict"] = _verdict(one).value
        one["words"] = comparison_words(one, needs)


def _verdict(one: Mapping[str, Any]) -> Verdict:
    """Better or worse only where the interval and the sign test say the same."""
    decided = one["decided"]
    if not one["enough"] or one["low"] is None or decided["p_adjusted"] is None:
        return Verdict.CANNOT_TELL
    if decided["p_adjusted"] >= ALPHA:
        return Verdict.CANNOT_TELL
    if one["low"] > TIE and decided["wins"] > decided["losses"]:
        return Verdict.BETTER
    if one["high"] < TIE and decided["wins"] < decided["losses"]:
        return Verdict.WORSE
    return Verdict.CANNOT_TELL


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


def _rater(seat: int, facts: Facts, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    mine = [row for row in rows if row.seat == seat]
    return {
        "seat": seat,
        "works_on_it": facts.seats[seat],
        "asked": facts.asked.get(seat, 0),
        "rated": len(mine),
        "chose_a": sum(row.choice == Choice.A for row in mine),
        "chose_b": sum(row.choice == Choice.B for row in mine),
    }


def _position(rows: Sequence[VerdictRow]) -> dict[str, Any]:
    left = sum(row.choice == Choice.A for row in rows)
    right = sum(row.choice == Choice.B for row in rows)
    found = position_bias(left, right)
    figures = {
        "a": left,
        "b": right,
        "share": kept(found.share),
        **_limits(found.interval),
        "p": kept(found.p),
        "biased": found.p is not None and found.p < ALPHA,
    }
    return figures | {"words": position_words(figures)}


def _agreement(
    rows: Sequence[VerdictRow], seats: Sequence[int], positions: Sequence[int]
) -> dict[str, Any]:
    """Percent agreement over pairs of verdicts on one pair, and the coefficients that apply."""
    said = {(row.seat, row.position): row.outcome.value for row in rows}
    by_position = {
        position: [said[seat, position] for seat in seats if (seat, position) in said]
        for position in positions
    }
    agreed = met = 0
    for labels in by_position.values():
        counts = Counter(labels)
        met += math.comb(len(labels), 2)
        agreed += sum(math.comb(n, 2) for n in counts.values())
    found: dict[str, Any] = {
        "compared": met,
        "percent": kept(agreed / met) if met else None,
        "cohen": None,
        "fleiss": None,
        "krippendorff": None,
    }
    if not met:
        return found
    rating = [seat for seat in seats if any((seat, one) in said for one in positions)]
    shared = [labels for labels in by_position.values() if len(labels) == len(rating)]
    if len(rating) == 2 and shared:
        both = agreement([one[0] for one in shared], [one[1] for one in shared], _LABELS)
        found["cohen"] = {
            "n": both.n,
            "value": kept(both.kappa),
            **_limits(both.interval),
            "ac1": kept(both.ac1),
        }
    elif shared and len(shared) == len(positions):
        found["fleiss"] = {
            "n": len(shared),
            "value": kept(fleiss_kappa([Counter(labels) for labels in shared])),
        }
    numbers = {label: float(place) for place, label in enumerate(_LABELS)}
    table = [
        [numbers[said[seat, one]] if (seat, one) in said else None for one in positions]
        for seat in rating
    ]
    found["krippendorff"] = kept(krippendorff_alpha(table))
    return found


def _strengths(
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
                **_limits(interval),
            }
            for name, theta, share, interval in zip(
                names, found.theta, found.share, intervals, strict=True
            )
        ],
    }


def _said(pair: Mapping[str, Any], rows: Sequence[VerdictRow]) -> dict[str, Any]:
    return {
        **pair,
        "verdicts": [
            {"seat": row.seat, "outcome": row.outcome.value, "first_was_a": row.first_is_a}
            for row in rows
            if row.position == pair["position"]
        ],
    }
