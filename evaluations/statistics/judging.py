"""What a judge's verdicts are worth: rates without its errors, and pairs seen in both orders."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from evaluations.statistics.distributions import fair_coin_tail, two_sided_z
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import Interval, check_counts


@dataclass(frozen=True, slots=True)
class Confusion:
    """What a judge said of items that people labelled pass or fail.

    `passed_as_pass` counts the items that people passed and the judge passed, and so on.
    """

    passed_as_pass: int
    passed_as_fail: int
    failed_as_pass: int
    failed_as_fail: int

    def __post_init__(self) -> None:
        cells = (
            self.passed_as_pass,
            self.passed_as_fail,
            self.failed_as_pass,
            self.failed_as_fail,
        )
        if min(cells) < 0:
            raise StatisticsError("counts cannot be negative")

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> "Confusion":
        """Count pairs of (people passed it, the judge passed it)."""
        table = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        for people, judge in pairs:
            table[bool(people), bool(judge)] += 1
        return cls(table[True, True], table[True, False], table[False, True], table[False, False])

    @property
    def passed(self) -> int:
        """The items that people passed."""
        return self.passed_as_pass + self.passed_as_fail

    @property
    def failed(self) -> int:
        """The items that people failed."""
        return self.failed_as_pass + self.failed_as_fail

    @property
    def n(self) -> int:
        """All labelled items."""
        return self.passed + self.failed

    @property
    def rarer(self) -> int:
        """How many items have the label that is given less often."""
        return min(self.passed, self.failed)

    @property
    def sensitivity(self) -> float | None:
        """The share of the items passed by people that the judge passes; None without any."""
        return self.passed_as_pass / self.passed if self.passed else None

    @property
    def specificity(self) -> float | None:
        """The share of the items failed by people that the judge fails; None without any."""
        return self.failed_as_fail / self.failed if self.failed else None


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A pass rate by a judge, and what it says after the judge's own errors are taken out.

    `corrected` and `interval` are cut at 0 and 1; `uncut` is the value before that: far outside
    means that the calibration sample does not fit what was judged.
    """

    naive: float
    corrected: float
    uncut: float
    standard_error: float
    interval: Interval


def corrected_rate(
    judged_pass: int,
    judged: int,
    confusion: Confusion,
    confidence: float = 0.95,
    *,
    naive_error: float | None = None,
) -> CorrectedRate:
    """The pass rate after correction: (naive + spec - 1) / (sens + spec - 1).

    The estimate is that of Rogan and Gladen 1978, the interval by the delta method over three
    independent binomials: the judged sample, and the people's passes and fails of the calibration
    (Lee 2025, arXiv 2511.21140). Where answers are not independent, several to one example, give
    the standard error of the naive rate as ``naive_error``: it stands in for the first binomial's.
    Raises TooFew where nothing was judged or one class was never
    labelled, StatisticsError when sensitivity and specificity together do not exceed 1: such a
    judge tells nothing.
    """
    check_counts(judged_pass, judged)
    sensitivity, specificity = confusion.sensitivity, confusion.specificity
    if sensitivity is None or specificity is None:
        raise TooFew("people must have passed and failed at least one item", needed=1)
    power = sensitivity + specificity - 1.0
    if power <= 1e-12:
        raise StatisticsError("the judge tells a pass from a fail no better than chance")
    naive = judged_pass / judged
    uncut = (naive + specificity - 1.0) / power
    spread = naive * (1.0 - naive) / judged if naive_error is None else naive_error**2
    variance = (
        spread
        + uncut**2 * sensitivity * (1.0 - sensitivity) / confusion.passed
        + (1.0 - uncut) ** 2 * specificity * (1.0 - specificity) / confusion.failed
    ) / power**2
    error = math.sqrt(variance)
    half = two_sided_z(confidence) * error
    interval = Interval(_cut(uncut - half), _cut(uncut + half))
    return CorrectedRate(naive, _cut(uncut), uncut, error, interval)


class Preferred(StrEnum):
    """Which of two answers, X and Y, a judge preferred in one order."""

    X = "X"
    Y = "Y"
    TIE = "T"


@dataclass(frozen=True, slots=True)
class PositionReport:
    """Pairs judged twice, X shown first and then Y shown first.

    `consistency` is the share of pairs with one verdict in both orders. A flip is a pair in which
    the judge twice preferred the same place; `flip_p` is the exact two-sided p value of "flips go
    to either place alike", None without flips. By the strict rule a win needs both orders (Zheng
    2023); the soft rule is the mean of both.
    """

    pairs: int
    consistency: float
    flips_to_first: int
    flips_to_second: int
    flip_p: float | None
    first_share_of_decided: float | None
    strict_wins: int
    strict_losses: int
    strict_ties: int
    strict_win_rate: float
    soft_win_rate: float


def strict(x_first: Preferred, x_second: Preferred) -> Preferred:
    """The verdict on a pair by the strict rule: what both orders say, else a tie."""
    return x_first if x_first is x_second else Preferred.TIE


def position_report(pairs: Iterable[tuple[Preferred, Preferred]]) -> PositionReport:
    """What pairs of verdicts, (X shown first, X shown second), say of X and of the judge.

    Raises TooFew without pairs.
    """
    both = [(Preferred(one), Preferred(other)) for one, other in pairs]
    if not both:
        raise TooFew("at least one pair is needed", needed=1)
    count = len(both)
    to_first = both.count((Preferred.X, Preferred.Y))
    to_second = both.count((Preferred.Y, Preferred.X))
    flips = to_first + to_second
    places = [one is Preferred.X for one, _ in both if one is not Preferred.TIE]
    places += [other is Preferred.Y for _, other in both if other is not Preferred.TIE]
    verdicts = [strict(one, other) for one, other in both]
    wins, losses = verdicts.count(Preferred.X), verdicts.count(Preferred.Y)
    worth = {Preferred.X: 1.0, Preferred.TIE: 0.5, Preferred.Y: 0.0}
    return PositionReport(
        pairs=count,
        consistency=sum(one is other for one, other in both) / count,
        flips_to_first=to_first,
        flips_to_second=to_second,
        flip_p=min(1.0, 2.0 * fair_coin_tail(min(to_first, to_second), flips)) if flips else None,
        first_share_of_decided=sum(places) / len(places) if places else None,
        strict_wins=wins,
        strict_losses=losses,
        strict_ties=count - wins - losses,
        strict_win_rate=(wins + (count - wins - losses) / 2.0) / count,
        soft_win_rate=math.fsum(worth[one] + worth[other] for one, other in both) / (2.0 * count),
    )


def _cut(value: float) -> float:
    return min(1.0, max(0.0, value))
