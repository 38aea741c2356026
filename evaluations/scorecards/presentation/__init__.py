"""A scorecard's document as pages show it: rows in order, plots in one scale, chips."""

from evaluations.scorecards.presentation.rows import figure
from evaluations.scorecards.presentation.views import assumption, view_of

__all__ = ["assumption", "figure", "view_of"]
