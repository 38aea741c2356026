"""Making the pins of a plan from rows: what is there now, with its digests and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catalog.models import CatalogEntry
from catalog.selectors import price_row_of
from evaluations.datasets.models import DatasetVersion
from evaluations.metrics import registry
from evaluations.metrics.types import ArgumentError, UnknownMetric
from evaluations.runs.plan import (
    CandidatePin,
    DatasetPin,
    MetricPin,
    PricePin,
    RunPlan,
    Subject,
)
from evaluations.runs.runtime import workbench
from portal.common.canonical import digest
from portal.common.errors import Invalid
from portal.common.money import from_micro
from portal.common.policy import policy
from portal.version import VERSION
from workloads.builds.models import Build
from workloads.prompts.models import PromptVersion

DEFAULT_MAX_TOKENS = 1_024
_PARAMS = ("temperature", "top_p", "max_tokens", "stop", "seed")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will do: calls, and what they cost at most in the plan's currency."""

    calls: int
    worst_case: Decimal
    currency: str


def dataset_pin(version: DatasetVersion) -> DatasetPin:
    """Pin a committed dataset version."""
    return DatasetPin(str(version.pk), version.dataset.ref, version.number, version.digest)


def price_pin(entry: CatalogEntry) -> PricePin:
    """Pin the price that counts now. Raises Invalid (price_missing)."""
    row = price_row_of(entry)
    if row is None:
        raise Invalid.field(
            "candidates",
            "price_missing",
            f"{entry.gateway_alias} has no price in the catalog; add one, then start the run.",
        )
    price = row.as_price()
    return PricePin(
        str(row.pk), price.price_in, price.price_out, price.price_cached, price.currency
    )


def _names(entry: CatalogEntry) -> tuple[str, ...]:
    """Return the names under which the gateway may say it answered."""
    names = {entry.model, entry.snapshot}
    names |= {f"{entry.provider}/{name}" for name in names if name and entry.provider}
    return tuple(sorted(name for name in names if name))


def _params(given: Mapping[str, Any]) -> dict[str, Any]:
    params = {name: given[name] for name in _PARAMS if given.get(name) not in (None, "", [])}
    params.setdefault("max_tokens", DEFAULT_MAX_TOKENS)
    return params


def model_candidate(
    entry: CatalogEntry,
    version: PromptVersion,
    *,
    name: str = "",
    params: Mapping[str, Any] | None = None,
) -> CandidatePin:
    """Pin a model with a prompt version; ``params`` override those of the prompt.

    Raises Invalid (price_missing).
    """
    pin = content_candidate(
        entry,
        {**version.content, "params": {**version.content.get("params", {}), **(params or {})}},
    )
    return replace(
        pin,
        name=name or entry.gateway_alias,
        prompt_version_id=str(version.pk),
        prompt_digest=version.digest,
    )


def content_candidate(entry: CatalogEntry, content: Mapping[str, Any]) -> CandidatePin:
    """Pin a model with the parameters of a prompt's content, of no version: a draft, say.

    Raises Invalid (price_missing).
    """
    return CandidatePin(
        name=entry.gateway_alias,
        alias=entry.gateway_alias,
        entry_id=str(entry.pk),
        entry_digest=entry.digest(),
        params=_params(content.get("params", {})),
        price=price_pin(entry),
        accept_models=_names(entry),
    )


def build_candidate(build: Build, *, name: str = "") -> CandidatePin:
    """Pin a build with its locked model and prompt. Raises Invalid (price_missing)."""
    entry, version = build.model_lock, build.prompt_version
    return CandidatePin(
        name=name or f"build {build.number}",
        alias=entry.gateway_alias,
        entry_id=str(entry.pk),
        entry_digest=entry.digest(),
        params=_params(version.content.get("params", {})),
        price=price_pin(entry),
        prompt_version_id=str(version.pk),
        prompt_digest=version.digest,
        build_id=str(build.pk),
        build_digest=build.digest,
        accept_models=_names(entry),
    )


def metric_pin(name: str, arguments: Mapping[str, Any] | None = None) -> MetricPin:
    """Pin the newest version of a metric with complete arguments. Raises Invalid (metrics)."""
    try:
        metric = registry.get(name)
        complete = registry.resolve_arguments(metric, arguments or {})
        return MetricPin(name, metric.version, complete, metric.origin, metric.digest)
    except (UnknownMetric, ArgumentError) as problem:
        raise Invalid.field("metrics", "invalid", f"{name}: {problem}") from problem


def make_plan(
    *,
    version: DatasetVersion,
    candidates: Sequence[CandidatePin],
    metrics: Sequence[MetricPin],
    cap: Decimal,
    purpose: str,
    concurrency: int,
    repeats: int = 1,
    seed: int | None = None,
    timeout_seconds: float = 60.0,
    subject: Subject | None = None,
    notes: Mapping[str, Any] | None = None,
) -> RunPlan:
    """Return the plan that `services.start_run` seals, bound to this code and this policy."""
    return RunPlan(
        dataset_version=dataset_pin(version),
        candidates=tuple(candidates),
        metrics=tuple(metrics),
        cap=cap,
        purpose=purpose,
        code_version=VERSION,
        policy_digest=policy().digest,
        repeats=repeats,
        seed=seed,
        concurrency=concurrency,
        timeout_seconds=timeout_seconds,
        subject=subject,
        notes=notes or {},
    )


def estimate(plan: RunPlan) -> Estimate:
    """Return what ``plan`` does at most, without starting it. Raises PlanBroken."""
    bench = workbench(plan)
    return Estimate(bench.order.planned, from_micro(sum(bench.estimates())), plan.currency)


def material_digest(plan: RunPlan) -> str:
    """Return the digest of what is measured, leaving out what only says how fast or how dear."""
    raw = plan.as_json()
    for name in ("cap", "concurrency", "timeout_seconds", "code_version"):
        raw.pop(name)
    for judge in raw.get("judges", ()):
        judge.pop("cap")
        judge.pop("checks_cap")
    return digest(raw)
