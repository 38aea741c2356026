"""Models side by side: the same rows for each, and where they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog import presentation as say
from catalog.enums import EntryStatus, Hosting, TrainsOnData
from catalog.models import CatalogEntry, Price
from portal.gateway.cost import cost
from portal.shell import formats

MOST = 4
PER = 1_000
TOKENS_IN, TOKENS_OUT = 1_000, 300
MOST_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One model of a comparison."""

    entry: CatalogEntry
    price: Price | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What one model has in one row; ``best`` marks the lowest or highest of comparable figures."""

    text: str
    best: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of all models."""

    label: str
    cells: list[Cell]
    differs: bool
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: list[Row]


def compare(
    models: Sequence[Compared],
    *,
    tokens_in: int = TOKENS_IN,
    tokens_out: int = TOKENS_OUT,
    only_differences: bool = False,
) -> list[Group]:
    """Return the rows of a comparison; cost is per 1,000 requests of the given size.

    Amounts in different currencies are shown and not ranked.
    """
    entries = [one.entry for one in models]

    def words(label: str, of: Callable[[CatalogEntry], str]) -> Row:
        texts = [of(entry) or "not known" for entry in entries]
        return Row(label, [Cell(text) for text in texts], len(set(texts)) > 1)

    groups = [
        Group(
            "Standing",
            [
                words("Status", lambda one: str(EntryStatus(one.status).label)),
                words("Approved until", lambda one: say.day(one.approval_expires) or "–"),
                words("Retired on", lambda one: say.day(one.retirement_date) or "–"),
            ],
        ),
        Group(
            "Data",
            [
                words("May see", say.may_see),
                words("Trains on data", _training),
                words("Provider keeps data", lambda one: say.kept(one.provider_retention_days)),
                words(
                    "Hosting",
                    lambda one: str(Hosting(one.hosting).label) if one.hosting else "",
                ),
                words("Regions", lambda one: ", ".join(one.regions)),
            ],
        ),
        Group(
            "Abilities",
            [
                words("Can do", say.abilities),
                words("In and out", say.modalities),
                _figures(
                    "Context", [one.context_window for one in entries], "tokens", highest=True
                ),
                _figures(
                    "Longest answer",
                    [one.max_output_tokens for one in entries],
                    "tokens",
                    highest=True,
                ),
                words("Known issues", lambda one: one.known_issues or "–"),
            ],
        ),
        Group("Price, per million tokens", _prices(models)),
        Group(
            f"Cost of {PER:,} requests: {tokens_in:,} tokens in, {tokens_out:,} out",
            [_costs(models, tokens_in, tokens_out)],
        ),
        Group("Speed, measured", _speeds(entries)),
        Group(
            "Identity",
            [
                words("Provider", lambda one: one.provider),
                words("Model", lambda one: one.model),
                words("Snapshot", lambda one: one.snapshot),
                words("Weights", say.weights),
                words("Licence", lambda one: one.licence),
            ],
        ),
    ]
    if not only_differences:
        return groups
    differing = [Group(one.title, [row for row in one.rows if row.differs]) for one in groups]
    return [group for group in differing if group.rows]


def _training(entry: CatalogEntry) -> str:
    return str(TrainsOnData(entry.trains_on_data).label) if entry.trains_on_data else ""


def _ranked(
    label: str, values: Sequence[Decimal | int | float | None], texts: list[str], *, highest: bool
) -> Row:
    known = [value for value in values if value is not None]
    best = None
    if len(set(known)) > 1:
        best = max(known) if highest else min(known)
    word = "highest" if highest else "lowest"
    cells = [
        Cell(text, word if best is not None and value == best else "")
        for value, text in zip(values, texts, strict=True)
    ]
    return Row(label, cells, len(set(texts)) > 1, figures=True)


def _figures(label: str, values: Sequence[int | None], unit: str, *, highest: bool) -> Row:
    texts = [f"{formats.number(one)} {unit}" if one is not None else "not known" for one in values]
    return _ranked(label, values, texts, highest=highest)


def _amounts(label: str, amounts: list[tuple[Decimal, str] | None]) -> Row:
    texts = ["–" if one is None else formats.money(*one) for one in amounts]
    currencies = {one[1] for one in amounts if one is not None}
    if len(currencies) > 1:
        return Row(label, [Cell(text) for text in texts], True, figures=True)
    values = [None if one is None else one[0] for one in amounts]
    return _ranked(label, values, texts, highest=False)


def _prices(models: Sequence[Compared]) -> list[Row]:
    def amounts(name: str) -> list[tuple[Decimal, str] | None]:
        found: list[tuple[Decimal, str] | None] = []
        for one in models:
            value = getattr(one.price, name, None)
            found.append(
                None if value is None or one.price is None else (value, one.price.currency)
            )
        return found

    return [
        _amounts("In", amounts("price_in")),
        _amounts("Cached in", amounts("price_cached")),
        _amounts("Out", amounts("price_out")),
    ]


def _costs(models: Sequence[Compared], tokens_in: int, tokens_out: int) -> Row:
    found: list[tuple[Decimal, str] | None] = []
    for one in models:
        if one.price is None:
            found.append(None)
            continue
        each = cost(tokens_in, 0, tokens_out, one.price.as_price())
        found.append((each * PER, one.price.currency))
    return _amounts("List price", found)


def _speeds(entries: Sequence[CatalogEntry]) -> list[Row]:
    p50 = [one.latency_p50_ms for one in entries]
    p95 = [one.latency_p95_ms for one in entries]
    speed = [one.tokens_per_second for one in entries]
    spoken = [
        "not measured" if one is None else f"{formats.number(one, 0)} a second" for one in speed
    ]
    measured = [say.day(one.measured_at.date()) if one.measured_at else "never" for one in entries]

    def times(values: Sequence[int | None]) -> list[str]:
        return ["not measured" if one is None else formats.duration(one) for one in values]

    return [
        _ranked("Latency p50", p50, times(p50), highest=False),
        _ranked("Latency p95", p95, times(p95), highest=False),
        _ranked("Output tokens", speed, spoken, highest=True),
        Row("Measured on", [Cell(text) for text in measured], len(set(measured)) > 1),
    ]
