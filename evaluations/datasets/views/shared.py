"""What the pages of one dataset share: their frame, their tabs, and what is asked to be seen."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import Kind, ProposalState
from evaluations.datasets.heldout import Sight, sight_of
from evaluations.datasets.models import Dataset, ExampleRevision
from portal.accounts.http import signed_in
from portal.common.errors import Invalid
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit

FOLDER = "evaluations/datasets"
SHOW = "show"


def dataset_frame(request: HttpRequest, dataset: Dataset, tab: str) -> dict[str, Any]:
    """Return the context of every page of a dataset; ``tab`` is the page that it belongs to."""
    ref, own = dataset.workload.ref, dataset.ref
    waiting = selectors.proposals_of(dataset).filter(state=ProposalState.WAITING).count()
    count = dataset.draft_examples.count()
    pages = (
        ("dataset", "Is it good enough?", ""),
        ("examples", "Examples", str(count)),
        ("versions", "Versions", str(dataset.versions.count() or "")),
        ("proposals", "Proposals", str(waiting or "")),
    )
    return frame(request, dataset.workload, phase_key="evaluation") | {
        "dataset": dataset,
        "n": count,
        "pages": [
            {
                "label": label,
                "url": reverse(f"datasets:{name}", args=[ref, own]),
                "count": shown,
                "current": name == tab,
            }
            for name, label, shown in pages
        ],
        "editable": can_edit(signed_in(request), dataset.workload),
    }


def known_parameters(request: HttpRequest, known: set[str]) -> None:
    """Refuse what this page does not read. Raises Invalid (unknown_filter)."""
    unknown = sorted(set(request.GET) - known)
    if unknown:
        raise Invalid(
            f"This page does not know {unknown[0][:40]!r}; it knows {', '.join(sorted(known))}.",
            code="unknown_filter",
        )


def kind_in(request: HttpRequest) -> str:
    """Return the kind asked for, or nothing. Raises Invalid (choice)."""
    kind = request.GET.get("kind", "")
    if kind and kind not in Kind.values:
        raise Invalid.field("kind", "choice", f"Use one of {', '.join(Kind.values)}.")
    return kind


def asked_sight(request: HttpRequest, dataset: Dataset) -> Sight:
    """Return what this person sees; held-out content only where ``held_out=show`` asks for it."""
    asked = request.GET.get("held_out") == SHOW
    return sight_of(signed_in(request), dataset, shown=asked)


def tell_reading(
    request: HttpRequest,
    dataset: Dataset,
    sight: Sight,
    rows: list[ExampleRevision],
    place: str,
    version: int | None = None,
) -> None:
    """Record that held-out content is shown, where it is."""
    if sight.shown:
        services.record_reading(
            actor=signed_in(request),
            dataset=dataset,
            place=place,
            examples=sum(sight.holds_out(one) for one in rows),
            version=version,
        )
