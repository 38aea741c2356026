"""The list of workloads as page and API ask for it: strict about what an address may say."""

from dataclasses import dataclass

from django.http import QueryDict

from portal.accounts.selectors import AnyUser
from portal.common.errors import DomainError, FieldError, Invalid
from portal.common.pagination import Page, page_of
from workloads.lifecycle.enums import PhaseState, RiskTier, WorkloadStatus
from workloads.lifecycle.forms import FilterForm
from workloads.lifecycle.models import Workload
from workloads.lifecycle.phases import Phase, phase
from workloads.lifecycle.selectors import current_phase_of, filtered


@dataclass(frozen=True, slots=True)
class Row:
    """One workload of the list, with what its cells show."""

    workload: Workload
    status: WorkloadStatus
    tier: str
    phase: Phase | None
    state: PhaseState | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list."""

    form: FilterForm
    rows: list[Row]
    next_cursor: str
    narrowed: bool


def listing(user: AnyUser, query: QueryDict) -> Listing:
    """Return the page of the list that ``query`` asks for.

    Raises Invalid: unknown_filter for a parameter that is none, bad_cursor, or the field's error.
    """
    form = FilterForm(query)
    unknown = sorted(set(query) - set(form.fields) - {"cursor"})
    if unknown:
        raise Invalid(
            f"The list cannot be filtered by {unknown[0][:60]!r}; use {', '.join(form.fields)}.",
            code="unknown_filter",
        )
    if not form.is_valid():
        raise _refused(form)
    page: Page[Workload] = page_of(
        filtered(user, **form.cleaned_data), by="-number", cursor=query.get("cursor", "")
    )
    return Listing(
        form=form,
        rows=[_row(workload) for workload in page.rows],
        next_cursor=page.next_cursor,
        narrowed=any(form.cleaned_data.values()),
    )


def _refused(form: FilterForm) -> DomainError:
    errors = [
        FieldError(name, str(problem.code or "invalid"), " ".join(problem.messages))
        for name, problems in form.errors.as_data().items()
        for problem in problems
    ]
    return Invalid(f"{errors[0].field}: {errors[0].message}", errors=errors)


def _row(workload: Workload) -> Row:
    key, state = current_phase_of(workload)
    return Row(
        workload=workload,
        status=WorkloadStatus(workload.status),
        tier=RiskTier(workload.tier).label if workload.tier else "",
        phase=phase(key) if key else None,
        state=PhaseState(state) if state else None,
    )
