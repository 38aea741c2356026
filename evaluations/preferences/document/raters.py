"""What the raters did: how much, whether they leaned to a side, and how far they agree."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from evaluations.preferences.document.figures import ends, kept
from evaluations.preferences.document.rows import Facts, VerdictRow
from evaluations.preferences.enums import Choice, Outcome
from evaluations.preferences.words import ALPHA, position_words
from evaluations.statistics.agreement import agreement, fleiss_kappa, krippendorff_alpha
from evaluations.statistics.preference import position_bias

_LABELS = tuple(one.value for one in Outcome)


def rater(seat: int, facts: Facts, rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """Return how much one seat was asked and rated, and how often it chose each side."""
    mine = [row for row in rows if row.seat == seat]
    return {
        "seat": seat,
        "works_on_it": facts.seats[seat],
        "asked": facts.asked.get(seat, 0),
        "rated": len(mine),
        "chose_a": sum(row.choice == Choice.A for row in mine),
        "chose_b": sum(row.choice == Choice.B for row in mine),
    }


def position(rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """Return whether the answer on the left was chosen more often than chance does."""
    left = sum(row.choice == Choice.A for row in rows)
    right = sum(row.choice == Choice.B for row in rows)
    found = position_bias(left, right)
    figures = {
        "a": left,
        "b": right,
        "share": kept(found.share),
        **ends(found.interval),
        "p": kept(found.p),
        "biased": found.p is not None and found.p < ALPHA,
    }
    return figures | {"words": position_words(figures)}


def rater_agreement(
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
            **ends(both.interval),
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
