"""Scorecards and comparisons over the API, read-only."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    FloatField,
    IntegerField,
    ListField,
)

from evaluations.datasets.heldout import sight_of
from evaluations.preferences.policies import require_unblinded
from evaluations.scorecards.comparing import (
    PAGE_SIZE,
    SHOW_LABELS,
    Line,
    compare_sides,
    filters_in,
    sides_for,
)
from evaluations.scorecards.exports import as_csv
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.outdated import outdated
from evaluations.scorecards.pages_alone import as_html
from evaluations.scorecards.selectors import (
    newest_baseline,
    scorecard_for,
    scorecards_for,
)
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    described,
    page_response,
    page_shape,
    query,
    shape,
)
from workloads.lifecycle.selectors import workload_for


def _line(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "number": scorecard.number,
        "cycle": scorecard.cycle.number,
        "purpose": scorecard.purpose,
        "run": str(scorecard.run_id),
        "digest": scorecard.digest,
        "published_at": scorecard.created_at.isoformat(),
    }


_LINE = {
    "number": IntegerField(),
    "cycle": IntegerField(),
    "purpose": CharField(),
    "run": CharField(),
    "digest": CharField(),
    "published_at": CharField(),
}


class Scorecards(Endpoint):
    """The scorecards of a workload, newest first."""

    @described(
        gives=page_shape("Scorecards", shape("ScorecardLine", _LINE, many=True)),
        parameters=[CURSOR],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the scorecards of a workload, newest first."""
        user = signed_in(request)
        rows = scorecards_for(user, workload_for(user, ref)).defer("document")
        return page_response(request, rows, _line, by="-number")


class ScorecardDetail(Endpoint):
    """One scorecard with its document."""

    @described(
        gives=shape(
            "Scorecard",
            {
                **_LINE,
                "outdated": ListField(
                    child=CharField(),
                    help_text="What is newer than the scorecard, a sentence each.",
                ),
                "document": DictField(),
            },
        )
    )
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a scorecard with its document.

        The digest is SHA-256 over the document's canonical JSON (RFC 8785).
        """
        found = scorecard_for(signed_in(request), ref, number)
        newest = newest_baseline(found.cycle)
        old = outdated(found) if newest is not None and newest.pk == found.pk else []
        more = {"outdated": [one.words for one in old], "document": found.document}
        return Response(_line(found) | more)


class ScorecardSheet(Endpoint):
    """One scorecard for spreadsheets."""

    @described(gives=OpenApiTypes.STR, media="text/csv")
    def get(self, request: Request, ref: str, number: int) -> HttpResponse:
        """Give a scorecard as CSV: one row per candidate, slice and measure.

        A cell that a spreadsheet would read as a formula begins with an apostrophe.
        """
        found = scorecard_for(signed_in(request), ref, number)
        return HttpResponse(
            as_csv(found.document, found.digest), content_type="text/csv; charset=utf-8"
        )


class ScorecardPage(Endpoint):
    """One scorecard as a file of its own."""

    @described(gives=OpenApiTypes.STR, media="text/html")
    def get(self, request: Request, ref: str, number: int) -> HttpResponse:
        """Give a scorecard as one HTML file that opens without the portal."""
        found = scorecard_for(signed_in(request), ref, number)
        response = HttpResponse(as_html(found), content_type="text/html; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{ref}-scorecard-{number}.html"'
        return response


_SPOT = shape(
    "ComparedSpot",
    {
        "value": FloatField(allow_null=True),
        "applies": BooleanField(),
        "error": CharField(),
        "refused": BooleanField(),
        "change": CharField(help_text="Against the first side: better, worse, other or empty."),
    },
    many=True,
)
_COMPARISON = {
    "sides": shape(
        "ComparedSide",
        {"token": CharField(), "name": CharField(), "scorecard": IntegerField()},
        many=True,
    ),
    "measure": CharField(),
    "against_first": shape(
        "ComparedPair",
        {"side": CharField(), "words": CharField(), "verdict": CharField()},
        many=True,
    ),
    "advisory": ListField(
        child=CharField(), help_text="Why the measure decides nothing, where a judge gives it."
    ),
    "counts": DictField(child=IntegerField()),
    "only_in_some": IntegerField(),
    "page": IntegerField(),
    "pages": IntegerField(),
    "results": shape(
        "ComparedExample",
        {
            "revision": CharField(),
            "key": CharField(),
            "kind": CharField(),
            "tags": ListField(child=CharField()),
            "held_out": BooleanField(),
            "withheld": BooleanField(
                help_text="Its scores are kept from you, who write prompts: sides is empty."
            ),
            "sides": _SPOT,
        },
        many=True,
    ),
}


class Comparison(Endpoint):
    """Two to four sides, example by example."""

    @described(
        gives=shape("Comparison", _COMPARISON),
        parameters=[
            query("side", "`<scorecard>.<place of its candidate>`, two to four times."),
            query("metric", "The key of a score that all sides have."),
            query("show", f"One of {', '.join(show.value for show in SHOW_LABELS)}."),
            query("kind", "A kind of example."),
            query("tag", "A tag of examples."),
            query("page", f"From 1; {PAGE_SIZE} examples each."),
        ],
        refuses={400: "The sides are not two to four on one dataset."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """Compare candidates, prompts or scorecards on the examples that they have in common.

        What the examples hold is not given: read it on the page of the comparison.
        """
        user = signed_in(request)
        given = request.query_params
        workload = workload_for(user, ref)
        require_unblinded(user, workload)
        sides = sides_for(user, workload, given.getlist("side"))
        sight = sight_of(user, sides[0].scorecard.run.dataset_version.dataset)
        table = compare_sides(sides, filters_in(given.dict()), sight=sight)
        page = Paginator(table.lines, PAGE_SIZE).get_page(given.get("page"))
        return Response(
            {
                "sides": [
                    {"token": one.token, "name": one.name, "scorecard": one.scorecard.number}
                    for one in sides
                ],
                "measure": table.measure.key if table.measure else "",
                "against_first": [
                    {"side": letter, "words": words, "verdict": verdict}
                    for letter, words, verdict in table.words
                ],
                "advisory": list(table.advice),
                "counts": {show.value: count for show, count in table.counts.items()},
                "only_in_some": table.only_in_some,
                "page": page.number,
                "pages": page.paginator.num_pages,
                "results": [
                    _compared(one, held_out=sight.holds_out(one.revision))
                    for one in page.object_list
                ],
            }
        )


def _compared(line: Line, *, held_out: bool) -> dict[str, Any]:
    return {
        "revision": str(line.revision.pk),
        "key": line.revision.key,
        "kind": line.kind,
        "tags": list(line.tags),
        "held_out": held_out,
        "withheld": line.withheld,
        "sides": [
            {
                "value": spot.value,
                "applies": spot.applies,
                "error": spot.said.error,
                "refused": spot.said.refused,
                "change": spot.change,
            }
            for spot in line.spots
        ],
    }
