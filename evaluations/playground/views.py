"""Pages of the playground: what to try, and the answers side by side. Nothing here is evidence."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.playground import policies, selectors, services
from evaluations.playground.enums import TrialState
from evaluations.playground.forms import TrialForm, initial_of
from evaluations.playground.limits import limits
from evaluations.playground.models import Trial
from evaluations.playground.offer import Offer, names_of, offer
from evaluations.playground.plan import TrialPlan
from evaluations.playground.presentation import TrialView, view_of
from evaluations.preferences.policies import require_unblinded
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.common.money import from_micro
from portal.common.text import text_problem
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_FOLDER = "evaluations/playground"
_PAGE = f"{_FOLDER}/home.html"
_USUAL_CAP = Decimal("0.5")
_RECENT = 10
_IN_PANEL = 3


def _lines(user: User, workload: Workload, most: int) -> list[dict[str, Any]]:
    return [
        {
            "trial": one,
            "state": TrialState(one.state),
            "cost": from_micro(one.spent_micro + one.overrun_micro),
            "models": ", ".join(one.plan["selection"]["models"]),
            "prompts": ", ".join(pin["label"] for pin in one.plan["prompts"]),
        }
        for one in selectors.trials_for(user, workload)[:most]
    ]


def _asked(request: HttpRequest, name: str) -> str:
    value = request.GET.get(name, "")[:200]
    return "" if text_problem(value) else value


def _page(
    request: HttpRequest,
    workload: Workload,
    found: Offer,
    form: TrialForm,
    *,
    ready: Any = None,
    status: int = 200,
) -> HttpResponse:
    user = signed_in(request)
    context = frame(request, workload, phase_key="prompting") | {
        "offer": found,
        "form": form,
        "ticked": form.ticked(),
        "editable": policies.can_try(user, workload),
        "lines": _lines(user, workload, _RECENT),
        "ready": ready,
        "problems": [],
    }
    return render_page(request, _PAGE, context, status=status)


def _proposed(request: HttpRequest, user: User, workload: Workload) -> tuple[Offer, TrialForm]:
    """Return the page's offer with a form that proposes something, or repeats a trial."""
    again = _again(request, user, workload)
    dataset = again.selection.dataset if again else _asked(request, "dataset")
    found = offer(user, workload, dataset=dataset, text=_asked(request, "q"))
    chosen = again.selection if again else found.usual(_asked(request, "prompt"))
    names = list(dict.fromkeys([*found.names, *(n for one in chosen.typed for n in one)]))
    initial = initial_of(chosen, min(_USUAL_CAP, limits().cap))
    return found, TrialForm(names, found.currency, initial=initial)


def _again(request: HttpRequest, user: User, workload: Workload) -> TrialPlan | None:
    raw = _asked(request, "again")
    if not raw:
        return None
    try:
        trial = selectors.trial_for(user, workload.ref, UUID(raw))
    except ValueError as problem:
        raise Http404 from problem
    return TrialPlan.from_json(trial.plan)


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what can be tried and what was; start the trial that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        unknown = sorted(set(request.GET) - {"dataset", "q", "prompt", "again"})
        if unknown:
            raise Invalid(f"Unknown filter: {unknown[0]:.40}.", code="unknown_filter")
        found, form = _proposed(request, user, workload)
        return _page(request, workload, found, form)
    require(user, workload, "edit")
    found = offer(user, workload, dataset=_posted(request, "dataset"))
    form = TrialForm(found.names, found.currency, request.POST)
    if not form.is_valid():
        return _page(request, workload, found, form, status=422)
    try:
        if "outlook" in request.POST:
            ready = services.outlook(actor=user, workload=workload, selection=form.selection())
            return _page(request, workload, found, form, ready=ready)
        started = services.start_trial(
            actor=user,
            workload=workload,
            selection=form.selection(),
            cap=form.cleaned_data["cap"],
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(request, workload, found, form, status=status)
    flash.success(request, f"Trial {started.number} started. You can leave the page.")
    return redirect("playground:trial", ref=ref, trial_id=started.pk)


def _posted(request: HttpRequest, name: str) -> str:
    value = request.POST.get(name, "")[:200]
    return "" if text_problem(value) else value


@require_POST
def outlook(request: HttpRequest, ref: str) -> HttpResponse:
    """Return how many calls the form asks for and what they cost at most; keeps nothing."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require(user, workload, "edit")
    form = TrialForm(names_of(workload), "", request.POST)
    ready, problems = None, []
    form.is_valid()
    try:
        ready = services.outlook(actor=user, workload=workload, selection=form.selection())
    except Invalid as problem:
        problems = [one.message for one in problem.errors] or [problem.message]
    except KeyError:
        problems = [str(one) for errors in form.errors.values() for one in errors]
    context = {"ready": ready, "problems": problems}
    return render_page(request, f"{_PAGE}#outlook", context)


@require_safe
def panel(request: HttpRequest, ref: str) -> HttpResponse:
    """The playground's panel on the prompt page."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    context = {
        "workload": workload,
        "lines": _lines(user, workload, _IN_PANEL),
        "editable": policies.can_try(user, workload),
    }
    return render_page(request, f"{_FOLDER}/panel.html", context)


def _shown(request: HttpRequest, found: Trial, view: TrialView) -> dict[str, Any]:
    user = signed_in(request)
    return {
        "workload": found.workload,
        "trial": found,
        "view": view,
        "cancellable": policies.can_cancel(user, found),
        "editable": policies.can_try(user, found.workload),
        "waiting": ",".join(map(str, view.waiting)),
        "fragment": False,
        "fresh": [],
    }


def _against(request: HttpRequest, found: Trial) -> int | None:
    """Return the column that the others are compared with. Raises Invalid (unknown_filter)."""
    raw = _asked(request, "against")
    if not raw:
        return None
    columns = len(TrialPlan.from_json(found.plan).columns)
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 4 and int(raw) < columns):
        raise Invalid("This trial has no such column.", code="unknown_filter")
    return int(raw)


@require_safe
def trial(request: HttpRequest, ref: str, trial_id: UUID) -> HttpResponse:
    """Show the answers side by side; htmx asks again every second while some are missing.

    With ``against``, the place of a column, they are shown by how they differ from that one's.
    """
    found = selectors.trial_for(signed_in(request), ref, trial_id)
    require_unblinded(signed_in(request), found.workload)
    against = _against(request, found)
    view = view_of(found, against=against)
    context = _shown(request, found, view) | {"against": against}
    if wants_fragment(request):
        # The page names the cells that it still waits for, and is sent those that came.
        places = [
            int(one)
            for one in request.GET.get("waiting", "")[:2_000].split(",")
            if one.isascii() and one.isdecimal() and len(one) < 5
        ]
        context |= {"fragment": True, "fresh": view.cells(places)}
        return render_page(request, f"{_FOLDER}/trial.html", context, partial="progress")
    return render_page(
        request,
        f"{_FOLDER}/trial.html",
        frame(request, found.workload, phase_key="prompting") | context,
    )


@require_POST
def cancel(request: HttpRequest, ref: str, trial_id: UUID) -> HttpResponse:
    """End the trial: no new call is made."""
    user = signed_in(request)
    found = selectors.trial_for(user, ref, trial_id)
    try:
        services.cancel_trial(actor=user, trial=found)
    except Conflict as problem:
        problem.link = reverse("playground:trial", args=[ref, trial_id])
        raise
    flash.success(request, "Cancelled. No new call is made; what was spent stays spent.")
    return redirect("playground:trial", ref=ref, trial_id=trial_id)
