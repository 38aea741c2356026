"""Two to four candidates, prompts or scorecards beside each other, example by example."""

from evaluations.scorecards.comparing.examples import ExampleView, example_of
from evaluations.scorecards.comparing.sides import Side, SideChoice, choices_on, sides_for
from evaluations.scorecards.comparing.table import (
    PAGE_SIZE,
    SHOW_LABELS,
    Filters,
    Line,
    Show,
    Spot,
    Table,
    compare_sides,
    filters_in,
)

__all__ = [
    "PAGE_SIZE",
    "SHOW_LABELS",
    "ExampleView",
    "Filters",
    "Line",
    "Show",
    "Side",
    "SideChoice",
    "Spot",
    "Table",
    "choices_on",
    "compare_sides",
    "example_of",
    "filters_in",
    "sides_for",
]
