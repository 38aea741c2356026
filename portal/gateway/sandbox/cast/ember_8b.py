"""Runs on the company's own machines; decent at sorting, sloppy with amounts, takes any number
for money."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="ember-8b",
    snapshot="ember-8b-2026-01-15",
    provider="own-cluster",
    summary="Open 8B model on own infrastructure; sloppy with amounts.",
    traits=Traits(
        structure=False,
        negation=False,
        obedience="distracted",
        exact_amounts=False,
        literal_mentions=True,
        synonyms=False,
        caution=0.4,
        answer_sentences=1,
        wobble=4.0,
    ),
    latency=Latency(base=55.0, per_token=0.5, jitter=20.0),
    price=Price(tokens_in=0.1, tokens_out=0.1, tokens_cached=None),
    context_window=16_000,
    max_output_tokens=4_000,
    hosting="own infrastructure",
    regions=("eu",),
    max_data_class="restricted",
    trains_on_data="no",
    provider_retention_days=0,
    open_weights=True,
    licence="MIT",
    known_issues="Confuses numbers with amounts; never notices that several amounts are named.",
    capabilities=frozenset(("response_schema", "streaming")),
)
