"""The plain shape that every outside file is read into, and the careful reading of its parts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evaluations.statistics.intervals import mean_t, wilson
from portal.common.errors import Invalid

MOST_CHARACTERS = 2_000
MOST_COLUMNS = 40
MOST_REASONS = 20
MOST_FIGURES = 100
# No score is as large, and sums of squares of larger ones are not finite.
LARGEST = 1e100
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Reason:
    """One check of one case: what was asked, whether it passed, and what the tool said."""

    what: str
    passed: bool | None
    score: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one column. ``passed`` is None where the tool gives a grade and no verdict."""

    column: int
    name: str
    asked: str
    expected: str
    answer: str
    passed: bool | None
    score: float | None
    error: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one column. ``method`` says how the interval was made, or why there is none.

    ``scale`` is share (0 to 1, shown as a rate) or number.
    """

    label: str
    scale: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    errors: int = 0
    method: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """An outside file as it is kept: who was asked, what it scored, and every case."""

    format: str
    tool_version: str
    title: str
    made_at: str
    columns: tuple[str, ...]
    figures: tuple[tuple[Figure, ...], ...]
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)


def wrong(message: str) -> Invalid:
    """Return the refusal of a file; nothing of it is kept."""
    return Invalid.field("file", "format", message)


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """Return ``value`` as an object. Raises Invalid that names ``where``."""
    if not isinstance(value, Mapping):
        raise wrong(f"{where} should be an object.")
    return value


def listing(value: Any, where: str) -> Sequence[Any]:
    """Return ``value`` as a list. Raises Invalid that names ``where``."""
    if not isinstance(value, list):
        raise wrong(f"{where} should be a list.")
    return value


def text(value: Any) -> str:
    """Return a text, or any other JSON value in words, cut to what a page can show."""
    if value is None:
        return ""
    found = value if isinstance(value, str) else _plain(value)
    return found if len(found) <= MOST_CHARACTERS else f"{found[: MOST_CHARACTERS - 1]}…"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {text(one)}" for key, one in list(value.items())[:50])
    if isinstance(value, list):
        return "\n".join(text(one) for one in value[:50])
    return str(value)


def number(value: Any) -> float | None:
    """Return a number up to 1e100 either way, or None for anything else, true and false too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if abs(found) <= LARGEST else None


def flag(value: Any) -> bool | None:
    """Return true or false, or None for anything else."""
    return value if isinstance(value, bool) else None


def rate(label: str, values: Sequence[float], errors: int) -> Figure:
    """Return passes and failures, one value a case, with Wilson's interval; errors failed."""
    n = len(values) + errors
    if not n:
        return Figure(label, "share", None, 0, method="nothing was scored")
    passed = sum(value == 1.0 for value in values)
    limits = wilson(passed, n)
    return Figure(
        label,
        "share",
        _kept(passed / n),
        n,
        _kept(limits.low),
        _kept(limits.high),
        errors,
        "Wilson",
    )


def grade(label: str, values: Sequence[float], errors: int) -> Figure:
    """Return the mean of grades, one per case, with Student's t interval."""
    if not values:
        return Figure(label, "number", None, 0, errors=errors, method="nothing was scored")
    if all(value in (0.0, 1.0) for value in values):
        return rate(label, values, errors)
    inside = all(0.0 <= value <= 1.0 for value in values)
    found = mean_t(values)
    limits = found.interval
    if limits is None or limits.high - limits.low <= 1e-12:
        method = "no interval: one value, or all the same"
        low = high = None
    else:
        method = "t over cases"
        low = max(0.0, limits.low) if inside else limits.low
        high = min(1.0, limits.high) if inside else limits.high
    return Figure(
        label, "share" if inside else "number", _kept(found.mean), len(values),
        _kept(low), _kept(high), errors, method,
    )  # fmt: skip


def _kept(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, DIGITS) + 0.0
