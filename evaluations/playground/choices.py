"""What can be chosen for a trial, and why something cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.enums import DataClass
from catalog.matching import BLOCKS, ModelFacts, Requirements, match
from catalog.models import CatalogEntry, Price
from catalog.selectors import current_prices
from evaluations.datasets.heldout import held_out_keys
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision
from evaluations.datasets.selectors import latest_versions, version_lines
from evaluations.playground.plan import DRAFT
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Cycle, Workload
from workloads.prompts.content import declared_names
from workloads.prompts.models import Prompt, PromptVersion
from workloads.prompts.selectors import (
    candidate_version,
    completed,
    draft_content,
    prompt_of,
    versions_of,
)
from workloads.selection.selectors import candidates_of

MOST_MODELS_LISTED = 100
MOST_VERSIONS_LISTED = 20
MOST_EXAMPLES_LISTED = 200
MOST_TYPED_FIELDS = 12


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A catalog entry; ``reasons`` say why it cannot be chosen, none means that it can."""

    entry: CatalogEntry
    price: Price | None
    shortlisted: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """The draft or a committed version."""

    token: str
    label: str
    note: str
    content: Mapping[str, Any]
    version: PromptVersion | None
    candidate: bool


def is_held_out(revision: ExampleRevision) -> bool:
    """Whether the example is kept out of sight of those who write prompts."""
    return revision.held_out


def data_class_of(cycle: Cycle, dataset: Dataset | None) -> str:
    """Return how sensitive the data of a trial is: of the brief, or of the dataset if higher.

    A brief that does not say counts as internal.
    """
    words = [brief_of(cycle).data_class or DataClass.INTERNAL.value]
    if dataset is not None:
        words.append(dataset.data_class)
    return max(words, key=DataClass.rank)


def company_rules(cycle: Cycle, dataset: Dataset | None) -> Requirements:
    """Return what the company forbids, as requirements: no wish of the brief is among them.

    A model that is too slow or too dear for the brief may be tried; one that may not see the data
    may not.
    """
    asked = brief_of(cycle).requirements()
    return Requirements(
        on=asked.on,
        data_class=data_class_of(cycle, dataset),
        residency=asked.residency,
        tier=asked.tier,
        business_unit=asked.business_unit,
        currency=asked.currency,
    )


def blockers(rules: Requirements, facts: ModelFacts) -> tuple[str, ...]:
    """Return every reason why a model may not be tried, in words."""
    found = [one.text for one in match(rules, facts).reasons if one.severity == BLOCKS]
    if facts.price is None:
        found.append("it has no price in the catalog, so its cost cannot be held to a cap")
    return tuple(found)


def model_choices(cycle: Cycle, rules: Requirements) -> list[ModelChoice]:
    """Return the models to choose from: the shortlist in its order, then others by alias."""
    shortlist = candidates_of(cycle)
    known = {entry.pk for entry in shortlist}
    others = CatalogEntry.objects.exclude(pk__in=known).order_by("gateway_alias")
    entries = [*shortlist, *others[:MOST_MODELS_LISTED]]
    prices = current_prices(entries)
    found = [
        ModelChoice(
            entry,
            prices.get(entry.pk),
            entry.pk in known,
            blockers(rules, entry.facts(prices.get(entry.pk))),
        )
        for entry in entries
    ]
    return sorted(found, key=lambda one: (not one.shortlisted, bool(one.reasons)))


def prompt_choices(workload: Workload) -> list[PromptChoice]:
    """Return the draft, when anything is written in it, and the newest committed versions."""
    candidate = candidate_version(workload)
    versions = list(versions_of(workload)[:MOST_VERSIONS_LISTED])
    if candidate is not None and all(one.pk != candidate.pk for one in versions):
        versions.append(candidate)
    found = [
        version_choice(one, candidate=candidate is not None and one.pk == candidate.pk)
        for one in versions
    ]
    draft = draft_choice(prompt_of(workload))
    return [draft, *found] if draft is not None else found


def draft_choice(prompt: Prompt | None) -> PromptChoice | None:
    """Return the draft as it is now; None when there is nothing in it to send."""
    content = draft_content(prompt)
    if not any(content[name].strip() for name in ("persona", "instructions", "user_template")):
        return None
    return PromptChoice(DRAFT, "Draft", "as it was saved last", content, None, False)


def version_choice(version: PromptVersion, *, candidate: bool = False) -> PromptChoice:
    """Return a committed version as it can be chosen."""
    note = version.note or "no note"
    return PromptChoice(
        str(version.number),
        f"Version {version.number}",
        note,
        completed(version.content),
        version,
        candidate,
    )


def open_examples(version: DatasetVersion, *, text: str = "") -> tuple[list[ExampleRevision], int]:
    """Return examples that may be tried, up to a page's worth, and how many are held out.

    ``text`` keeps those whose key holds it.
    """
    # What the draft holds out by now is kept from trials of an older version too.
    kept = (
        version_lines(version)
        .filter(revision__held_out=False)
        .exclude(revision__key__in=held_out_keys(version.dataset))
        .order_by("position")
    )
    held_out = version.n - kept.count()
    if text:
        kept = kept.filter(revision__key__icontains=text)
    return [line.revision for line in kept[:MOST_EXAMPLES_LISTED]], held_out


def typed_names(prompts: Iterable[PromptChoice]) -> list[str]:
    """Return the variables that a person may type values for, in the prompts' order."""
    names: dict[str, None] = {}
    for prompt in prompts:
        for name in declared_names(prompt.content):
            names.setdefault(name)
    return list(names)[:MOST_TYPED_FIELDS]


def committed_datasets(datasets: Iterable[Dataset]) -> list[tuple[Dataset, DatasetVersion]]:
    """Return the datasets that have a committed version, each with its newest."""
    rows = list(datasets)
    newest = latest_versions(rows)
    return [(one, newest[one.pk]) for one in rows if one.pk in newest]
