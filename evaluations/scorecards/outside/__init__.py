"""Results of tools outside Assay, read as advice: never a measure, never a gate's evidence."""

from evaluations.scorecards.outside.reading import MOST_BYTES, MOST_CASES, read

__all__ = ["MOST_BYTES", "MOST_CASES", "read"]
