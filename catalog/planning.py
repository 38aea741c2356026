"""What a reading would change: compared with the catalog as it is, before anything is written.

The same comparison is shown as a preview, bound by its digest, and applied. Facts of an entry that
nobody decided about follow the source; of one that was decided they are listed as differences.
A price is news when its source says something else than it said last; what a person set stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.drifting import is_news, may_settle
from catalog.enums import EntryStatus, PriceOrigin, Source, Witness
from catalog.models import CatalogEntry, Price
from catalog.probing import is_snapshot
from catalog.reading import JUMP, Problem, Reading, jump, price_dict
from portal.common.canonical import digest, jsonable
from portal.gateway import cost

# Facts that nobody relies on when they approve; they follow the gateway always.
FREE = (
    "summary", "licence", "known_issues", "open_weights", "simulated", "card_url",
    "deprecation_date",
)  # fmt: skip
NAME_TAKEN = "an alias of yours with this name is another model; it cannot be proposed"
_WHOSE = {
    PriceOrigin.GATEWAY: "the gateway's price counts",
    PriceOrigin.PRICE_MAP: "the price that was imported counts",
    PriceOrigin.PERSON: "the price that a person set counts",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One entry as it is: the price that counts, and what the source said it costs last time."""

    entry: CatalogEntry
    price: Price | None = None
    told: cost.Price | None = None


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that would be taken over."""

    alias: str
    field: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """Return the change as reports and previews store it."""
        return {
            "alias": self.alias,
            "field": self.field,
            "before": jsonable(self.before),
            "after": jsonable(self.after),
        }


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price that would be added; ``origin`` is whose price it takes the place of."""

    alias: str
    before: cost.Price | None
    after: cost.Price
    origin: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the change as reports and previews store it."""
        return {
            "alias": self.alias,
            "before": None if self.before is None else price_dict(self.before),
            "after": price_dict(self.after),
            "currency": self.after.currency,
            "origin": self.origin,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the source says something else than what stays, and why that stays."""

    alias: str
    field: str
    stays: Any
    said: Any
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as reports and previews store it."""
        return {
            "alias": self.alias,
            "field": self.field,
            "catalog": jsonable(self.stays),
            "gateway": jsonable(self.said),
            "why": self.why,
        }


@dataclass(slots=True)
class Plan:
    """Everything that a reading would do. ``others`` are models that somebody may choose to add."""

    new: list[Reading] = field(default_factory=list)
    others: list[Reading] = field(default_factory=list)
    facts: list[FactChange] = field(default_factory=list)
    prices: list[PriceChange] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    # Those of ``missing`` that the gateway still listed last time.
    newly_missing: list[str] = field(default_factory=list)
    # alias: the snapshot that the gateway's list newly names instead of the pinned one; "" when it
    # names the pinned one again.
    snapshots: dict[str, str] = field(default_factory=dict)
    # alias: under which name the source knows it.
    via: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as a preview stores it."""
        return {
            "new": [one.as_dict() for one in self.new],
            "facts": [one.as_dict() for one in self.facts],
            "prices": [one.as_dict() for one in self.prices],
            "differences": [one.as_dict() for one in self.differences],
            "problems": [one.as_dict() for one in self.problems],
            "missing": self.missing,
            "newly_missing": self.newly_missing,
            "snapshots": self.snapshots,
            "via": self.via,
            "others": len(self.others),
        }

    def digest(self, file_digest: str = "") -> str:
        """Return the digest over every change, the models that could be chosen, and the file."""
        others = [one.alias for one in self.others]
        return digest({**self.as_dict(), "others": others, "file": file_digest})

    @property
    def changes(self) -> int:
        """How many rows would be added or changed."""
        return len(self.new) + len(self.facts) + len(self.prices)


def make_plan(
    source: Source,
    known: Mapping[str, Known],
    readings: Iterable[Reading],
    *,
    others: Iterable[Reading] = (),
    problems: Iterable[Problem] = (),
) -> Plan:
    """Return what the readings would change.

    ``others`` are the models of a price map that no entry stands for; those that are no chat models
    or have the name of an entry that is another model are skipped with that reason.
    """
    plan = Plan(problems=list(problems))
    found = {reading.alias: reading for reading in readings}
    for alias, reading in sorted(found.items()):
        plan.problems += reading.problems
        if reading.via:
            plan.via[alias] = reading.via
        if not reading.is_chat:
            plan.problems.append(Problem(alias, "mode", "no chat model; not listed"))
        elif alias in known:
            _compare(source, known[alias], reading, plan)
            _price(known[alias], reading, plan)
        else:
            plan.new.append(reading)
    for reading in others:
        plan.problems += reading.problems
        if not reading.is_chat:
            plan.problems.append(Problem(reading.alias, "mode", "no chat model; not listed"))
        elif reading.alias in known:
            plan.problems.append(Problem(reading.alias, "", NAME_TAKEN))
        else:
            plan.others.append(reading)
    if source == Source.GATEWAY:
        plan.missing = sorted(
            alias
            for alias, one in known.items()
            if alias not in found and one.entry.last_seen_at is not None
        )
        plan.newly_missing = [
            alias for alias in plan.missing if known[alias].entry.missing_since is None
        ]
    return plan


