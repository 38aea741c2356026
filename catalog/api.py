"""The catalog over the API, for reading."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.listing import ListedEntry, listing
from portal.accounts.http import signed_in
from portal.common.canonical import jsonable


def _body(row: ListedEntry) -> dict[str, Any]:
    entry, price = row.entry, row.price
    body = {
        **jsonable(entry.material()),
        "id": str(entry.pk),
        "summary": entry.summary,
        "simulated": entry.simulated,
        "approval_expires": jsonable(entry.approval_expires),
        "digest": entry.digest(),
        "price": None,
    }
    if price is not None:
        body["price"] = {
            "valid_from": price.valid_from.isoformat(),
            "in": jsonable(price.price_in),
            "cached": jsonable(price.price_cached),
            "out": jsonable(price.price_out),
            "per": 1_000_000,
            "currency": price.currency,
        }
    return body


class CatalogView(APIView):
    """The models of the catalog."""

    def get(self, request: Request) -> Response:
        """Return one page; parameters provider, hosting, status, data_class, q, cursor."""
        found = listing(signed_in(request), request.query_params.dict())
        return Response(
            {"results": [_body(row) for row in found.rows], "next_cursor": found.next_cursor}
        )


api_urlpatterns = [path("catalog", CatalogView.as_view(), name="catalog")]
