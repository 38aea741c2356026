"""Every row of the preference tables against our functions, to 1e-6 unless a table names its own."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.preference import bradley_terry, sign_test, win_rate

pytestmark = pytest.mark.reference

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "preference_and_retrieval.json").read_text(encoding="utf-8")
)
PAIRED = json.loads((Path(__file__).parent / "statistics.json").read_text(encoding="utf-8"))[
    "paired"
]["cases"]
TERRY = TABLE["bradley_terry"]
TOLERANCE: float = TERRY["tolerance"]


def near(value: float | None, tolerance: float = 1e-6) -> Any:
    return None if value is None else pytest.approx(value, abs=tolerance)


@pytest.mark.parametrize(
    "case",
    TABLE["win_rates"]["cases"],
    ids=lambda case: f"{case['wins']}-{case['losses']}-{case['ties']}",
)
def test_win_rates(case: dict[str, Any]) -> None:
    counts, expected = (case["wins"], case["losses"], case["ties"]), case["expected"]
    if expected["n"] == 0:
        with pytest.raises(TooFew):
            win_rate(*counts)
        return

    found = win_rate(*counts)

    assert found.n == expected["n"]
    assert found.rate == near(expected["win_rate_ties_half"])
    assert found.standard_error == near(expected["se_ties_half"])
    assert found.wins / found.n == near(expected["win_share"])
    assert found.losses / found.n == near(expected["loss_share"])
    assert found.tie_share == near(expected["tie_share"])
    assert found.net == near(expected["net_win_rate"])
    assert found.decided_rate == near(expected["win_rate_excluding_ties"])
    assert found.decided is not None
    assert [found.decided.low, found.decided.high] == near(expected["wilson95_excluding_ties"])
    assert found.sign_p == near(expected["sign_test_p"])


@pytest.mark.parametrize("case", TERRY["cases"], ids=lambda case: str(case["name"]))
def test_bradley_terry(case: dict[str, Any]) -> None:
    expected = case["expected"]

    found = bradley_terry(case["wins_row_over_col"], case["ties_upper"])

    assert list(found.theta) == near(expected["theta_centered"], TOLERANCE)
    assert list(found.theta) == near(expected["theta_from_logistic_glm"], TOLERANCE)
    assert list(found.share) == near(expected["strength_share"], TOLERANCE)
    assert found.chance(0, 1) == near(expected["p_first_beats_second"], TOLERANCE)
    elo = [1000.0 + 400.0 / math.log(10.0) * theta for theta in found.theta]
    assert elo == near(expected["elo_scale_1000"], 400.0 * TOLERANCE)


@pytest.mark.parametrize(
    "case", TERRY["must_refuse_or_regularise"], ids=lambda case: str(case["name"])
)
def test_bradley_terry_refuses_what_has_no_finite_strengths(case: dict[str, Any]) -> None:
    with pytest.raises(StatisticsError):
        bradley_terry(case["wins_row_over_col"])


@pytest.mark.parametrize(
    "case", [one for one in PAIRED if "sign_test" in one["expected"]], ids=lambda one: one["name"]
)
def test_sign_test(case: dict[str, Any]) -> None:
    expected = case["expected"]["sign_test"]
    differences = [a - b for a, b in zip(case["a"], case["b"], strict=True)]
    wins, losses = sum(one > 0 for one in differences), sum(one < 0 for one in differences)

    assert (wins, losses, len(differences) - wins - losses) == (
        expected["wins"],
        expected["losses"],
        expected["ties"],
    )
    if wins + losses:
        assert sign_test(wins, losses) == near(expected["p_two_sided"])
    else:
        # Nothing was decided: the table leaves p out, or calls it 1.
        assert expected["p_two_sided"] in (None, 1.0)
        with pytest.raises(TooFew):
            sign_test(wins, losses)
