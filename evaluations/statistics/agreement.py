"""How far raters agree beyond chance: people with each other, and a judge with people.

Where a coefficient has no value (everybody gave one label, nobody rated an item twice) it is None:
0 / 0 is neither perfect agreement nor none.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Any, TypeVar

from evaluations.statistics.distributions import two_sided_z
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import Interval

Label = TypeVar("Label", bound=Hashable)


class Weights(StrEnum):
    """How much a disagreement of two ordered labels counts."""

    NOMINAL = "nominal"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Level(StrEnum):
    """What the labels are: names, or ranks."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters on the same items.

    `table[i][j]` counts the items that the first rater gave `labels[i]` and the second `labels[j]`.
    `kappa`, `standard_error` and `interval` are None together when kappa is undefined; `ac1` is
    Gwet's coefficient, which stays readable when nearly all items have one label.
    """

    n: int
    labels: tuple[Any, ...]
    table: tuple[tuple[int, ...], ...]
    percent: float
    kappa: float | None
    standard_error: float | None
    interval: Interval | None
    ac1: float | None


def cross_table(
    first: Sequence[Label], second: Sequence[Label], labels: Sequence[Label] | None = None
) -> tuple[tuple[Label, ...], tuple[tuple[int, ...], ...]]:
    """The labels and how often each pair of them was given, the first rater in the rows.

    `labels` fixes their order; without it they are those that occur, sorted. Raises TooFew without
    items, StatisticsError for sequences of unequal length or a label that is not among `labels`.
    """
    if len(first) != len(second):
        raise StatisticsError(f"{len(first)} labels face {len(second)}: each item needs both")
    if not first:
        raise TooFew("agreement needs at least one item rated by both", needed=1)
    occurring = {*first, *second}
    if labels is None:
        order = tuple(sorted(occurring, key=_sortable))
    elif occurring <= set(labels):
        order = tuple(labels)
    else:
        raise StatisticsError("a label was given that is not on the scale")
    counts = Counter(zip(first, second, strict=True))
    return order, tuple(tuple(counts[row, column] for column in order) for row in order)


def agreement(
    first: Sequence[Label],
    second: Sequence[Label],
    labels: Sequence[Label] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Percent agreement, Cohen's kappa with its interval, and Gwet's AC1 (Gwet 2008).

    The standard error is the large-sample one of Fleiss, Cohen and Everitt 1969, not that under
    "no agreement"; the limits are cut at -1 and 1. Raises as `cross_table` does.
    """
    order, table = cross_table(first, second, labels)
    n = len(first)
    kappa, error = kappa_of([[cell / n for cell in row] for row in table], n)
    interval = None
    if kappa is not None and error is not None:
        half = two_sided_z(confidence) * error
        interval = Interval(max(-1.0, kappa - half), min(1.0, kappa + half))
    percent = sum(table[index][index] for index in range(len(order))) / n
    return Agreement(
        n=n,
        labels=order,
        table=table,
        percent=percent,
        kappa=kappa,
        standard_error=error,
        interval=interval,
        ac1=_ac1(table, n, percent),
    )


def kappa_of(shares: Sequence[Sequence[float]], n: float) -> tuple[float | None, float | None]:
    """Cohen's kappa and its standard error, from a square table of shares that sum to 1.

    Both are None when chance alone would agree always.
    """
    rows, columns = _margins(shares)
    size = range(len(rows))
    observed = math.fsum(shares[i][i] for i in size)
    expected = math.fsum(rows[i] * columns[i] for i in size)
    if 1.0 - expected < 1e-12:
        return None, None
    kappa = (observed - expected) / (1.0 - expected)
    disagreement = 1.0 - kappa
    on_diagonal = math.fsum(
        shares[i][i] * (1.0 - (rows[i] + columns[i]) * disagreement) ** 2 for i in size
    )
    beside = disagreement**2 * math.fsum(
        shares[i][j] * (columns[i] + rows[j]) ** 2 for i in size for j in size if i != j
    )
    centre = (kappa - expected * disagreement) ** 2
    variance = (on_diagonal + beside - centre) / ((1.0 - expected) ** 2 * n)
    return kappa, math.sqrt(max(0.0, variance))


def weighted_kappa(table: Sequence[Sequence[int]], weights: Weights) -> float | None:
    """Kappa in which a near miss counts less than a far one (Cohen 1968).

    The labels stand in their order in the table. None when undefined.
    """
    n = sum(sum(row) for row in table)
    if not n:
        raise TooFew("agreement needs at least one item rated by both", needed=1)
    shares = [[cell / n for cell in row] for row in table]
    rows, columns = _margins(shares)
    size = range(len(rows))
    power = {Weights.NOMINAL: 0, Weights.LINEAR: 1, Weights.QUADRATIC: 2}[weights]

    def cost(i: int, j: int) -> float:
        return 0.0 if i == j else float(abs(i - j)) ** power

    observed = math.fsum(cost(i, j) * shares[i][j] for i in size for j in size)
    expected = math.fsum(cost(i, j) * rows[i] * columns[j] for i in size for j in size)
    return None if expected < 1e-12 else 1.0 - observed / expected


