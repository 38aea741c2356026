"""docs/metrics.md lists the registered metrics as they are."""

from pathlib import Path

import pytest

from evaluations.metrics.registry import scale_of, static_metrics
from evaluations.metrics.types import Metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def rows() -> dict[str, list[str]]:
    lines = PAGE.read_text(encoding="utf-8").split("### What an example expects")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {row[0]: row for row in cells if len(row) == 6}


def test_the_table_has_exactly_the_registered_metrics() -> None:
    listed = set(rows()) - {"metric", "---"}

    assert listed == {metric.name for metric in static_metrics()}


@pytest.mark.parametrize("metric", static_metrics(), ids=lambda metric: str(metric.name))
def test_a_row_says_version_scale_unit_and_arguments(metric: Metric) -> None:
    _, version, scale, unit, arguments, _ = rows()[metric.name]

    assert version == str(metric.version)
    assert scale.startswith(scale_of(metric, {}).value)
    assert unit == metric.unit
    assert arguments == (", ".join(metric.arguments["properties"]) or "none")
    assert ("lower is better" in scale) is (metric.direction == "down")
