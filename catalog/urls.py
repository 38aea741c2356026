"""Pages of the catalog."""

from django.urls import path

from catalog import views

app_name = "catalog"
_PREVIEW = "catalog/previews/<uuid:preview_id>/"
_ENTRY = "catalog/<uuid:entry_id>/"
urlpatterns = [
    path("catalog/", views.catalog, name="catalog"),
    path("catalog/new/", views.propose, name="propose"),
    path("catalog/compare/", views.compare, name="compare"),
    path("catalog/sync/", views.sync, name="sync"),
    path("catalog/import/", views.import_file, name="import"),
    path(_PREVIEW, views.preview, name="preview"),
    path(f"{_PREVIEW}choose/", views.choose, name="choose"),
    path(f"{_PREVIEW}apply/", views.apply, name="apply"),
    path(f"{_PREVIEW}discard/", views.discard, name="discard"),
    path("catalog/reports/", views.reports, name="reports"),
    path("catalog/reports/<uuid:report_id>/", views.report, name="report"),
    path("catalog/probe/", views.start_probe, name="start_probe"),
    path("catalog/probes/<uuid:probe_id>/", views.probe, name="probe"),
    path(_ENTRY, views.entry, name="entry"),
    path(f"{_ENTRY}facts/", views.facts, name="facts"),
    path(f"{_ENTRY}approve/", views.approve, name="approve"),
    path(f"{_ENTRY}status/", views.status, name="status"),
    path(f"{_ENTRY}price/", views.price, name="price"),
]
