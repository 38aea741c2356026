"""One committed version, what can be made of it, and where the pointers went."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden
from portal.common.pagination import page_of
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors, services
from workloads.prompts.models import Pointer, PromptVersion
from workloads.prompts.views.rendered import rendered

PAGE = "workloads/prompts/version.html"


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    found: PromptVersion,
    *,
    problem: DomainError | None = None,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    pointers = selectors.pointers_of(workload)
    candidate = pointers[Pointer.CANDIDATE]
    prompt = selectors.prompt_of(workload)
    context = frame(request, workload, phase_key="prompting") | {
        "found": found,
        "authors": selectors.authors_by_number([found])[found.number],
        "pointers": [p for p, at in pointers.items() if at is not None and at.pk == found.pk],
        "is_candidate": candidate is not None and candidate.pk == found.pk,
        "is_restorable": candidate is None or candidate.digest != found.digest,
        "candidate": candidate,
        "editable": policies.can_edit(user, workload),
        "draft_differs": selectors.draft_differs(workload, prompt),
        "false_alarms": selectors.false_alarms_in(prompt, found.content),
        "moves": [(move, Pointer(move.pointer)) for move in selectors.moves_to(found)[:20]],
        "settings": [
            (name.replace("_", " "), value)
            for name, value in found.content["params"].items()
            if value not in (None, [])
        ],
        "problem": problem,
        "note": note,
        **rendered(workload, prompt, found.content),
    }
    return render_page(request, PAGE, context, status=status)


@require_safe
def version(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one committed version as the model gets it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    return _page(request, user, workload, selectors.version_of(workload, number))


@require_POST
def use(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Make a version the candidate."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    moved = services.point_candidate(
        actor=user, workload=workload, version=found, reason="chosen again"
    )
    if moved is None:
        raise Conflict(f"Version {number} is the candidate already.", code="unchanged")
    flash.success(request, f"Version {number} is the candidate.")
    return redirect("prompts:version", ref=ref, number=number)


@require_POST
def restore(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Commit a version's content again as the newest one."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    note = request.POST.get("note", "")
    try:
        made = services.restore_version(actor=user, workload=workload, version=found, note=note)
    except Forbidden:
        raise
    except DomainError as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(request, user, workload, found, problem=problem, note=note, status=status)
    flash.success(request, f"Version {number} is restored as version {made.number}.")
    return redirect("prompts:version", ref=ref, number=made.number)


@require_POST
def start(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Begin the draft again from a version."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    try:
        services.start_from(
            actor=user, workload=workload, version=found, replace="replace" in request.POST
        )
    except Conflict as problem:
        return _page(request, user, workload, found, problem=problem, status=409)
    flash.success(request, f"The draft now begins from version {number}.")
    return redirect("prompts:prompts", ref=ref)


@require_safe
def pointers(request: HttpRequest, ref: str) -> HttpResponse:
    """Show every move of every pointer, newest first."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    page = page_of(
        selectors.moves_of(workload), by="-id", cursor=request.GET.get("cursor", ""), size=50
    )
    context = frame(request, workload, phase_key="prompting") | {
        "now": list(selectors.pointers_of(workload).items()),
        "moves": [(move, Pointer(move.pointer)) for move in page.rows],
        "next_cursor": page.next_cursor,
    }
    return render_page(request, "workloads/prompts/pointers.html", context)
