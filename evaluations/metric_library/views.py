"""Pages of metrics: the list, one metric with a box to try it, and declaring one."""

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.metric_library import presentation, selectors, services
from evaluations.metric_library.forms import DeclareForm, RetireForm, TryForm, initial_of
from evaluations.metric_library.models import DeclaredMetric
from evaluations.metric_library.policies import can_declare, require_declare
from evaluations.metric_library.trying import in_words, try_metric
from evaluations.metrics import registry
from evaluations.metrics.types import ArgumentError, Metric, UnknownMetric
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page

_FOLDER = "evaluations/metric_library"


def _found(name: str, version: int | None) -> Metric:
    try:
        return registry.get(name, version)
    except UnknownMetric as problem:
        raise Http404("There is no such metric.") from problem


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """List every metric by what it looks at."""
    context = {
        "groups": presentation.grouped(),
        "plugs": presentation.plug_rows(),
        "may_declare": can_declare(signed_in(request)),
    }
    return render_page(request, f"{_FOLDER}/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def metric(request: HttpRequest, name: str, version: int | None = None) -> HttpResponse:
    """Show one metric, and score what was typed into its box; nothing is stored."""
    found = _found(name, version)
    form = TryForm(found, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                score = try_metric(found, form.trial())
            except ArgumentError as problem:
                field = f"argument-{problem.field}"
                words = problem.message[:1].upper() + problem.message[1:]
                form.add_error(field if field in form.fields else None, f"{words}.")
            else:
                context = {"score": score, "score_words": in_words(score)}
        status = 422 if form.errors else 200
    return _metric_page(request, found, form, RetireForm(), context, status)


def _metric_page(
    request: HttpRequest,
    found: Metric,
    form: TryForm,
    retire_form: RetireForm,
    more: dict[str, Any],
    status: int,
) -> HttpResponse:
    declared = selectors.versions_named(found.name) if found.origin == "declared" else []
    context = {
        "metric": found,
        "family": found.about.family.value,
        "scale": presentation.scale_words(found),
        "origin": presentation.origin_words(found),
        "arguments": presentation.arguments_of(found),
        "versions": registry.versions_of(found.name) if not declared else [],
        "declared": declared,
        "row": next((one for one in declared if one.version == found.version), None),
        "retirement": selectors.retirement_of(found.name) if declared else None,
        "form": form,
        "retire_form": retire_form,
        "score": None,
        "score_words": "",
        "may_declare": bool(declared) and can_declare(signed_in(request)),
    }
    return render_page(request, f"{_FOLDER}/metric.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a metric without code."""
    require_declare(signed_in(request))
    form = DeclareForm(request.POST if request.method == "POST" else None)
    return _declare_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def declare_version(request: HttpRequest, name: str) -> HttpResponse:
    """Declare the next version of a declared metric."""
    rows = selectors.versions_named(name)
    if not rows:
        raise Http404("There is no such declared metric.")
    require_declare(signed_in(request))
    before = rows[0]
    start = initial_of(before.definition) | {
        "name": before.name, "label": before.label, "description": before.description,
    }  # fmt: skip
    data = None
    if request.method == "POST":
        data = request.POST.copy()
        data["name"] = before.name
    return _declare_page(request, DeclareForm(data, initial=start), before)


def _declare_page(
    request: HttpRequest, form: DeclareForm, before: DeclaredMetric | None
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        make = services.declare_version if before else services.declare_metric
        try:
            made = make(
                actor=signed_in(request),
                name=before.name if before else data["name"],
                label=data["label"],
                description=data["description"],
                declaration=form.declaration(),
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{made.name} version {made.version} is there. Try it below.")
            return redirect("metrics:metric", name=made.name)
    context = {"form": form, "before": before}
    status = 422 if form.is_bound else 200
    return render_page(request, f"{_FOLDER}/declare.html", context, status=status)


@require_http_methods(["POST"])
def retire(request: HttpRequest, name: str) -> HttpResponse:
    """Take a declared metric out of the offer."""
    if not selectors.versions_named(name):
        raise Http404("There is no such declared metric.")
    form = RetireForm(request.POST)
    require_declare(signed_in(request))
    if form.is_valid():
        try:
            services.retire_metric(
                actor=signed_in(request), name=name, reason=form.cleaned_data["reason"]
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{name} is no longer offered. What was measured stays.")
            return redirect("metrics:metric", name=name)
    found = _found(name, None)
    return _metric_page(request, found, TryForm(found), form, {}, 422)
