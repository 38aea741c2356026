"""Pages that put sides beside each other: the table of examples, and one example."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from evaluations.datasets import services as datasets
from evaluations.datasets.enums import Kind
from evaluations.datasets.heldout import Sight, sight_of
from evaluations.datasets.ordering import in_order
from evaluations.preferences.policies import require_unblinded
from evaluations.scorecards.comparing import (
    PAGE_SIZE,
    SHOW_LABELS,
    Filters,
    Line,
    Show,
    Side,
    Spot,
    Table,
    choices_on,
    compare_sides,
    example_of,
    filters_in,
    sides_for,
)
from evaluations.scorecards.comparing.sides import FEWEST, MOST, MOST_SCORECARDS
from evaluations.scorecards.selectors import scorecards_for
from portal.accounts.http import signed_in
from portal.accounts.selectors import AnyUser
from portal.common.errors import Invalid
from portal.shell.marks import visible
from portal.shell.rendering import render_page
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for

_FOLDER = "evaluations/scorecards"
EXCERPT = 110


def query_of(sides: list[Side], filters: Filters, **more: str) -> str:
    """Return the address's query for these sides and filters."""
    pairs = [("side", one.token) for one in sides]
    named = {
        "show": "" if filters.show is Show.ALL else filters.show.value,
        "kind": filters.kind,
        "tag": filters.tag,
        "metric": filters.metric,
        **more,
    }
    return urlencode([*pairs, *((name, value) for name, value in named.items() if value)])


def _first_sides(user: AnyUser, workload: Workload) -> list[str]:
    """The candidates of the newest scorecard that compares some, where an address names no side."""
    cards = scorecards_for(user, workload).defer("document")[:MOST_SCORECARDS]
    counts = {one.number: min(MOST, len(one.run.plan["candidates"])) for one in cards}
    if not counts:
        raise Http404
    number = next((one for one, count in counts.items() if count >= FEWEST), next(iter(counts)))
    return [f"{number}.{place}" for place in range(counts[number])]


