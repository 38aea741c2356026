"""The strongest reader: sees through negation, quoted mails and hidden orders, and costs
accordingly."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="aurora-large",
    snapshot="aurora-large-2026-05-12",
    provider="aurora-ai",
    summary="Large general model of a provider; the most accurate of the sandbox.",
    traits=Traits(),
    latency=Latency(base=120.0, per_token=0.6, jitter=30.0),
    price=Price(tokens_in=3.0, tokens_out=12.0, tokens_cached=0.3),
    context_window=200_000,
    max_output_tokens=16_000,
    hosting="provider",
    regions=("us", "eu"),
    max_data_class="confidential",
    trains_on_data="no",
    provider_retention_days=30,
    open_weights=False,
    licence="proprietary",
    known_issues="Expensive for short classification tasks.",
    capabilities=frozenset(
        (
            "response_schema",
            "function_calling",
            "vision",
            "prompt_caching",
            "long_context",
            "streaming",
        )
    ),
)
