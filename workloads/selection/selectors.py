"""Reading shortlists, and the catalog as a brief sees it."""

from dataclasses import dataclass, replace

from catalog.matching import Match, Requirements, match, rank
from catalog.models import CatalogEntry
from catalog.selectors import all_facts, current_prices, revision
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Cycle
from workloads.selection.models import Shortlist


@dataclass(frozen=True, slots=True)
class Considered:
    """The whole catalog against one set of requirements, ranked."""

    requirements: Requirements
    revision: str
    matches: list[Match]


def requirements_of(
    cycle: Cycle, *, tokens_in: int | None = None, tokens_out: int | None = None
) -> Requirements:
    """Return what the cycle's brief asks of a model, with other token sizes when given."""
    found = brief_of(cycle).requirements()
    return replace(
        found,
        tokens_in=found.tokens_in if tokens_in is None else tokens_in,
        tokens_out=found.tokens_out if tokens_out is None else tokens_out,
    )


def considered(requirements: Requirements) -> Considered:
    """Return every model of the catalog as it stands against ``requirements``; two queries."""
    facts = all_facts()
    return Considered(requirements, revision(facts), rank(requirements, facts))


def shortlist_of(cycle: Cycle) -> Shortlist | None:
    """Return the shortlist that counts: the one chosen last, or None."""
    return (
        Shortlist.objects.filter(cycle=cycle)
        .prefetch_related("candidates__entry")
        .order_by("-number")
        .first()
    )


def shortlists_of(cycle: Cycle) -> list[Shortlist]:
    """Return every shortlist of the cycle, newest first."""
    return list(Shortlist.objects.filter(cycle=cycle).prefetch_related("candidates__entry"))


def shortlist_numbered(cycle: Cycle, number: int) -> Shortlist | None:
    """Return one shortlist of the cycle, or None."""
    found = Shortlist.objects.filter(cycle=cycle, number=number)
    return found.prefetch_related("candidates__entry").first()


def candidates_of(cycle: Cycle) -> list[CatalogEntry]:
    """Return the catalog entries of the present candidates, in the order of the shortlist."""
    found = shortlist_of(cycle)
    return [candidate.entry for candidate in found.candidates.all()] if found else []


def present_matches(cycle: Cycle, shortlist: Shortlist) -> dict[str, Match]:
    """Return how each candidate stands now, by alias: against the brief and catalog of today.

    Token sizes are those that the shortlist was chosen with.
    """
    chosen = shortlist.requirements()
    today = requirements_of(cycle, tokens_in=chosen.tokens_in, tokens_out=chosen.tokens_out)
    entries = [candidate.entry for candidate in shortlist.candidates.all()]
    prices = current_prices(entries)
    return {
        entry.gateway_alias: match(today, entry.facts(prices.get(entry.pk))) for entry in entries
    }
