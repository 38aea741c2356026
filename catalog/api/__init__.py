"""The catalog over the API: models with their history and decisions, readings, measuring."""

from django.urls import path

from catalog.api.decisions import Approval, EntryFacts, NewPrice, Status
from catalog.api.entries import EntryDetail, EntryList
from catalog.api.probes import ProbeDetail, ProbeList
from catalog.api.readings import (
    Applied,
    GatewayReadings,
    PreviewDetail,
    PriceMaps,
    ReportDetail,
    ReportList,
)

api_urlpatterns = [
    path("catalog", EntryList.as_view(), name="catalog"),
    path("catalog/price-maps", PriceMaps.as_view()),
    path("catalog/readings", GatewayReadings.as_view()),
    path("catalog/previews/<uuid:preview_id>", PreviewDetail.as_view()),
    path("catalog/previews/<uuid:preview_id>/apply", Applied.as_view()),
    path("catalog/reports", ReportList.as_view()),
    path("catalog/reports/<uuid:report_id>", ReportDetail.as_view()),
    path("catalog/probes", ProbeList.as_view()),
    path("catalog/probes/<uuid:probe_id>", ProbeDetail.as_view()),
    path("catalog/<uuid:entry_id>", EntryDetail.as_view()),
    path("catalog/<uuid:entry_id>/facts", EntryFacts.as_view()),
    path("catalog/<uuid:entry_id>/approve", Approval.as_view()),
    path("catalog/<uuid:entry_id>/status", Status.as_view()),
    path("catalog/<uuid:entry_id>/price", NewPrice.as_view()),
]
