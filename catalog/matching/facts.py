"""What a brief asks and what the catalog knows, as plain data that can be stored and read again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from portal.common.canonical import digest, jsonable
from portal.gateway.cost import Price

# Where the token sizes of a request come from.
ESTIMATE, MEASURED, TYPED = "estimate", "measured", "typed"


class Measured(NamedTuple):
    """The mean tokens of a request to one model, rounded up, over ``answers`` real answers."""

    alias: str
    tokens_in: int
    tokens_out: int
    answers: int


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a brief asks of a model. Empty text and None mean: not asked.

    Latency in milliseconds, money in ``currency``, ``on`` is the day that approvals must still be
    valid. ``tokens_in`` and ``tokens_out`` are those of a usual request; ``sizes_from`` says
    whether they are an estimate by the kind of work, measured or typed, ``sizes_note`` where they
    were measured. A model in ``measured`` counts with its own. ``retention_days`` is how long a
    provider may keep what it is sent.
    """

    on: date
    data_class: str = ""
    residency: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    min_context_tokens: int | None = None
    latency_p95_ms: int | None = None
    max_cost_per_request: Decimal | None = None
    budget_per_month: Decimal | None = None
    requests_per_day: int | None = None
    currency: str = "USD"
    tokens_in: int = 1_000
    tokens_out: int = 300
    tier: int | None = None
    business_unit: str = ""
    retention_days: int | None = None
    sizes_from: str = ESTIMATE
    sizes_note: str = ""
    measured: tuple[Measured, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the requirements as JSON data, the way a shortlist stores its filter."""
        return {one.name: jsonable(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Requirements":
        """Return the requirements that `as_dict` wrote."""
        values = dict(stored)
        values["on"] = date.fromisoformat(values["on"])
        for name in ("residency", "capabilities"):
            values[name] = tuple(values[name])
        for name in ("max_cost_per_request", "budget_per_month"):
            values[name] = None if values[name] is None else Decimal(values[name])
        values["measured"] = tuple(Measured(*one) for one in values["measured"])
        return cls(**values)

    @property
    def context_needed(self) -> int:
        """The tokens that a usual request needs room for: the brief's figure or its sizes."""
        return self.context_for(self.tokens_in, self.tokens_out)

    def context_for(self, tokens_in: int, tokens_out: int) -> int:
        """Return the tokens that a request of these sizes needs room for."""
        return max(self.min_context_tokens or 0, tokens_in + tokens_out)

    def sizes(self, alias: str) -> tuple[int, int]:
        """Return the tokens in and out of a request to one model: its own where measured."""
        for one in self.measured:
            if one.alias == alias:
                return one.tokens_in, one.tokens_out
        return self.tokens_in, self.tokens_out


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the catalog knows of one model; None and empty mean not known."""

    alias: str
    status: str
    approval_expires: date | None = None
    retirement_date: date | None = None
    restricted_units: tuple[str, ...] = ()
    restricted_tiers: tuple[int, ...] = ()
    max_data_class: str = ""
    trains_on_data: str = ""
    regions: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Price | None = None
    latency_p95_ms: int | None = None
    offered: bool = True
    hosting: str = ""
    provider_retention_days: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON data; the same facts in another order are the same data."""
        found = {
            one.name: jsonable(getattr(self, one.name))
            for one in fields(self)
            if one.name != "price"
        }
        for name in _LISTS:
            found[name] = sorted(found[name])
        price = self.price
        found["price"] = None if price is None else {
            "in": jsonable(price.price_in), "cached": jsonable(price.price_cached),
            "out": jsonable(price.price_out), "currency": price.currency,
        }  # fmt: skip
        return found

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ModelFacts":
        """Return the facts that `as_dict` wrote."""
        values = dict(stored)
        for name in ("approval_expires", "retirement_date"):
            values[name] = None if values[name] is None else date.fromisoformat(values[name])
        for name in _LISTS:
            values[name] = tuple(values[name])
        price = values["price"]
        if price is not None:
            cached = price["cached"]
            values["price"] = Price(
                price_in=Decimal(price["in"]),
                price_out=Decimal(price["out"]),
                price_cached=None if cached is None else Decimal(cached),
                currency=price["currency"],
            )
        return cls(**values)


_LISTS = ("restricted_units", "restricted_tiers", "regions", "capabilities")


def catalog_revision(facts: Iterable[ModelFacts]) -> str:
    """Return the digest of everything that matching reads: the catalog as it was looked at."""
    return digest([one.as_dict() for one in sorted(facts, key=lambda one: one.alias)])
