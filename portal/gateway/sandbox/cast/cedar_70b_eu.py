"""Slow but exact: an open model in a European tenant, a little short-sighted with typing slips
and foreign languages."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="cedar-70b-eu",
    snapshot="cedar-70b-eu-2026-03-20",
    provider="cedar-cloud",
    summary="Open 70B model in a cloud tenant in the EU; slow and exact.",
    traits=Traits(typos=False, languages=False, answer_sentences=1),
    latency=Latency(base=190.0, per_token=1.0, jitter=35.0),
    price=Price(tokens_in=0.9, tokens_out=0.9, tokens_cached=None),
    context_window=64_000,
    max_output_tokens=8_000,
    hosting="cloud tenant",
    regions=("eu",),
    max_data_class="confidential",
    trains_on_data="no",
    provider_retention_days=0,
    open_weights=True,
    licence="Apache-2.0",
    known_issues="Reads English only; slow.",
    capabilities=frozenset(("response_schema", "function_calling", "streaming")),
)
