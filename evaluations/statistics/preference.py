"""Blind preferences of people: how often a wins, whether chance explains it, and strengths.

A verdict is seen from a: 1 when a was preferred, 0 when b was, 1/2 for a tie and for "both bad".
"""

import math
import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from evaluations.statistics.distributions import fair_coin_tail
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import Interval, check_values, mean_t, wilson
from evaluations.statistics.percentiles import percentile

WIN, TIE, LOSS = 1.0, 0.5, 0.0
_MAX_STEPS = 20_000
# The share of resamples that may have no finite strengths before an interval would mislead.
_LOST_MOST = 0.05


@dataclass(frozen=True, slots=True)
class WinRate:
    """Wins, ties and losses of a against b.

    ``rate`` is (wins + ties / 2) / n. ``decided`` is Wilson's interval of wins / (wins + losses)
    and ``sign_p`` the two-sided sign test over the same; both leave ties out, so ``tie_share``
    belongs beside them. Without a decided pair both are None; without two pairs ``standard_error``
    is None.
    """

    wins: int
    losses: int
    ties: int
    rate: float
    standard_error: float | None
    tie_share: float
    decided_rate: float | None
    decided: Interval | None
    sign_p: float | None

    @property
    def n(self) -> int:
        """How many verdicts or pairs were counted."""
        return self.wins + self.losses + self.ties

    @property
    def net(self) -> float:
        """The share of wins minus the share of losses."""
        return (self.wins - self.losses) / self.n


