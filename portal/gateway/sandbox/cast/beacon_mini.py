"""Quick and cheap, reads well enough, but overlooks negation and wraps its JSON in friendly
prose."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="beacon-mini",
    snapshot="beacon-mini-2026-08-03",
    provider="beacon-labs",
    summary="Small fast model of a provider; wraps structured output in prose.",
    traits=Traits(
        negation=False,
        languages=True,
        obedience="distracted",
        wraps=True,
        caution=0.25,
        answer_sentences=1,
        wobble=2.0,
    ),
    latency=Latency(base=28.0, per_token=0.2, jitter=10.0),
    price=Price(tokens_in=0.15, tokens_out=0.6, tokens_cached=0.03),
    context_window=128_000,
    max_output_tokens=8_000,
    hosting="provider",
    regions=("us",),
    max_data_class="internal",
    trains_on_data="no",
    provider_retention_days=30,
    open_weights=False,
    licence="proprietary",
    known_issues="Wraps JSON in prose and code fences; has no schema mode.",
    capabilities=frozenset(("function_calling", "prompt_caching", "streaming")),
)
