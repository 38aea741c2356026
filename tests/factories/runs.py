"""Runs as tests need them: a workload with a prompt, priced models, and a plan over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry, Price
from evaluations.datasets.models import DatasetVersion
from evaluations.runs import planning, services
from evaluations.runs.models import Run
from evaluations.runs.plan import MetricPin, RunPlan
from portal.accounts.models import User
from portal.common.canonical import digest
from tests.factories import datasets, lives, people
from workloads.lifecycle.models import Workload
from workloads.prompts.content import EMPTY
from workloads.prompts.models import Prompt, PromptVersion

CONTENT: dict[str, Any] = {
    **EMPTY,
    "persona": "You sort support tickets.",
    "instructions": "Answer with the category of the ticket.",
    "variables": [
        {"name": "subject", "type": "text", "required": True, "source": "user"},
        {"name": "body", "type": "text", "required": True, "source": "user"},
    ],
    "user_template": "{{ subject }}\n\n{{ body }}",
    "params": {"temperature": 0.0, "max_tokens": 64},
}


@dataclass(frozen=True)
class Scene:
    """A workload that is ready to be evaluated."""

    owner: User
    workload: Workload
    version: DatasetVersion
    prompt: PromptVersion
    entries: list[CatalogEntry]

    def plan(self, **more: Any) -> RunPlan:
        """Return a plan over all entries, with what ``more`` changes."""
        settings: dict[str, Any] = {
            "version": self.version,
            "candidates": [planning.model_candidate(e, self.prompt) for e in self.entries],
            "metrics": metrics(),
            "cap": Decimal(50),
            "purpose": "trial",
            "concurrency": 16,
            "timeout_seconds": 20.0,
            **more,
        }
        return planning.make_plan(**settings)

    def start(self, **more: Any) -> Run:
        """Start a run of `plan`."""
        return services.start_run(actor=self.owner, workload=self.workload, plan=self.plan(**more))


def metrics() -> list[MetricPin]:
    """Return a few metrics of each scale."""
    return [
        planning.metric_pin(name) for name in ("normalised_match", "refusal", "latency", "cost")
    ]


def entry(alias: str, *, priced: bool = True) -> CatalogEntry:
    """Return an approved catalog entry; unpriced ones cannot be run."""
    made = CatalogEntry.objects.create(
        gateway_alias=alias,
        provider="test",
        model=alias,
        status=EntryStatus.APPROVED,
        approval_expires=timezone.now().date() + timedelta(days=90),
        context_window=32_000,
        max_output_tokens=4_000,
    )
    if priced:
        price(made, "1", "4")
    return made


def price(made: CatalogEntry, price_in: str, price_out: str) -> Price:
    """Add a price per million tokens that counts from now on."""
    return Price.objects.create(
        entry=made,
        valid_from=timezone.now(),
        price_in=Decimal(price_in),
        price_out=Decimal(price_out),
        source="test",
    )


def prompt(owner: User, workload: Workload, **changes: Any) -> PromptVersion:
    """Return a committed prompt version for tickets."""
    content = {**CONTENT, **changes}
    made, _ = Prompt.objects.get_or_create(workload=workload, defaults={"draft": content})
    return PromptVersion.objects.create(
        prompt=made,
        number=made.versions.count() + 1,
        content=content,
        digest=digest(content),
        created_by=owner,
        updated_by=owner,
    )


def scene(n: int = 20, aliases: Sequence[str] = ("alpha", "beta")) -> Scene:
    """Return a workload with ``n`` golden tickets, a prompt and priced models."""
    owner = people.person("Owner")
    workload = lives.draft(owner)
    return Scene(
        owner=owner,
        workload=workload,
        version=datasets.golden(owner, workload, n),
        prompt=prompt(owner, workload),
        entries=[entry(alias) for alias in aliases],
    )
