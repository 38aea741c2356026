"""What preference studies say over many simulated studies, through the real builder.

Raters agree with each other more than by chance, since both see the same two answers, and lean to
the left; neither may turn into a preference. Bounds as in `test_scorecards`.
"""

import math
import random

import pytest

from evaluations.preferences.document import VerdictRow, build
from evaluations.preferences.drawing import turns
from evaluations.preferences.enums import Outcome
from tests.evaluations.preferences.test_study_document import facts, row

pytestmark = pytest.mark.simulation


def study(n: int, raters: int, share: float, dice: random.Random) -> list[VerdictRow]:
    """Return a study in which the first is truly preferred in ``share`` of the examples.

    Seven in ten verdicts follow the example, the others a coin; one in ten just takes the left.
    """
    leaning = {position: dice.random() < share for position in range(1, n + 1)}
    found = []
    for seat in range(1, raters + 1):
        for turn in turns(dict.fromkeys(leaning, "a"), dice):
            luck = dice.random()
            if luck < 0.1:
                found.append(VerdictRow(turn.pair, seat, "a", turn.first_is_a))
                continue
            first = leaning[turn.pair] if luck < 0.73 else dice.random() < share
            outcome = Outcome.FIRST if first else Outcome.SECOND
            found.append(row(turn.pair, seat, outcome, turn.first_is_a))
    return found


def test_without_a_preference_one_is_found_in_at_most_five_per_cent() -> None:
    dice, studies, about = random.Random(20261122), 1_000, facts(30, 2)

    said = [build(about, study(30, 2, 0.5, dice))["comparisons"][0] for _ in range(studies)]

    told = sum(one["verdict"] != "cannot_tell" for one in said)
    assert told <= studies * 0.05 + 3.0 * math.sqrt(studies * 0.05 * 0.95)
    covered = sum(one["low"] <= 0.5 <= one["high"] for one in said)
    # a t interval over 30 examples covers close to what it says
    assert covered / studies >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / studies)


def test_a_clear_preference_is_found_and_never_the_wrong_way_round() -> None:
    dice, studies, about = random.Random(5), 200, facts(60, 2)

    said = [build(about, study(60, 2, 0.75, dice))["comparisons"][0] for _ in range(studies)]

    assert sum(one["verdict"] == "better" for one in said) > 0.8 * studies
    assert all(one["verdict"] != "worse" for one in said)
