"""A card in words: what pages, comparison and forms say of a model."""

from datetime import date

from catalog.enums import Capability, DataClass, Hosting, Modality, TrainsOnData
from catalog.models import CatalogEntry


def tokens(value: int | None) -> str:
    """Return a number of tokens in words; empty when it is not known."""
    return f"{value:,} tokens" if value is not None else ""


def day(value: date | None) -> str:
    """Return a day such as 3 Nov 2026; empty when there is none."""
    return f"{value:%-d %b %Y}" if value else ""


def kept(days: int | None) -> str:
    """Return for how long a provider keeps what it is sent; empty when it is not known."""
    return "" if days is None else "not kept" if days == 0 else f"{days} days"


def abilities(entry: CatalogEntry) -> str:
    """Return what a model can do beyond text."""
    found = [str(one.label) for one in Capability if one in entry.capabilities]
    return ", ".join(found) or "text in, text out"


def modalities(entry: CatalogEntry) -> str:
    """Return what goes in and out; empty when it is not known."""
    return ", ".join(str(one.label) for one in Modality if one in entry.modalities)


def may_see(entry: CatalogEntry) -> str:
    """Return which data a model may see; empty when it is not known."""
    if not entry.max_data_class:
        return ""
    return f"up to {DataClass(entry.max_data_class).label.lower()} data"


def weights(entry: CatalogEntry) -> str:
    """Return whether the weights are open; empty when it is not known."""
    return "" if entry.open_weights is None else "open" if entry.open_weights else "closed"


def facts_of(entry: CatalogEntry) -> list[tuple[str, str, str]]:
    """Return the card's facts in words; the third says who set them."""

    def row(label: str, value: str, *names: str) -> tuple[str, str, str]:
        by = "set by a person" if set(names) & set(entry.decided) else ""
        return (label, value or "not known", by)

    rows = [
        row("Provider", entry.provider, "provider"),
        row("Model", entry.model, "model"),
        row("Snapshot", entry.snapshot, "snapshot"),
        row("In and out", modalities(entry), "modalities"),
        row("Can do", abilities(entry), "capabilities"),
        row("Context", tokens(entry.context_window), "context_window"),
        row("Longest answer", tokens(entry.max_output_tokens), "max_output_tokens"),
        row("Hosting", Hosting(entry.hosting).label if entry.hosting else "", "hosting"),
        row("Regions", ", ".join(entry.regions), "regions"),
        row("May see", may_see(entry), "max_data_class"),
        row(
            "Trains on data",
            TrainsOnData(entry.trains_on_data).label if entry.trains_on_data else "",
            "trains_on_data",
        ),
        row("Provider keeps data", kept(entry.provider_retention_days), "provider_retention_days"),
        row("Weights", weights(entry), "open_weights"),
        row("Licence", entry.licence, "licence"),
        row("Known issues", entry.known_issues, "known_issues"),
    ]
    if entry.fine_tuned_from is not None:
        rows.insert(3, row("Tuned from", entry.fine_tuned_from.gateway_alias, "fine_tuned_from"))
    return rows


def standing_of(entry: CatalogEntry) -> list[tuple[str, str]]:
    """Return what was decided about a model, in words; what does not apply is left out."""
    rows = [
        ("Reason", entry.status_reason),
        ("Card written by", str(entry.proposed_by) if entry.proposed_by else "the gateway"),
        ("Card reviewed by", str(entry.card_reviewed_by) if entry.card_reviewed_by else ""),
        ("Approved until", day(entry.approval_expires)),
        ("Only for units", ", ".join(entry.restricted_units)),
        ("Only for tiers", ", ".join(str(tier) for tier in entry.restricted_tiers)),
        ("Deprecated on", day(entry.deprecation_date)),
        ("Retired on", day(entry.retirement_date)),
    ]
    return [(label, value) for label, value in rows if value]
