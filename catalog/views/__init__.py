"""Pages of the catalog."""

from catalog.views.cards import approve, entry, facts, price, propose, status
from catalog.views.lists import catalog, compare
from catalog.views.previews import apply, choose, discard, import_file, preview, sync
from catalog.views.probes import probe, start_probe
from catalog.views.reports import report, reports

__all__ = [
    "apply",
    "approve",
    "catalog",
    "choose",
    "compare",
    "discard",
    "entry",
    "facts",
    "import_file",
    "preview",
    "price",
    "probe",
    "propose",
    "report",
    "reports",
    "start_probe",
    "status",
    "sync",
]
