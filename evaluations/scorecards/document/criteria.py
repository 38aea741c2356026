"""What a campaign measured for a criterion: from a build's scorecard, or paired with the baseline.

Pure. Nothing passes by absence: what is missing is counted, and a missing answer of the build
counts as wrong in a pair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from evaluations.metrics.types import Scale
from evaluations.scorecards.document.estimates import by_example, cells_of, kept
from evaluations.scorecards.document.measures import Measure
from evaluations.scorecards.document.rows import Example, ResultRow
from evaluations.statistics.paired import PairedCounts, paired_t, tango
from workloads.reviews.verdicts import Measurement

# One-sided 5 % on each end, as the gate "not worse" asks.
CONFIDENCE = 0.90
OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Side:
    """One candidate of one run: its measure, its examples by revision, its results."""

    measure: Measure
    revisions: Sequence[UUID]
    examples: Sequence[Example]
    rows: Sequence[ResultRow]
    candidate: int
    repeats: int

    def values(self, kind: str) -> dict[UUID, tuple[float | None, bool]]:
        """Return each applicable example's mean over its repeats, and whether all repeats count."""
        table = {
            (row.example, row.repeat): row for row in self.rows if row.candidate == self.candidate
        }
        cells = cells_of(self.measure, self.examples, table, self.repeats, kind)
        means = by_example(self.measure, cells)
        lost = {cell.example for cell in cells if cell.reading.value is None}
        return {
            self.revisions[example]: (mean, example not in lost) for example, mean in means.items()
        }


def kind_of(scope: str) -> str:
    """Return the kind of example that a criterion's scope names; empty for all of them."""
    return "" if scope == OVERALL else scope.removeprefix("kind:")


def point(figures: Mapping[str, Any] | None) -> Measurement:
    """Return the measurement of a bar on one measure, from its figures in a scorecard."""
    if figures is None or figures.get("advisory"):
        # What a judge says that may not decide is not measured, whatever its figure.
        return Measurement(value=None, n=0)
    return Measurement(
        value=figures["value"],
        n=figures["n"],
        low=figures["low"],
        high=figures["high"],
        missing=figures["planned"] - figures["n"],
    )


def not_worse(build: Side, baseline: Side, scope: str) -> Measurement:
    """Return the paired difference of a build to the baseline's winner, with its 90 % interval.

    On the examples that both have, turned so that more is better. Tango's interval for pass/fail,
    the paired t for graded scores. A missing answer of the build counts as wrong; an example that
    the baseline has no answer for says nothing and is counted as missing. Not measured at all when
    the two were measured by different arguments, two versions of a judge for example.
    """
    if build.measure.arguments != baseline.measure.arguments:
        # Another judge version, or other arguments: two rulers are never compared.
        return Measurement(value=None, n=0)
    kind = kind_of(scope)
    new, old = build.values(kind), baseline.values(kind)
    sign = 1.0 if build.measure.higher_is_better else -1.0
    pairs: list[tuple[float, float]] = []
    missing = 0
    for revision, (value, complete) in new.items():
        before, known = old.get(revision, (None, False))
        missing += not (complete and known)
        if value is not None and before is not None and known:
            pairs.append((sign * value, sign * before))
    n = len(new) - missing
    if not pairs:
        return Measurement(value=None, n=0, missing=missing)
    binary = build.measure.scale is Scale.BINARY and all(
        abs(value) in (0.0, 1.0) for pair in pairs for value in pair
    )
    if binary:
        counts = PairedCounts.of((abs(one) == 1.0, abs(other) == 1.0) for one, other in pairs)
        counts = counts if sign > 0 else counts.swapped()
        limits = tango(counts, CONFIDENCE)
        value, low, high = counts.difference, limits.low, limits.high
    else:
        found = paired_t([one - other for one, other in pairs], confidence=CONFIDENCE)
        if found.interval is None:
            return Measurement(kept(found.difference), n, missing=missing)
        value, low, high = found.difference, found.interval.low, found.interval.high
    return Measurement(kept(value), n, kept(low), kept(high), missing)
