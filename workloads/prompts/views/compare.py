"""The difference of two versions, part by part: in one text or side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.http import signed_in
from portal.common.differences import CONTEXT, MAX_ROWS, Detail, Hunk, Row, compare, hunks, rows
from portal.common.errors import Invalid
from portal.shell.rendering import render_page
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors
from workloads.prompts.content import sections
from workloads.prompts.views.rendered import words_of

VIEWS = {"unified": "In one text", "split": "Side by side"}


@dataclass(frozen=True, slots=True)
class PartDifference:
    """What differs in one part of a prompt, laid out in the view that was asked for."""

    label: str
    detail: Detail
    hunks: list[Hunk]
    rows: list[Row]
    cut: bool


def _parts(
    before: Mapping[str, Any], after: Mapping[str, Any], *, split: bool, whole: bool
) -> tuple[list[PartDifference], list[str]]:
    """Return the parts that differ and the names of those that are the same in both."""
    old, new = sections(before), sections(after)
    context = None if whole else CONTEXT
    found, same = [], []
    for name in old:
        if old[name] == new[name] and before[name] == after[name]:
            if old[name]:
                same.append(words_of(name))
            continue
        difference = compare(old[name], new[name])
        lines = rows(difference.pieces, context=context) if split else []
        found.append(
            PartDifference(
                label=words_of(name),
                detail=difference.detail,
                hunks=[] if split else hunks(difference.pieces, context=context),
                rows=lines[:MAX_ROWS],
                cut=len(lines) > MAX_ROWS,
            )
        )
    return found, same


@require_safe
def diff(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what differs between the versions ``a`` and ``b``; ``view`` and ``all`` say how."""
    workload = workload_for(signed_in(request), ref)
    numbers = []
    for name in ("a", "b"):
        raw = request.GET.get(name, "")
        if not (raw.isascii() and raw.isdecimal() and len(raw) < 9):
            raise Invalid.field(name, "invalid_integer", "Name two versions by their numbers.")
        numbers.append(int(raw))
    before, after = (selectors.version_of(workload, number) for number in numbers)
    view = request.GET.get("view", "unified")
    if view not in VIEWS:
        raise Invalid.field("view", "choice", "Choose unified or split.")
    whole = request.GET.get("all") == "1"
    parts, same = _parts(before.content, after.content, split=view == "split", whole=whole)
    pair = f"?a={before.number}&b={after.number}"
    context = frame(request, workload, phase_key="prompting") | {
        "before": before,
        "after": after,
        "parts": parts,
        "same": same,
        "view": view,
        "whole": whole,
        "pair": f"{pair}&view={view}",
        "tabs": [
            {"label": label, "url": f"{pair}&view={name}", "current": name == view}
            for name, label in VIEWS.items()
        ],
        "versions": list(selectors.version_list(workload)[:50]),
    }
    return render_page(request, "workloads/prompts/diff.html", context)
