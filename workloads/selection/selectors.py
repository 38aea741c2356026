"""Reading shortlists, and the catalog as a brief sees it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Prefetch

from catalog.enums import EntryStatus
from catalog.matching import (
    MEASURED,
    RULES,
    TYPED,
    Match,
    ModelFacts,
    Move,
    Requirements,
    catalog_revision,
    match,
    moves,
    rank,
)
from catalog.models import CatalogEntry
from catalog.selectors import current_prices
from portal.common.clock import now
from portal.common.readonce import read_once
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Cycle
from workloads.selection.models import Shortlist, ShortlistCandidate
from workloads.selection.sizes import measured_sizes

# Each candidate with its entry: two queries for a shortlist, not three.
_WITH_ENTRIES = Prefetch(
    "candidates", queryset=ShortlistCandidate.objects.select_related("entry").order_by("position")
)


@dataclass(frozen=True, slots=True)
class Considered:
    """The whole catalog against one set of requirements, ranked."""

    requirements: Requirements
    facts: list[ModelFacts]
    entries: dict[str, CatalogEntry]
    matches: list[Match]

    @property
    def revision(self) -> str:
        """The digest of the catalog that was looked at."""
        return catalog_revision(self.facts)


@dataclass(frozen=True, slots=True)
class Limits:
    """Other limits than the brief's, to see what they would do; None: as the brief has it."""

    context: int | None = None
    cost: Decimal | None = None
    latency: int | None = None

    def __bool__(self) -> bool:
        return (self.context, self.cost, self.latency) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Whether a stored answer comes out again from the catalog revision that it names.

    ``differing`` are the aliases whose finding comes out another way; by other rules (``rules``
    then and now) that may be right.
    """

    total: int
    differing: list[str]
    revision_holds: bool
    seal_holds: bool
    rules: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether everything is as it was."""
        return not self.differing and self.revision_holds and self.seal_holds


def requirements_of(
    cycle: Cycle, *, tokens_in: int | None = None, tokens_out: int | None = None
) -> Requirements:
    """Return what the cycle's brief asks of a model.

    Token sizes are those given; else those that runs of this cycle measured; else the estimate by
    the kind of work.
    """
    found = brief_of(cycle).requirements()
    if tokens_in is not None or tokens_out is not None:
        return replace(
            found,
            tokens_in=found.tokens_in if tokens_in is None else tokens_in,
            tokens_out=found.tokens_out if tokens_out is None else tokens_out,
            sizes_from=TYPED,
        )
    sizes = measured_sizes(cycle)
    if sizes is None:
        return found
    usual_in, usual_out = sizes.usual()
    return replace(
        found,
        tokens_in=usual_in,
        tokens_out=usual_out,
        sizes_from=MEASURED,
        sizes_note=f"{sizes.answers:,} answers of {sizes.source}",
        measured=sizes.measured,
    )


def standing_requirements(cycle: Cycle, shortlist: Shortlist | None) -> Requirements:
    """Return what the brief asks today; sizes typed for the shortlist count until measured."""
    today = requirements_of(cycle)
    if shortlist is None or today.sizes_from == MEASURED:
        return today
    chosen = shortlist.requirements()
    if chosen.sizes_from != TYPED:
        return today
    return replace(
        today, tokens_in=chosen.tokens_in, tokens_out=chosen.tokens_out, sizes_from=TYPED
    )


def considered(requirements: Requirements) -> Considered:
    """Return every model of the catalog as it stands against ``requirements``; two queries."""
    prices = current_prices()
    entries = {entry.gateway_alias: entry for entry in CatalogEntry.objects.all()}
    facts = [entry.facts(prices.get(entry.pk)) for entry in entries.values()]
    return Considered(requirements, facts, entries, rank(requirements, facts))


def with_limits(found: Considered, limits: Limits) -> tuple[list[Match], list[Move]]:
    """Return how the models stand under other limits, and which came in or went out by them."""
    asked = found.requirements
    other = replace(
        asked,
        min_context_tokens=asked.min_context_tokens if limits.context is None else limits.context,
        max_cost_per_request=asked.max_cost_per_request if limits.cost is None else limits.cost,
        latency_p95_ms=asked.latency_p95_ms if limits.latency is None else limits.latency,
    )
    after = rank(other, found.facts)
    return after, moves(found.matches, after)


def reproduced(shortlist: Shortlist) -> Reproduction:
    """Answer the stored query again from the stored revision, and compare everything."""
    facts = shortlist.catalog.contents()
    again = {one.alias: one.as_dict() for one in rank(shortlist.requirements(), facts)}
    then = {row["alias"]: row for row in shortlist.considered}
    order_holds = [row["alias"] for row in shortlist.considered] == list(again)
    differing = sorted(
        alias for alias in then.keys() | again.keys() if then.get(alias) != again.get(alias)
    )
    rows = [one.sealed_row() for one in shortlist.candidates.all()]
    return Reproduction(
        total=len(then),
        differing=differing if differing or order_holds else sorted(then),
        revision_holds=catalog_revision(facts) == shortlist.catalog_revision,
        seal_holds=shortlist.sealed(rows) == shortlist.digest,
        rules=(shortlist.rules, RULES),
    )


def is_gone(entry: CatalogEntry) -> bool:
    """Whether the catalog took the model away: blocked, retired, or past its retirement date."""
    if entry.status in (EntryStatus.RETIRED, EntryStatus.BLOCKED):
        return True
    return entry.retirement_date is not None and entry.retirement_date <= now().date()


@read_once
def shortlist_of(cycle: Cycle) -> Shortlist | None:
    """Return the shortlist that counts: the one chosen last, or None."""
    return (
        Shortlist.objects.filter(cycle=cycle)
        .prefetch_related(_WITH_ENTRIES)
        .order_by("-number")
        .first()
    )


def shortlists_of(cycle: Cycle) -> list[Shortlist]:
    """Return every shortlist of the cycle, newest first."""
    return list(
        Shortlist.objects.filter(cycle=cycle)
        .select_related("created_by")
        .prefetch_related("candidates__entry")
    )


def shortlist_numbered(cycle: Cycle, number: int) -> Shortlist | None:
    """Return one shortlist of the cycle with the catalog revision it was chosen from, or None."""
    found = Shortlist.objects.filter(cycle=cycle, number=number)
    return (
        found.select_related("created_by", "catalog").prefetch_related("candidates__entry").first()
    )


def candidates_of(cycle: Cycle) -> list[CatalogEntry]:
    """Return the catalog entries of the present candidates, in the order of the shortlist."""
    found = shortlist_of(cycle)
    return [candidate.entry for candidate in found.candidates.all()] if found else []


@read_once
def present_matches(cycle: Cycle, shortlist: Shortlist) -> dict[str, Match]:
    """Return how each candidate stands now, by alias: against the brief and catalog of today."""
    today = standing_requirements(cycle, shortlist)
    entries = [candidate.entry for candidate in shortlist.candidates.all()]
    prices = current_prices(entries)
    return {
        entry.gateway_alias: match(today, entry.facts(prices.get(entry.pk))) for entry in entries
    }
