"""What was seen stands beside its bar with the same decimals."""

from decimal import Decimal

import pytest

from workloads.reviews.models import Criterion, Execution
from workloads.reviews.templatetags.criteria import bar, figure
from workloads.reviews.verdicts import Bar, Measurement, judge

NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("threshold", "unit", "seen", "texts"),
    [
        ("0.88", "", (0.9, 0.8416, 0.95), ("≥ 0.880", "0.900", "0.842 to 0.950")),
        ("0.8755", "", (0.9, 0.8416, 0.95), ("≥ 0.8755", "0.9000", "0.8416 to 0.9500")),
        # what fails by a hair does not read like the bar
        ("0.88", "", (0.8796, 0.85, 0.88), ("≥ 0.880", "0.87960", "0.850 to 0.880")),
        ("3.5", "", (3.871, 3.6, 4), ("≥ 3.50", "3.87", "3.60 to 4.00")),
        ("0.02", "USD", (0.0123, 0.01, 0.015),
         (f"≥ ${NB}0.0200", f"${NB}0.0123", f"${NB}0.0100 to ${NB}0.0150")),
        ("800", "ms", (640, 610, 1420), (f"≥ 800{NB}ms", f"640{NB}ms", f"610{NB}ms to 1.42{NB}s")),
    ],
)  # fmt: skip
def test_a_bar_and_what_was_seen_line_up(
    threshold: str, unit: str, seen: tuple[float, float, float], texts: tuple[str, str, str]
) -> None:
    criterion = Criterion(
        threshold=Decimal(threshold), comparator=">=", rule="point", scope="overall"
    )
    execution = Execution(criterion=criterion, value=seen[0], low=seen[1], high=seen[2])

    shown = (
        bar(criterion, unit), figure(execution, "value", unit), figure(execution, "interval", unit)
    )  # fmt: skip

    assert shown == texts


def test_a_margin_has_the_decimals_of_a_difference() -> None:
    criterion = Criterion(
        threshold=Decimal(0), comparator=">=", rule="not_worse", margin=Decimal("0.03")
    )
    execution = Execution(criterion=criterion, value=-0.012, low=-0.02, high=0.004)

    assert bar(criterion, "") == "not worse, margin 3.0 points"
    assert figure(execution, "value", "") == "−1.2 points"
    assert figure(execution, "interval", "") == "−2.0 to +0.4 points"


@pytest.mark.parametrize(
    ("asked", "seen", "words"),
    [
        (Bar(">=", 0.88, "point"), (0.9, None, None), "0.90 against ≥ 0.88."),
        (Bar(">=", 0.88, "interval_bound"), (0.9, 0.9, 0.9167),
         "All of it clears ≥ 0.8800: the interval is 0.9000 to 0.9167."),
        (Bar(">=", 0, "not_worse", margin=0.03), (-0.0125, -0.02, 0),
         "Shown not worse: -0.0125 (-0.0200 to 0.0000), margin 0.0300."),
    ],
)  # fmt: skip
def test_the_figures_of_one_sentence_have_the_same_decimals(
    asked: Bar, seen: tuple[float, float | None, float | None], words: str
) -> None:
    measured = Measurement(seen[0], 100, low=seen[1], high=seen[2])

    assert judge(asked, measured, missing_max=0.05).words == words
