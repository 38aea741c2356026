"""Several comparisons at once."""

from collections.abc import Sequence

from evaluations.statistics.errors import StatisticsError


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment (Holm 1979), in the order given. Compare each with alpha.

    Raises StatisticsError for a p value outside 0..1.
    """
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise StatisticsError("every p value must lie between 0 and 1")
    count = len(p_values)
    adjusted = [0.0] * count
    running = 0.0
    for rank, index in enumerate(sorted(range(count), key=p_values.__getitem__)):
        running = max(running, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = running
    return tuple(adjusted)