@dataclass(frozen=True, slots=True)
class ClusteredRate:
    """A win rate over verdicts that are not independent of each other.

    ``interval`` is the widest of the intervals that could be computed, ``method`` names it;
    ``by_example`` and ``by_rater`` are both of them. None where nothing carries an interval.
    """

    rate: float
    n: int
    examples: int
    raters: int
    interval: Interval | None
    by_example: Interval | None
    by_rater: Interval | None
    method: str


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often the left answer was preferred among the decided verdicts, and whether by chance.

    ``p`` is the exact two-sided binomial test against one half. None without a decided verdict.
    """

    left: int
    right: int
    share: float | None
    interval: Interval | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Strengths:
    """Bradley-Terry strengths: ``theta`` on the logit scale, centred to mean 0.

    P(i beats j) = 1 / (1 + exp(theta_j - theta_i)). ``share`` are exp(theta), summing to 1.
    """

    theta: tuple[float, ...]
    share: tuple[float, ...]

    def chance(self, first: int, second: int) -> float:
        """Return the chance that ``first`` is preferred to ``second``."""
        return self.share[first] / (self.share[first] + self.share[second])


@dataclass(frozen=True, slots=True)
class StrengthIntervals:
    """Percentile intervals of each theta over resamples of whole examples.

    ``lost`` resamples had no finite strengths; ``intervals`` is None when they were too many.
    """

    intervals: tuple[Interval, ...] | None
    lost: int
    resamples: int
    seed: int


class NotConnected(StatisticsError):
    """Somebody never lost, or never won, against the rest: no finite strengths exist."""


def sign_test(wins: int, losses: int) -> float:
    """The two-sided sign test: the exact binomial test of wins in wins + losses against 1/2.

    Raises StatisticsError for a negative count, TooFew without a decided pair.
    """
    if min(wins, losses) < 0:
        raise StatisticsError("counts of wins and losses are at least 0")
    if wins + losses == 0:
        raise TooFew("a sign test needs a decided pair", needed=1)
    return min(1.0, 2.0 * fair_coin_tail(min(wins, losses), wins + losses))


def win_rate(wins: int, losses: int, ties: int) -> WinRate:
    """Return the win rate of independent pairs, ties half each way.

    The standard error is that of the mean of values 1, 1/2 and 0. Raises StatisticsError for a
    negative count, TooFew when nothing was counted.
    """
    if min(wins, losses, ties) < 0:
        raise StatisticsError("counts of wins, losses and ties are at least 0")
    n, decided = wins + losses + ties, wins + losses
    if n == 0:
        raise TooFew("a win rate needs at least one verdict", needed=1)
    rate = (wins + ties / 2.0) / n
    squares = wins * (WIN - rate) ** 2 + losses * (LOSS - rate) ** 2 + ties * (TIE - rate) ** 2
    return WinRate(
        wins=wins,
        losses=losses,
        ties=ties,
        rate=rate,
        standard_error=math.sqrt(squares / (n - 1) / n) if n > 1 else None,
        tie_share=ties / n,
        decided_rate=wins / decided if decided else None,
        decided=wilson(wins, decided) if decided else None,
        sign_p=sign_test(wins, losses) if decided else None,
    )


def clustered_win_rate(
    values: Sequence[float],
    examples: Sequence[Hashable],
    raters: Sequence[Hashable],
    *,
    fewest_raters: int = 3,
    confidence: float = 0.95,
) -> ClusteredRate:
    """Return the mean of verdicts with an interval that knows what they have in common.

    Two verdicts on one example, and two verdicts of one rater, tell less than two of four. The
    interval is Student's, clustered on the example (Miller 2024, as `mean_t`), or on the rater
    where that is wider and at least ``fewest_raters`` rated: with two clusters a t interval says
    nothing. With every verdict alike there is no spread to estimate; Wilson's interval over the
    examples stands in for it when they are all wins or all losses. Raises StatisticsError for a
    value other than 0, 1/2 and 1 or lists of different lengths, TooFew without a verdict.
    """
    check_values(values)
    if not set(values) <= {WIN, TIE, LOSS}:
        raise StatisticsError("a verdict is 1, 1/2 or 0")
    over_examples = mean_t(values, examples, confidence)
    over_raters = mean_t(values, raters, confidence)
    rate, count = over_examples.mean, over_examples.clusters
    found: dict[str, Interval] = {}
    if over_examples.interval is not None and over_examples.standard_error:
        found["t over examples"] = _cut(over_examples.interval)
    elif rate in (WIN, LOSS):
        found["Wilson over examples"] = wilson(round(rate * count), count, confidence)
    by_rater = None
    if over_raters.interval is not None and over_raters.clusters >= fewest_raters:
        by_rater = found["t over raters"] = _cut(over_raters.interval)
    method = max(found, key=lambda name: found[name].half_width, default="")
    return ClusteredRate(
        rate=rate,
        n=len(values),
        examples=count,
        raters=over_raters.clusters,
        interval=found.get(method),
        by_example=next((one for name, one in found.items() if "examples" in name), None),
        by_rater=by_rater,
        method=method,
    )


def by_pair(values: Sequence[float], pairs: Sequence[Hashable]) -> WinRate:
    """Return the win rate over pairs: each is what most of its verdicts say, a tie when none.

    Verdicts on one pair are not independent, so sign test and Wilson count pairs. Raises as
    `win_rate`, and StatisticsError for lists of different lengths.
    """
    if len(values) != len(pairs):
        raise StatisticsError(f"{len(values)} verdicts need as many pairs, not {len(pairs)}")
    sums: dict[Hashable, float] = {}
    for value, pair in zip(values, pairs, strict=True):
        sums[pair] = sums.get(pair, 0.0) + value - TIE
    wins = sum(total > 0.0 for total in sums.values())
    losses = sum(total < 0.0 for total in sums.values())
    return win_rate(wins, losses, len(sums) - wins - losses)


def position_bias(left: int, right: int) -> PositionBias:
    """Return the share of decided verdicts for the left answer. Raises StatisticsError."""
    if min(left, right) < 0:
        raise StatisticsError("counts of left and right are at least 0")
    if left + right == 0:
        return PositionBias(0, 0, None, None, None)
    decided = left + right
    return PositionBias(left, right, left / decided, wilson(left, decided), sign_test(left, right))


def bradley_terry(
    wins: Sequence[Sequence[float]], ties: Sequence[Sequence[float]] | None = None
) -> Strengths:
    """Return Bradley-Terry strengths by minorisation and maximisation (Hunter 2004).

    ``wins[i][j]`` counts how often i was preferred to j; ``ties[i][j]``, each counted once and on
    either side of the diagonal, go half each way. Raises NotConnected when somebody has no finite
    strength (the graph of wins is not strongly connected), StatisticsError for counts that cannot
    be, TooFew with fewer than two items.
    """
    beats = _with_ties(wins, ties)
    count = len(beats)
    if count < 2:
        raise TooFew("strengths need at least two items", needed=2)
    if not strongly_connected(beats):
        raise NotConnected("somebody never lost or never won against the rest")
    won = [math.fsum(row) for row in beats]
    met = [[beats[i][j] + beats[j][i] for j in range(count)] for i in range(count)]
    strength = [1.0 / count] * count
    for _ in range(_MAX_STEPS):
        new = [
            won[i]
            / math.fsum(met[i][j] / (strength[i] + strength[j]) for j in range(count) if j != i)
            for i in range(count)
        ]
        total = math.fsum(new)
        new = [one / total for one in new]
        change = max(abs(math.log(a / b)) for a, b in zip(new, strength, strict=True))
        strength = new
        if change < 1e-12:
            break
    logs = [math.log(one) for one in strength]
    centre = math.fsum(logs) / count
    return Strengths(tuple(one - centre for one in logs), tuple(strength))


def strongly_connected(wins: Sequence[Sequence[float]]) -> bool:
    """Whether each item can be reached from each other along wins: Ford's condition (1957)."""
    count = len(wins)
    forward = [{j for j in range(count) if wins[i][j] > 0.0} for i in range(count)]
    backward = [{j for j in range(count) if wins[j][i] > 0.0} for i in range(count)]
    return count > 0 and all(len(_reached(edges)) == count for edges in (forward, backward))


