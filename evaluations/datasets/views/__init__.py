"""Pages of datasets: is it good enough, its examples, its versions, what is proposed, imports."""

from evaluations.datasets.views.editor import add, change, edit, examples
from evaluations.datasets.views.home import commit, dataset, datasets, removals, settings
from evaluations.datasets.views.imports import columns, confirm, import_file, preview
from evaluations.datasets.views.proposals import decide, proposals
from evaluations.datasets.views.versions import compare, export, restore, version, versions

__all__ = [
    "add",
    "change",
    "columns",
    "commit",
    "compare",
    "confirm",
    "dataset",
    "datasets",
    "decide",
    "edit",
    "examples",
    "export",
    "import_file",
    "preview",
    "proposals",
    "removals",
    "restore",
    "settings",
    "version",
    "versions",
]
