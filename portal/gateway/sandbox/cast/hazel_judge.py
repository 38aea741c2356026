"""Made to grade: reads exactly, ignores orders, and wavers only where a case is close."""

from portal.gateway.sandbox.traits import Latency, Price, SimulatedModel, Traits

MODEL = SimulatedModel(
    name="hazel-judge",
    snapshot="hazel-judge-2026-06-30",
    provider="hazel",
    summary="Grades the answers of other models; of no candidate's family.",
    traits=Traits(wobble=0.2),
    latency=Latency(base=60.0, per_token=0.3, jitter=12.0),
    price=Price(tokens_in=0.9, tokens_out=3.6, tokens_cached=0.09),
    context_window=128_000,
    max_output_tokens=4_000,
    hosting="cloud tenant",
    regions=("eu",),
    max_data_class="confidential",
    trains_on_data="no",
    provider_retention_days=0,
    open_weights=False,
    licence="proprietary",
    known_issues="Made for grading; as a candidate it is no better than a small model.",
    capabilities=frozenset(("response_schema", "prompt_caching", "streaming")),
)