def strength_intervals(
    examples: Mapping[Hashable, Sequence[tuple[int, int, float]]],
    items: int,
    seed: int,
    resamples: int = 1_000,
    confidence: float = 0.95,
) -> StrengthIntervals:
    """Return percentile intervals of Bradley-Terry strengths, resampling whole examples.

    ``examples`` holds per example its verdicts (first item, second item, value seen from the
    first). Resamples without finite strengths are counted; beyond 5 % of them no interval is
    given, since what is left would be the tame ones. Raises TooFew with fewer than two examples.
    """
    groups = list(examples.values())
    if len(groups) < 2:
        raise TooFew("a bootstrap needs at least two examples", needed=2)
    # A resample is reproducible from its seed; nothing here guards a secret.
    dice = random.Random(seed)
    found: list[tuple[float, ...]] = []
    for _ in range(resamples):
        wins = [[0.0] * items for _ in range(items)]
        for group in dice.choices(groups, k=len(groups)):
            for first, second, value in group:
                wins[first][second] += value
                wins[second][first] += 1.0 - value
        if strongly_connected(wins):
            found.append(bradley_terry(wins).theta)
    lost = resamples - len(found)
    if lost > _LOST_MOST * resamples:
        return StrengthIntervals(None, lost, resamples, seed)
    side = (1.0 - confidence) / 2.0 * 100.0
    columns = [[theta[place] for theta in found] for place in range(items)]
    intervals = tuple(
        Interval(percentile(column, side), percentile(column, 100.0 - side)) for column in columns
    )
    return StrengthIntervals(intervals, lost, resamples, seed)


def _cut(interval: Interval) -> Interval:
    return Interval(max(0.0, interval.low), min(1.0, interval.high))


def _with_ties(
    wins: Sequence[Sequence[float]], ties: Sequence[Sequence[float]] | None
) -> list[list[float]]:
    count = len(wins)
    for table in (wins, ties or wins):
        if len(table) != count or any(len(row) != count for row in table):
            raise StatisticsError("counts of wins and ties are square tables of one size")
        if any(not math.isfinite(one) or one < 0.0 for row in table for one in row):
            raise StatisticsError("every count is a finite number of at least 0")
        if any(table[place][place] for place in range(count)):
            raise StatisticsError("nothing is compared with itself")
    found = [[float(one) for one in row] for row in wins]
    for i, row in enumerate(ties or ()):
        for j, tied in enumerate(row):
            found[i][j] += tied / 2.0
            found[j][i] += tied / 2.0
    return found


def _reached(edges: Sequence[set[int]]) -> set[int]:
    """The items that can be reached from item 0."""
    seen, open_ones = {0}, [0]
    while open_ones:
        for item in edges[open_ones.pop()] - seen:
            seen.add(item)
            open_ones.append(item)
    return seen
