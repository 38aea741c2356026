"""From what somebody chose to a plan: every choice looked up, checked, and priced."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.models import CatalogEntry
from catalog.selectors import current_prices
from evaluations.datasets.heldout import held_out_keys
from evaluations.datasets.models import Dataset, DatasetVersion
from evaluations.datasets.selectors import latest_version, version_lines
from evaluations.datasets.versioned import VersionedExample, view_of
from evaluations.playground.choices import (
    PromptChoice,
    blockers,
    company_rules,
    draft_choice,
    is_held_out,
    version_choice,
)
from evaluations.playground.limits import Limits, limits
from evaluations.playground.models import TrialInput
from evaluations.playground.plan import (
    DRAFT,
    TIMEOUT_SECONDS,
    Column,
    MetricUse,
    PromptPin,
    Selection,
    TrialPlan,
)
from evaluations.playground.selectors import typed_view
from evaluations.runs.plan import CandidatePin
from evaluations.runs.planning import content_candidate, metric_pin, model_candidate
from evaluations.runs.targets import ModelTarget, Renderer
from evaluations.scorecards.options import metric_options
from portal.common.canonical import digest
from portal.common.errors import FieldError, Invalid
from portal.common.money import from_micro, to_micro
from portal.common.text import text_problem
from portal.gateway.cost import worst_case
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.prompts.content import declared_names
from workloads.prompts.selectors import prompt_of, versions_of

MOST_MAX_TOKENS = 100_000
MOST_VALUE = 60_000
_LONGEST_NAME = 200
# Shown beside each answer in figures of their own.
_SHOWN_ANYWAY = frozenset({"latency", "cost"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A trial that could be started: its plan, its rows, and the worst case of each cell.

    ``estimates`` are in micro, all columns of the first input, then of the second, and so on.
    """

    plan: TrialPlan
    version: DatasetVersion | None
    inputs: tuple[TrialInput, ...]
    estimates: tuple[int, ...]

    @property
    def calls(self) -> int:
        """How many cells there are."""
        return len(self.estimates)

    @property
    def worst_case(self) -> Decimal:
        """What the trial can cost at most when every call is answered at its first try."""
        return from_micro(sum(self.estimates))


def prepare(workload: Workload, selection: Selection) -> Prepared:
    """Return the trial that ``selection`` asks for.

    Raises Invalid naming models, prompts, dataset, examples or inputs, with every reason.
    """
    most = limits()
    _check_counts(selection, most)
    dataset = _dataset(workload, selection.dataset)
    prompts = _prompts(workload, selection.prompts)
    version, inputs, examples = _inputs(dataset, selection, prompts)
    entries = _entries(workload, dataset, selection.models)
    pins = tuple(_prompt_pin(one, examples) for one in prompts)
    columns = tuple(
        Column(_pin(entry, prompt), place)
        for entry in entries
        for place, prompt in enumerate(prompts)
    )
    _check_columns(columns)
    plan = TrialPlan(selection, pins, columns, most.in_flight)
    renderers = [Renderer(one.content) for one in prompts]
    estimates = tuple(
        _estimate(column, renderers[column.prompt], example)
        for example in examples
        for column in columns
    )
    return Prepared(plan, version, tuple(inputs), estimates)


def target_of(plan: TrialPlan, column: Column) -> ModelTarget:
    """Return what turns an input into a request to the column's model."""
    content = plan.prompts[column.prompt].content
    return ModelTarget(column.pin, Renderer(content), TIMEOUT_SECONDS, None)


def _check_counts(selection: Selection, most: Limits) -> None:
    errors = []
    models, prompts = len(selection.models), len(selection.prompts)
    inputs = len(selection.examples) + len(selection.typed)
    for field, count, highest, what in (
        ("models", models, most.models, "model"),
        ("prompts", prompts, most.prompts, "prompt version"),
        ("examples", inputs, most.inputs, "example"),
    ):
        if not count:
            rest = ", or type values" if field == "examples" else ""
            errors.append(FieldError(field, "required", f"Choose at least one {what}{rest}."))
        elif count > highest:
            words = f"Choose at most {highest} {what}s; you chose {count}."
            errors.append(FieldError(field, "too_many", words))
    for field, names in (
        ("models", selection.models),
        ("prompts", selection.prompts),
        ("examples", selection.examples),
    ):
        if len(set(names)) != len(names):
            errors.append(FieldError(field, "duplicate", "Something is chosen twice."))
        if any(len(name) > _LONGEST_NAME or text_problem(name) for name in names):
            errors.append(FieldError(field, "choice", "Choose from what is listed."))
    if not errors and models * prompts * inputs > most.calls:
        words = (
            f"{models} models x {prompts} prompts x {inputs} inputs are"
            f" {models * prompts * inputs} calls; a trial has at most {most.calls}."
        )
        errors.append(FieldError("examples", "too_many", words))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _dataset(workload: Workload, ref: str) -> Dataset | None:
    if not ref:
        return None
    found = None
    if len(ref) < _LONGEST_NAME and not text_problem(ref):
        found = Dataset.objects.filter(workload=workload, ref=ref).first()
    if found is None:
        raise Invalid.field("dataset", "choice", "This workload has no dataset of that name.")
    return found


