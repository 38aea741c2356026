"""Not worse than the baseline: three verdicts, two rules, and what would settle it."""

import pytest

from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.noninferiority import GateVerdict, not_worse_binary, not_worse_mean
from evaluations.statistics.paired import PairedCounts
from evaluations.statistics.power import (
    gate_pass_probability,
    needed_n,
    needed_n_to_detect,
    smallest_detectable_difference,
)

EQUAL = PairedCounts(both=80, a_only=5, b_only=5, neither=10)
SLIGHTLY_WORSE = PairedCounts(both=80, a_only=4, b_only=8, neither=8)
CLEARLY_WORSE = PairedCounts(both=60, a_only=5, b_only=20, neither=15)
BETTER = PairedCounts(both=80, a_only=12, b_only=3, neither=5)


def test_strict_shows_only_what_the_interval_shows() -> None:
    assert not_worse_binary(BETTER, 0.05).verdict is GateVerdict.SHOWN
    assert not_worse_binary(EQUAL, 0.05).verdict is GateVerdict.NOT_SHOWN
    assert not_worse_binary(SLIGHTLY_WORSE, 0.05).verdict is GateVerdict.NOT_SHOWN
    assert not_worse_binary(CLEARLY_WORSE, 0.05).verdict is GateVerdict.WORSE
    assert [not_worse_binary(c, 0.05).passed for c in (BETTER, EQUAL, CLEARLY_WORSE)] == [
        True,
        False,
        False,
    ]


def test_screening_lets_a_build_through_that_is_not_shown_to_be_worse() -> None:
    assert not_worse_binary(EQUAL, 0.05, "screening").verdict is GateVerdict.SHOWN
    assert not_worse_binary(SLIGHTLY_WORSE, 0.05, "screening").verdict is GateVerdict.SHOWN
    # 4 points below with a margin of 3: the point itself is beyond the margin.
    assert not_worse_binary(SLIGHTLY_WORSE, 0.03, "screening").verdict is GateVerdict.NOT_SHOWN
    # 15 points below: within a margin of 20, but shown to be worse.
    assert not_worse_binary(CLEARLY_WORSE, 0.20, "screening").verdict is GateVerdict.WORSE


def test_means_have_the_same_three_verdicts() -> None:
    spread = [0.1, -0.1] * 20

    assert not_worse_mean(spread, 0.05).verdict is GateVerdict.SHOWN
    assert not_worse_mean(spread, 0.01).verdict is GateVerdict.NOT_SHOWN
    assert not_worse_mean([d - 0.3 for d in spread], 0.05).verdict is GateVerdict.WORSE
    assert not_worse_mean([-0.02] * 5, 0.05, "screening").verdict is GateVerdict.WORSE


def test_repeats_of_one_example_do_not_count_as_new_evidence() -> None:
    per_example = [0.10, -0.12, 0.08, -0.09, 0.02, -0.04]
    repeated = [value for value in per_example for _ in range(10)]
    clusters = [index for index in range(6) for _ in range(10)]

    alone = not_worse_mean(repeated, 0.05)
    clustered = not_worse_mean(repeated, 0.05, clusters=clusters)

    assert alone.passed
    assert not clustered.passed
    assert clustered.interval.low == pytest.approx(not_worse_mean(per_example, 0.05).interval.low)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(TooFew) as too_few:
        not_worse_binary(PairedCounts(0, 0, 0, 0), 0.05)
    assert too_few.value.needed == 1
    with pytest.raises(TooFew):
        not_worse_mean([0.1], 0.05)
    with pytest.raises(StatisticsError, match="margin"):
        not_worse_binary(EQUAL, -0.05)
    with pytest.raises(StatisticsError, match="5 points"):
        not_worse_binary(EQUAL, 5)
    with pytest.raises(StatisticsError, match="finite"):
        not_worse_mean([0.1, float("nan")], 0.05)
    with pytest.raises(StatisticsError, match="negative"):
        PairedCounts(1, -1, 0, 0)


def test_the_planner_finds_an_n_that_passes() -> None:
    n = needed_n(margin=0.05, discordant=0.1)

    assert n is not None
    assert gate_pass_probability(n, 0.1, 0.05) >= 0.8
    assert gate_pass_probability(n // 2, 0.1, 0.05) < 0.8


def test_no_n_helps_a_build_that_is_truly_worse_by_the_margin() -> None:
    assert needed_n(margin=0.05, discordant=0.1, difference=-0.05) is None
    assert needed_n(margin=0.02, discordant=0.2, largest=300) is None


def test_detectable_difference_and_needed_n_are_two_ways_to_say_the_same() -> None:
    difference = smallest_detectable_difference(150, 0.2)

    assert difference is not None
    assert needed_n_to_detect(difference, 0.2) in (150, 151)
    assert smallest_detectable_difference(50, 0.05) is None
    with pytest.raises(StatisticsError):
        needed_n_to_detect(0.3, 0.2)
    with pytest.raises(StatisticsError):
        gate_pass_probability(100, 0.05, 0.05, difference=0.1)
