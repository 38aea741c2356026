"""What must hold for every preference, whatever the verdicts."""

import random
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.preference import (
    NotConnected,
    bradley_terry,
    by_pair,
    clustered_win_rate,
    position_bias,
    strength_intervals,
    win_rate,
)

COUNT = st.integers(0, 300)
VERDICTS = st.lists(
    st.tuples(st.sampled_from((0.0, 0.5, 1.0)), st.integers(0, 20), st.integers(0, 5)),
    min_size=1,
    max_size=120,
)


@given(COUNT, COUNT, COUNT)
def test_seen_from_the_other_side_everything_is_mirrored(wins: int, losses: int, ties: int) -> None:
    if wins + losses + ties == 0:
        return
    one, other = win_rate(wins, losses, ties), win_rate(losses, wins, ties)
    assert abs(one.rate + other.rate - 1.0) < 1e-12
    assert one.sign_p == other.sign_p
    assert abs(one.net + other.net) < 1e-12
    if one.decided is not None and other.decided is not None:
        assert abs(one.decided.low + other.decided.high - 1.0) < 1e-9
        assert one.decided_rate is not None
        assert one.decided.contains(one.decided_rate)
    # ties change neither the sign test nor the share of decided pairs
    more = win_rate(wins, losses, ties + 5)
    assert (more.sign_p, more.decided_rate) == (one.sign_p, one.decided_rate)


@given(VERDICTS, st.randoms(use_true_random=False))
def test_an_interval_holds_its_rate_and_knows_no_order(
    rows: list[tuple[float, int, int]], dice: random.Random
) -> None:
    values, examples, raters = (list(column) for column in zip(*rows, strict=True))
    found = clustered_win_rate(values, examples, raters)
    if found.interval is not None:
        assert 0.0 <= found.interval.low <= found.rate <= found.interval.high <= 1.0
        for narrower in (found.by_example, found.by_rater):
            assert narrower is None or narrower.half_width <= found.interval.half_width + 1e-12
    shuffled = list(rows)
    dice.shuffle(shuffled)
    again = clustered_win_rate(*(list(column) for column in zip(*shuffled, strict=True)))
    assert abs(again.rate - found.rate) < 1e-12
    assert by_pair(values, examples) == by_pair(
        [one for one, _, _ in shuffled], [pair for _, pair, _ in shuffled]
    )


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
def test_strengths_exist_exactly_where_everybody_can_be_reached_by_wins(
    table: list[list[int]],
) -> None:
    wins = [[0 if i == j else table[i][j] for j in range(3)] for i in range(3)]
    try:
        found = bradley_terry(wins)
    except NotConnected:
        return
    assert abs(sum(found.theta)) < 1e-9
    assert abs(sum(found.share) - 1.0) < 1e-9
    # the expected number of wins is the number that was seen (Ford's equations)
    for i in range(3):
        met = [(wins[i][j] + wins[j][i]) * found.chance(i, j) for j in range(3) if j != i]
        assert abs(sum(met) - sum(wins[i])) < 1e-6


def test_what_cannot_be_is_refused() -> None:
    for act, problem in (
        (lambda: win_rate(-1, 0, 0), StatisticsError),
        (lambda: win_rate(0, 0, 0), TooFew),
        (lambda: position_bias(-1, 3), StatisticsError),
        (lambda: clustered_win_rate([0.3], [1], [1]), StatisticsError),
        (lambda: clustered_win_rate([], [], []), TooFew),
        (lambda: by_pair([1.0], []), StatisticsError),
        (lambda: bradley_terry([[0, 1], [1]]), StatisticsError),
        (lambda: bradley_terry([[0, -1], [1, 0]]), StatisticsError),
        (lambda: bradley_terry([[2, 1], [1, 0]]), StatisticsError),
        (lambda: strength_intervals({"one": [(0, 1, 1.0)]}, 2, seed=1), TooFew),
    ):
        with pytest.raises(problem):
            act()


def test_strengths_without_an_interval_say_how_many_resamples_were_lost() -> None:
    # given ten examples of which one alone keeps the graph together
    examples: dict[Hashable, list[tuple[int, int, float]]] = {
        name: [(0, 1, 1.0)] for name in range(9)
    }
    examples["odd"] = [(0, 1, 0.0)]
    found = strength_intervals(examples, 2, seed=4, resamples=200)
    assert found.intervals is None
    # nothing of it in (9/10)^10 = 35 % of the resamples
    assert 40 < found.lost < 100
    assert found == strength_intervals(examples, 2, seed=4, resamples=200)
