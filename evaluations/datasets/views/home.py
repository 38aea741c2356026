"""The list of datasets, and of one: is it good enough, its commit, what is said about it."""

from collections import Counter

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.datasets import selectors, services
from evaluations.datasets.checks import findings
from evaluations.datasets.enums import DataClass, Problem, Purpose, SourceKind
from evaluations.datasets.forms import CommitForm, DatasetForm, ReasonForm, SettingsForm
from evaluations.datasets.models import Dataset
from evaluations.datasets.policies import can_agree_to_removal
from evaluations.datasets.presentation import balance_bars
from evaluations.datasets.quality import coverage, findings_for, smallest_difference
from evaluations.datasets.views.shared import FOLDER, asked_sight, dataset_frame, known_parameters
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit, require
from workloads.lifecycle.selectors import workload_for

PAIRS_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: HttpRequest, ref: str) -> HttpResponse:
    """List the workload's datasets, or make the one that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method == "POST":
        require(user, workload, "edit")
    form = DatasetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.create_dataset(
                actor=user,
                workload=workload,
                name=data["name"],
                purpose=Purpose(data["purpose"]),
                description=data["description"],
                sources=data["sources"],
                data_class=DataClass(data["data_class"]),
                contains_pii=data["contains_pii"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{made.ref} made. Import its examples next.")
            return redirect("datasets:import", ref=ref, dataset_ref=made.ref)
    found = list(selectors.datasets_for(user, workload))
    latest = selectors.latest_versions(found)
    rows = [{"dataset": one, "latest": latest.get(one.pk)} for one in found]
    context = frame(request, workload, phase_key="evaluation") | {
        "rows": rows,
        "form": form,
        "editable": can_edit(user, workload),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, f"{FOLDER}/list.html", context, status=status)


def _quality_page(
    request: HttpRequest,
    dataset: Dataset,
    *,
    commit: CommitForm | None = None,
    reason: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = signed_in(request)
    rows = selectors.draft_revisions(dataset)
    sight = asked_sight(request, dataset)
    newest = selectors.latest_version(dataset)
    said = findings(dataset, rows)
    found = findings_for(dataset, sight, lambda: rows)
    hidden = {one.key for one in rows if sight.holds_out(one)}
    told = [one for one in rows if sight.allowed or one.key not in hidden]
    lost = {
        key: how
        for one in said
        if one.code in ("adversarial_removed", "adversarial_left_behind")
        for key, how in zip(one.keys, one.notes, strict=True)
    }
    context = dataset_frame(request, dataset, "dataset") | {
        "purpose": Purpose(dataset.purpose),
        "sources": [(SourceKind(one["type"]), one) for one in dataset.sources],
        "newest": newest,
        "unchanged": newest is not None and newest.digest == selectors.draft_digest(dataset),
        "findings": said,
        "kept_back": any(one.level == "fail" for one in said),
        "lost": list(lost.items()),
        "may_agree": can_agree_to_removal(user, dataset),
        "commit_form": commit or CommitForm(),
        "reason_form": reason or ReasonForm(),
        "shares": selectors.shares(Counter(one.kind for one in rows)),
        "coverage": coverage(rows, sight),
        "balances": balance_bars(selectors.balance_of(one.expected for one in told)),
        "balance_of_all": len(told) == len(rows),
        "smallest": (smallest_difference(len(rows)) or 0) * 100,
        "held_out": len(hidden),
        "sight": sight,
        "pairs": found.pairs[:PAIRS_SHOWN],
        "pairs_left_out": max(0, len(found.pairs) - PAIRS_SHOWN),
        "complete": found.complete,
        "problem_counts": [
            (one, len(found.problems.get(one.value, ())))
            for one in (Problem.PERSONAL_DATA, Problem.UNTAGGED)
            if found.problems.get(one.value)
        ],
    }
    return render_page(request, f"{FOLDER}/dataset.html", context, status=status)


@require_safe
def dataset(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Show whether a dataset is good enough: its mix, its balance, what repeats, what it shows."""
    known_parameters(request, set())
    return _quality_page(request, selectors.dataset_for(signed_in(request), ref, dataset_ref))


@require_POST
def commit(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Commit the draft as the next version."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    require(user, found.workload, "edit")
    form = CommitForm(request.POST)
    if form.is_valid():
        try:
            version = services.commit_version(
                actor=user, dataset=found, note=form.cleaned_data["note"]
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"Version {version.number} committed; it never changes again.")
            return redirect(
                "datasets:version", ref=ref, dataset_ref=dataset_ref, number=version.number
            )
    return _quality_page(request, found, commit=form, status=422)


@require_POST
def removals(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Let adversarial examples go, as a reviewer."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    verdict = can_agree_to_removal(user, found)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            gone = services.agree_to_removal(
                actor=user,
                dataset=found,
                keys=request.POST.getlist("key")[:5_000],
                reason=form.cleaned_data["reason"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{len(gone)} may go, on your word.")
            return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)
    return _quality_page(request, found, reason=form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Show and change what is said about a dataset and declared about its examples."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    form = SettingsForm(initial=SettingsForm.said(found))
    if request.method == "POST":
        require(user, found.workload, "edit")
        form = SettingsForm(request.POST)
        if form.is_valid():
            data = dict(form.cleaned_data)
            data["data_class"] = DataClass(data["data_class"])
            try:
                services.edit_dataset(actor=user, dataset=found, **data)
            except Forbidden:
                raise
            except DomainError as problem:
                add_errors(form, problem)
            else:
                flash.success(request, "Saved.")
                return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)
    context = dataset_frame(request, found, "dataset") | {"form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, f"{FOLDER}/settings.html", context, status=status)
