"""The gate "not worse than the baseline": a locked margin and a three-way verdict."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import Interval
from evaluations.statistics.paired import (
    PairedCounts,
    mcnemar_midp_worse,
    one_sided_t_p,
    paired_t,
    tango,
    tango_p_at_most,
)

Rule = Literal["strict", "screening"]


class GateVerdict(StrEnum):
    """What the evidence says about "a is not worse than b by the margin or more"."""

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class NotWorse:
    """The verdict with its evidence; differences are new minus baseline.

    `interval` is two-sided at 1 - 2 x (1 - confidence), so that each end is a one-sided limit at
    `confidence`: 90 % for the usual one-sided 5 %. `p` is the one-sided p value against "worse by
    the margin or more"; None where equal differences leave nothing to test.
    """

    verdict: GateVerdict
    difference: float
    interval: Interval
    margin: float
    n: int
    rule: Rule
    p: float | None

    @property
    def passed(self) -> bool:
        """Only "shown" passes; "not shown" blocks like "worse"."""
        return self.verdict is GateVerdict.SHOWN


def not_worse_binary(
    counts: PairedCounts, margin: float, rule: Rule = "strict", confidence: float = 0.95
) -> NotWorse:
    """Whether a (new) is not worse than b (baseline) by `margin`: 0.05 for 5 points.

    strict: shown when Tango's one-sided lower limit lies above -margin. screening: shown when the
    difference is at least -margin and McNemar's one-sided mid-p does not say "worse" at 1 -
    confidence. Not shown is "worse" when the one-sided upper limit lies below 0. Raises TooFew
    without pairs, StatisticsError for a margin outside 0..1.
    """
    _check_margin(margin)
    if margin > 1.0:
        raise StatisticsError("a margin for pass rates is a share: 0.05 for 5 points")
    difference = counts.difference
    interval = tango(counts, _two_sided(confidence))
    screened = difference >= -margin and mcnemar_midp_worse(counts) >= 1.0 - confidence
    verdict = _verdict(interval, margin, rule, screened)
    return NotWorse(
        verdict, difference, interval, margin, counts.n, rule, tango_p_at_most(counts, -margin)
    )


def not_worse_mean(
    differences: Sequence[float],
    margin: float,
    rule: Rule = "strict",
    confidence: float = 0.95,
    clusters: Sequence[Hashable] | None = None,
) -> NotWorse:
    """Whether the mean of differences, new minus baseline, lies above -margin (paired t).

    Give differences so that higher is better; `margin` is in their unit. Rules and verdicts as
    `not_worse_binary`, with a one-sided t-test for screening. Raises TooFew with fewer than two
    pairs or clusters, StatisticsError for a negative margin or a difference that is not finite.
    """
    _check_margin(margin)
    estimate = paired_t(differences, clusters, _two_sided(confidence))
    if estimate.interval is None:
        raise TooFew("at least two pairs from two clusters are needed", needed=2)
    p_better = one_sided_t_p(estimate, 0.0)
    # Equal differences leave no test: their sign alone says whether the new one is worse.
    worse = estimate.difference < 0.0 if p_better is None else p_better > confidence
    screened = estimate.difference >= -margin and not worse
    verdict = _verdict(estimate.interval, margin, rule, screened)
    p = one_sided_t_p(estimate, -margin)
    return NotWorse(verdict, estimate.difference, estimate.interval, margin, estimate.n, rule, p)


def _check_margin(margin: float) -> None:
    if not 0.0 <= margin < float("inf"):
        raise StatisticsError(f"a margin is a finite number of at least 0, not {margin!r}")


def _two_sided(confidence: float) -> float:
    if not 0.5 < confidence < 1.0:
        raise StatisticsError(f"confidence must lie between 0.5 and 1, not {confidence!r}")
    return 2.0 * confidence - 1.0


def _verdict(interval: Interval, margin: float, rule: Rule, screened: bool) -> GateVerdict:
    if screened if rule == "screening" else interval.low > -margin:
        return GateVerdict.SHOWN
    return GateVerdict.WORSE if interval.high < 0.0 else GateVerdict.NOT_SHOWN
