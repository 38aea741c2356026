"""The editor of a draft: hundreds of examples narrowed, paged, edited in place, changed at once."""

from typing import Any, cast

from django.contrib import messages as flash
from django.db.models import CharField, Func
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import Kind, Problem
from evaluations.datasets.example_form import ExampleForm
from evaluations.datasets.heldout import Sight
from evaluations.datasets.models import Dataset
from evaluations.datasets.presentation import example_line
from evaluations.datasets.quality import findings_for
from evaluations.datasets.selectors import Narrowing
from evaluations.datasets.views.shared import (
    FOLDER,
    SHOW,
    asked_sight,
    dataset_frame,
    kind_in,
    known_parameters,
    tell_reading,
)
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.common.pagination import page_of
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.policies import require

FILTERS = {"kind", "tag", "q", "slice", "problem"}
MAX_TAGS_LISTED = 200
PAGE = f"{FOLDER}/editor.html"


def _wanted(request: HttpRequest, dataset: Dataset, sight: Sight) -> Narrowing:
    """Return what examples are asked for. Raises Invalid for a filter that is none."""
    known_parameters(request, FILTERS | {"cursor", "held_out"})
    problem = request.GET.get("problem", "")
    if problem and problem not in Problem.values:
        raise Invalid.field("problem", "choice", f"Use one of {', '.join(Problem.values)}.")
    part = request.GET.get("slice", "")
    if part not in ("", "yes", "no"):
        raise Invalid.field("slice", "choice", "Use yes or no.")
    text, tag = request.GET.get("q", "").strip()[:200], request.GET.get("tag", "")[:40]
    if "\x00" in text + tag:
        raise Invalid.field("q", "null_character", "Take the null character out.")
    keys = findings_for(dataset, sight).keys(Problem(problem)) if problem else None
    return Narrowing(kind_in(request), tag, text, part, keys)


def _tags(dataset: Dataset, sight: Sight) -> list[str]:
    lines = selectors.draft_lines(dataset)
    if not sight.shown:
        lines = lines.filter(revision__held_out=False)
    tags = lines.annotate(said=Func("revision__tags", function="unnest", output_field=CharField()))
    rows = tags.order_by("said").values_list("said", flat=True).distinct()
    return list(rows[:MAX_TAGS_LISTED])


def _rows(
    request: HttpRequest, dataset: Dataset, wanted: Narrowing, sight: Sight
) -> dict[str, Any]:
    lines = selectors.narrowed(selectors.draft_lines(dataset), wanted, sight)
    page = page_of(lines, by="id", cursor=request.GET.get("cursor", ""))
    shown = [line.revision for line in page.rows]
    tell_reading(request, dataset, sight, shown, "editor")
    query = request.GET.copy()
    query["held_out"] = SHOW
    kept = request.GET.copy()
    kept.pop("cursor", None)
    return {
        "page": page,
        "lines": [example_line(one, sight) for one in shown],
        "fitting": lines.count(),
        "narrowed": wanted.anything,
        "sight": sight,
        "some_held_out": any(sight.holds_out(one) for one in shown),
        "show_held_out": f"?{query.urlencode()}",
        "query": kept.urlencode(),
    }


