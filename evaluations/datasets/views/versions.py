"""Committed versions: list, one, what changed between two, taking one up again, files."""

from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from evaluations.datasets import selectors, services
from evaluations.datasets.differences import Changed, difference
from evaluations.datasets.enums import Kind
from evaluations.datasets.files import DRAFT, examples_of, file_of, side
from evaluations.datasets.heldout import Sight
from evaluations.datasets.presentation import as_text, balance_bars, example_line
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
from portal.common.differences import compare as compare_texts
from portal.common.pagination import page_of
from portal.shell.rendering import render_page

MOST_SHOWN = 100


def _kind_tabs(request: HttpRequest, kinds: dict[str, int]) -> list[dict[str, Any]]:
    chosen = kind_in(request)
    found = [
        {
            "label": "All",
            "url": request.path,
            "current": not chosen,
            "count": sum(kinds.values()),
        }
    ]
    found += [
        {
            "label": kind.label,
            "url": f"{request.path}?kind={kind.value}",
            "current": chosen == kind.value,
            "count": kinds.get(kind.value, 0),
        }
        for kind in Kind
    ]
    return found


@require_safe
def versions(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """List the committed versions."""
    found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
    rows = list(selectors.versions_of(found)[:100])
    context = dataset_frame(request, found, "versions") | {
        "versions": rows,
        "before": {one.number: one.number - 1 for one in rows if one.number > 1},
        "changed": bool(rows) and rows[0].digest != selectors.draft_digest(found),
        "sight": asked_sight(request, found),
    }
    return render_page(request, f"{FOLDER}/versions.html", context)


@require_safe
def version(request: HttpRequest, ref: str, dataset_ref: str, number: int) -> HttpResponse:
    """Show one committed version with its examples."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, dataset_ref, number)
    known_parameters(request, {"kind", "cursor", "held_out"})
    sight = asked_sight(request, found.dataset)
    page = page_of(
        selectors.version_lines(found, kind_in(request)),
        by="position",
        cursor=request.GET.get("cursor", ""),
    )
    shown = [line.revision for line in page.rows]
    tell_reading(request, found.dataset, sight, shown, "version", number)
    told = selectors.version_lines(found)
    if not sight.allowed:
        told = told.filter(revision__held_out=False).exclude(revision__key__in=sight.keys)
    query = request.GET.copy()
    query["held_out"] = SHOW
    context = dataset_frame(request, found.dataset, "versions") | {
        "committed": found,
        "shares": selectors.shares(found.kinds),
        "balances": balance_bars(selectors.balance_of(selectors.expected_of(told))),
        "tabs": _kind_tabs(request, found.kinds),
        "page": page,
        "lines": [example_line(one, sight) for one in shown],
        "sight": sight,
        "some_held_out": any(sight.holds_out(one) for one in shown),
        "show_held_out": f"?{query.urlencode()}",
    }
    return render_page(request, f"{FOLDER}/version.html", context)


@require_POST
def restore(request: HttpRequest, ref: str, dataset_ref: str, number: int) -> HttpResponse:
    """Make the draft what a version holds."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, dataset_ref, number)
    count = services.restore_version(actor=user, version=found)
    flash.success(
        request, f"The draft holds the {count} examples of version {number}. Commit it to use it."
    )
    return redirect("datasets:examples", ref=ref, dataset_ref=dataset_ref)


def _changed(one: Changed, sight: Sight) -> dict[str, Any]:
    if sight.hides(one.before) or sight.hides(one.after):
        return {"key": one.key, "kind": Kind(one.after.kind), "hidden": True, "fields": []}
    fields = [
        {
            "name": change.field,
            "pieces": compare_texts(as_text(change.before), as_text(change.after)).pieces,
        }
        for change in one.fields
    ]
    return {"key": one.key, "kind": Kind(one.after.kind), "hidden": False, "fields": fields}


@require_safe
def compare(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Show what changed from one version to another, or to the draft."""
    found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
    known_parameters(request, {"a", "b", "held_out"})
    rows = list(selectors.versions_of(found)[:100])
    newest = str(rows[0].number) if rows else DRAFT
    before_name, before = side(found, request.GET.get("a", "") or newest)
    after_name, after = side(found, request.GET.get("b", "") or DRAFT)
    sight = asked_sight(request, found)
    old, new = examples_of(found, before), examples_of(found, after)
    changes = difference(old, new)
    touched = [*changes.added, *changes.retired, *(one.after for one in changes.changed)]
    tell_reading(request, found, sight, touched, "compare")
    query = request.GET.copy()
    query["held_out"] = SHOW
    context = dataset_frame(request, found, "versions") | {
        "versions": rows,
        "before": before,
        "after": after,
        "before_name": before_name,
        "after_name": after_name,
        "changes": changes,
        "added": [example_line(one, sight) for one in changes.added[:MOST_SHOWN]],
        "retired": [example_line(one, sight) for one in changes.retired[:MOST_SHOWN]],
        "changed": [_changed(one, sight) for one in changes.changed[:MOST_SHOWN]],
        "left_out": max(0, len(touched) - 3 * MOST_SHOWN),
        "sight": sight,
        "some_held_out": any(sight.holds_out(one) for one in touched),
        "show_held_out": f"?{query.urlencode()}",
    }
    return render_page(request, f"{FOLDER}/compare.html", context)


@require_safe
def export(request: HttpRequest, ref: str, dataset_ref: str) -> StreamingHttpResponse:
    """Give the draft or a version as a file; held-out examples only where they are asked for."""
    found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
    known_parameters(request, {"format", "version", "held_out"})
    return file_of(
        signed_in(request),
        found,
        kind=request.GET.get("format", "jsonl"),
        version=request.GET.get("version", ""),
        shown=request.GET.get("held_out") == SHOW,
    )
