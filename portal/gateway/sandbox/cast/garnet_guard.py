"""Accurate and very careful: it refuses whatever sounds delicate, also when nothing is wrong with
it."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="garnet-guard",
    snapshot="garnet-guard-2026-07-08",
    provider="garnet",
    summary="Safety-first model in a European tenant; refuses too much.",
    traits=Traits(eager_refusal=True, wobble=0.2),
    latency=Latency(base=85.0, per_token=0.4, jitter=20.0),
    price=Price(tokens_in=1.2, tokens_out=4.8, tokens_cached=0.12),
    context_window=128_000,
    max_output_tokens=8_000,
    hosting="cloud tenant",
    regions=("eu",),
    max_data_class="restricted",
    trains_on_data="no",
    provider_retention_days=0,
    open_weights=False,
    licence="proprietary",
    known_issues="Refuses harmless requests that mention illness, passwords or loss.",
    capabilities=frozenset(("response_schema", "function_calling", "prompt_caching", "streaming")),
)
