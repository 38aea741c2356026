"""What the page of the playground offers to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.datasets.models import Dataset, DatasetVersion
from evaluations.datasets.presentation import ExampleLine, example_line
from evaluations.datasets.selectors import datasets_for, golden_dataset
from evaluations.playground.choices import (
    ModelChoice,
    PromptChoice,
    committed_datasets,
    company_rules,
    model_choices,
    open_examples,
    prompt_choices,
    typed_names,
)
from evaluations.playground.limits import Limits, limits
from evaluations.playground.plan import DRAFT, Selection
from portal.accounts.selectors import AnyUser
from portal.shell.formats import money
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle

_USUAL_MODELS = 2
_USUAL_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model as a row to tick; ``reasons`` empty means that it can be ticked."""

    alias: str
    about: str
    price: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that can be chosen, for one dataset at a time."""

    shortlist: list[ModelLine]
    others: list[ModelLine]
    prompts: list[PromptChoice]
    datasets: list[Dataset]
    dataset: Dataset | None
    version: DatasetVersion | None
    examples: list[ExampleLine]
    held_out: int
    text: str
    names: list[str]
    limits: Limits
    currency: str

    @property
    def possible(self) -> bool:
        """Whether there is a model and a prompt to try."""
        usable = any(not one.reasons for one in (*self.shortlist, *self.others))
        return usable and bool(self.prompts)

    def usual(self, prompt: str = "") -> Selection:
        """Return what is proposed: two models, ``prompt`` or the candidate, a few examples."""
        models = [one.alias for one in (*self.shortlist, *self.others) if not one.reasons]
        known = [one.token for one in self.prompts]
        candidate = [one.token for one in self.prompts if one.candidate]
        chosen = [prompt] if prompt in known else candidate or known[:1]
        return Selection(
            models=tuple(models[:_USUAL_MODELS]),
            prompts=tuple(chosen),
            dataset=self.dataset.ref if self.dataset else "",
            examples=tuple(one.key for one in self.examples[:_USUAL_EXAMPLES]),
        )


def offer(user: AnyUser, workload: Workload, *, dataset: str = "", text: str = "") -> Offer:
    """Return what can be chosen with the dataset of that ref, or else the golden one.

    ``text`` keeps the examples whose key holds it. Raises Http404 when the workload is not
    visible.
    """
    known = committed_datasets(datasets_for(user, workload))
    golden = golden_dataset(workload)
    versions = {one.ref: (one, version) for one, version in known}
    first = golden.ref if golden else next(iter(versions), "")
    chosen, version = versions.get(dataset) or versions.get(first) or (None, None)
    examples, held_out = open_examples(version, text=text) if version else ([], 0)
    cycle = current_cycle(workload)
    rules = company_rules(cycle, chosen)
    models = model_choices(cycle, rules)
    prompts = prompt_choices(workload)
    priced = [one.price.currency for one in models if one.price and not one.reasons]
    return Offer(
        shortlist=_lines(one for one in models if one.shortlisted),
        others=_lines(one for one in models if not one.shortlisted),
        prompts=prompts,
        datasets=[one for one, _ in known],
        dataset=chosen,
        version=version,
        examples=[example_line(one) for one in examples],
        held_out=held_out,
        text=text,
        names=_names(prompts),
        limits=limits(),
        currency=priced[0] if priced else rules.currency,
    )


def names_of(workload: Workload) -> list[str]:
    """Return the variables that the page has a field for."""
    return _names(prompt_choices(workload))


def _names(prompts: Iterable[PromptChoice]) -> list[str]:
    return typed_names(one for one in prompts if one.token == DRAFT or one.candidate)


def _lines(models: Iterable[ModelChoice]) -> list[ModelLine]:
    return [
        ModelLine(
            alias=one.entry.gateway_alias,
            about=one.entry.summary or one.entry.provider,
            price=(
                f"{money(one.price.price_in, one.price.currency)} in,"
                f" {money(one.price.price_out, one.price.currency)} out per million tokens"
                if one.price
                else ""
            ),
            reasons=one.reasons,
        )
        for one in models
    ]
