"""Pages of the catalog."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("catalog/", views.catalog, name="catalog"),
    path("catalog/new/", views.propose, name="propose"),
    path("catalog/sync/", views.sync, name="sync"),
    path("catalog/reports/", views.reports, name="reports"),
    path("catalog/reports/<uuid:report_id>/", views.report, name="report"),
    path("catalog/<uuid:entry_id>/", views.entry, name="entry"),
    path("catalog/<uuid:entry_id>/facts/", views.facts, name="facts"),
    path("catalog/<uuid:entry_id>/approve/", views.approve, name="approve"),
    path("catalog/<uuid:entry_id>/status/", views.status, name="status"),
    path("catalog/<uuid:entry_id>/price/", views.price, name="price"),
]