def _compare(source: Source, known: Known, reading: Reading, plan: Plan) -> None:
    entry = known.entry
    free = entry.status == EntryStatus.PROPOSED and entry.card_reviewed_by_id is None
    facts = _fitting(entry, _said(source, entry, reading), plan)
    if source == Source.GATEWAY and "snapshot" in facts:
        follows = free and "snapshot" not in entry.decided
        if follows or is_snapshot(facts["snapshot"], entry.snapshot):
            if may_settle(entry, Witness.LISTING):
                plan.snapshots[entry.gateway_alias] = ""
        elif is_news(entry, facts["snapshot"], Witness.LISTING):
            plan.snapshots[entry.gateway_alias] = facts["snapshot"]
    # In order of name: the digest must not depend on how the reading was stored.
    for name, value in sorted(facts.items()):
        before = getattr(entry, name)
        if before == value:
            continue
        if name in entry.decided:
            why = "set by a person"
        elif source == Source.GATEWAY and name in entry.imported:
            why = "taken from a price map"
        elif free or name in FREE:
            plan.facts.append(FactChange(entry.gateway_alias, name, before, value))
            continue
        else:
            why = "part of a card that was decided about"
        plan.differences.append(Difference(entry.gateway_alias, name, before, value, why))


def _said(source: Source, entry: CatalogEntry, reading: Reading) -> dict[str, Any]:
    """Return what the source really says: silence about abilities takes none away."""
    facts = dict(reading.facts)
    if source == Source.PRICE_MAP:
        # The file knows what a model can do, not what this gateway passes on besides.
        for name in ("capabilities", "modalities"):
            given, own = facts.get(name, []), getattr(entry, name)
            facts[name] = [*own, *(one for one in given if one not in own)]
    elif not facts.get("capabilities"):
        facts.pop("capabilities", None)
        if entry.modalities:
            facts.pop("modalities", None)
    return facts


def _fitting(entry: CatalogEntry, facts: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Leave out sizes that jump absurdly, or would not fit the size that stays."""
    for name in ("context_window", "max_output_tokens"):
        before, after = getattr(entry, name), facts.get(name)
        if before and after and (after > before * JUMP or after * JUMP < before):
            del facts[name]
            message = f"from {before:,} to {after:,}: more than {JUMP} times"
            plan.problems.append(Problem(entry.gateway_alias, name, message))
    sizes = [
        facts.get(name, getattr(entry, name)) if name not in entry.decided else getattr(entry, name)
        for name in ("context_window", "max_output_tokens")
    ]
    if None not in sizes and sizes[1] > sizes[0]:
        facts.pop("context_window", None)
        facts.pop("max_output_tokens", None)
        message = f"an answer of {sizes[1]:,} does not fit a context of {sizes[0]:,}"
        plan.problems.append(Problem(entry.gateway_alias, "max_output_tokens", message))
    return facts


def _price(known: Known, reading: Reading, plan: Plan) -> None:
    after, row, alias = reading.price, known.price, known.entry.gateway_alias
    before = row.as_price() if row is not None else None
    if after is None or after == before:
        return
    if before is None or row is None:
        plan.prices.append(PriceChange(alias, None, after))
        return
    if row.origin == PriceOrigin.PERSON or known.told == after:
        why = _WHOSE[PriceOrigin(row.origin)]
        plan.differences.append(Difference(alias, "price", _words(before), _words(after), why))
        return
    absurd = jump(before, after)
    if absurd:
        plan.problems.append(Problem(alias, "price", absurd))
    else:
        plan.prices.append(PriceChange(alias, before, after, row.origin))


def _words(price: cost.Price) -> str:
    shown = price_dict(price)
    cached = f", cached {shown['cached']}" if shown["cached"] is not None else ""
    return f"{shown['in']} in{cached}, {shown['out']} out {price.currency}"
