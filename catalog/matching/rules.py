"""The rules: what blocks a model, what it falls short of, what is noted, and what it would cost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.enums import Capability, DataClass, EntryStatus, Hosting, Outcome, TrainsOnData
from catalog.matching.facts import ModelFacts, Requirements
from portal.common.canonical import jsonable
from portal.gateway.cost import cost
from portal.shell.formats import money_apart

# Goes up by one whenever the same facts would be judged in another way.
RULES = 3
BLOCKS, SHORT, NOTE = "blocks", "short", "note"
ANYWHERE = "any"
DAYS_A_MONTH = 30
# Without these a prompt can still be made to work: ask for JSON in words, send less, wait.
WORKED_AROUND = frozenset({Capability.JSON_SCHEMA, Capability.LONG_CONTEXT, Capability.STREAMING})


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to say about a model: ``severity`` is blocks, short or note."""

    code: str
    text: str
    severity: str

    def as_dict(self) -> dict[str, str]:
        """Return the reason as a shortlist stores it."""
        return {"code": self.code, "text": self.text, "severity": self.severity}


@dataclass(frozen=True, slots=True)
class Match:
    """How one model stands: the outcome, every reason, and the estimated cost (None: no price)."""

    alias: str
    outcome: Outcome
    reasons: list[Reason] = field(default_factory=list)
    cost_per_request: Decimal | None = None
    cost_per_month: Decimal | None = None
    currency: str = ""
    latency_p95_ms: int | None = None
    tokens_in: int = 0
    tokens_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the match as a shortlist stores it."""
        return {
            "alias": self.alias,
            "outcome": self.outcome.value,
            "reasons": [reason.as_dict() for reason in self.reasons],
            "cost_per_request": jsonable(self.cost_per_request),
            "cost_per_month": jsonable(self.cost_per_month),
            "currency": self.currency,
            "latency_p95_ms": self.latency_p95_ms,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
        }


def match(requirements: Requirements, facts: ModelFacts) -> Match:
    """Return how ``facts`` stand against ``requirements``, with every reason, not the first."""
    per_request = per_month = None
    tokens_in, tokens_out = requirements.sizes(facts.alias)
    if facts.price is not None:
        per_request = cost(tokens_in, 0, tokens_out, facts.price)
        if requirements.requests_per_day is not None:
            per_month = per_request * requirements.requests_per_day * DAYS_A_MONTH
    reasons = [
        *_standing(requirements, facts),
        *_data(requirements, facts),
        *_abilities(requirements, facts),
        *_money(requirements, facts, per_request, per_month),
        *_latency(requirements, facts),
    ]
    severities = {reason.severity for reason in reasons}
    if BLOCKS in severities:
        outcome = Outcome.RULED_OUT
    elif SHORT in severities:
        outcome = Outcome.NEAR_MISS
    else:
        outcome = Outcome.FITS
    return Match(
        alias=facts.alias,
        outcome=outcome,
        reasons=reasons,
        cost_per_request=per_request,
        cost_per_month=per_month,
        currency=facts.price.currency if facts.price else "",
        latency_p95_ms=facts.latency_p95_ms,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
    )


def rank(requirements: Requirements, models: Iterable[ModelFacts]) -> list[Match]:
    """Return a match for each model: fits first, then near misses, then the ruled out.

    Within a group the cheaper first (no price last), then the faster, then by alias.
    """
    order = list(Outcome)
    matches = [match(requirements, facts) for facts in models]
    return sorted(
        matches,
        key=lambda m: (
            order.index(m.outcome),
            m.cost_per_request is None,
            m.cost_per_request or Decimal(0),
            m.latency_p95_ms is None,
            m.latency_p95_ms or 0,
            m.alias,
        ),
    )


@dataclass(frozen=True, slots=True)
class Move:
    """A model that other limits let in or leave out; ``reasons`` are those that tell why."""

    alias: str
    came_in: bool
    reasons: list[Reason]


def moves(before: Iterable[Match], after: Iterable[Match]) -> list[Move]:
    """Return the models that fit in one of the two answers alone: came in first, then by alias.

    A model that came in is told with the reasons it had before, one that went out with its new
    ones; both answers are over the same models.
    """
    was = {one.alias: one for one in before}
    found = []
    for now in after:
        came_in = now.outcome == Outcome.FITS
        if came_in != (was[now.alias].outcome == Outcome.FITS):
            telling = was[now.alias] if came_in else now
            reasons = [reason for reason in telling.reasons if reason.severity != NOTE]
            found.append(Move(now.alias, came_in, reasons))
    return sorted(found, key=lambda move: (not move.came_in, move.alias))


def _standing(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    found = []
    usable = (EntryStatus.APPROVED, EntryStatus.RESTRICTED, EntryStatus.DEPRECATED)
    if facts.status not in usable:
        label = EntryStatus(facts.status).label.lower()
        found.append(Reason("status", f"the catalog lists it as {label}", BLOCKS))
    elif facts.approval_expires is None:
        found.append(Reason("not_approved", "nobody set until when it is approved", BLOCKS))
    elif facts.approval_expires < requirements.on:
        when = facts.approval_expires.isoformat()
        found.append(Reason("expired", f"its approval ended on {when}", BLOCKS))
    if facts.retirement_date is not None and facts.retirement_date <= requirements.on:
        when = facts.retirement_date.isoformat()
        found.append(Reason("retired", f"it is retired since {when}", BLOCKS))
    elif facts.status == EntryStatus.DEPRECATED:
        until = f", retired on {facts.retirement_date}" if facts.retirement_date else ""
        found.append(Reason("deprecated", f"it is deprecated{until}", SHORT))
    if not facts.offered:
        found.append(Reason("not_offered", "the gateway no longer offers it", BLOCKS))
    if facts.status in usable:
        # A restriction outlives the deprecation of the model.
        found.extend(_restriction(requirements, facts))
    return found


def _restriction(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    found = []
    if facts.restricted_tiers and requirements.tier not in facts.restricted_tiers:
        allowed = ", ".join(str(tier) for tier in facts.restricted_tiers)
        own = f"tier {requirements.tier}" if requirements.tier else "no tier yet"
        found.append(Reason("tier", f"only for tier {allowed}; this workload has {own}", BLOCKS))
    if facts.restricted_units and requirements.business_unit not in facts.restricted_units:
        allowed = ", ".join(facts.restricted_units)
        own = requirements.business_unit or "no business unit"
        found.append(Reason("unit", f"only for {allowed}; this workload has {own}", BLOCKS))
    return found


def _data(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    found = []
    if requirements.data_class:
        if not facts.max_data_class:
            found.append(
                Reason("data_class", "the catalog does not say which data it may see", BLOCKS)
            )
        elif DataClass.rank(facts.max_data_class) < DataClass.rank(requirements.data_class):
            own = requirements.data_class
            text = f"allowed up to {facts.max_data_class} data; the brief has {own}"
            found.append(Reason("data_class", text, BLOCKS))
        if requirements.data_class != DataClass.PUBLIC:
            found.extend(_training(facts))
            found.extend(_retention(requirements, facts))
    allowed = set(requirements.residency)
    if allowed and ANYWHERE not in allowed:
        named = ", ".join(sorted(allowed))
        outside = [region for region in facts.regions if not _within(region, allowed)]
        if not facts.regions:
            found.append(
                Reason("region", f"where it runs is not known; only {named} is allowed", BLOCKS)
            )
        elif outside:
            text = f"runs in {', '.join(outside)}; only {named} is allowed"
            found.append(Reason("region", text, BLOCKS))
    return found


def _training(facts: ModelFacts) -> list[Reason]:
    if facts.trains_on_data == TrainsOnData.YES:
        text = "the provider trains on what it is sent; public data only"
        return [Reason("training", text, BLOCKS)]
    if not facts.trains_on_data:
        return [Reason("training", "not known whether the provider trains on the data", BLOCKS)]
    if facts.trains_on_data == TrainsOnData.OPT_OUT:
        return [Reason("training", "the provider trains on the data unless opted out", NOTE)]
    return []


def _retention(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    allowed, kept = requirements.retention_days, facts.provider_retention_days
    if allowed is None:
        return []
    if kept is None:
        if facts.hosting == Hosting.OWN:
            return []
        text = f"not known how long the provider keeps the data; {_days(allowed)} allowed"
        return [Reason("retention", text, NOTE)]
    if kept > allowed:
        text = f"the provider keeps the data for {_days(kept)}; {_days(allowed)} allowed"
        return [Reason("retention", text, BLOCKS)]
    return []


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"


def _within(region: str, allowed: set[str]) -> bool:
    """Whether "eu-central-1" lies in one of ``allowed`` ("eu")."""
    return any(region == one or region.startswith(f"{one}-") for one in allowed)


def _abilities(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    found = []
    for name in requirements.capabilities:
        if name not in facts.capabilities:
            label = Capability(name).label
            severity = SHORT if name in WORKED_AROUND else BLOCKS
            text = f"it does not offer what is needed: {label.lower()}"
            found.append(Reason("capability", text, severity))
    tokens_in, tokens_out = requirements.sizes(facts.alias)
    needed = requirements.context_for(tokens_in, tokens_out)
    if facts.context_window is None:
        found.append(Reason("context", f"context not known, {needed:,} needed", SHORT))
    elif facts.context_window < needed:
        text = f"context {facts.context_window:,} < {needed:,} needed"
        found.append(Reason("context", text, SHORT))
    longest = facts.max_output_tokens
    if longest is not None and longest < tokens_out:
        text = f"answers up to {longest:,} tokens < {tokens_out:,} needed"
        found.append(Reason("output", text, SHORT))
    return found


def _money(
    requirements: Requirements,
    facts: ModelFacts,
    per_request: Decimal | None,
    per_month: Decimal | None,
) -> list[Reason]:
    limits = (requirements.max_cost_per_request, requirements.budget_per_month)
    if facts.price is None or per_request is None:
        return [Reason("price", "no price in the catalog; a run needs one", SHORT)]
    currency = facts.price.currency
    if currency != requirements.currency:
        if all(limit is None for limit in limits):
            return []
        text = f"priced in {currency}, the limits are in {requirements.currency}: not compared"
        return [Reason("currency", text, NOTE)]
    found = []
    if limits[0] is not None and per_request > limits[0]:
        each, most = money_apart(per_request, limits[0], currency, 4)
        text = f"about {each} a request > {most} allowed"
        found.append(Reason("cost_per_request", text, SHORT))
    if limits[1] is not None and per_month is not None and per_month > limits[1]:
        each, most = money_apart(per_month, limits[1], currency)
        text = f"about {each} a month > {most} budget"
        found.append(Reason("cost_per_month", text, SHORT))
    return found


def _latency(requirements: Requirements, facts: ModelFacts) -> list[Reason]:
    limit = requirements.latency_p95_ms
    if limit is None:
        return []
    if facts.latency_p95_ms is None:
        return [Reason("latency", f"latency not measured yet; {limit:,} ms allowed", NOTE)]
    if facts.latency_p95_ms > limit:
        text = f"latency p95 {facts.latency_p95_ms:,} ms > {limit:,} ms allowed"
        return [Reason("latency", text, SHORT)]
    return []
