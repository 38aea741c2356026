"""Reading a file of examples: JSONL or CSV in, rows and errors out. Pure."""

from evaluations.datasets.importing.parse import parse
from evaluations.datasets.importing.types import ImportedExample, ImportPreview, RowError

__all__ = ["ImportPreview", "ImportedExample", "RowError", "parse"]
