"""The pages of a brief's versions."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.http import signed_in
from workloads.briefs import selectors
from workloads.briefs.changes import classify
from workloads.briefs.versions import written_out
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for


@require_safe
def version(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one version as it was committed, and what changed since the one before."""
    workload = workload_for(signed_in(request), ref)
    cycle = current_cycle(workload)
    found = selectors.version_of(cycle, number)
    present = selectors.brief_of(cycle)
    if found is None:
        # What was submitted elsewhere is frozen when it changes; until then it is the draft.
        if present._state.adding or selectors.version_number(present) != number:
            raise Http404
        content, digest, at, by = present.material(), present.digest(), None, None
        content["kpi_names"] = [kpi.name for kpi in present.kpi_rows()]
    else:
        content, digest = found.content, found.digest
        at, by = found.created_at, found.created_by
    before = selectors.version_of(cycle, number - 1)
    context = frame(request, workload, phase_key="scoping") | {
        "number": number,
        "number_text": str(number),
        "sections": written_out(content),
        "digest": digest,
        "committed_at": at,
        "committed_by": by,
        "changes": classify(before.content, content) if before else [],
        "before": before,
    }
    return render(request, "workloads/briefs/version.html", context)
