"""Floors and limits: whether a candidate clears them, does not, or nobody can tell.

A floor is cleared when the whole 95 % interval lies on its good side, failed when the whole of it
lies on the other; in between nobody can tell. More missing answers than the policy allows leave
everything untold: nothing passes, and nothing fails, by absence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluations.scorecards.document.estimates import kept, lost_share
from evaluations.scorecards.document.measures import COST, LATENCY
from evaluations.scorecards.document.words import amount
from evaluations.scorecards.enums import Fit, Standing

DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Floor:
    """The worst value of a measure that is acceptable; ``name`` is the KPI's or its own.

    ``direction`` is up when the value must be at least ``at``, down when it must be at most.
    ``source`` is kpi or given.
    """

    name: str
    key: str
    at: float
    direction: str = "up"
    source: str = "kpi"

    def as_json(self) -> dict[str, Any]:
        """Return the floor as plans and documents keep it."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Floor":
        """Return the floor that `as_json` wrote."""
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the brief allows: milliseconds, money in ``currency``, requests a day."""

    latency_p95_ms: float | None = None
    max_cost_per_request: float | None = None
    budget_per_month: float | None = None
    requests_per_day: int | None = None
    currency: str = "USD"

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Limits":
        """Return the limits that a plan keeps."""
        return cls(**raw)


def _side(low: float | None, high: float | None, at: float, direction: str) -> Standing:
    if low is None or high is None:
        return Standing.CANNOT_TELL
    if direction == "up":
        clears, misses = low >= at, high < at
    else:
        clears, misses = high <= at, low > at
    if clears:
        return Standing.MEETS
    return Standing.FAILS if misses else Standing.CANNOT_TELL


def held_to(
    floor: Floor, figures: Mapping[str, Any] | None, unit: str, error_rate_max: float
) -> dict[str, Any]:
    """Return how the figures of the floor's measure stand against it, with a sentence."""
    at = amount(floor.at, unit)
    words = f"{'at least' if floor.direction == 'up' else 'at most'} {at}"
    if figures is None or figures["value"] is None:
        return _held(floor, Standing.CANNOT_TELL, f"{words}: it was not measured")
    if figures.get("advisory"):
        return _held(floor, Standing.CANNOT_TELL, f"{words}: {figures['advisory']}")
    lost = lost_share(figures)
    if lost > error_rate_max:
        count = int(figures["planned"]) - int(figures["n"])
        return _held(
            floor,
            Standing.CANNOT_TELL,
            f"{words}: {count} of {figures['planned']} answers are missing",
        )
    low, high = figures["low"], figures["high"]
    state = _side(low, high, floor.at, floor.direction)
    if low is None or high is None:
        return _held(floor, state, f"{words}: {figures['method']}")
    seen = f"95 % interval {amount(low, unit)} to {amount(high, unit)}"
    if state == Standing.MEETS:
        relation = f"all of it {words}"
    elif state == Standing.FAILS:
        relation = f"all of it {'below' if floor.direction == 'up' else 'above'} {at}"
    else:
        relation = f"it reaches across {at}"
    return _held(floor, state, f"{seen}: {relation}")


def _held(floor: Floor, state: Standing, words: str) -> dict[str, Any]:
    return {"name": floor.name, "key": floor.key, "state": state.value, "words": words}


def verdict(
    floors: Sequence[Floor],
    measures: Mapping[str, Mapping[str, Any]],
    units: Mapping[str, str],
    *,
    lost: float,
    error_rate_max: float,
) -> dict[str, Any]:
    """Return the verdict on one candidate: meets, fails NAME, cannot tell, or no floor.

    ``measures`` are its figures by key, ``lost`` the share of its calls without an answer.
    """
    held = [
        held_to(floor, measures.get(floor.key), units.get(floor.key, "share"), error_rate_max)
        for floor in floors
    ]
    failed = [one["name"] for one in held if one["state"] == Standing.FAILS]
    untold = [one["name"] for one in held if one["state"] == Standing.CANNOT_TELL]
    if lost > error_rate_max:
        state, words = Standing.CANNOT_TELL, f"{lost:.1%} of its calls gave no answer"
    elif failed:
        state, words = Standing.FAILS, ", ".join(failed)
    elif untold:
        state, words = Standing.CANNOT_TELL, ", ".join(untold)
    elif held:
        state, words = Standing.MEETS, f"{len(held)} floor{'' if len(held) == 1 else 's'} met"
    else:
        state, words = Standing.NO_FLOOR, "The brief sets no floor on a measure of this scorecard."
    return {"state": state.value, "words": words, "names": failed, "floors": held}


def judged(
    document: Mapping[str, Any], candidate: Mapping[str, Any], floors: Iterable[Floor]
) -> dict[str, Any]:
    """Return the verdict on a candidate of a document by ``floors``, now rather than at the run."""
    return verdict(
        list(floors),
        candidate["measures"],
        {one["key"]: one["unit"] for one in document["measures"]},
        lost=candidate["lost"],
        error_rate_max=document["error_rate_max"],
    )


def fit(
    limits: Limits,
    measures: Mapping[str, Mapping[str, Any]],
    currency: str,
    error_rate_max: float,
) -> list[dict[str, Any]]:
    """Return how one candidate stands against each limit that the brief sets."""
    found = []
    latency, cost = measures[LATENCY], measures[COST]
    if limits.latency_p95_ms is not None:
        at = limits.latency_p95_ms
        found.append(_fit("latency_p95_ms", "p95 latency", at, latency, "ms", error_rate_max))
    money = [
        ("max_cost_per_request", "Cost per request", limits.max_cost_per_request, cost),
        ("budget_per_month", "Cost per month", limits.budget_per_month, monthly(cost, limits)),
    ]
    for name, label, most, figures in money:
        if most is None or figures is None:
            continue
        if limits.currency != currency:
            words = f"priced in {currency}, the brief's limit is in {limits.currency}"
            found.append(_fitted(name, label, most, figures, Fit.CANNOT_TELL, words, currency))
        else:
            found.append(_fit(name, label, most, figures, currency, error_rate_max))
    return found


def monthly(cost: Mapping[str, Any], limits: Limits) -> dict[str, Any] | None:
    """Return the cost of a month at the brief's volume, or None when it names no volume."""
    if limits.requests_per_day is None:
        return None
    volume = limits.requests_per_day * DAYS_A_MONTH
    return scaled(cost, volume)


def scaled(figures: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Return figures with value and interval multiplied."""
    grown = {
        name: None if figures[name] is None else kept(figures[name] * factor)
        for name in ("value", "low", "high")
    }
    return {**figures, **grown}


def _fit(
    name: str, label: str, at: float, figures: Mapping[str, Any], unit: str, error_rate_max: float
) -> dict[str, Any]:
    floor = Floor(name=label, key=name, at=at, direction="down")
    held = held_to(floor, figures, unit, error_rate_max)
    state = {
        Standing.MEETS.value: Fit.WITHIN,
        Standing.FAILS.value: Fit.OVER,
    }.get(held["state"], Fit.CANNOT_TELL)
    return _fitted(name, label, at, figures, state, held["words"], unit)


def _fitted(
    name: str,
    label: str,
    at: float,
    figures: Mapping[str, Any],
    state: Fit,
    words: str,
    unit: str,
) -> dict[str, Any]:
    return {
        "limit": name,
        "label": label,
        "at": kept(at),
        "unit": unit,
        "value": figures["value"],
        "low": figures["low"],
        "high": figures["high"],
        "state": state.value,
        "words": words,
    }
