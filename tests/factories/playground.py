"""Trials as tests need them: a workload with golden tickets, a prompt, and priced models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion
from evaluations.playground import services
from evaluations.playground.models import Trial
from evaluations.playground.plan import Selection
from portal.accounts.models import User
from tests.factories import catalog, datasets, lives, people, runs
from workloads.lifecycle.models import Workload
from workloads.prompts.models import PromptVersion


@dataclass(frozen=True)
class Scene:
    """A workload whose owner can try prompts."""

    owner: User
    workload: Workload
    version: DatasetVersion
    prompt: PromptVersion
    entries: list[CatalogEntry]

    @property
    def path(self) -> str:
        """The playground's page."""
        return f"/workloads/{self.workload.ref}/playground/"

    def selection(self, **more: Any) -> Selection:
        """Return all models with version 1 on the first two examples, with what ``more`` changes."""
        chosen = Selection(
            models=tuple(one.gateway_alias for one in self.entries),
            prompts=("1",),
            dataset=self.version.dataset.ref,
            examples=("t-0000", "t-0001"),
        )
        return replace(chosen, **more)

    def start(self, *, cap: str = "1", actor: User | None = None, **more: Any) -> Trial:
        """Start a trial of `selection`."""
        return services.start_trial(
            actor=actor or self.owner,
            workload=self.workload,
            selection=self.selection(**more),
            cap=Decimal(cap),
        )


def scene(n: int = 6, aliases: Sequence[str] = ("alpha", "beta"), **entry: Any) -> Scene:
    """Return a workload with ``n`` golden tickets, prompt version 1 and a draft like it."""
    owner = people.person("Owner")
    workload = lives.draft(owner)
    return Scene(
        owner=owner,
        workload=workload,
        version=datasets.golden(owner, workload, n),
        prompt=runs.prompt(owner, workload),
        entries=[catalog.entry(alias, **entry) for alias in aliases],
    )
