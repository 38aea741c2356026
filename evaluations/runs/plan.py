"""The sealed plan of a run: everything that decides what is asked, of whom, at what price.

Its digest is the run's identity. Plain frozen data; `planning` makes pins from rows.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from portal.common.canonical import digest, jsonable
from portal.gateway.cost import Price


@dataclass(frozen=True, slots=True)
class DatasetPin:
    """Which committed dataset version is run, and its digest."""

    id: str
    ref: str
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class PricePin:
    """The price that every cost of the run is computed with, per million tokens."""

    id: str
    price_in: Decimal
    price_out: Decimal
    price_cached: Decimal | None
    currency: str

    def price(self) -> Price:
        """Return the price as the gateway package computes with it."""
        return Price(self.price_in, self.price_out, self.price_cached, self.currency)


@dataclass(frozen=True, slots=True)
class CandidatePin:
    """One candidate: a catalog entry with a prompt version, or a build.

    ``params`` hold max_tokens (always), temperature, top_p, stop and seed. ``prompt_digest`` and
    ``build_digest`` bind the text that the ids stand for.
    """

    name: str
    alias: str
    entry_id: str
    entry_digest: str
    params: Mapping[str, Any]
    price: PricePin
    prompt_version_id: str | None = None
    prompt_digest: str = ""
    build_id: str | None = None
    build_digest: str = ""
    accept_models: tuple[str, ...] = ()
    # A judge: its version, and the place of the candidate whose answers it judges, if of a run.
    judge_version_id: str | None = None
    judge_digest: str = ""
    judged: int | None = None
    # Of a judge of two answers: the place of the other candidate, and whether its answer is shown
    # first. Each pair is asked about in both orders, so it is two of these.
    against: int | None = None
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class MetricPin:
    """A metric in one version with its arguments, complete with defaults.

    ``origin`` names the package that brought it, with its version, or says that it was declared;
    ``digest`` seals a declared definition. Both are empty for the portal's own metrics, which
    ``code_version`` stands for.
    """

    name: str
    version: int
    arguments: Mapping[str, Any]
    origin: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class JudgePin:
    """A judge that scores the run's answers once they are all there.

    ``cap`` is the most that judging the answers may spend, ``checks_cap`` that of its canaries and
    anchors, which are the examples of ``checks``. Its measure is called ``judge:NAME``.
    """

    name: str
    version_id: str
    number: int
    digest: str
    alias: str
    entry_id: str
    entry_digest: str
    price: PricePin
    max_tokens: int
    checks: DatasetPin
    cap: Decimal
    checks_cap: Decimal
    accept_models: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its measure."""
        return f"judge:{self.name}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the run is made for, where that is a record: a campaign, say."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A whole run. ``cap`` is the most it may spend; ``seed`` goes to the models."""

    dataset_version: DatasetPin
    candidates: tuple[CandidatePin, ...]
    metrics: tuple[MetricPin, ...]
    cap: Decimal
    purpose: str
    code_version: str
    policy_digest: str
    repeats: int = 1
    seed: int | None = None
    concurrency: int = 16
    timeout_seconds: float = 60.0
    subject: Subject | None = None
    # What the maker of the plan seals with it: weights, floors, the named baseline.
    notes: Mapping[str, Any] = field(default_factory=dict)
    # Who scores the answers when they are in; each has money of its own, beside ``cap``.
    judges: tuple[JudgePin, ...] = ()

    @property
    def currency(self) -> str:
        """The one currency of the plan's prices."""
        return self.candidates[0].price.currency

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the JSON that is stored and digested."""
        found: dict[str, Any] = jsonable(asdict(self))
        for pin in found["metrics"]:
            # Absent and empty mean the same, so that a plan of before keeps its digest.
            for name in ("origin", "digest"):
                if not pin[name]:
                    del pin[name]
        # What a plan does not use is not part of what it is.
        for one in found["candidates"]:
            for name in ("judge_version_id", "judge_digest", "judged", "against"):
                if one[name] in (None, ""):
                    del one[name]
            if not one["swapped"]:
                del one["swapped"]
        if not found["judges"]:
            del found["judges"]
        return found

    def digest(self) -> str:
        """Return the plan's identity."""
        return digest(self.as_json())

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "RunPlan":
        """Return the plan that `as_json` wrote."""
        return cls(
            dataset_version=DatasetPin(**raw["dataset_version"]),
            candidates=tuple(candidate_from_json(one) for one in raw["candidates"]),
            metrics=tuple(MetricPin(**one) for one in raw["metrics"]),
            cap=Decimal(raw["cap"]),
            purpose=raw["purpose"],
            code_version=raw["code_version"],
            policy_digest=raw["policy_digest"],
            repeats=raw["repeats"],
            seed=raw["seed"],
            concurrency=raw["concurrency"],
            timeout_seconds=raw["timeout_seconds"],
            subject=Subject(**raw["subject"]) if raw["subject"] else None,
            notes=raw["notes"],
            judges=tuple(_judge_from_json(one) for one in raw.get("judges", ())),
        )


def candidate_from_json(raw: Mapping[str, Any]) -> CandidatePin:
    """Return the candidate that stands in a plan's JSON."""
    return CandidatePin(
        **{
            **raw,
            "accept_models": tuple(raw["accept_models"]),
            "price": _price_from_json(raw["price"]),
        }
    )


def _judge_from_json(raw: Mapping[str, Any]) -> JudgePin:
    return JudgePin(
        **{
            **raw,
            "accept_models": tuple(raw["accept_models"]),
            "price": _price_from_json(raw["price"]),
            "checks": DatasetPin(**raw["checks"]),
            "cap": Decimal(raw["cap"]),
            "checks_cap": Decimal(raw["checks_cap"]),
        }
    )


def _price_from_json(price: Mapping[str, Any]) -> PricePin:
    cached = price["price_cached"]
    return PricePin(
        id=price["id"],
        price_in=Decimal(price["price_in"]),
        price_out=Decimal(price["price_out"]),
        price_cached=None if cached is None else Decimal(cached),
        currency=price["currency"],
    )