@require_safe
def examples(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Show the examples of the draft, narrowed and in pages."""
    found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
    sight = asked_sight(request, found)
    wanted = _wanted(request, found, sight)
    tags = _tags(found, sight)
    context = dataset_frame(request, found, "examples") | {
        **_rows(request, found, wanted, sight),
        "wanted": wanted,
        "problem": request.GET.get("problem", ""),
        "kinds": Kind,
        "problems": Problem,
        "tags": tags,
    }
    return render_page(request, PAGE, context, partial="rows")


@require_POST
def change(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Do the same to the ticked examples, or to all that fit the filter."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    require(user, found.workload, "edit")
    act = request.POST.get("act", "")
    value = request.POST.get("kind" if act == "kind" else "tag", "")
    keys = request.POST.getlist("key")[:5_000]
    if request.POST.get("every"):
        sight = asked_sight(request, found)
        wanted = _wanted(request, found, sight)
        lines = selectors.narrowed(selectors.draft_lines(found), wanted, sight)
        keys = list(lines.values_list("key", flat=True))
    back = reverse("datasets:examples", args=[ref, dataset_ref])
    back = f"{back}?{request.GET.urlencode()}" if request.GET else back
    if not keys:
        flash.warning(request, "No example was ticked, so nothing was changed.")
        return redirect(back)
    try:
        count = services.change_examples(
            actor=user, dataset=found, keys=keys, act=cast("services.Act", act), value=value
        )
    except Forbidden:
        raise
    except DomainError as problem:
        flash.error(request, f"Nothing was changed. {problem.message}")
        return redirect(back)
    words = "1 example" if count == 1 else f"{count} examples"
    done = "taken out of the draft" if act == "remove" else "changed in the draft"
    flash.success(request, f"{words} {done}.")
    return redirect(back)


def _refuse(form: ExampleForm, problem: DomainError) -> None:
    """Put what the service refuses beside the field that stands for it."""
    for error in problem.errors:
        place = form.place(error.field)
        if place:
            form.add_error(place, error.message)
    if not any(form.place(error.field) for error in problem.errors):
        add_errors(form, problem)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Write a new example."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    require(user, found.workload, "edit")
    data = request.POST if request.method == "POST" else None
    form = ExampleForm(data, dataset=found, like=selectors.open_example(found), new=True)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_example(actor=user, dataset=found, values=form.values())
        except Forbidden:
            raise
        except DomainError as problem:
            _refuse(form, problem)
        else:
            flash.success(request, f"{made.key} is in the draft.")
            again = "another" in request.POST
            return redirect(
                f"datasets:{'add' if again else 'examples'}", ref=ref, dataset_ref=dataset_ref
            )
    context = dataset_frame(request, found, "examples") | {"form": form, "key": ""}
    status = 422 if form.is_bound else 200
    return render_page(request, f"{FOLDER}/example.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Change one example, on a page of its own or in its row of the editor."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    known_parameters(request, {"key", "held_out", "row"})
    require(user, found.workload, "edit")
    revision = selectors.draft_example(found, request.GET.get("key", ""))
    sight = asked_sight(request, found)
    row = {"line": example_line(revision, sight), "dataset": found, "sight": sight}
    if request.GET.get("row") and request.method != "POST":
        return _fragment(request, found, "line", row)
    if sight.hides(revision) and not sight.allowed:
        raise Forbidden(
            f"{revision.key} is held out, and you write prompts of this workload: somebody who"
            " does not edits it.",
            code="held_out",
        )
    data = request.POST if request.method == "POST" else None
    form = ExampleForm(data, dataset=found, like=revision, new=False)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.edit_example(
                actor=user,
                dataset=found,
                key=revision.key,
                values=form.values(),
                seen=form.cleaned_data["seen"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            _refuse(form, problem)
        else:
            if wants_fragment(request):
                row["line"] = example_line(made, sight)
                return _fragment(request, found, "line", row)
            flash.success(request, f"{made.key} is changed in the draft.")
            return redirect("datasets:examples", ref=ref, dataset_ref=dataset_ref)
    elif sight.holds_out(revision):
        services.record_reading(actor=user, dataset=found, place="edit", examples=1)
    status = 422 if form.is_bound else 200
    query = urlencode({"key": revision.key})
    context = {"form": form, "key": revision.key, "query": query, **row}
    if wants_fragment(request):
        return _fragment(request, found, "form", context, status)
    context = dataset_frame(request, found, "examples") | context
    return render_page(request, f"{FOLDER}/example.html", context, status=status)


def _fragment(
    request: HttpRequest, dataset: Dataset, part: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return one row of the editor: to read, or as a form."""
    context = {"workload": dataset.workload, "editable": True, "in_row": True, **context}
    return render_page(request, f"{FOLDER}/row_{part}.html", context, status=status)
