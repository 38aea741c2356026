"""Two candidates side by side: who was preferred, how surely, and what so many pairs could show."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.preferences.document.figures import ends, kept
from evaluations.preferences.document.rows import Facts, VerdictRow
from evaluations.preferences.enums import Outcome
from evaluations.preferences.words import ALPHA, comparison_words
from evaluations.statistics.comparison import Verdict
from evaluations.statistics.multiplicity import holm
from evaluations.statistics.power import needed_n_to_detect, smallest_detectable_difference
from evaluations.statistics.preference import TIE, WinRate, by_pair, clustered_win_rate

_LARGEST_NEEDED = 100_000


def comparison(
    facts: Facts,
    asked: Mapping[str, Any],
    names: Mapping[int, str],
    pairs: Mapping[int, Mapping[str, Any]],
    rows: Sequence[VerdictRow],
) -> dict[str, Any]:
    """Return how often ``asked``'s first candidate was preferred to its second, and how surely."""
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
        **ends(rate.interval),
        "method": rate.method,
        "tie_share": kept(counts[Outcome.TIE] / len(mine)),
        "both_bad_share": kept(counts[Outcome.BOTH_BAD] / len(mine)),
        "by_example": ends(rate.by_example),
        "by_rater": ends(rate.by_rater),
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
        **ends(found.decided),
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


def judge(comparisons: Sequence[dict[str, Any]], needs: Mapping[str, int]) -> None:
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