def fleiss_kappa(counts: Sequence[Mapping[Label, int]]) -> float | None:
    """Agreement of the same number of raters on each item (Fleiss 1971).

    `counts` says for each item how many raters gave each label. None when all ratings are one
    label. Raises TooFew below one item or two raters, StatisticsError for unequal numbers of them.
    """
    if not counts:
        raise TooFew("at least one item is needed", needed=1)
    raters = {sum(item.values()) for item in counts}
    if len(raters) > 1:
        raise StatisticsError("every item needs the same number of raters")
    each = raters.pop()
    if each < 2:
        raise TooFew("at least two raters are needed", needed=2)
    total = len(counts) * each
    pooled: Counter[Label] = Counter()
    for item in counts:
        pooled.update(item)
    expected = math.fsum((count / total) ** 2 for count in pooled.values())
    if 1.0 - expected < 1e-12:
        return None
    observed = math.fsum(
        (sum(count * count for count in item.values()) - each) / (each * (each - 1))
        for item in counts
    ) / len(counts)
    return (observed - expected) / (1.0 - expected)


def krippendorff_alpha(
    raters: Sequence[Sequence[float | None]], level: Level = Level.NOMINAL
) -> float | None:
    """Agreement of any number of raters, with items that some of them left out (None).

    `raters[r][i]` is what rater r gave item i, as a number. From the coincidences of values within
    items (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"). None when no item has
    two ratings or all of them are one value. Raises StatisticsError for rows of unequal length.
    """
    if len({len(row) for row in raters}) > 1:
        raise StatisticsError("every rater needs a place for every item")
    weighted: dict[tuple[float, float], float] = {}
    for ratings in zip(*raters, strict=True):
        given = [value for value in ratings if value is not None]
        if len(given) < 2:
            continue
        for pair in permutations(given, 2):
            weighted[pair] = weighted.get(pair, 0.0) + 1.0 / (len(given) - 1)
    values = sorted({one for one, _ in weighted})
    totals = {
        value: math.fsum(count for (one, _), count in weighted.items() if one == value)
        for value in values
    }
    n = math.fsum(totals.values())
    distance = _distance(level, values, totals)
    observed = math.fsum(count * distance(*pair) for pair, count in weighted.items())
    expected = math.fsum(
        totals[one] * totals[other] * distance(one, other) for one in values for other in values
    )
    if n < 2 or expected < 1e-12:
        return None
    return 1.0 - (n - 1.0) * observed / expected


def kappa_half_width(share_agreeing: float, share_passing: float, n: int) -> float | None:
    """Half the width of kappa's 95 % interval that n labelled items would give.

    For two raters who agree on `share_agreeing` of the items and each pass `share_passing` of them.
    None where such a table cannot be, or kappa is undefined. For planning, before anybody labels.
    """
    apart = (1.0 - share_agreeing) / 2.0
    passed, failed = share_passing - apart, 1.0 - share_passing - apart
    if n < 1 or min(apart, passed, failed) < 0.0:
        return None
    _, error = kappa_of([[failed, apart], [apart, passed]], n)
    return None if error is None else two_sided_z(0.95) * error


def _margins(shares: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    size = range(len(shares))
    rows = [math.fsum(row) for row in shares]
    return rows, [math.fsum(shares[i][j] for i in size) for j in size]


def _ac1(table: Sequence[Sequence[int]], n: int, percent: float) -> float | None:
    size = range(len(table))
    if len(table) < 2:
        return None
    shares = [(sum(table[i]) + sum(row[i] for row in table)) / (2.0 * n) for i in size]
    expected = math.fsum(share * (1.0 - share) for share in shares) / (len(table) - 1)
    return None if 1.0 - expected < 1e-12 else (percent - expected) / (1.0 - expected)


def _distance(
    level: Level, values: Sequence[float], totals: Mapping[float, float]
) -> Callable[[float, float], float]:
    if level is Level.NOMINAL:
        return lambda one, other: 0.0 if one == other else 1.0
    before: dict[float, float] = {}
    running = 0.0
    for value in values:
        before[value] = running + totals[value] / 2.0
        running += totals[value]
    # Ranks: all the ratings between the two, each end counted half.
    return lambda one, other: (before[one] - before[other]) ** 2


def _sortable(label: Hashable) -> tuple[str, Any]:
    return (type(label).__name__, label)
