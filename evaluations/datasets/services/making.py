"""Making a dataset and changing what is said about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from catalog.enums import DataClass as Sensitivity
from evaluations.datasets.enums import DataClass, Purpose, SourceKind
from evaluations.datasets.heldout import held_out_keys, may_see_content
from evaluations.datasets.models import Dataset
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Forbidden, Invalid
from portal.common.text import clean_text
from workloads.briefs.selectors import brief_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import open_cycle
from workloads.prompts.schemas import schema_problem

MAX_SOURCES = 20
MAX_VARIABLES = 50


@transaction.atomic
def create_dataset(
    *,
    actor: User,
    workload: Workload,
    name: str,
    purpose: Purpose = Purpose.GOLDEN,
    description: str = "",
    sources: Sequence[Mapping[str, str]] = (),
    data_class: DataClass = DataClass.INTERNAL,
    contains_pii: bool = False,
    variables: Sequence[str] = (),
    expected_schema: Mapping[str, Any] | None = None,
) -> Dataset:
    """Make an empty dataset.

    Raises Forbidden, or Invalid (name, description, sources, data_class, variables,
    expected_schema).
    """
    require(actor, workload, "edit")
    title = _title(name, workload, None)
    _check_class(workload, data_class)
    with connection.cursor() as cursor:
        # Numbers run across all workloads; the lock makes the next one certain.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evaluations_datasets.number'))")
    number = (Dataset.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    dataset = Dataset.objects.create(
        workload=workload,
        number=number,
        ref=f"DS-{number:04d}",
        name=title,
        purpose=purpose,
        description=clean_text(description, field="description", maximum=4_000),
        sources=_sources(sources),
        data_class=data_class,
        contains_pii=contains_pii,
        variables=_variables(variables),
        expected_schema=_schema(expected_schema),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="dataset.created",
        kind="dataset",
        ref=dataset.ref,
        workload=workload.ref,
        detail={"purpose": purpose},
    )
    return dataset


@transaction.atomic
def edit_dataset(
    *,
    actor: User,
    dataset: Dataset,
    row_version: int,
    name: str,
    description: str,
    sources: Sequence[Mapping[str, str]],
    data_class: DataClass,
    contains_pii: bool,
    variables: Sequence[str],
    expected_schema: Mapping[str, Any] | None,
) -> Dataset:
    """Change what is said about a dataset; its purpose stays what it is.

    What is declared about examples counts from the next import, edit and commit on. Raises
    Forbidden (also held_out), Conflict (changed) or Invalid, as `create_dataset`.
    """
    require(actor, dataset.workload, "edit")
    held = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    if held.row_version != row_version:
        raise Conflict("The dataset was changed meanwhile; look at it, then save.", code="changed")
    _check_class(dataset.workload, data_class)
    new = {
        "name": _title(name, dataset.workload, dataset),
        "description": clean_text(description, field="description", maximum=4_000),
        "sources": _sources(sources),
        "data_class": data_class.value,
        "contains_pii": contains_pii,
        "variables": _variables(variables),
        "expected_schema": _schema(expected_schema),
    }
    changed = [field for field, value in new.items() if getattr(held, field) != value]
    if not changed:
        return held
    if {"variables", "expected_schema"} & set(changed):
        _check_declaring(actor, dataset)
    for field in changed:
        setattr(held, field, new[field])
    held.row_version += 1
    held.updated_by = actor
    held.save()
    audit.record(
        actor=actor,
        action="dataset.edited",
        kind="dataset",
        ref=held.ref,
        workload=dataset.workload.ref,
        detail={"fields": changed},
    )
    return held


def _check_declaring(actor: User, dataset: Dataset) -> None:
    """Raise Forbidden (held_out) for somebody who writes prompts while examples are held out.

    Which examples depart from a schema is told, so that schemas would be questions about them.
    """
    if held_out_keys(dataset) and not may_see_content(actor, dataset):
        raise Forbidden(
            "You write prompts of this workload: what its held-out examples have to look like is"
            " declared by somebody who does not.",
            code="held_out",
        )


def _title(name: str, workload: Workload, dataset: Dataset | None) -> str:
    title = clean_text(name, field="name", minimum=3, maximum=120, single_line=True)
    others = Dataset.objects.filter(workload=workload, name=title)
    if dataset is not None:
        others = others.exclude(pk=dataset.pk)
    if others.exists():
        raise Invalid.field("name", "not_unique", "A dataset of this name already exists here.")
    return title


def _check_class(workload: Workload, data_class: DataClass) -> None:
    """Refuse data that is more confidential than the brief says the workload's is."""
    cycle = open_cycle(workload)
    said = brief_of(cycle).data_class if cycle is not None else ""
    if said and Sensitivity.rank(data_class.value) > Sensitivity.rank(said):
        raise Invalid.field(
            "data_class",
            "too_confidential",
            f"The brief says that this workload's data is {Sensitivity(said).label.lower()} at"
            f" most; this is {data_class.label.lower()}. Change the brief, or leave such data out.",
        )


def _sources(sources: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if len(sources) > MAX_SOURCES:
        raise Invalid.field("sources", "too_many", f"Name at most {MAX_SOURCES} sources.")
    kept = []
    for one in sources:
        kind = one.get("type", "")
        if kind not in SourceKind.values:
            known = ", ".join(SourceKind.values)
            raise Invalid.field("sources", "choice", f"A source's type is one of {known}.")
        reference = clean_text(
            one.get("ref", ""), field="sources", minimum=3, maximum=400, single_line=True
        )
        licence = clean_text(one.get("licence", ""), field="sources", maximum=200, single_line=True)
        kept.append({"type": kind, "ref": reference, "licence": licence})
    return kept


def _variables(names: Sequence[str]) -> list[str]:
    if len(names) > MAX_VARIABLES:
        raise Invalid.field("variables", "too_many", f"Declare at most {MAX_VARIABLES} variables.")
    found = [
        clean_text(name, field="variables", minimum=1, maximum=64, single_line=True)
        for name in names
    ]
    if len(set(found)) != len(found):
        raise Invalid.field("variables", "not_unique", "A variable is named twice.")
    return found


def _schema(schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    problem = schema_problem(schema)
    if problem is not None:
        raise Invalid.field("expected_schema", *problem)
    return dict(schema)
