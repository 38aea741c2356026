"""The catalog's tables: entries and prices, what was decided and measured, what was read."""

from catalog.models.entries import CatalogEntry, Price
from catalog.models.history import Measurement, Probe, StatusChange
from catalog.models.syncs import Preview, SyncReport

__all__ = [
    "CatalogEntry",
    "Measurement",
    "Preview",
    "Price",
    "Probe",
    "StatusChange",
    "SyncReport",
]
