"""Looking early: the table of false alarms, and why scores stay hidden until a run is complete."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluations.statistics.distributions import t_multiplier

pytestmark = [pytest.mark.simulation, pytest.mark.reference]

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "reference" / "statistics.json").read_text(encoding="utf-8")
)["peeking"]["cases"]
RUNS = 20_000


@pytest.fixture(scope="module")
def sums() -> tuple[Any, Any]:
    """Running sums, and of squares, of runs without any difference."""
    draws = np.random.default_rng(20261122).standard_normal((RUNS, 200))
    return draws.cumsum(axis=1), (draws**2).cumsum(axis=1)


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one['looks']}-looks")
def test_false_alarms_by_number_of_looks(case: dict[str, Any], sums: tuple[Any, Any]) -> None:
    looks, total = case["looks"], case["n_total"]
    ends = [total * (look + 1) // looks for look in range(looks)]

    def false_alarms(alpha: float) -> float:
        alarmed = np.zeros(RUNS, dtype=bool)
        for n in ends:
            mean = sums[0][:, n - 1] / n
            spread = np.sqrt((sums[1][:, n - 1] - n * mean**2) / (n - 1))
            alarmed |= np.abs(mean) / (spread / math.sqrt(n)) > t_multiplier(1.0 - alpha, n - 1)
        return float(alarmed.mean())

    for name, alpha in (
        ("false_positive_rate_at_nominal_5pct", 0.05),
        ("with_bonferroni_alpha_over_looks", 0.05 / looks),
    ):
        expected = case["expected"][name]
        # The row is a simulation of its own: its tolerance, and three standard errors of ours.
        own = 3.0 * math.sqrt(expected * (1.0 - expected) / RUNS)
        assert abs(false_alarms(alpha) - expected) <= case["tolerance"] + own
