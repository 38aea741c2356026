"""Very cheap, trains on what it is sent, and does what the data tells it to do."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="drift-lite",
    snapshot="drift-lite-2026-06-30",
    provider="drift",
    summary="Cheapest hosted model; keeps and trains on the data it is sent.",
    traits=Traits(
        structure=False,
        negation=False,
        typos=False,
        languages=False,
        obedience="obedient",
        literal_mentions=True,
        synonyms=False,
        admits_unknown=False,
        answer_sentences=1,
        wobble=5.0,
    ),
    latency=Latency(base=14.0, per_token=0.1, jitter=5.0),
    price=Price(tokens_in=0.04, tokens_out=0.16, tokens_cached=None),
    context_window=32_000,
    max_output_tokens=4_000,
    hosting="provider",
    regions=("us", "asia"),
    max_data_class="public",
    trains_on_data="yes",
    provider_retention_days=365,
    open_weights=False,
    licence="proprietary",
    known_issues="Follows orders hidden in the input; invents answers.",
    capabilities=frozenset(("streaming",)),
)
