"""Pages of judges: the list, one version with its calibration, and labelling."""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.selectors import usable_entries
from evaluations.judges import presentation, selectors, services
from evaluations.judges.enums import Given, Levels
from evaluations.judges.forms import JudgeForm, VersionForm
from evaluations.judges.policies import can_label
from evaluations.judges.prompting import instructions
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit, require
from workloads.lifecycle.selectors import workload_for

_FOLDER = "evaluations/judges"


def _choices(workload: Workload) -> tuple[list[Any], list[Any]]:
    entries = usable_entries().filter(prices__isnull=False).distinct().order_by("gateway_alias")
    return list(entries), list(selectors.calibration_sets(workload))


@require_http_methods(["GET", "HEAD", "POST"])
def judges(request: HttpRequest, ref: str) -> HttpResponse:
    """List the workload's judges, or make the one that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    posted = request.method == "POST"
    if posted:
        require(user, workload, "edit")
    editable = bool(can_edit(user, workload))
    entries, sets = _choices(workload) if editable else ([], [])
    form = JudgeForm(entries, sets, request.POST if posted else None)
    if posted and form.is_valid():
        try:
            made = services.make_judge(
                actor=user, workload=workload, name=form.cleaned_data["name"], draft=form.draft()
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{made} made. People label its calibration set next.")
            return redirect("judges:version", ref=ref, name=made.judge.name, number=1)
    versions = selectors.newest_versions(workload)
    found = selectors.newest_calibrations(versions)
    context = frame(request, workload, phase_key="evaluation") | {
        "lines": [presentation.judge_line(one, found.get(one.pk)) for one in versions],
        "form": form,
        "sets": sets,
        "editable": editable,
    }
    return render_page(
        request, f"{_FOLDER}/list.html", context, status=422 if form.is_bound else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_version(request: HttpRequest, ref: str, name: str) -> HttpResponse:
    """Make the next version of a judge, starting from the newest one."""
    user = signed_in(request)
    judge = selectors.judge_for(user, ref, name)
    require(user, judge.workload, "edit")
    newest = selectors.versions_of(judge)[0]
    start = {
        "criterion": newest.criterion,
        "rubric": newest.rubric,
        "given": newest.given,
        "levels": newest.levels,
        "entry": str(newest.entry_id),
        "max_tokens": newest.max_tokens,
        "calibration_set": str(newest.calibration_set_id),
    }
    posted = request.POST if request.method == "POST" else None
    form = VersionForm(*_choices(judge.workload), posted, after=newest, initial=start)
    if form.is_bound and form.is_valid():
        try:
            made = services.make_version(actor=user, judge=judge, draft=form.draft())
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{made} made. It has to be calibrated anew.")
            return redirect("judges:version", ref=ref, name=name, number=made.number)
    context = frame(request, judge.workload, phase_key="evaluation") | {
        "judge": judge,
        "newest": newest,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render_page(request, f"{_FOLDER}/new_version.html", context, status=status)


@require_safe
def version(request: HttpRequest, ref: str, name: str, number: int) -> HttpResponse:
    """Show one version: what it may be used for and why, what it asks, how it was calibrated."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, name, number)
    workload = found.judge.workload
    calibrations = list(selectors.calibrations_of(found)[:20])
    finished = next((one for one in calibrations if one.finished_at), None)
    opened = next((one for one in calibrations if not one.finished_at), None)
    standing, reasons, report = selectors.standing_by(finished)
    progress = selectors.label_progress(found, user)
    split = selectors.split_examples(found) if progress.people.split else []
    used = selectors.used_labels(found) if split else frozenset()
    context = frame(request, workload, phase_key="evaluation") | {
        "judge_version": found,
        "judge": found.judge,
        "given": Given(found.given),
        "levels": Levels(found.levels),
        "standing": standing,
        "use": presentation.may_be_used(found, standing),
        "reasons": reasons,
        "calibration": finished,
        "opened": opened,
        "opened_url": reverse("runs:run", args=[ref, opened.run_ref])
        if opened and opened.run_ref
        else "",
        "report": presentation.report_view(report) if report else None,
        "progress": progress,
        "progress_rows": presentation.progress_rows(progress),
        "planning": presentation.planning(progress.examples, pairwise=found.pairwise),
        "split": [
            {
                **presentation.question_view(found, one),
                "said": presentation.labels_in_words(said),
                "used": str(one.revision_id) in used,
            }
            for one, said in split[:10]
        ],
        "choices": presentation.choices(found),
        "instructions": instructions(found.content),
        "versions": list(selectors.versions_of(found.judge)[:20]),
        "editable": bool(can_edit(user, workload)),
        "may_label": bool(can_label(user, workload)),
        "anchors": len(selectors.anchors_of(finished)),
    }
    return render_page(request, f"{_FOLDER}/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def label(request: HttpRequest, ref: str, name: str, number: int) -> HttpResponse:
    """Ask for the label of the next example, or keep the one that was posted."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, name, number)
    workload = found.judge.workload
    allowed = can_label(user, workload)
    if not allowed:
        raise Forbidden(allowed.message, code=allowed.rule)
    if request.method == "POST":
        services.label_example(
            actor=user,
            version=found,
            revision_id=_revision(request),
            label=request.POST.get("label", ""),
        )
        return redirect("judges:label", ref=ref, name=name, number=number)
    example = selectors.next_to_label(found, user)
    wanted = request.GET.get("again", "")
    if wanted:
        example = selectors.example_of(found, wanted) or example
    turned = example is not None and presentation.shown_turned(found, example, user.pk)
    context = frame(request, workload, phase_key="evaluation") | {
        "judge_version": found,
        "judge": found.judge,
        "case": presentation.question_view(found, example, turned=turned) if example else None,
        "progress": selectors.label_progress(found, user),
        "choices": presentation.choices(found, turned=turned),
        "last": selectors.last_labelled(found, user),
    }
    return render_page(request, f"{_FOLDER}/label.html", context)


@require_POST
def settle(request: HttpRequest, ref: str, name: str, number: int) -> HttpResponse:
    """Decide an example on which raters differ."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, name, number)
    services.settle_example(
        actor=user,
        version=found,
        revision_id=_revision(request),
        label=request.POST.get("label", ""),
    )
    flash.success(request, "Settled.")
    return redirect("judges:version", ref=ref, name=name, number=number)


def _revision(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("revision", ""))
    except ValueError as problem:
        raise Invalid.field("revision", "choice", "Name the example that is labelled.") from problem
