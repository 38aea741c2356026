"""Chance in a study: kinds keep their shares, sides are even, and orders differ."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from evaluations.preferences.drawing import drawn, ranked, turns

KINDS = st.dictionaries(
    st.integers(0, 500), st.sampled_from(("typical", "edge", "adversarial")), max_size=80
)


@given(KINDS, st.integers(0, 100), st.integers(0, 2**53))
def test_a_draw_keeps_each_kind_in_its_share(kinds: dict[int, str], count: int, seed: int) -> None:
    order = ranked(sorted(kinds), seed)

    found = drawn(kinds, order, count)

    assert len(found) == len(set(found)) == min(count, len(kinds))
    assert set(found) <= set(kinds)
    got, there = Counter(kinds[key] for key in found), Counter(kinds.values())
    for kind, number in there.items():
        assert abs(got[kind] - len(found) * number / len(kinds)) < 1
    # the same seed draws the same, and the draw follows the one order
    assert drawn(kinds, ranked(sorted(kinds), seed), count) == found
    assert found == [key for key in order if key in set(found)]


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 2**32))
def test_a_rater_sees_each_pair_once_and_each_candidate_as_often_on_each_side(
    comparisons: list[int], seed: int
) -> None:
    groups = dict(enumerate(comparisons))

    found = turns(groups, random.Random(seed))

    assert sorted(turn.pair for turn in found) == sorted(groups)
    for comparison in set(comparisons):
        sides = [turn.first_is_a for turn in found if groups[turn.pair] == comparison]
        assert abs(2 * sum(sides) - len(sides)) <= 1


def chi_square(counts: Counter[object], cells: int, n: int) -> float:
    expected = n / cells
    return sum((counts[cell] - expected) ** 2 for cell in counts) / expected + expected * (
        cells - len(counts)
    )


def test_side_and_place_of_a_pair_are_even_over_many_raters() -> None:
    dice, raters = random.Random(20261122), 4_000
    orders = [turns(dict.fromkeys(range(4), "a"), dice) for _ in range(raters)]

    for pair in range(4):
        cells: Counter[object] = Counter()
        for order in orders:
            place = next(at for at, turn in enumerate(order) if turn.pair == pair)
            cells[place, order[place].first_is_a] += 1
        # 8 equal cells, 7 degrees of freedom: beyond 24.3 in one case of a thousand.
        assert chi_square(cells, 8, raters) < 24.3


def test_the_side_of_one_pair_says_nothing_about_the_next_beyond_the_balance() -> None:
    dice, raters = random.Random(5), 4_000
    same = 0
    for _ in range(raters):
        order = turns(dict.fromkeys(range(30), "a"), dice)
        same += order[0].first_is_a == order[1].first_is_a
    # With 15 of 30 on each side, two neighbours agree in 14 of 29 cases.
    assert abs(same / raters - 14 / 29) < 3.3 * (0.25 / raters) ** 0.5