@require_safe
def comparison(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the examples of a dataset with what each side answered and scored."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require_unblinded(user, workload)
    asked = [one for one in request.GET.getlist("side") if one]
    usual = _first_sides(user, workload)
    problem = ""
    try:
        sides = sides_for(user, workload, asked or usual)
    except Invalid as refused:
        if len(usual) < FEWEST:
            context = {"workload": workload, "sides": [], "problem": refused.message}
            return render_page(request, f"{_FOLDER}/compare.html", context)
        problem = refused.message
        sides = sides_for(user, workload, usual)
    sight = sight_of(user, sides[0].scorecard.run.dataset_version.dataset)
    table = compare_sides(sides, filters_in(request.GET.dict()), sight=sight)
    page = Paginator(table.lines, PAGE_SIZE).get_page(request.GET.get("page"))
    query = query_of(sides, table.filters)
    context = {
        "workload": workload,
        "table": table,
        "sides": sides,
        "problem": problem,
        "choices": choices_on(user, workload, sides[0].scorecard),
        "slots": _slots(sides),
        "shows": [(show.value, label, table.counts[show]) for show, label in SHOW_LABELS.items()],
        "kinds": [(kind, Kind(kind).label) for kind in table.kinds],
        "rows": _rows(list(page.object_list), sight, workload, query),
        "page": page,
        "query": query,
        "sides_query": query_of(sides, Filters()),
        "withheld": sum(one.withheld for one in table.lines),
        "dataset": sides[0].scorecard.run.dataset_version.dataset,
    }
    return render_page(request, f"{_FOLDER}/compare.html", context, status=422 if problem else 200)


def _slots(sides: list[Side]) -> list[tuple[str, str, bool]]:
    """The four choosers of the form: letter, chosen token, whether it may stay empty."""
    tokens = [one.token for one in sides] + ["", ""]
    return [
        (letter, token, place > 1)
        for place, (letter, token) in enumerate(zip("ABCD", tokens, strict=False))
    ]


def _rows(
    lines: Sequence[Line], sight: Sight, workload: Workload, query: str
) -> list[dict[str, Any]]:
    """Return the lines of the page: ``asked`` is empty and ``hidden`` set where it is held out.

    Objects of plain values: a page has eight hundred cells, and a template reads these fastest.
    """
    start = reverse("scorecards:compare", args=[workload.ref])
    found = []
    for line in lines:
        revision = line.revision
        hidden = sight.hides(revision)
        found.append(
            {
                "key": revision.key,
                "kind": line.kind,
                "hidden": hidden,
                "withheld": line.withheld,
                "asked": "" if hidden else visible(_excerpt(in_order(revision.input, sight.names))),
                "url": f"{start}{revision.pk}/?{query}",
                "cells": [_cell(spot, hidden=hidden) for spot in line.spots],
            }
        )
    return found


def _cell(spot: Spot, *, hidden: bool) -> dict[str, Any]:
    said = spot.said
    value = f"✕ {said.error}" if said.error else spot.words if spot.applies else ""
    start = "" if hidden else visible(said.start)
    return {"change": spot.change, "value": value, "refused": said.refused, "start": start}


def _excerpt(given: Any) -> str:
    words = given if isinstance(given, str) else " · ".join(str(one) for one in given.values())
    flat = " ".join(words.split())
    return flat if len(flat) <= EXCERPT else f"{flat[: EXCERPT - 1]}…"


@require_safe
def example(request: HttpRequest, ref: str, revision: UUID) -> HttpResponse:
    """Show one example: what was asked, every answer against the first, every score's reason."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require_unblinded(user, workload)
    try:
        sides = sides_for(user, workload, request.GET.getlist("side"))
    except Invalid as refused:
        raise Http404 from refused
    asked = request.GET.get("repeat", "1")
    repeat = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 1
    dataset = sides[0].scorecard.run.dataset_version.dataset
    wish = request.GET.get("held_out") == "show"
    sight = sight_of(user, dataset, shown=wish)
    found = example_of(sides, revision, sight=sight, repeat=repeat)
    if found is None:
        raise Http404
    if sight.shown and sight.holds_out(found.revision):
        datasets.record_reading(
            actor=user,
            dataset=dataset,
            place="comparison",
            examples=1,
            version=sides[0].scorecard.run.dataset_version.number,
        )
    table = compare_sides(sides, filters_in(request.GET.dict()), sight=sight)
    query = query_of(sides, table.filters)
    before, after, place = _neighbours(table, revision)
    start = reverse("scorecards:compare", args=[ref])
    context = {
        "workload": workload,
        "found": found,
        "kind": Kind(found.revision.kind),
        "given": _given(in_order(found.revision.input, sight.names)),
        "hidden": sight.hides(found.revision),
        "may_ask": sight.allowed,
        "expected": _text(found.revision.expected),
        "repeats": range(1, found.repeats + 1) if found.repeats > 1 else (),
        "again": f"&repeat={found.repeat}" if found.repeat > 1 else "",
        "raw": request.GET.get("view") == "plain",
        "back": f"{start}?{query}",
        "here": f"?{query}",
        "before": f"{start}{before}/?{query}" if before else "",
        "after": f"{start}{after}/?{query}" if after else "",
        "place": place,
        "count": len(table.lines),
        "filter": SHOW_LABELS[table.filters.show],
    }
    return render_page(request, f"{_FOLDER}/example.html", context)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _given(given: Any) -> list[tuple[str, str]]:
    if isinstance(given, str):
        return [("", given)]
    return [(str(name), _text(value)) for name, value in given.items()]


def _neighbours(table: Table, revision: UUID) -> tuple[UUID | None, UUID | None, int]:
    """The examples before and after this one in the filtered list, and its place; 0 outside it."""
    order = [one.revision.pk for one in table.lines]
    if revision not in order:
        return None, order[0] if order else None, 0
    at = order.index(revision)
    before = order[at - 1] if at else None
    return before, order[at + 1] if at + 1 < len(order) else None, at + 1
