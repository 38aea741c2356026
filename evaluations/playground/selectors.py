"""Reading trials: which, and how far they are."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from evaluations.datasets.versioned import VersionedExample, view_of
from evaluations.metrics.types import ExampleView
from evaluations.playground.models import Trial, TrialCell, TrialInput
from portal.accounts.selectors import AnyUser
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for


def trials_for(user: AnyUser, workload: Workload) -> QuerySet[Trial]:
    """Return the workload's trials, newest first. Raises Http404 when it is not visible."""
    workload_for(user, workload.ref)
    return (
        Trial.objects.filter(workload=workload)
        .select_related("created_by", "workload", "dataset_version__dataset")
        .order_by("-number")
    )


def trial_for(user: AnyUser, workload_ref: str, trial_id: UUID) -> Trial:
    """Return one trial through its workload. Raises Http404."""
    workload = workload_for(user, workload_ref)
    return get_object_or_404(trials_for(user, workload), pk=trial_id)


def inputs_of(trial: Trial) -> list[TrialInput]:
    """Return the rows of a trial in order, each with its example."""
    return list(
        TrialInput.objects.filter(trial=trial).select_related("revision").order_by("position")
    )


def cells_of(trial: Trial) -> list[TrialCell]:
    """Return the cells of a trial in the order of asking."""
    return list(TrialCell.objects.filter(trial=trial).order_by("place"))


def example_of(row: TrialInput) -> VersionedExample:
    """Return what prompts and metrics see of one row; typed values have nothing expected."""
    if row.revision is not None:
        return VersionedExample(
            row.revision.pk, row.position, row.revision.input, view_of(row.revision)
        )
    return VersionedExample(row.pk, row.position, row.typed, typed_view(row.label, row.typed))


def typed_view(label: str, values: dict[str, str]) -> ExampleView:
    """Return typed values as metrics see an example."""
    return ExampleView(key=label, kind="typical", input=values, expected=None)
