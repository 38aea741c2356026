"""The words, rows and scales of the selection pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.enums import Hosting, Outcome, TrainsOnData
from catalog.matching import MEASURED, TYPED, Match, ModelFacts, Move, Requirements
from catalog.models import CatalogEntry
from portal.shell.formats import cost_of_one, money
from workloads.selection.forms import Typed
from workloads.selection.selectors import Considered

WORDS = {
    Outcome.FITS: "Meets everything that the brief asks.",
    Outcome.NEAR_MISS: "Falls short somewhere; may be tested with a reason.",
    Outcome.RULED_OUT: "Not allowed, or cannot do it.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the page: how it stands, its entry, and what is typed about it so far."""

    match: Match
    entry: CatalogEntry
    handling: str
    chosen: bool
    note: str
    reason: str
    error: str


@dataclass(slots=True)
class Group:
    """The models of one outcome."""

    outcome: Outcome
    words: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scale:
    """One limit that can be moved: its words, the value typed, the brief's, and its ends."""

    name: str
    label: str
    unit: str
    raw: str
    asked: str
    low: str
    high: str
    error: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many models fit under other limits, how many as the brief has it, and what moved."""

    fits: int
    before: int
    total: int
    moves: list[Move]


def data_handling(facts: ModelFacts) -> str:
    """Return how a model treats data, in one line: allowed class, place, training, retention."""
    trains = {
        TrainsOnData.NO: "does not train on it",
        TrainsOnData.OPT_OUT: "trains on it unless opted out",
        TrainsOnData.YES: "trains on it",
    }
    kept = facts.provider_retention_days
    if kept is None:
        kept_words = "" if facts.hosting == Hosting.OWN else "how long it is kept is not known"
    else:
        kept_words = "keeps nothing" if kept == 0 else f"keeps it {kept:,} days"
    parts = [
        Hosting(facts.hosting).label if facts.hosting else "hosting not known",
        ", ".join(facts.regions) or "place not known",
        f"up to {facts.max_data_class} data" if facts.max_data_class else "data class not known",
        trains.get(TrainsOnData(facts.trains_on_data), "")
        if facts.trains_on_data
        else "training not known",
        kept_words,
    ]
    return " · ".join(part for part in parts if part)


def groups(found: Considered, typed: Typed) -> list[Group]:
    """Return the models by outcome, each with what is typed about it."""
    made = {outcome: Group(outcome, words) for outcome, words in WORDS.items()}
    facts = {one.alias: one for one in found.facts}
    for match in found.matches:
        alias = match.alias
        pick = typed.picks.get(alias)
        made[match.outcome].rows.append(
            Row(
                match=match,
                entry=found.entries[alias],
                handling=data_handling(facts[alias]),
                chosen=pick is not None,
                note=typed.notes.get(alias, pick.note if pick else ""),
                reason=pick.reason if pick else "",
                error=typed.error(f"candidates.{alias}") or typed.error(f"not_taken.{alias}"),
            )
        )
    return list(made.values())


def sizes_words(requirements: Requirements) -> str:
    """Return the token sizes of a request and where they come from."""
    sizes = f"{requirements.tokens_in:,} in, {requirements.tokens_out:,} out"
    if requirements.sizes_from == MEASURED:
        return f"{sizes}; measured: mean of {requirements.sizes_note}"
    if requirements.sizes_from == TYPED:
        return f"{sizes}; typed here"
    return f"{sizes}; an estimate by the kind of work, until a run measures it"


def asked(requirements: Requirements) -> list[tuple[str, str]]:
    """Return what was asked of a model, in words, for the panel beside the table."""
    currency, each = requirements.currency, requirements.max_cost_per_request
    month, latency = requirements.budget_per_month, requirements.latency_p95_ms
    day, kept = requirements.requests_per_day, requirements.retention_days
    unsaid = "not said"
    return [
        ("Data", requirements.data_class or unsaid),
        ("Regions", ", ".join(requirements.residency) or unsaid),
        ("Kept at most", unsaid if kept is None else f"{kept:,} days"),
        ("Abilities", ", ".join(requirements.capabilities).replace("_", " ") or "none"),
        ("Context", f"{requirements.context_needed:,} tokens"),
        ("Slowest answer", unsaid if latency is None else f"{latency:,} ms"),
        ("A request", unsaid if each is None else f"at most {cost_of_one(each, currency)}"),
        ("A month", unsaid if month is None else f"at most {money(month, currency)}"),
        ("Requests a day", unsaid if day is None else f"{day:,}"),
        ("Tokens a request", sizes_words(requirements)),
        ("Tier", str(requirements.tier or "not known yet")),
    ]


def what_if(found: Considered, after: Sequence[Match], moved: list[Move]) -> WhatIf:
    """Return what other limits do to the number of models that fit."""
    return WhatIf(
        fits=_fitting(after), before=_fitting(found.matches), total=len(after), moves=moved
    )


def _fitting(matches: Iterable[Match]) -> int:
    return sum(one.outcome == Outcome.FITS for one in matches)


def scales(found: Considered, typed: Typed) -> list[Scale]:
    """Return the three limits that can be moved, each over the range of the models' figures."""
    requirements, limits = found.requirements, typed.limits
    costs = [one.cost_per_request for one in found.matches if one.cost_per_request]
    return [
        _scale(
            typed, "context", "Context needed", "tokens", requirements.context_needed,
            limits.context, [one.context_window for one in found.facts if one.context_window],
        ),
        _scale(
            typed, "cost", "Cost of a request, at most", requirements.currency,
            requirements.max_cost_per_request, limits.cost, costs,
        ),
        _scale(
            typed, "latency", "Slowest answer, p95", "ms", requirements.latency_p95_ms,
            limits.latency, [one.latency_p95_ms for one in found.facts if one.latency_p95_ms],
        ),
    ]  # fmt: skip


def _scale(
    typed: Typed,
    name: str,
    label: str,
    unit: str,
    asked_for: Decimal | int | None,
    moved_to: Decimal | int | None,
    figures: Sequence[Decimal | int],
) -> Scale:
    known = [Decimal(one) for one in (*figures, asked_for, moved_to) if one]
    return Scale(
        name=name,
        label=label,
        unit=unit,
        raw=typed.raw[name],
        asked=_plain(asked_for),
        low=_plain(min(known, default=Decimal(1)) / 2),
        high=_plain(max(known, default=Decimal(100)) * 2),
        error=typed.error(name),
    )


def _plain(value: Decimal | int | None) -> str:
    return "" if value is None else f"{Decimal(value).normalize():f}"
