"""Candidates against a named baseline: verdicts, missing answers, Holm, ratios."""

import math

import pytest

from evaluations.statistics.comparison import (
    Verdict,
    adjust,
    compare_binary,
    compare_graded,
    compare_quantity,
)
from evaluations.statistics.errors import StatisticsError


def outcomes(both: int, a_only: int, b_only: int, neither: int) -> tuple[list[bool], list[bool]]:
    a = [True] * both + [True] * a_only + [False] * b_only + [False] * neither
    b = [True] * both + [False] * a_only + [True] * b_only + [False] * neither
    return a, b


def test_a_clear_win_is_better_and_a_small_one_cannot_be_told() -> None:
    clear = compare_binary(*outcomes(80, 12, 2, 6))
    small = compare_binary(*outcomes(85, 5, 3, 7))

    assert clear.difference == pytest.approx(0.10)
    assert clear.interval is not None
    assert clear.interval.low > 0.0
    assert (clear.verdict, clear.n) == (Verdict.BETTER, 100)
    assert small.verdict is Verdict.CANNOT_TELL


def test_pairs_without_an_answer_are_left_out_and_counted() -> None:
    result = compare_binary([True, None, False, True], [True, True, None, False])

    assert (result.n, result.left_out) == (2, 2)


def test_nothing_to_compare_says_so_instead_of_failing() -> None:
    for empty in (compare_binary([], []), compare_graded([None], [0.5]), compare_quantity([], [])):
        assert (empty.difference, empty.interval, empty.p) == (None, None, None)
        assert (empty.verdict, empty.n) == (Verdict.CANNOT_TELL, 0)
    one = compare_graded([0.9], [0.1])
    assert (one.difference, one.interval, one.verdict) == (
        pytest.approx(0.8),
        None,
        Verdict.CANNOT_TELL,
    )


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(StatisticsError, match="equal lengths"):
        compare_binary([True], [True, False])
    with pytest.raises(StatisticsError, match="clusters"):
        compare_graded([0.1, 0.2], [0.2, 0.3], clusters=["a"])


def test_identical_candidates_cannot_be_told_apart() -> None:
    graded = compare_graded([1.0] * 50, [1.0] * 50)

    assert (graded.p, graded.verdict) == (1.0, Verdict.CANNOT_TELL)
    assert compare_binary([True] * 50, [True] * 50).verdict is Verdict.CANNOT_TELL


def test_a_constant_gain_on_few_examples_is_not_called_certain() -> None:
    few = compare_graded([0.6, 0.7, 0.8, 0.9], [0.5, 0.6, 0.7, 0.8])
    many = compare_graded([0.6] * 10, [0.5] * 10)

    assert few.p == pytest.approx(2**-3)
    assert few.verdict is Verdict.CANNOT_TELL
    assert many.verdict is Verdict.BETTER
    assert "sign-flip" in many.method


def test_holm_takes_back_a_verdict_that_one_of_several_cannot_carry() -> None:
    alone = compare_binary(*outcomes(80, 10, 2, 8))
    weaker = compare_binary(*outcomes(80, 9, 2, 9))
    nothing = compare_binary([], [])

    first, second, third = adjust([alone, weaker, nothing])

    assert alone.p is not None
    assert weaker.p is not None
    assert (alone.verdict, weaker.verdict) == (Verdict.BETTER, Verdict.BETTER)
    assert (first.p, first.p_adjusted) == (alone.p, pytest.approx(2 * alone.p))
    assert first.verdict is Verdict.BETTER
    assert second.p_adjusted == pytest.approx(max(weaker.p, 2 * alone.p))
    assert third == nothing
    six = adjust([weaker] * 6)
    assert {each.verdict for each in six} == {Verdict.CANNOT_TELL}


def test_latency_is_compared_as_a_ratio_and_lower_is_better() -> None:
    base = [100.0 * 1.1**i for i in range(30)]
    faster = [value * (0.7 if i % 2 else 0.9) for i, value in enumerate(base)]

    result = compare_quantity(faster, base)

    assert result.ratio == pytest.approx(math.sqrt(0.7 * 0.9))
    assert result.ratio_interval is not None
    assert result.ratio_interval.low < result.ratio < result.ratio_interval.high < 1.0
    assert result.difference is not None
    assert result.difference < 0
    assert result.verdict is Verdict.BETTER
    assert compare_quantity(base, faster).verdict is Verdict.WORSE


def test_a_free_call_has_no_ratio_but_a_difference() -> None:
    result = compare_quantity([0.0, 0.0, 0.1, 0.0], [0.2, 0.3, 0.25, 0.2])

    assert result.ratio is None
    assert result.difference == pytest.approx(-0.2125)