def _prompts(workload: Workload, tokens: Sequence[str]) -> list[PromptChoice]:
    found = []
    known = {str(one.number): one for one in versions_of(workload)}
    for token in tokens:
        if token == DRAFT:
            draft = draft_choice(prompt_of(workload))
            if draft is None:
                words = "The draft is empty; write something in it and save it first."
                raise Invalid.field("prompts", "empty", words)
            found.append(draft)
        elif token in known:
            found.append(version_choice(known[token]))
        else:
            words = f"There is no prompt version {token}; use draft or the number of a version."
            raise Invalid.field("prompts", "choice", words)
    return found


def _entries(
    workload: Workload, dataset: Dataset | None, aliases: Sequence[str]
) -> list[CatalogEntry]:
    rows = {
        one.gateway_alias: one for one in CatalogEntry.objects.filter(gateway_alias__in=aliases)
    }
    prices = current_prices(rows.values())
    rules = company_rules(current_cycle(workload), dataset)
    errors = []
    for alias in aliases:
        if alias not in rows:
            words = f"The catalog has no model {alias}."
            errors.append(FieldError("models", "choice", words))
            continue
        reasons = blockers(rules, rows[alias].facts(prices.get(rows[alias].pk)))
        errors += [
            FieldError("models", "ruled_out", f"{alias} cannot be chosen: {reason}.")
            for reason in reasons
        ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return [rows[alias] for alias in aliases]


def _inputs(
    dataset: Dataset | None, selection: Selection, prompts: Sequence[PromptChoice]
) -> tuple[DatasetVersion | None, list[TrialInput], list[VersionedExample]]:
    inputs: list[TrialInput] = []
    examples: list[VersionedExample] = []
    version = None
    if selection.examples:
        version = latest_version(dataset) if dataset else None
        if version is None:
            words = "Name a dataset that has a committed version; examples are chosen from it."
            raise Invalid.field("dataset", "required", words)
        lines = version_lines(version).filter(revision__key__in=selection.examples)
        by_key = {line.revision.key: line.revision for line in lines}
        held = held_out_keys(version.dataset)
        for key in selection.examples:
            revision = by_key.get(key)
            if revision is None:
                words = f"Version {version.number} of {version.dataset.ref} has no example {key}."
                raise Invalid.field("examples", "choice", words)
            if is_held_out(revision) or key in held:
                words = f"{key} is held out: prompts are not tried on it. Choose another example."
                raise Invalid.field("examples", "held_out", words)
            place = len(inputs)
            inputs.append(TrialInput(id=uuid.uuid4(), position=place, label=key, revision=revision))
            examples.append(VersionedExample(revision.pk, place, revision.input, view_of(revision)))
    names = {name for one in prompts for name in declared_names(one.content)}
    for number, given in enumerate(selection.typed, start=1):
        values = _typed(given, names)
        label = f"typed {number}" if len(selection.typed) > 1 else "typed"
        row = TrialInput(id=uuid.uuid4(), position=len(inputs), label=label, typed=values)
        inputs.append(row)
        examples.append(VersionedExample(row.pk, row.position, values, typed_view(label, values)))
    return version, inputs, examples


def _typed(given: object, names: set[str]) -> dict[str, str]:
    if not isinstance(given, dict) or not given:
        raise Invalid.field("inputs", "invalid", "Each typed input is an object of values by name.")
    errors = []
    for name, value in given.items():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            words = f"No chosen prompt has a variable {name!s:.60}; they have: {known}."
            errors.append(FieldError("inputs", "unknown_field", words))
        elif not isinstance(value, str):
            errors.append(FieldError("inputs", "invalid", f"The value of {name} is a text."))
        elif len(value) > MOST_VALUE:
            words = f"The value of {name} has {len(value):,} characters, at most {MOST_VALUE:,}."
            errors.append(FieldError("inputs", "max_length", words))
        elif problem := text_problem(value):
            errors.append(FieldError("inputs", *problem))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return dict(given)


def _prompt_pin(choice: PromptChoice, examples: Sequence[VersionedExample]) -> PromptPin:
    metrics = tuple(
        MetricUse(metric_pin(one.choice.name, one.choice.arguments), one.label)
        for one in metric_options(examples, choice.content)
        if one.usual and one.choice.name not in _SHOWN_ANYWAY
    )
    version = choice.version
    return PromptPin(
        choice.label,
        version.number if version else None,
        version.digest if version else digest(choice.content),
        choice.content,
        metrics,
    )


def _pin(entry: CatalogEntry, prompt: PromptChoice) -> CandidatePin:
    if prompt.version is not None:
        return model_candidate(entry, prompt.version)
    return content_candidate(entry, prompt.content)


def _check_columns(columns: Sequence[Column]) -> None:
    if len({column.pin.price.currency for column in columns}) > 1:
        words = "All models of a trial are priced in one currency; choose others."
        raise Invalid.field("models", "currency", words)
    for column in columns:
        most = column.pin.params["max_tokens"]
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_MAX_TOKENS:
            words = f"The longest answer is a whole number from 1 to {MOST_MAX_TOKENS:,} tokens."
            raise Invalid.field("prompts", "max_tokens", words)


def _estimate(column: Column, renderer: Renderer, example: VersionedExample) -> int:
    tokens = renderer.ask(example).tokens
    if not tokens:
        return 0
    limit = int(column.pin.params["max_tokens"])
    return to_micro(worst_case(tokens, limit, column.pin.price.price()))
